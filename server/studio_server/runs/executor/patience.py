"""How long a run may take. Time in which it could have gone on and got no processor is not its own."""

import time
from collections.abc import Callable

WAITING_SHARE = 4
"""Waiting is forgiven up to so many times the limit, so that nobody's worker is taken for ever."""


class Patience:
    """The wall-time limit of one run, from now on."""

    def __init__(
        self, limit_ms: int, waited_ms: Callable[[], int], now: Callable[[], float] = time.monotonic
    ) -> None:
        """`waited_ms` tells how long the run has waited for a processor; it is asked past the limit only."""
        self._limit_ms = limit_ms
        self._ask = waited_ms
        self._now = now
        self._began = now()
        self._waited_ms = 0

    @property
    def is_over(self) -> bool:
        """The run has had its time."""
        if self.counted_ms > self._limit_ms:
            waited_ms = min(self._ask(), WAITING_SHARE * self._limit_ms)
            self._waited_ms = max(self._waited_ms, waited_ms)
        return self.counted_ms > self._limit_ms

    @property
    def counted_ms(self) -> int:
        """Time since the beginning, without the waiting that was forgiven."""
        return int((self._now() - self._began) * 1000) - self._waited_ms
