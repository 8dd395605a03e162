"""Days and months of a wallet's zone, and what recurs: every instant is in one window, whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from studio_server.ledger import windows
from studio_server.ledger.windows import day_window, known_zone, month_window, months_after

MICROSECOND = timedelta(microseconds=1)
SEED = 20261125
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",  # went forward at midnight, back to the day before
    "America/St_Johns",  # went back at 00:01: a date was left and came again
    "America/Havana",  # midnight came twice
    "Pacific/Apia",  # left out 30 December 2011
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window_of", [day_window, month_window])
def test_every_instant_is_in_exactly_one_window(zone: str, window_of) -> None:
    print(f"seed {SEED}")
    chance = Random(f"{SEED}/{zone}")  # noqa: S311  - a seed that can be repeated
    for _ in range(300):
        now = at(1990, 1, 1) + timedelta(microseconds=chance.randrange(50 * 365 * 86_400 * 10**6))
        window = window_of(now, zone)
        assert window.start <= now < window.ends_at
        assert window_of(window.start, zone) == window_of(window.ends_at - MICROSECOND, zone) == window
        assert window_of(window.ends_at, zone).start == window.ends_at


def test_two_instants_that_a_zone_calls_by_one_name_are_each_in_their_own_day() -> None:
    first = datetime(2010, 11, 6, 23, 30, tzinfo=ZoneInfo("America/St_Johns"))
    second = first.replace(fold=1)
    assert first == second
    days = [day_window(now, "America/St_Johns") for now in (first, second, first)]
    assert days[0] == days[2]
    assert days[0].ends_at == days[1].start == at(2010, 11, 7, 2, 30)


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_that_was_asked_for_before_is_the_one_that_is_worked_out_anew(zone: str) -> None:
    turn = day_window(at(2026, 3, 1, 12), zone).ends_at
    asked = [turn + step * MICROSECOND for step in (-1, 0, 1, -1, 999_999, -1_000_000)]
    known = [(day_window(now, zone), month_window(now, zone)) for now in asked]
    for now, found in zip(asked, known, strict=True):
        windows._day.cache_clear()
        windows._month.cache_clear()
        assert (day_window(now, zone), month_window(now, zone)) == found


@pytest.mark.parametrize(
    ("zone", "now", "start", "ends_at"),
    [
        ("Europe/Berlin", at(2026, 3, 29, 12), at(2026, 3, 28, 23), at(2026, 3, 29, 22)),  # 23 hours
        ("Europe/Berlin", at(2026, 10, 25, 12), at(2026, 10, 24, 22), at(2026, 10, 25, 23)),  # 25 hours
        ("America/Sao_Paulo", at(2018, 11, 4, 12), at(2018, 11, 4, 3), at(2018, 11, 5, 2)),  # starts at 01:00
        (
            "America/Havana",
            at(2026, 11, 1, 12),
            at(2026, 11, 1, 4),
            at(2026, 11, 2, 5),
        ),  # the earlier midnight
        ("America/St_Johns", at(2010, 11, 7, 2, 45), at(2010, 11, 7, 2, 30), at(2010, 11, 8, 3, 30)),
        ("Pacific/Apia", at(2011, 12, 30, 9), at(2011, 12, 29, 10), at(2011, 12, 30, 10)),
        ("Pacific/Apia", at(2011, 12, 30, 10), at(2011, 12, 30, 10), at(2011, 12, 31, 10)),
        ("Asia/Kolkata", at(2026, 12, 31, 19), at(2026, 12, 31, 18, 30), at(2027, 1, 1, 18, 30)),
    ],
)
def test_a_day_starts_at_the_first_instant_of_its_date(
    zone: str, now: datetime, start: datetime, ends_at: datetime
) -> None:
    window = day_window(now, zone)
    assert (window.start, window.ends_at) == (start, ends_at)


def test_a_month_is_the_zones_month_over_the_change_of_clocks_and_of_years() -> None:
    march = month_window(at(2026, 3, 31, 21, 59), "Europe/Berlin")
    assert (march.start, march.ends_at) == (at(2026, 2, 28, 23), at(2026, 3, 31, 22))
    january = month_window(at(2026, 12, 31, 23), "Europe/Berlin")
    assert (january.start, january.ends_at) == (at(2026, 12, 31, 23), at(2027, 1, 31, 23))


def test_a_month_that_began_stays_begun_when_the_clocks_go_back_into_the_one_before() -> None:
    november = month_window(at(2009, 11, 1, 2, 45), "America/St_Johns")  # 23:15 on 31 October once more
    assert (november.start, november.ends_at) == (at(2009, 11, 1, 2, 30), at(2009, 12, 1, 3, 30))


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        (at(2026, 1, 31, 11), 1, at(2026, 2, 28, 11)),
        (at(2026, 1, 31, 11), 2, at(2026, 3, 31, 10)),  # from the anchor, and 12 o'clock in summer
        (at(2028, 1, 31, 11), 1, at(2028, 2, 29, 11)),
        (at(2028, 2, 29, 11), 12, at(2029, 2, 28, 11)),
        (at(2028, 2, 29, 11), 48, at(2032, 2, 29, 11)),
        (at(2026, 11, 30, 11), 2, at(2027, 1, 30, 11)),
        (at(2026, 1, 29, 1, 30, 0, 7), 2, at(2026, 3, 29, 1)),  # 02:30 is skipped: 03:00
        (at(2026, 1, 29, 1, 59, 59), 2, at(2026, 3, 29, 1)),  # the last second of what is skipped
        (at(2026, 9, 25, 0, 30), 1, at(2026, 10, 25, 0, 30)),  # 02:30 comes twice: the earlier
        (at(2026, 10, 25, 1, 30), 0, at(2026, 10, 25, 1, 30)),  # the later 02:30 is itself
        (at(2026, 10, 25, 1, 30), 1, at(2026, 11, 25, 1, 30)),
    ],
)
def test_a_period_starts_at_the_anchors_hour_on_its_day_or_the_months_last(
    anchor: datetime, months: int, expected: datetime
) -> None:
    assert months_after(anchor, months, "Europe/Berlin") == expected


def test_a_date_that_a_zone_left_out_becomes_the_next_one() -> None:
    assert months_after(at(2011, 11, 29, 22), 1, "Pacific/Apia") == at(2011, 12, 29, 22)
    assert months_after(at(2011, 11, 30, 22), 1, "Pacific/Apia") == at(2011, 12, 30, 10)  # the 31st, 00:00


def test_the_end_of_a_gap_is_what_a_skipped_day_starts_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard's twin: read as if the gap were not there, the day would start where yesterday still is."""
    monkeypatch.setattr(windows, "_end_of_gap", lambda wall, *_: wall.replace(tzinfo=UTC))
    assert day_window(at(2018, 11, 4, 12), "America/Sao_Paulo").start != at(2018, 11, 4, 3)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_zone_of_the_database_is_known(name: str) -> None:
    assert known_zone(name)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "localtime"]
)
def test_what_is_no_zone_is_not_known_and_reads_no_file(name: str) -> None:
    assert not known_zone(name)
