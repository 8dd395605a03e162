"""Rows as values: every column lands in its own field."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

from studio_server.clock import to_microseconds
from studio_server.ledger import rows
from studio_server.ledger.values import GrantSource, HoldState, Lot, Pin, WalletState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT, END, GIVEN = (to_microseconds(NOON + timedelta(hours=hours)) for hours in (0, 1, 2))


def test_the_columns_of_a_lot_stand_in_the_order_of_its_fields() -> None:
    columns = [column.strip().replace("_us", "_at") for column in rows.LOT.split(",")]
    assert columns == [field.name for field in fields(Lot)]


def test_every_column_of_a_lot_lands_in_its_field_and_what_follows_is_left_alone() -> None:
    row = ("lot_1", "gift", 10, AT, END, GIVEN, 1, 2, 3, 4, 5, 6, 7, "more", 8)
    ends_at, issued_at = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    expected = Lot("lot_1", GrantSource.GIFT, 10, NOON, ends_at, issued_at, 1, 2, 3, 4, 5, 6, 7)
    assert rows.as_lots([row]) == (expected,)
    assert rows.as_lots([]) == ()


def test_a_lot_without_an_end_ends_never_and_every_source_is_known() -> None:
    for source in GrantSource:
        row = ("lot_1", source.value, 10, AT, None, AT, 1, 1, 0, 0, 0, 0, None)
        assert rows.as_lots([row]) == (Lot("lot_1", source, 10, NOON, None, NOON, 1, 1, 0),)


def test_every_state_on_record_is_the_state_of_the_value() -> None:
    for state in WalletState:
        wallet = rows.as_wallet([("wal_1", "usr_ada", "USD", state.value, -3, "Europe/Berlin")])
        assert wallet is not None
        assert (wallet.state, wallet.asset, wallet.debt, wallet.zone) == (state, "USD", -3, "Europe/Berlin")
    for held in HoldState:
        row = ("hold_1", "wal_1", "run_1", 8, "p1", held.value, 1, 2, AT, END, None, AT, AT, None, None, 0)
        hold = rows.as_hold([row], [("lot_1", 8)])
        assert hold is not None
        assert (hold.state, hold.pins, hold.ended_at) == (held, (Pin("lot_1", 8),), None)
