"""Identifiers: prefixed, time-ordered, free of meaning and of personal data.

Ids are made outside the pure core and passed in. They sort by the time they were made, which keeps the
indexes of a growing ledger narrow at their right edge.
"""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Protocol

from studio_server.clock import to_microseconds

if TYPE_CHECKING:
    from studio_server.clock import Clock

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = tuple(high + low for high in ALPHABET for low in ALPHABET)
TIME_BITS, RANDOM_BITS = 48, 77


class IdSource(Protocol):
    """Makes identifiers that are never repeated."""

    def serial(self) -> str:
        """A fresh serial number; serials made later sort later."""
        ...

    def new(self, prefix: str) -> str:
        """A fresh identifier such as `run_01j…`."""
        ...


class TimeOrderedIds:
    """Milliseconds of the clock, then 77 random bits; strictly rising within this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def serial(self) -> str:
        """A fresh serial number of 25 characters."""
        stamp = to_microseconds(self._clock.now()) // 1000 & ((1 << TIME_BITS) - 1)
        drawn = (stamp << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)
        with self._lock:
            if drawn <= self._last:
                drawn = self._last + 1 + secrets.randbits(32)
            self._last = drawn
        return _in_base_32(drawn)

    def new(self, prefix: str) -> str:
        """A fresh identifier such as `run_01j…`."""
        return f"{prefix}_{self.serial()}"


class CountedIds:
    """1, 2, 3 …: the same ids in the same order on every run, for tests and the deterministic server."""

    def __init__(self, start: int = 1) -> None:
        self._lock = threading.Lock()
        self._next = start

    def serial(self) -> str:
        """The next number, padded so that text order is counting order."""
        with self._lock:
            serial, self._next = self._next, self._next + 1
        return f"{serial:010d}"

    def new(self, prefix: str) -> str:
        """The next identifier such as `run_0000000007`."""
        return f"{prefix}_{self.serial()}"


def _in_base_32(number: int) -> str:
    """Twenty-five characters, written two at a time behind the first."""
    pairs = [PAIRS[(number >> shift) & 1023] for shift in range(110, -1, -10)]
    return ALPHABET[number >> 120 & 31] + "".join(pairs)
