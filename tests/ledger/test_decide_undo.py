"""Decisions that undo, reinstate or come again by themselves, and what is missing from them."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

import pytest
from studio_server.ledger import commands as ask
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, MoveKind
from studio_server.ledger.refusals import AmountOutOfRange, GrantNotFound, NothingToReverse, WalletNotFound
from studio_server.ledger.state import LotState

from tests.ledger.test_decide import LOT, MOMENT, WALLET
from tests.ledger.test_decide_lots import (
    ALMOST,
    ENDED,
    ROLLS,
    effects_of,
    refused,
)
from tests.ledger.test_decide_words import LATER, VALID


def test_a_reversed_settlement_goes_back_to_lots_that_live_and_expires_where_they_have_ended() -> None:
    state, command = VALID["reverse"]
    second = replace(state.settled[0], transfer_id="x2", lot_id="lot_2", amount=2)
    lots = (LOT, replace(ENDED, lot_id="lot_2"))
    effects = effects_of(replace(state, settled=(*state.settled, second), lots=lots), command)
    assert [(move.kind, move.lot_id, move.amount, move.reverses) for move in effects.moves] == [
        (MoveKind.UNSPEND, "lot_1", 3, "x1"),
        (MoveKind.UNSPEND_LAPSED, "lot_2", 2, "x2"),
    ]
    assert astuple(effects.answer) == ("hold:hold_1:terminal", 5, 3, 2, None)
    assert effects.undone
    assert effects.undone.amount == 5


@pytest.mark.parametrize(("old", "returned"), [(LOT, 5), (ALMOST, 5), (ENDED, 0)])
def test_a_reversed_void_comes_again_as_a_lot_or_expires_with_the_old_one(old: Any, returned: int) -> None:
    state, command = VALID["reverse"]
    parts = (replace(state.settled[0], amount=3), replace(state.settled[0], transfer_id="x2", amount=2))
    undo = replace(state, hold=None, settled=(), voided=parts, lots=(replace(old, available=0),))
    effects = effects_of(undo, command)
    kind = MoveKind.REINSTATE if returned else MoveKind.REINSTATE_LAPSED
    assert [(move.kind, move.amount, move.reverses) for move in effects.moves] == [
        (kind, 3, "x1"),
        (kind, 2, "x2"),
    ]
    assert astuple(effects.answer)[1:4] == (5, returned, 5 - returned)
    assert [
        (new.lot.amount, new.lot.available, new.lot.priority, new.lot.ends_at) for new in effects.lots
    ] == ([(5, 5, 10, old.ends_at)] if returned else [])


@pytest.mark.parametrize("missing", ["grant", "lot", "wallet"])
def test_a_grant_that_is_not_wholly_there_is_not_voided(missing: str) -> None:
    state, command = VALID["void_grant"]
    refused(replace(state, **{missing: None}), command, GrantNotFound)


def test_what_rolls_over_begins_anew_whatever_became_of_the_old_lot() -> None:
    used = replace(ROLLS, amount=100, available=35, held=5, spent=40, voided=20, owed=10)
    [new] = effects_of(LotState("wal_1", used, WALLET), ask.ClosePeriod("lot_1", LATER)).lots
    assert (new.lot.amount, new.lot.available, new.lot.held, new.lot.spent) == (30, 30, 0, 0)
    assert (new.lot.voided, new.lot.owed) == (0, 0)


def test_a_new_lot_is_whole() -> None:
    state, command = VALID["issue_grant"]
    [new] = effects_of(state, command).lots
    assert (new.lot.amount, new.lot.available, new.lot.held, new.lot.spent) == (5, 5, 0, 0)


def test_credits_given_to_or_by_nobody_name_the_wallet_that_is_missing() -> None:
    state, command = VALID["transfer_credits"]
    assert refused(replace(state, giver=None), command, WalletNotFound).wallet_id == "wal_1"
    assert refused(replace(state, receiver=None), command, WalletNotFound).wallet_id == "wal_2"


@pytest.mark.parametrize(
    "missing", [{"wallet": None}, {"hold": None}, {"settled": ()}, {"settled": (), "hold": None, "lots": ()}]
)
def test_what_is_not_wholly_there_is_not_reversed(missing: dict[str, Any]) -> None:
    state, command = VALID["reverse"]
    refused(replace(state, **missing), command, NothingToReverse)


@pytest.mark.parametrize("missing", [{"wallet": None}, {"voided": ()}, {"lots": ()}])
def test_a_void_that_is_not_wholly_there_is_not_reversed(missing: dict[str, Any]) -> None:
    state, command = VALID["reverse"]
    undo = replace(state, hold=None, settled=(), voided=state.settled)
    refused(replace(undo, **missing), command, NothingToReverse)


@pytest.mark.parametrize(("old", "lot_id"), [(LOT, "lot_s1"), (ENDED, "lot_1")])
def test_a_reversed_void_is_told_of_the_lot_it_went_to(old: Any, lot_id: str) -> None:
    state, command = VALID["reverse"]
    undo = replace(state, hold=None, settled=(), voided=state.settled, lots=(replace(old, available=0),))
    assert effects_of(undo, command).lot_id == lot_id


@pytest.mark.parametrize(("priority", "passes"), [(-1, False), (0, True), (999, True), (1_000, False)])
def test_a_priority_goes_from_nought_to_999(priority: int, passes: bool) -> None:
    state, command = VALID["issue_grant"]
    answer = decide(state, replace(command, priority=priority), MOMENT)
    assert isinstance(answer, Effects if passes else AmountOutOfRange)
