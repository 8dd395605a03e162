"""The canonical text is byte for byte what the plain way of writing gives: keys on record depend on it."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_server.clock import NaiveTime, in_utc
from studio_server.ledger.canonical import KNOWN, from_text, to_text
from studio_server.ledger.commands import IssueGrant, OpenWallet, PlaceHold
from studio_server.ledger.values import Asset, GrantSource, HoldState, Pin, PlanCaps

NOON = datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)
PLACE = PlaceHold("key", "wal_1", 'run "é"\n\ud800\U0001f600', 2**70, "p1", 60)
PLACED_TEXT = (
    '{"$type":"PlaceHold","ceiling":1180591620717411303424,"effect_key":"key",'
    '"lease_seconds":60,"price_version":"p1",'
    '"purpose":"run \\"\\u00e9\\"\\n\\ud800\\ud83d\\ude00","wallet_id":"wal_1"}'
)


class Pair(NamedTuple):
    """A tuple of another name."""

    first: object
    second: object


def plainly(value: Any) -> Any:
    """What a value is in JSON, told the plain way."""
    if isinstance(value, datetime):
        return {"$time": in_utc(value).isoformat(timespec="microseconds")}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [plainly(item) for item in value]  # pyright: ignore[reportUnknownVariableType]  - any tuple
    if is_dataclass(value):
        told = {
            field.name: plainly(getattr(value, field.name))
            for field in fields(value)
            if not field.metadata or getattr(value, field.name) != field.default
        }
        return {"$type": type(value).__name__, **told}
    return value


def plain_text(value: object) -> str:
    """The canonical text through the encoder of the standard library."""
    return json.dumps(plainly(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-8)), ZoneInfo("Europe/Berlin")])
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2900, 1, 1), timezones=ZONES)  # noqa: DTZ001  - zones follow
WORDS = st.text() | st.text(
    st.characters(min_codepoint=0, max_codepoint=0x1F) | st.sampled_from('"\\/\x7f\ud800')
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | WORDS
    | TIMES
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([*Asset, *GrantSource, *HoldState])
)


def records(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Every known class with any values in its fields, and with its defaults."""
    return st.sampled_from(list(KNOWN.values())).flatmap(lambda kind: record(kind, values))


def record(kind: type[Any], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One known class, each field with any value; one that has a default also with that."""
    given = {field.name: values for field in fields(kind)}
    left_out = {
        field.name: values | st.just(field.default) for field in fields(kind) if field.default is not MISSING
    }
    return st.builds(kind, **{**given, **left_out})


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records and tuples of values."""
    return records(values) | st.lists(values, max_size=4).map(tuple) | st.builds(Pair, values, values)


VALUES = st.recursive(SCALARS, nested, max_leaves=20)


@given(records(VALUES))
@settings(max_examples=150, deadline=None)
def test_every_command_answer_and_value_is_written_as_the_plain_way_writes_it(value: object) -> None:
    assert to_text(value) == plain_text(value)


@pytest.mark.parametrize("name", KNOWN)
def test_each_known_class_is_written_as_the_plain_way_writes_it(name: str) -> None:
    kind = KNOWN[name]
    value = kind(**{field.name: (f"é{number}", number) for number, field in enumerate(fields(kind))})
    assert to_text(value) == plain_text(value)


def test_the_text_of_a_command_is_the_one_that_is_on_record() -> None:
    assert to_text(PLACE) == PLACED_TEXT
    assert from_text(PLACED_TEXT) == PLACE


def test_a_field_that_came_later_is_left_out_while_it_has_its_default() -> None:
    assert "zone" not in to_text(OpenWallet("key", "usr_ada"))
    assert '"zone":"Europe/Berlin"' in to_text(OpenWallet("key", "usr_ada", zone="Europe/Berlin"))
    assert '"member_id":"mem_1"' in to_text(replace(PLACE, member_id="mem_1"))
    assert '"ends_at":null' in to_text(IssueGrant("key", "wal_1", GrantSource.GIFT, 5, "ref"))


def test_yes_no_and_nothing_are_told_apart_from_numbers() -> None:
    assert to_text((None, True, False, 1, 0, "1")) == '[null,true,false,1,0,"1"]'


def test_a_time_is_written_in_utc_and_one_without_a_zone_is_refused() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert to_text(there) == to_text(NOON) == '{"$time":"2026-11-21T12:00:00.123456+00:00"}'
    with pytest.raises(NaiveTime):
        to_text(NOON.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("value", "error"), [(float("nan"), ValueError), (object(), TypeError), (b"", TypeError)]
)
def test_what_json_cannot_say_is_a_fault_wherever_it_stands(value: object, error: type[Exception]) -> None:
    for holder in (value, (value,), Pin("lot_1", value)):  # pyright: ignore[reportArgumentType]  - on purpose
        with pytest.raises(error):
            to_text(holder)


def test_values_inside_values_come_back_as_they_went() -> None:
    command = OpenWallet("key", "usr_ada", Asset.USD, PlanCaps(daily=5), "Europe/Berlin")
    assert from_text(to_text(command)) == command
