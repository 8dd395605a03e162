"""Calendar arithmetic of windows and of what recurs. Pure; no chained dates, no overflowing months.

Days and months are those of a zone's wall clock (an IANA name). A day starts at the first instant of its
date, so days and months follow each other without gap or overlap, whatever a zone does to its clocks.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from studio_server.clock import from_microseconds, in_utc, to_microseconds
from studio_server.ledger.values import Period, Window

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

UTC_ZONE = "UTC"
ZONES_KEPT = 64
SECOND_US = 1_000_000
SPANS_KEPT = 256
"""Days and months that are asked for again within the second; zones change their clocks at whole seconds."""
MACHINES_OWN = {"localtime", "posixrules"}
"""Names that mean another zone on every machine."""


def day_window(now: datetime, zone: str = UTC_ZONE) -> Window:
    """The day of `zone` that contains `now`, empty."""
    return _day(to_microseconds(now) // SECOND_US, zone)


@lru_cache(maxsize=SPANS_KEPT)
def _day(second: int, zone: str) -> Window:
    now = from_microseconds(second * SECOND_US)
    if zone == UTC_ZONE:
        start = now.replace(hour=0, minute=0, second=0)
        return Window(Period.DAY, start, start + timedelta(days=1))
    midnight = _wall(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if _instant(midnight + timedelta(days=1), zone) <= now:  # set back over midnight: tomorrow has begun
        midnight += timedelta(days=1)
    return Window(Period.DAY, _instant(midnight, zone), _instant(midnight + timedelta(days=1), zone))


def month_window(now: datetime, zone: str = UTC_ZONE) -> Window:
    """The calendar month of `zone` that contains `now`, empty."""
    return _month(to_microseconds(now) // SECOND_US, zone)


@lru_cache(maxsize=SPANS_KEPT)
def _month(second: int, zone: str) -> Window:
    now = from_microseconds(second * SECOND_US)
    first = _wall(now, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if _instant(_months_later(first, 1), zone) <= now:
        first = _months_later(first, 1)
    return Window(Period.MONTH, _instant(first, zone), _instant(_months_later(first, 1), zone))


def months_after(anchor: datetime, months: int, zone: str = UTC_ZONE) -> datetime:
    """The instant `months` after `anchor`, clamped to the month's end, always computed from the anchor.

    31 January + 1 month is 28 or 29 February; + 2 months is 31 March again. The hour is that of the zone's
    clocks: one they skip becomes the first instant after the gap, one they show twice the earlier.
    """
    if months == 0:
        return in_utc(anchor)
    return _instant(_months_later(_wall(anchor, zone), months), zone)


def month_number(at: datetime, zone: str = UTC_ZONE) -> int:
    """The running number of the calendar month of `zone` that contains `at`; the next month's is one more."""
    start = _wall(month_window(at, zone).start, zone)
    return start.year * 12 + start.month - 1


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones()) - MACHINES_OWN


def known_zone(name: str) -> bool:
    """Whether `name` is a zone of the time zone database."""
    return name == UTC_ZONE or name in _zone_names()


@lru_cache(maxsize=ZONES_KEPT)
def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _wall(at: datetime, zone: str) -> datetime:
    """What the zone's clocks show at an instant."""
    shown = in_utc(at) if zone == UTC_ZONE else at.astimezone(_zone(zone))
    return shown.replace(tzinfo=None, fold=0)


def _instant(wall: datetime, zone: str) -> datetime:
    """The first instant at which the zone's clocks show `wall` or, when they skip it, something later."""
    if zone == UTC_ZONE:
        return wall.replace(tzinfo=UTC)
    first = wall.replace(tzinfo=_zone(zone)).astimezone(UTC)
    return first if _wall(first, zone) == wall else _end_of_gap(wall, zone)


def _end_of_gap(wall: datetime, zone: str) -> datetime:
    """The instant at which the clocks jump over `wall`; zones jump at whole seconds."""
    local = wall.replace(tzinfo=_zone(zone), microsecond=0)
    before = int(local.replace(fold=1).astimezone(UTC).timestamp()) - 1
    after = int(local.astimezone(UTC).timestamp()) + 1
    while after - before > 1:
        middle = (before + after) // 2
        if _wall(datetime.fromtimestamp(middle, UTC), zone) < wall:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)


def _months_later(wall: datetime, months: int) -> datetime:
    year, month_index = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, monthrange(year, month_index + 1)[1])
    return wall.replace(year=year, month=month_index + 1, day=day)
