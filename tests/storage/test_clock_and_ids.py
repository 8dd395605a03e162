"""Time with a zone, ids that sort by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from studio_server.clock import (
    FixedClock,
    NaiveTime,
    SystemClock,
    from_microseconds,
    to_microseconds,
)
from studio_server.ids import ALPHABET, RANDOM_BITS, CountedIds, TimeOrderedIds

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTime):
        to_microseconds(NOON.replace(tzinfo=None))
    with pytest.raises(NaiveTime):
        FixedClock(NOON.replace(tzinfo=None))


def test_the_storage_form_keeps_every_microsecond_whatever_the_zone() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-8)))
    assert to_microseconds(elsewhere) == to_microseconds(NOON)
    assert from_microseconds(to_microseconds(elsewhere)) == NOON


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        NOON,
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_every_instant_comes_back_from_its_storage_form_in_utc(at: datetime) -> None:
    found = from_microseconds(to_microseconds(at))
    assert (found, found.tzinfo) == (at, UTC)


def test_an_hour_that_the_clocks_show_twice_is_two_instants() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert first == first.replace(fold=1)
    assert to_microseconds(first.replace(fold=1)) - to_microseconds(first) == 3_600_000_000


def test_a_fixed_clock_moves_only_when_it_is_advanced() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(minutes=2))
    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(minutes=2), 120.0)


def test_the_system_clock_is_aware_and_its_lengths_never_fall() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


def test_ids_made_later_sort_later_even_within_one_instant_and_when_the_clock_falls() -> None:
    clock = FixedClock(NOON)
    ids = TimeOrderedIds(clock)
    made = [ids.new("run") for _ in range(500)]
    clock.advance(timedelta(seconds=-5))
    made.append(ids.new("run"))
    clock.advance(timedelta(days=365))
    made.append(ids.new("run"))
    assert made == sorted(made)
    assert len(set(made)) == 502
    assert all(len(one) == len("run_") + 25 for one in made)


def test_a_serial_is_the_milliseconds_of_the_clock_and_then_random_bits() -> None:
    drawn = [_number(TimeOrderedIds(FixedClock(NOON)).serial()) for _ in range(200)]
    assert {number >> RANDOM_BITS for number in drawn} == {to_microseconds(NOON) // 1000}
    assert all(any(number >> bit & 1 for number in drawn) for bit in range(RANDOM_BITS))
    assert not any(all(number >> bit & 1 for number in drawn) for bit in range(RANDOM_BITS))


def test_a_serial_is_its_number_in_base_32() -> None:
    at = FixedClock(datetime(2026, 11, 21, 12, tzinfo=UTC))
    serial = TimeOrderedIds(at).serial()
    number = _number(serial)
    assert serial == "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(25)))


def _number(serial: str) -> int:
    """The number that a serial writes."""
    number = 0
    for letter in serial:
        number = number * 32 + ALPHABET.index(letter)
    return number


def test_two_sources_at_one_instant_do_not_make_the_same_id() -> None:
    clock = FixedClock(NOON)
    first, second = TimeOrderedIds(clock), TimeOrderedIds(clock)
    assert not {first.serial() for _ in range(200)} & {second.serial() for _ in range(200)}


def test_counted_ids_are_the_same_on_every_run() -> None:
    assert [CountedIds().new("hold") for _ in range(2)] == ["hold_0000000001"] * 2
