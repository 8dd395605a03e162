"""One clock for the whole server, passed in everywhere.

Owns: the meaning of "now" and its storage form (whole microseconds since 1970, UTC).
Does not own: the time of a transaction, which the store derives from this and which never falls.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What the server knows about time."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean something."""
        return time.monotonic()


class FixedClock:
    """A clock that stands still until it is advanced: for tests and for the deterministic server."""

    def __init__(self, start: datetime) -> None:
        self._start = in_utc(start)
        self._now = self._start

    def now(self) -> datetime:
        """The time this clock was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds by which this clock was advanced."""
        return (self._now - self._start).total_seconds()

    def advance(self, step: timedelta) -> datetime:
        """Move the clock by `step` (a negative step plays a wall clock set back) and tell the new time."""
        self._now += step
        return self._now


class NaiveTime(ValueError):
    """A time without a zone reached a place where it would have to be guessed."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"{at.isoformat()} has no time zone")
        self.at = at


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        NaiveTime: `at` carries no zone.
    """
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None:
        raise NaiveTime(at)
    return at.astimezone(UTC)


def to_microseconds(at: datetime) -> int:
    """The storage form of an instant: whole microseconds since 1970 in UTC."""
    return (in_utc(at) - EPOCH) // MICROSECOND


@lru_cache(maxsize=16_384)
def from_microseconds(microseconds: int) -> datetime:
    """The instant behind its storage form."""
    return EPOCH + microseconds * MICROSECOND
