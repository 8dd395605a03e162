"""One at a time: whoever does the same thing twice at once waits for the first. In one process only."""

import asyncio
from collections import OrderedDict

LOCKS = 1_000


class Turns:
    """Locks by name, the oldest forgotten once there are too many."""

    def __init__(self) -> None:
        self._locks: OrderedDict[str, asyncio.Lock] = OrderedDict()

    def of(self, name: str) -> asyncio.Lock:
        """The lock of this name."""
        lock = self._locks.pop(name, None) or asyncio.Lock()
        self._locks[name] = lock
        while len(self._locks) > LOCKS:
            oldest = next(iter(self._locks))
            if self._locks[oldest].locked():
                break
            del self._locks[oldest]
        return lock
