"""Calendar arithmetic of windows and of what recurs. Pure; UTC; no chained dates, no overflowing months."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

from studio_server.clock import in_utc
from studio_server.ledger.values import Period, Window


def day_window(now: datetime) -> Window:
    """The UTC day that contains `now`, empty."""
    start = in_utc(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(Period.DAY, start, start + timedelta(days=1))


def month_window(now: datetime) -> Window:
    """The UTC calendar month that contains `now`, empty."""
    start = in_utc(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Window(Period.MONTH, start, months_after(start, 1))


def months_after(anchor: datetime, months: int) -> datetime:
    """The instant `months` after `anchor`, clamped to the month's end, always computed from the anchor.

    31 January + 1 month is 28 or 29 February; + 2 months is 31 March again.
    """
    at = in_utc(anchor)
    year, month_index = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month_index + 1, day=min(at.day, monthrange(year, month_index + 1)[1]))
