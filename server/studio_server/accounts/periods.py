"""Which period of a plan runs, and what the rest of one is worth. Pure; always computed from the anchor."""

from dataclasses import dataclass
from datetime import datetime

from studio_server.clock import MICROSECOND
from studio_server.ledger.windows import month_number, month_window, months_after


@dataclass(frozen=True)
class Period:
    """One period of a plan: its number among those of its user and plan, and its span."""

    number: int
    starts_at: datetime
    ends_at: datetime


def calendar_period(joined: datetime, now: datetime, zone: str) -> Period:
    """The calendar month of `now`, numbered from the month of joining."""
    month = month_window(now, zone)
    return Period(month_number(month.start, zone) - month_number(joined, zone), month.start, month.ends_at)


def anchored_period(anchor: datetime, now: datetime, zone: str, *, first: int) -> Period:
    """The period of `now` where period `first` starts at `anchor`; before the anchor it is the first."""
    passed = max(0, month_number(now, zone) - month_number(anchor, zone) - 1)
    while months_after(anchor, passed + 1, zone) <= now:
        passed += 1
    starts_at = months_after(anchor, passed, zone)
    return Period(first + passed, starts_at, months_after(anchor, passed + 1, zone))


def worth_of_the_rest(difference: int, period: Period, now: datetime) -> int:
    """`difference` credits of a whole period, for what is left of it at `now`, rounded up once.

    At the first microsecond it is the difference, at the last it is 1.
    """
    whole = (period.ends_at - period.starts_at) // MICROSECOND
    rest = min(whole, (period.ends_at - now) // MICROSECOND)
    return -(-difference * rest // whole)
