"""A ceiling on requests per second and caller, so one loop cannot starve others. No money depends on it."""

from collections import OrderedDict

from studio_server.clock import Clock

MAX_CALLERS = 10_000
BURST_SECONDS = 3


class TooFast(Exception):
    """The caller sends more requests than allowed."""


class Throttle:
    """One bucket per caller: fills with time, empties with requests."""

    def __init__(self, clock: Clock, *, per_second: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Count one request.

        Raises:
            TooFast: The bucket is empty.
        """
        now = self._clock.monotonic()
        most = self._per_second * BURST_SECONDS
        level, since = self._buckets.pop(caller, (float(most), now))
        level = min(most, level + (now - since) * self._per_second)
        self._buckets[caller] = (max(0.0, level - 1), now)
        while len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        if level < 1:
            raise TooFast
