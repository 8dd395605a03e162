"""Days and months by counting: no date type, no month table of a library, only a zone's offset at an instant.

Instants are whole microseconds since 1970. A zone is looked at as pieces of constant offset, so the first
instant that shows a given local time is found by going through the pieces in order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
HOUR = 3_600
DAY = 86_400
STEP = 6 * HOUR
"""No zone changes its clocks twice within this."""
REACH = 30 * HOUR
"""No zone is further from UTC than this, so what a local day covers is within it."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone's rules."""
    return ZoneInfo(name)


def offset(zone: str, second: int) -> int:
    """What the zone's clocks are ahead of UTC, in seconds, at a second since 1970."""
    ahead = datetime.fromtimestamp(second, UTC).astimezone(zone_of(zone)).utcoffset()
    return 0 if ahead is None else ahead.days * DAY + ahead.seconds


@lru_cache(maxsize=50_000)
def pieces(zone: str, day: int) -> tuple[tuple[int, int], ...]:
    """Where the offset changes around a day since 1970: (first second, offset), the earliest in front."""
    start, end = day * DAY - REACH, (day + 1) * DAY + REACH
    found = [(start, offset(zone, start))]
    for before in range(start, end, STEP):
        if offset(zone, before + STEP) != found[-1][1]:
            change = _first_second_after_change(zone, before, before + STEP)
            found.append((change, offset(zone, change)))
    return tuple(found)


def first_instant(zone: str, local: int) -> int:
    """The first instant at which the zone's clocks show `local` (in microseconds) or something later."""
    parts = pieces(zone, local // SECOND // DAY)
    for index, (start, ahead) in enumerate(parts):
        if start * SECOND + ahead * SECOND >= local:
            return start * SECOND
        shown = local - ahead * SECOND
        if index + 1 == len(parts) or shown < parts[index + 1][0] * SECOND:
            return shown
    raise AssertionError(zone, local)


def day_span(zone: str, instant: int) -> tuple[int, int]:
    """The first instant of the day an instant is in, and the first instant after it."""
    day = _local_day(zone, instant)
    while day_start(zone, day + 1) <= instant:
        day += 1
    return day_start(zone, day), day_start(zone, day + 1)


def month_span(zone: str, instant: int) -> tuple[int, int]:
    """The first instant of the month an instant is in, and the first instant after it."""
    year, month, _ = date_of(_local_day(zone, instant))
    if month_start(zone, year, month + 1) <= instant:
        month += 1
    return month_start(zone, year, month), month_start(zone, year, month + 1)


@lru_cache(maxsize=50_000)
def day_start(zone: str, day: int) -> int:
    """The first instant of a local day."""
    return first_instant(zone, day * DAY * SECOND)


def month_start(zone: str, year: int, month: int) -> int:
    """The first instant of a local month; month 13 is January of the next year."""
    return day_start(zone, day_of(year + (month - 1) // 12, (month - 1) % 12 + 1, 1))


def months_later(zone: str, anchor: int, months: int) -> int:
    """The anchor so many months on, at the same local time, on the last day of a month that is too short."""
    if months == 0:
        return anchor
    local = anchor + offset(zone, anchor // SECOND) * SECOND
    day, rest = divmod(local, DAY * SECOND)
    year, month, date = date_of(day)
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        year, month = (year + 1, 1) if month == 13 else (year - 1, 12) if month == 0 else (year, month)
    target = day_of(year, month, min(date, month_length(year, month)))
    return first_instant(zone, target * DAY * SECOND + rest)


def month_length(year: int, month: int) -> int:
    """Thirty days has September."""
    if month == 2:
        return 29 if _is_leap(year) else 28
    return 30 if month in {4, 6, 9, 11} else 31


@lru_cache(maxsize=4_096)
def day_of(year: int, month: int, date: int) -> int:
    """Days since 1 January 1970, counted year by year and month by month."""
    years = sum(366 if _is_leap(one) else 365 for one in range(1970, year))
    years -= sum(366 if _is_leap(one) else 365 for one in range(year, 1970))
    return years + sum(month_length(year, one) for one in range(1, month)) + date - 1


@lru_cache(maxsize=50_000)
def date_of(day: int) -> tuple[int, int, int]:
    """Year, month and date of a day since 1970."""
    year = 1970 + day // 366 - 1
    while day_of(year + 1, 1, 1) <= day:
        year += 1
    month = 1
    while month < 12 and day_of(year, month + 1, 1) <= day:
        month += 1
    return year, month, day - day_of(year, month, 1) + 1


def _local_day(zone: str, instant: int) -> int:
    return (instant // SECOND + offset(zone, instant // SECOND)) // DAY


def _first_second_after_change(zone: str, before: int, after: int) -> int:
    old = offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if offset(zone, middle) == old else (before, middle)
    return after


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
