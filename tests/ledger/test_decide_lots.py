"""Decisions about lots and ends of holds by themselves: each bound, each move, each number told."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import timedelta
from typing import Any

import pytest
from studio_server.ledger import commands as ask
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, MoveKind
from studio_server.ledger.refusals import (
    EnvelopeEnded,
    GrantEndsTooSoon,
    HoldFinished,
    LeaseStillRuns,
    LedgerRefusal,
    NoDebt,
    NotEnoughToGive,
    NothingToExpire,
    PeriodStillRuns,
    SettlesAboveHold,
    TransferNotPossible,
    VoidsAboveGrant,
    WalletNotEmpty,
    WalletNotOpen,
)
from studio_server.ledger.state import HeldState, LotState, StandingState
from studio_server.ledger.values import Asset, GrantSource, HoldState, Pin, WalletState

from tests.ledger.test_decide import HOLD, LOT, MOMENT, NOON, WALLET
from tests.ledger.test_decide_words import ENVELOPE, GIFT, LATER, OTHER, STANDING, VALID

TICK = timedelta(microseconds=1)
SETTLE = MoveKind.SETTLE
ENDS = (ask.Settle("hold_1", 3, "p1"), ask.Release("hold_1", "x"), ask.ExpireHold("hold_1"))
ENDED = replace(LOT, effective_at=NOON - 9 * TICK, ends_at=NOON)
ALMOST = replace(ENDED, ends_at=NOON + TICK)
ROLLS = replace(ENDED, roll_over=30)
DEBTOR = replace(WALLET, debt=-7)
HOLD_OF_TWO = replace(HOLD, pins=(Pin("lot_1", 5), Pin("lot_2", 3)))


def effects_of(state: Any, command: Any) -> Effects:
    answer = decide(state, command, MOMENT)
    assert isinstance(answer, Effects)
    return answer


def moved(effects: Effects) -> list[tuple[MoveKind, str, int]]:
    return [(move.kind, move.lot_id, move.amount) for move in effects.moves]


def refused(state: Any, command: Any, kind: type[LedgerRefusal]) -> Any:
    answer = decide(state, command, MOMENT)
    assert isinstance(answer, kind)
    return answer


@pytest.mark.parametrize(
    ("charge", "moves"),
    [
        (0, [(MoveKind.RETURN, "lot_1", 5), (MoveKind.LAPSE_HELD, "lot_2", 3)]),
        (
            4,
            [(SETTLE, "lot_1", 4), (MoveKind.RETURN, "lot_1", 1), (MoveKind.LAPSE_HELD, "lot_2", 3)],
        ),
        (5, [(SETTLE, "lot_1", 5), (MoveKind.LAPSE_HELD, "lot_2", 3)]),
        (
            7,
            [(SETTLE, "lot_1", 5), (SETTLE, "lot_2", 2), (MoveKind.LAPSE_HELD, "lot_2", 1)],
        ),
        (8, [(SETTLE, "lot_1", 5), (SETTLE, "lot_2", 3)]),
    ],
)
def test_a_charge_takes_the_pins_in_order_and_the_rest_goes_back_or_expires(
    charge: int, moves: list[tuple[MoveKind, str, int]]
) -> None:
    state = HeldState(HOLD_OF_TWO, (LOT, replace(ENDED, lot_id="lot_2")), WALLET)
    effects = effects_of(state, ask.Settle("hold_1", charge, "p1"))
    lapsed = sum(amount for kind, _, amount in moves if kind is MoveKind.LAPSE_HELD)
    assert moved(effects) == moves
    answer = effects.answer
    assert astuple(answer) == ("hold_1", "settled", charge, 8 - charge, lapsed, NOON, "rcpt_s1", False)
    assert effects.hold_end
    assert effects.window_end
    assert astuple(effects.hold_end) == ("hold_1", HoldState.SETTLED, charge, 8 - charge)
    assert effects.window_end.settled == charge


def test_a_charge_one_above_the_hold_is_refused_with_both_amounts() -> None:
    told = refused(HeldState(HOLD, (LOT,)), ask.Settle("hold_1", 9, "p1"), SettlesAboveHold)
    assert astuple(told) == ("hold_1", 9, 8)


@pytest.mark.parametrize("state", [HoldState.RELEASED, HoldState.EXPIRED])
def test_a_late_charge_goes_on_record_and_moves_nothing(state: HoldState) -> None:
    ended = replace(HOLD, state=state, returned=8, ended_at=NOON - TICK)
    effects = effects_of(HeldState(ended, (LOT,)), ask.Settle("hold_1", 3, "p1"))
    assert (effects.effect_key, effects.moves, effects.hold_end) == ("hold:hold_1:late", (), None)
    assert astuple(effects.answer) == ("hold_1", state, 0, 8, 0, NOON - TICK, "rcpt_s1", True)


@pytest.mark.parametrize(
    "command", [ask.Settle("hold_1", 3, "p1"), ask.Release("hold_1", "x"), ask.ExpireHold("hold_1")]
)
def test_a_settled_hold_ends_in_no_other_way(command: Any) -> None:
    ended = replace(HOLD, state=HoldState.SETTLED, settled=3, returned=5, ended_at=NOON)
    assert astuple(refused(HeldState(ended, (LOT,)), command, HoldFinished)) == (
        "hold_1",
        HoldState.SETTLED,
        3,
    )


def test_a_lease_may_expire_at_its_end_and_not_a_moment_before() -> None:
    over = replace(HOLD, lease_expires_at=NOON)
    effects = effects_of(HeldState(over, (LOT,)), ask.ExpireHold("hold_1"))
    assert effects.hold_end
    assert astuple(effects.hold_end) == ("hold_1", HoldState.EXPIRED, 0, 8)
    refused(
        HeldState(replace(HOLD, lease_expires_at=NOON + TICK), (LOT,)),
        ask.ExpireHold("hold_1"),
        LeaseStillRuns,
    )


@pytest.mark.parametrize(
    ("parts", "asked", "revoked", "owed"),
    [
        ({"available": 100}, None, 100, 0),
        ({"available": 100}, 40, 40, 0),
        ({"available": 60, "held": 15, "spent": 25}, None, 60, 40),
        ({"available": 60, "held": 15, "spent": 25}, 61, 60, 1),
        ({"available": 0, "spent": 100}, 100, 0, 100),
        ({"available": 0, "spent": 100, "voided": 30, "owed": 30}, None, 0, 70),
        ({"available": 0, "spent": 40, "voided": 50, "owed": 30}, 50, 0, 10),
        ({"available": 0, "spent": 10}, 50, 0, 10),
        ({"available": 0}, 50, 0, 0),
    ],
)
def test_what_is_voided_is_revoked_then_owed_and_what_expired_stays_so(
    parts: dict[str, int], asked: int | None, revoked: int, owed: int
) -> None:
    state, command = VALID["void_grant"]
    lot = replace(LOT, **parts)
    effects = effects_of(replace(state, lot=lot, owing=()), replace(command, amount=asked))
    amount = 100 - lot.voided if asked is None else asked
    moves = [(MoveKind.REVOKE, "lot_1", revoked), (MoveKind.OWE, "lot_1", owed)]
    assert moved(effects) == [move for move in moves if move[2]]
    assert effects.void
    assert astuple(effects.void) == ("lot_1", amount, owed)
    assert astuple(effects.answer) == ("grnt_1", amount, revoked, owed, -owed)


@pytest.mark.parametrize(
    ("voided", "asked", "told"), [(99, 2, (2, 1)), (100, None, (0, 0)), (100, 1, (1, 0))]
)
def test_no_more_is_voided_than_was_granted_and_not_voided_yet(
    voided: int, asked: int | None, told: tuple[int, int]
) -> None:
    state, command = VALID["void_grant"]
    state = replace(state, lot=replace(LOT, available=0, voided=voided))
    assert astuple(refused(state, replace(command, amount=asked), VoidsAboveGrant)) == ("grnt_1", *told)


def test_an_ended_lot_expires_whole_and_one_that_rolls_over_waits() -> None:
    state, command = LotState("wal_1", ENDED, WALLET), ask.ExpireLot("lot_1")
    assert moved(effects_of(state, command)) == [(MoveKind.LAPSE, "lot_1", 100)]
    for lot in (ALMOST, ROLLS, replace(ENDED, available=0)):
        refused(replace(state, lot=lot), command, NothingToExpire)
    assert moved(effects_of(replace(state, lot=replace(ENDED, available=1)), command)) == [
        (MoveKind.LAPSE, "lot_1", 1)
    ]


@pytest.mark.parametrize(
    ("available", "ends_at", "rolled", "lapsed"),
    [
        (100, LATER, 30, 70),
        (30, LATER, 30, 0),
        (29, LATER, 29, 0),
        (31, LATER, 30, 1),
        (100, None, 0, 100),
        (0, LATER, 0, 0),
    ],
)
def test_a_closed_period_rolls_over_up_to_its_most_and_the_rest_expires(
    available: int, ends_at: Any, rolled: int, lapsed: int
) -> None:
    state = LotState("wal_1", replace(ROLLS, available=available), WALLET)
    effects = effects_of(state, ask.ClosePeriod("lot_1", ends_at))
    moves = [(MoveKind.ROLL, "lot_1", rolled), (MoveKind.LAPSE, "lot_1", lapsed)]
    assert moved(effects) == [move for move in moves if move[2]]
    assert astuple(effects.answer)[1:3] == (rolled, lapsed)
    for new in effects.lots:
        lot = new.lot
        assert (lot.amount, lot.available, lot.held, lot.spent, lot.voided, lot.owed) == (
            rolled,
            rolled,
            0,
            0,
            0,
            0,
        )
        assert (lot.lot_id, lot.priority, lot.roll_over) == ("lot_s1", 10, 30)
        assert (lot.effective_at, lot.issued_at, lot.ends_at) == (NOON, NOON, LATER)
    assert len(effects.lots) == (rolled > 0)


@pytest.mark.parametrize(
    ("lot", "ends_at"), [(replace(ROLLS, ends_at=NOON + TICK), LATER), (ENDED, LATER), (ROLLS, NOON)]
)
def test_a_period_is_closed_only_after_its_end_for_a_next_one_that_is_ahead(lot: Any, ends_at: Any) -> None:
    refused(LotState("wal_1", lot, WALLET), ask.ClosePeriod("lot_1", ends_at), PeriodStillRuns)
    effects_of(LotState("wal_1", ROLLS, WALLET), ask.ClosePeriod("lot_1", NOON + TICK))


def test_a_grant_must_end_after_it_begins_and_after_now() -> None:
    state, command = VALID["issue_grant"]
    for begins, ends, passes in (
        (None, NOON + TICK, True),
        (None, NOON, False),
        (LATER, LATER + TICK, True),
        (LATER, LATER, False),
        (NOON - TICK, NOON, False),
    ):
        asked = replace(command, effective_at=begins, ends_at=ends)
        assert isinstance(decide(state, asked, MOMENT), Effects if passes else GrantEndsTooSoon)


@pytest.mark.parametrize(
    ("source", "priority"),
    [("plan", 10), ("gift", 20), ("promotion", 20), ("refund", 25), ("adjustment", 25), ("purchase", 30)],
)
def test_every_source_burns_at_its_own_priority_unless_the_grant_says_another(
    source: str, priority: int
) -> None:
    state, command = VALID["issue_grant"]
    command = replace(command, source=GrantSource(source))
    assert effects_of(state, command).lots[0].lot.priority == priority
    assert effects_of(state, replace(command, priority=0)).lots[0].lot.priority == 0


def test_a_grant_pays_the_debt_first() -> None:
    state, command = VALID["issue_grant"]
    effects = effects_of(replace(state, wallet=DEBTOR), command)
    assert moved(effects) == [(MoveKind.GRANT, "lot_s1", 5), (MoveKind.COVER, "lot_s1", 5)]
    effects = effects_of(replace(state, wallet=DEBTOR), replace(command, amount=9))
    assert moved(effects)[1:] == [(MoveKind.COVER, "lot_s1", 7)]


def test_a_debt_is_covered_in_burn_order_as_far_as_what_is_there_goes() -> None:
    lots = (replace(LOT, lot_id="lot_2", available=4, priority=30), replace(LOT, available=2))
    effects = effects_of(StandingState(DEBTOR, 0, lots), ask.CoverDebt("key", "wal_1"))
    assert moved(effects) == [(MoveKind.COVER, "lot_1", 2), (MoveKind.COVER, "lot_2", 4)]
    assert astuple(effects.answer) == ("wal_1", 6, -1)
    told = refused(StandingState(WALLET, 0, lots), ask.CoverDebt("key", "wal_1"), NoDebt)
    assert astuple(told) == ("wal_1", 0, 6)


def test_what_is_given_is_drawn_in_order_and_ends_when_it_would_have() -> None:
    state, command = VALID["transfer_credits"]
    lots = (
        replace(
            GIFT, lot_id="lot_3", available=9, priority=30, source=GrantSource.PURCHASE, ends_at=LATER + TICK
        ),
        replace(GIFT, lot_id="lot_2", available=4, roll_over=3),
        replace(LOT, lot_id="plan", priority=0),
    )
    effects = effects_of(replace(state, lots=lots), replace(command, amount=6, ends_at=LATER))
    assert [(move.kind, move.lot_id, move.amount, move.to_lot_id) for move in effects.moves] == [
        (MoveKind.GIVE, "lot_2", 4, "lot_s1_0000"),
        (MoveKind.GIVE, "lot_3", 2, "lot_s1_0001"),
    ]
    assert effects.also
    given = [new.lot for new in effects.also.lots]
    assert [
        (lot.amount, lot.available, lot.held, lot.priority, lot.ends_at, lot.roll_over) for lot in given
    ] == [
        (4, 4, 0, 20, LATER, None),
        (2, 2, 0, 20, LATER, None),
    ]
    assert [new.grant.reference for new in effects.also.lots] == ["ref/0", "ref/1"]
    assert effects.also.received == 6
    assert astuple(effects.answer) == ("wal_1", "wal_2", 6, ("lot_s1_0000", "lot_s1_0001"), 107)
    told = refused(replace(state, lots=lots), replace(command, amount=14), NotEnoughToGive)
    assert astuple(told) == ("wal_1", 14, 13)
    effects_of(replace(state, lots=lots), replace(command, amount=13))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"receiver": WALLET}, TransferNotPossible),
        ({"receiver": replace(OTHER, asset=Asset.USD)}, TransferNotPossible),
        ({"receiver": replace(OTHER, state=WalletState.FROZEN)}, WalletNotOpen),
        ({"giver": replace(WALLET, state=WalletState.FROZEN)}, WalletNotOpen),
        ({"giver": DEBTOR}, WalletNotOpen),
    ],
)
def test_credits_are_not_given_between_wallets_that_do_not_fit(
    change: dict[str, Any], kind: type[LedgerRefusal]
) -> None:
    state, command = VALID["transfer_credits"]
    refused(replace(state, **change), command, kind)


def test_what_is_given_must_end_after_now() -> None:
    state, command = VALID["transfer_credits"]
    refused(state, replace(command, ends_at=NOON), TransferNotPossible)
    effects_of(state, replace(command, ends_at=NOON + TICK))


@pytest.mark.parametrize(("holds", "wallet", "told"), [(1, WALLET, (1, 0)), (0, DEBTOR, (0, 7))])
def test_a_wallet_with_a_hold_or_a_debt_is_frozen_but_not_closed(
    holds: int, wallet: Any, told: tuple[int, int]
) -> None:
    _, command = VALID["set_wallet_state"]
    state = StandingState(wallet, holds, ())
    effects_of(state, command)
    answer = refused(state, replace(command, state=WalletState.CLOSED), WalletNotEmpty)
    assert astuple(answer) == ("wal_1", *told)
    effects_of(StandingState(WALLET, 0, ()), replace(command, state=WalletState.CLOSED))


def test_a_closed_wallet_stays_closed() -> None:
    _, command = VALID["set_wallet_state"]
    closed = StandingState(replace(WALLET, state=WalletState.CLOSED), 0, ())
    refused(closed, replace(command, state=WalletState.OPEN), WalletNotOpen)


def test_an_envelope_must_end_after_now_and_is_closed_once() -> None:
    _, command = VALID["open_envelope"]
    refused(STANDING, replace(command, ends_at=NOON), EnvelopeEnded)
    effects_of(STANDING, replace(command, ends_at=NOON + TICK))
    state, close = VALID["close_envelope"]
    window = replace(state.window, settled=9, reversed=2, held=4)
    assert astuple(effects_of(replace(state, window=window), close).answer) == ("env_1", 7, 4, NOON)
    refused(replace(state, envelope=replace(ENVELOPE, closed_at=NOON)), close, EnvelopeEnded)
