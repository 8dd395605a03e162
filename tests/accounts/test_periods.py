"""Periods of a plan follow each other without a gap, whatever calendars and clocks do."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from zoneinfo import available_timezones

import pytest
from studio_server.accounts.periods import Period, anchored_period, calendar_period, worth_of_the_rest

from tests.accounts.plan_books import at

MICROSECOND = timedelta(microseconds=1)
SEED = 20261125
A_YEAR_OF_SECONDS = 365 * 86_400


def test_paid_periods_of_every_zone_tile_time_and_are_counted_without_a_hole() -> None:
    print(f"seed {SEED}")
    chance = Random(SEED)  # noqa: S311  - a replayable test needs a seed
    for zone in sorted(available_timezones()):
        anchor = at(1971, 1, 1) + timedelta(seconds=chance.randrange(129 * A_YEAR_OF_SECONDS))
        now = anchor + timedelta(seconds=chance.randrange(20 * A_YEAR_OF_SECONDS))
        period = anchored_period(anchor, now, zone, first=7)
        assert period.starts_at <= now < period.ends_at, (zone, anchor, now)
        following = anchored_period(anchor, period.ends_at, zone, first=7)
        assert (following.number, following.starts_at) == (period.number + 1, period.ends_at), (
            zone,
            anchor,
            now,
        )
        last = anchored_period(anchor, period.ends_at - MICROSECOND, zone, first=7)
        assert last == period, (zone, anchor, now)


def test_the_first_period_starts_at_the_anchor_to_the_microsecond() -> None:
    anchor = at(2026, 1, 31, 12, 30, 15, 999_999)
    assert anchored_period(anchor, anchor, "Europe/Berlin", first=3) == Period(
        3, anchor, at(2026, 2, 28, 12, 30, 15, 999_999)
    )


def test_a_period_starts_at_the_same_hour_of_the_zone_in_summer_and_in_winter() -> None:
    anchor = at(2026, 1, 15, 11)  # noon in Berlin
    starts = [
        anchored_period(anchor, at(2026, month, 20), "Europe/Berlin", first=0).starts_at
        for month in (3, 4, 10, 11)
    ]
    assert starts == [at(2026, 3, 15, 11), at(2026, 4, 15, 10), at(2026, 10, 15, 10), at(2026, 11, 15, 11)]


def test_a_period_that_would_start_in_a_skipped_hour_starts_after_it() -> None:
    anchor = at(2026, 1, 29, 1, 30)  # 02:30 in Berlin, which 29 March has not
    period = anchored_period(anchor, at(2026, 3, 29, 1), "Europe/Berlin", first=0)
    assert (period.number, period.starts_at) == (2, at(2026, 3, 29, 1))


def test_calendar_months_are_counted_from_the_month_of_joining_over_the_year() -> None:
    joined = at(2025, 11, 1)
    period = calendar_period(joined, at(2026, 2, 28, 23), "UTC")
    assert period == Period(3, at(2026, 2, 1), at(2026, 3, 1))


def test_the_months_of_a_zone_begin_at_its_midnight() -> None:
    joined = calendar_period(at(2025, 11, 1), at(2025, 11, 20), "Asia/Kolkata").starts_at
    first = calendar_period(joined, at(2025, 11, 30, 18, 29), "Asia/Kolkata")
    second = calendar_period(joined, at(2025, 11, 30, 18, 30), "Asia/Kolkata")
    assert (first.number, second.number) == (0, 1)
    assert first.ends_at == second.starts_at == at(2025, 11, 30, 18, 30)


@pytest.mark.parametrize("difference", [1, 7, 9_000, 2**53 - 1])
def test_the_rest_of_a_period_is_worth_all_at_its_first_and_one_at_its_last_microsecond(
    difference: int,
) -> None:
    period = Period(0, at(2026, 2, 1), at(2026, 3, 1))
    assert worth_of_the_rest(difference, period, period.starts_at) == difference
    least = worth_of_the_rest(difference, period, period.ends_at - MICROSECOND)
    assert least == -(-difference // ((period.ends_at - period.starts_at) // MICROSECOND))


def test_what_the_rest_is_worth_never_rises_as_time_passes() -> None:
    period = Period(0, at(2026, 2, 1), at(2026, 3, 1))
    worth = [worth_of_the_rest(997, period, period.starts_at + timedelta(hours=n)) for n in range(28 * 24)]
    assert worth == sorted(worth, reverse=True)
    assert worth[14 * 24] == 499  # half of 997, rounded up
