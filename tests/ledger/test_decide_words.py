"""What every command must say: each text it carries, each amount within its bounds, refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from studio_server.ledger import commands as ask
from studio_server.ledger.decide import StateDoesNotFit, decide
from studio_server.ledger.effects import Effects, Grant
from studio_server.ledger.refusals import (
    AmountOutOfRange,
    EnvelopeNotFound,
    LimitAbovePlan,
    NoDebt,
    TextMissing,
    WalletNotFound,
)
from studio_server.ledger.state import (
    EnvelopeState,
    GrantState,
    HeldState,
    LimitsState,
    OpeningState,
    StandingState,
    TransferState,
    UndoState,
    VoidState,
)
from studio_server.ledger.values import (
    Envelope,
    GrantSource,
    Limits,
    OwnLimits,
    PlanCaps,
    Settled,
    WalletState,
)

from tests.ledger.test_decide import HOLD, LOT, MOMENT, NOON, SPENDABLE, WALLET

LATER = NOON + timedelta(days=1)
OTHER = replace(WALLET, wallet_id="wal_2", owner_id="usr_bob")
GIFT = replace(LOT, source=GrantSource.GIFT)
ENVELOPE = Envelope("env_1", "wal_1", "class", 50, NOON, LATER)
STANDING = StandingState(WALLET, 0, ())
VALID: dict[str, tuple[Any, Any]] = {
    "open_wallet": (OpeningState(None), ask.OpenWallet("key", "usr_ada")),
    "issue_grant": (
        GrantState(WALLET, None, ()),
        ask.IssueGrant("key", "wal_1", GrantSource.GIFT, 5, "ref", roll_over=5),
    ),
    "place_hold": (SPENDABLE, ask.PlaceHold("key", "wal_1", "run_1", 8, "p1", 60)),
    "settle": (HeldState(HOLD, (LOT,)), ask.Settle("hold_1", 3, "p1")),
    "release": (HeldState(HOLD, (LOT,)), ask.Release("hold_1", "cancelled")),
    "set_limits": (
        LimitsState(WALLET, Limits(PlanCaps(), OwnLimits())),
        ask.SetLimits("key", "wal_1", own=OwnLimits(5, 5, 5), plan=PlanCaps(5, 5, 5, 5)),
    ),
    "void_grant": (
        VoidState(Grant("grnt_1", GrantSource.PLAN, "ref"), LOT, WALLET, (LOT,)),
        ask.VoidGrant("key", "grnt_1", "refund", 5),
    ),
    "reverse": (
        UndoState(hold=HOLD, settled=(Settled("x1", "lot_1", 3),), lots=(LOT,), wallet=WALLET),
        ask.Reverse("hold:hold_1:terminal", "platform_error"),
    ),
    "transfer_credits": (
        TransferState(WALLET, OTHER, (GIFT,), None, ()),
        ask.TransferCredits("key", "wal_1", "wal_2", 5, "ref"),
    ),
    "set_member": (STANDING, ask.SetMember("key", "wal_1", "mem_1", 5)),
    "open_envelope": (STANDING, ask.OpenEnvelope("key", "wal_1", "class", 5, LATER)),
    "close_envelope": (EnvelopeState(ENVELOPE, SPENDABLE.month), ask.CloseEnvelope("key", "env_1")),
    "set_wallet_state": (STANDING, ask.SetWalletState("key", "wal_1", WalletState.FROZEN, "asked")),
}
TEXTS = [
    *((name, "effect_key") for name, (_, command) in VALID.items() if hasattr(command, "effect_key")),
    ("open_wallet", "owner_id"),
    ("issue_grant", "reference"),
    ("place_hold", "purpose"),
    ("place_hold", "price_version"),
    ("release", "reason"),
    ("void_grant", "reason"),
    ("reverse", "reason"),
    ("transfer_credits", "reference"),
    ("set_member", "member_id"),
    ("open_envelope", "purpose"),
    ("set_wallet_state", "reason"),
]
AMOUNTS = [
    ("issue_grant", "amount", 1),
    ("issue_grant", "roll_over", 1),
    ("place_hold", "ceiling", 1),
    ("place_hold", "lease_seconds", 1),
    ("settle", "charge", 0),
    ("void_grant", "amount", 1),
    ("transfer_credits", "amount", 1),
    ("set_member", "cap", 0),
    ("open_envelope", "ceiling", 1),
]
CAPS = ("daily", "monthly_allocation", "per_run", "open_holds")
OWN = ("monthly", "daily", "per_run")


@pytest.mark.parametrize("name", VALID)
def test_a_command_that_says_everything_takes_effect_under_its_own_kind(name: str) -> None:
    state, command = VALID[name]
    effects = decide(state, command, MOMENT)
    assert isinstance(effects, Effects)
    assert effects.kind == {"reverse": "reverse_settle"}.get(name, name)


@pytest.mark.parametrize(("name", "field"), TEXTS)
def test_a_command_without_one_of_its_texts_is_refused_and_names_it(name: str, field: str) -> None:
    state, command = VALID[name]
    refusal = decide(state, replace(command, **{field: ""}), MOMENT)
    assert isinstance(refusal, TextMissing)
    assert refusal.field == field


@pytest.mark.parametrize(("name", "field", "least"), AMOUNTS)
def test_an_amount_below_its_least_is_refused_by_name_and_the_least_passes(
    name: str, field: str, least: int
) -> None:
    state, command = VALID[name]
    refusal = decide(state, replace(command, **{field: least - 1}), MOMENT)
    assert isinstance(refusal, AmountOutOfRange)
    assert (refusal.field, refusal.least) == (field, least)
    assert isinstance(decide(state, replace(command, **{field: least}), MOMENT), Effects)


@pytest.mark.parametrize("name", ["open_wallet", "set_limits"])
@pytest.mark.parametrize("field", CAPS)
def test_a_cap_of_a_plan_may_be_nothing_but_not_below(name: str, field: str) -> None:
    state, command = VALID[name]
    command = replace(command, own=None) if name == "set_limits" else command
    for cap, passes in ((0, True), (-1, False)):
        answer = decide(state, replace(command, plan=replace(PlanCaps(), **{field: cap})), MOMENT)
        assert isinstance(answer, Effects if passes else AmountOutOfRange)


def test_a_plan_allows_at_most_a_million_open_holds() -> None:
    state, command = VALID["open_wallet"]
    for most, passes in ((1_000_000, True), (1_000_001, False)):
        answer = decide(state, replace(command, plan=PlanCaps(open_holds=most)), MOMENT)
        assert isinstance(answer, Effects if passes else AmountOutOfRange)


@pytest.mark.parametrize("field", OWN)
def test_an_own_limit_goes_from_nothing_up_to_what_the_plan_allows(field: str) -> None:
    state, command = VALID["set_limits"]
    for limit, met in ((0, Effects), (5, Effects), (6, LimitAbovePlan), (-1, AmountOutOfRange)):
        own = replace(OwnLimits(), **{field: limit})
        assert isinstance(decide(state, replace(command, own=own), MOMENT), met)


def test_an_own_monthly_limit_may_use_what_was_bought_as_well() -> None:
    _, command = VALID["set_limits"]
    state = LimitsState(WALLET, Limits(PlanCaps(), OwnLimits(), bought=3))
    for limit, met in ((8, Effects), (9, LimitAbovePlan)):
        assert isinstance(decide(state, replace(command, own=OwnLimits(monthly=limit)), MOMENT), met)


def test_limits_that_are_not_named_stay_as_they_are() -> None:
    _, command = VALID["set_limits"]
    before = Limits(PlanCaps(daily=9, open_holds=2), OwnLimits(daily=4), bought=3)
    state = LimitsState(WALLET, before)
    for asked, after in (
        (replace(command, plan=None), Limits(before.plan, command.own, 3)),
        (replace(command, own=None), Limits(command.plan, before.own, 3)),
    ):
        effects = decide(state, replace(asked, own=asked.own and OwnLimits(per_run=5)), MOMENT)
        assert isinstance(effects, Effects)
        assert effects.limits == (after if asked.own is None else replace(after, own=OwnLimits(per_run=5)))


@pytest.mark.parametrize("missing", ["envelope", "window"])
def test_an_envelope_that_is_not_wholly_there_is_not_closed(missing: str) -> None:
    state, command = VALID["close_envelope"]
    assert isinstance(decide(replace(state, **{missing: None}), command, MOMENT), EnvelopeNotFound)


def test_an_own_limit_that_is_no_whole_number_is_refused_as_that() -> None:
    state, command = VALID["set_limits"]
    own: Any = OwnLimits(daily=6.0)  # pyright: ignore[reportArgumentType]  - what a client may send
    assert isinstance(decide(state, replace(command, own=own), MOMENT), AmountOutOfRange)


def test_a_debt_that_nothing_can_pay_is_told_as_what_is_owed() -> None:
    owing = StandingState(replace(WALLET, debt=-7), 0, ())
    refusal = decide(owing, ask.CoverDebt("key", "wal_1"), MOMENT)
    assert isinstance(refusal, NoDebt)
    assert (refusal.debt, refusal.available) == (7, 0)


@pytest.mark.parametrize(
    "name", ["issue_grant", "place_hold", "set_limits", "set_member", "open_envelope", "set_wallet_state"]
)
def test_a_wallet_that_does_not_exist_is_named(name: str) -> None:
    state, command = VALID[name]
    refusal = decide(replace(state, wallet=None), command, MOMENT)
    assert isinstance(refusal, WalletNotFound)
    assert refusal.wallet_id == "wal_1"


@pytest.mark.parametrize("name", VALID)
def test_a_state_that_was_loaded_for_another_command_is_a_fault_of_the_program(name: str) -> None:
    state, _ = VALID[name]
    other = ask.ExpireLot("lot_1") if name == "reverse" else ask.Reverse("key:k", "asked")
    with pytest.raises(StateDoesNotFit):
        decide(state, other, MOMENT)
