"""Instants of every zone: near midnights, month ends and clock changes, and anywhere else.

For each instant the ledger's day and month must be those of the slow calendar, contain the instant, and be
followed by a window that starts where they end. For an anchor, what recurs must be at the same local time on
the same date, or on the last day of a shorter month, however often it recurred before.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.ledger.windows import day_window, month_window, months_after

from tests.laws.model.calendar import (
    DAY,
    SECOND,
    date_of,
    day_of,
    day_span,
    day_start,
    month_length,
    month_span,
    month_start,
    months_later,
    offset,
    pieces,
)
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.ledger.values import Window

FIRST_YEAR, LAST_YEAR = 1971, 2060
ANCHOR_DATES = (1, 28, 29, 30, 31)
MOST_FINDINGS = 5
WEEK = 7
NEAR = (-SECOND, -1, 0, 1, SECOND)


@dataclass(frozen=True)
class Case:
    """One instant in one zone, and how many months on it recurs."""

    zone: str
    instant: int
    months: int


def run(count: int, seed: int) -> Tally:
    """Try so many instants, the zones in turn; a finding names zone and instant."""
    started = time.monotonic()
    findings: list[str] = []
    tried = 0
    for case in cases(count, seed):
        tried += 1
        findings += wrong(case)
        if len(findings) >= MOST_FINDINGS:
            break
    seconds = time.monotonic() - started
    return Tally("grids", tried, seed, findings, seconds, f"instants in {len(zones())} zones")


@cache
def zones() -> tuple[str, ...]:
    """Every zone there is, in order; `localtime` and the like are no places."""
    return tuple(sorted(name for name in available_timezones() if name not in {"localtime", "Factory"}))


def cases(count: int, seed: int) -> Iterator[Case]:
    """Zone after zone, each with an instant and an anchor drawn from the seed."""
    draw = random.Random(seed)  # noqa: S311  - a replayable grid needs a seed
    for number in range(count):
        zone = zones()[number % len(zones())]
        yield Case(zone, _instant(draw, zone), draw.randrange(-30, 400))


def wrong(case: Case) -> list[str]:
    """Everything that is wrong at one instant."""
    now, zone = from_microseconds(case.instant), case.zone
    found = _window(case, day_window(now, zone), day_span(zone, case.instant), "day")
    found += _window(case, month_window(now, zone), month_span(zone, case.instant), "month")
    after = to_microseconds(months_after(now, case.months, zone))
    expected = months_later(zone, case.instant, case.months)
    if after != expected:
        told = (from_microseconds(after), from_microseconds(expected))
        found.append(f"{case.months} months after {now} in {zone} is not {told[0]} but {told[1]}")
    return found


def _window(case: Case, window: Window, span: tuple[int, int], name: str) -> list[str]:
    start, end = to_microseconds(window.start), to_microseconds(window.ends_at)
    at = f"at {from_microseconds(case.instant)} in {case.zone}"
    found: list[str] = []
    if (start, end) != span:
        right = tuple(map(from_microseconds, span))
        found.append(f"the {name} {at} is not {window.start} to {window.ends_at} but {right}")
    if not start <= case.instant < end:
        found.append(f"the {name} {at} does not contain it")
    cut = {"day": day_window, "month": month_window}[name]
    following = cut(window.ends_at, case.zone)
    before = cut(window.start - timedelta(microseconds=1), case.zone)
    if following.start != window.ends_at or before.ends_at != window.start:
        found.append(f"the {name} {at} leaves a gap or overlaps")
    return found


def _instant(draw: random.Random, zone: str) -> int:
    day = day_of(draw.randint(FIRST_YEAR, LAST_YEAR), 1, 1) + draw.randrange(366)
    year, month, _ = date_of(day)
    match draw.randrange(6):
        case 0:
            return day_start(zone, day) + draw.choice(NEAR)
        case 1:
            return month_start(zone, year, month) + draw.choice(NEAR)
        case 2:
            date = min(draw.choice(ANCHOR_DATES), month_length(year, month))
            return day_start(zone, day_of(year, month, date)) + draw.randrange(DAY) * SECOND
        case 3:
            leap = day_of(year - year % 4, 2, 29)
            return day_start(zone, leap) + draw.randrange(DAY) * SECOND
        case 4:
            return _near_a_change(draw, zone, year)
        case _:
            return day * DAY * SECOND + draw.randrange(DAY * SECOND)


def _near_a_change(draw: random.Random, zone: str, year: int) -> int:
    """Near one of the year's clock changes, or anywhere in a year without."""
    changes = clock_changes(zone, year)
    if not changes:
        return day_of(year, 7, 1) * DAY * SECOND + draw.randrange(DAY * SECOND)
    around = draw.choice((0, 0, 3_600, -3_600, DAY, -DAY, 1_800))
    return (draw.choice(changes) + around) * SECOND + draw.choice(NEAR)


@cache
def clock_changes(zone: str, year: int) -> tuple[int, ...]:
    """The seconds at which the zone's offset changes in a year."""
    found: list[int] = []
    for first in range(day_of(year, 1, 1), day_of(year + 1, 1, 1), WEEK):
        if offset(zone, first * DAY) != offset(zone, (first + WEEK) * DAY):
            for day in range(first, first + WEEK):
                found += [start for start, _ in pieces(zone, day)[1:] if 0 < start - day * DAY <= DAY]
    return tuple(found)
