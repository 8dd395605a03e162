"""The order in which lots burn, and how much each gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from studio_server.ledger.commands import CoverDebts, ExpireHolds, ExpireLots
from studio_server.ledger.debt import burn_order, covered, debt_left, draw, live
from studio_server.ledger.effects import Effects, Move, MoveKind
from studio_server.ledger.values import GrantSource, Lot

from tests.ledger.test_decide import NOON, WALLET

DAY = timedelta(days=1)
LOT = Lot("lot_5", GrantSource.GIFT, 20, NOON, NOON + 9 * DAY, NOON, 10, 10, 0)
IN_ORDER = [
    replace(LOT, lot_id="lot_9", priority=10, ends_at=None),
    replace(LOT, lot_id="lot_8", ends_at=NOON + DAY, issued_at=NOON + DAY),
    replace(LOT, lot_id="lot_7", issued_at=NOON - DAY),
    replace(LOT, lot_id="lot_1"),
    replace(LOT, lot_id="lot_2"),
    replace(LOT, lot_id="lot_0", ends_at=None),
]
"""Each goes before the next for one reason alone: priority, end, age, id, no end."""


def test_lots_burn_by_priority_then_end_then_age_then_id_whatever_order_they_come_in() -> None:
    for shuffled in permutations(IN_ORDER):
        assert burn_order(shuffled) == IN_ORDER


def test_only_lots_that_have_begun_and_not_ended_are_live() -> None:
    begins = replace(LOT, lot_id="begins", effective_at=NOON)
    later = replace(LOT, lot_id="later", effective_at=NOON + timedelta(microseconds=1))
    ends = replace(LOT, lot_id="ends", effective_at=NOON - DAY, ends_at=NOON)
    assert live([begins, later, ends], NOON) == [begins]


@pytest.mark.parametrize(
    ("needed", "drawn"),
    [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (20, [10, 10]), (25, [10, 10, 5]), (99, [10, 10, 10])],
)
def test_lots_give_in_order_until_enough_is_drawn(needed: int, drawn: list[int]) -> None:
    lots = [replace(LOT, lot_id=f"lot_{number}") for number in range(3)]
    assert [part for _, part in draw(lots, needed)] == drawn


def test_an_empty_lot_gives_nothing_and_is_not_named() -> None:
    empty = replace(LOT, available=0, held=10)
    assert draw([empty, LOT], 4) == [(LOT, 4)]


@pytest.mark.parametrize("sweep", [ExpireHolds, ExpireLots, CoverDebts])
def test_a_sweep_takes_at_most_five_hundred(
    sweep: type[ExpireHolds | ExpireLots | CoverDebts],
) -> None:
    assert sweep().limit == 500


@pytest.mark.parametrize("debt", [1, 2])
def test_the_smallest_debt_is_covered_too(debt: int) -> None:
    nothing = Effects("key:k", "cover_debt", "wal_1", None)
    paid = covered(nothing, replace(WALLET, debt=-debt), (LOT,), NOON)
    assert paid.moves == (Move(MoveKind.COVER, "lot_5", debt),)
    assert debt_left(paid, replace(WALLET, debt=-debt)) == 0


def test_without_a_wallet_or_a_debt_nothing_is_covered() -> None:
    nothing = Effects("key:k", "cover_debt", "wal_1", None)
    assert covered(nothing, None, (LOT,), NOON) == nothing
    assert covered(nothing, WALLET, (LOT,), NOON) == nothing
    assert debt_left(nothing, None) == 0
