"""Every limit of a hold by itself: the last ceiling it allows, the first it refuses, the numbers it tells."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from studio_server.ledger.commands import PlaceHold, Release
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, Moment
from studio_server.ledger.outcomes import HoldPlaced
from studio_server.ledger.refusals import EnvelopeNotFound, HoldRefused, TextMissing
from studio_server.ledger.state import HeldState, SpendState
from studio_server.ledger.values import Envelope, Limits, Member, OwnLimits, Period, PlanCaps

from tests.ledger.test_decide import HOLD, LOT, MOMENT, NOON, SPENDABLE

LONGEST = 31 * 24 * 60 * 60
MOMENT_BEFORE, DAY = NOON - timedelta(microseconds=1), timedelta(days=1)
MEMBER = Member("mem_1", 50, active=True)
ENVELOPE = Envelope("env_1", "wal_1", "class", 50, NOON - DAY, NOON + DAY)
USED = {"settled": 30, "reversed": 5, "held": 15}
"""25 used and 15 held: under a cap of 50, ten are left."""
CAPPED = {
    "monthly": replace(
        SPENDABLE,
        limits=Limits(PlanCaps(monthly_allocation=40), OwnLimits(), bought=10),
        month=replace(SPENDABLE.month, **USED),
    ),
    "daily": replace(
        SPENDABLE, limits=Limits(PlanCaps(daily=50), OwnLimits(daily=60)), day=replace(SPENDABLE.day, **USED)
    ),
    "member": replace(
        SPENDABLE,
        member=MEMBER,
        member_month=replace(SPENDABLE.month, period=Period.MEMBER, subject="mem_1", **USED),
    ),
    "envelope": replace(
        SPENDABLE,
        envelope=ENVELOPE,
        envelope_window=replace(
            SPENDABLE.month, period=Period.ENVELOPE, subject="env_1", ends_at=ENVELOPE.ends_at, **USED
        ),
    ),
}
RESETS = {
    "monthly": datetime(2026, 12, 1, tzinfo=UTC),
    "daily": datetime(2026, 11, 22, tzinfo=UTC),
    "member": datetime(2026, 12, 1, tzinfo=UTC),
    "envelope": NOON + DAY,
}


def asked(ceiling: int, limit: str = "", **other: Any) -> PlaceHold:
    """A hold, for the member or in the envelope whose limit is looked at."""
    whose = {"member": {"member_id": "mem_1"}, "envelope": {"envelope_id": "env_1"}}.get(limit, {})
    return PlaceHold("key", "wal_1", "run_1", ceiling, "p1", **{"lease_seconds": 60, **whose, **other})


def refused(state: SpendState, command: PlaceHold) -> tuple[Any, ...]:
    """All numbers of the refusal."""
    answer = decide(state, command, MOMENT)
    assert isinstance(answer, HoldRefused)
    return astuple(answer)


@pytest.mark.parametrize("limit", CAPPED)
def test_a_window_allows_what_is_left_under_its_cap_and_tells_its_numbers_above(limit: str) -> None:
    assert isinstance(decide(CAPPED[limit], asked(10, limit), MOMENT), Effects)
    assert refused(CAPPED[limit], asked(11, limit)) == (limit, "wal_1", 25, 15, 11, 10, 50, RESETS[limit])


@pytest.mark.parametrize("limit", CAPPED)
def test_a_window_above_its_cap_has_nothing_left_and_not_less(limit: str) -> None:
    field = {"monthly": "month", "daily": "day", "member": "member_month", "envelope": "envelope_window"}[
        limit
    ]
    window = replace(getattr(CAPPED[limit], field), held=99)
    told = refused(replace(CAPPED[limit], **{field: window}), asked(1, limit))
    assert told == (limit, "wal_1", 25, 99, 1, 0, 50, RESETS[limit])


def test_a_wallet_in_debt_tells_what_was_needed_and_that_nothing_is_available() -> None:
    assert SPENDABLE.wallet
    state = replace(SPENDABLE, wallet=replace(SPENDABLE.wallet, debt=-1))
    assert refused(state, asked(8)) == ("wallet", "wal_1", 0, 0, 8, 0, None, None)


def test_the_lower_of_both_per_run_caps_counts_and_is_told() -> None:
    state = replace(SPENDABLE, limits=Limits(PlanCaps(per_run=9), OwnLimits(per_run=8)))
    assert isinstance(decide(state, asked(8), MOMENT), Effects)
    assert refused(state, asked(9)) == ("per_run", "wal_1", 0, 0, 9, 8, 8, None)


def test_the_balance_allows_all_that_is_live_and_tells_what_is_held() -> None:
    other = replace(LOT, lot_id="lot_2", available=5, held=7)
    later = replace(LOT, lot_id="lot_3", effective_at=NOON + DAY)
    state = replace(SPENDABLE, lots=(LOT, other, later))
    effects = decide(state, asked(105), MOMENT)
    assert isinstance(effects, Effects)
    assert isinstance(effects.answer, HoldPlaced)
    assert effects.answer.available_after == 0
    assert refused(state, asked(106)) == ("balance", "wal_1", 0, 7, 106, 105, None, None)


def test_one_hold_more_than_the_plan_allows_is_refused_with_their_count() -> None:
    state = replace(SPENDABLE, limits=Limits(PlanCaps(open_holds=3), OwnLimits()))
    assert isinstance(decide(replace(state, open_holds=2), asked(1), MOMENT), Effects)
    assert refused(replace(state, open_holds=3), asked(1)) == ("open_holds", "wal_1", 3, 3, 1, 0, 3, None)


@pytest.mark.parametrize("member", [None, replace(MEMBER, active=False)])
def test_who_is_no_active_member_may_spend_nothing(member: Member | None) -> None:
    state = replace(CAPPED["member"], member=member)
    assert refused(state, asked(1, "member")) == ("member", "wal_1", 0, 0, 1, 0, 0, None)


def test_a_member_without_a_cap_is_bounded_by_the_wallet_alone() -> None:
    state = replace(CAPPED["member"], member=replace(MEMBER, cap=None))
    assert isinstance(decide(state, asked(100, "member"), MOMENT), Effects)


@pytest.mark.parametrize(
    "envelope", [replace(ENVELOPE, closed_at=NOON - DAY), replace(ENVELOPE, ends_at=NOON)]
)
def test_an_envelope_that_is_closed_or_over_takes_nothing_and_shows_its_ceiling(envelope: Envelope) -> None:
    state = replace(CAPPED["envelope"], envelope=envelope)
    assert refused(state, asked(1, "envelope")) == ("envelope", "wal_1", 0, 0, 1, 0, 50, None)
    assert isinstance(decide(state, asked(1, "envelope"), Moment(NOON, "s")), HoldRefused)


def test_an_envelope_takes_holds_until_the_last_moment() -> None:
    state = replace(CAPPED["envelope"], envelope=replace(ENVELOPE, ends_at=NOON))
    lots = (replace(LOT, effective_at=NOON - DAY),)
    assert isinstance(
        decide(replace(state, lots=lots), asked(1, "envelope"), Moment(MOMENT_BEFORE, "s")), Effects
    )


def test_an_envelope_that_does_not_exist_is_refused_after_wrong_amounts() -> None:
    assert isinstance(decide(SPENDABLE, asked(1, "envelope"), MOMENT), EnvelopeNotFound)
    assert not isinstance(decide(SPENDABLE, asked(0, "envelope"), MOMENT), EnvelopeNotFound)


def test_limits_are_refused_in_the_documented_order() -> None:
    window = {"settled": 50, "held": 0}
    state = replace(
        SPENDABLE,
        limits=Limits(PlanCaps(daily=50, monthly_allocation=50, per_run=5, open_holds=0), OwnLimits()),
        lots=(),
        month=replace(SPENDABLE.month, **window),
        day=replace(SPENDABLE.day, **window),
        member=replace(MEMBER, active=False),
        member_month=SPENDABLE.month,
        envelope=replace(ENVELOPE, closed_at=NOON),
        envelope_window=SPENDABLE.month,
    )
    command = asked(6, member_id="mem_1", envelope_id="env_1")
    met = []
    for unbound in (
        {},
        {"limits": replace(state.limits, plan=replace(state.limits.plan, per_run=None))},
        {"month": SPENDABLE.month},
        {"day": SPENDABLE.day},
        {"member": MEMBER},
        {"envelope": ENVELOPE},
        {"lots": (LOT,)},
    ):
        state = replace(state, **unbound)
        met.append(refused(state, command)[0])
    assert met == ["per_run", "monthly", "daily", "member", "envelope", "balance", "open_holds"]


@pytest.mark.parametrize("lease_seconds", [1, LONGEST])
def test_a_lease_of_a_second_and_one_of_31_days_are_allowed(lease_seconds: int) -> None:
    effects = decide(SPENDABLE, asked(1, lease_seconds=lease_seconds), MOMENT)
    assert isinstance(effects, Effects)
    assert effects.hold
    assert effects.hold.lease_expires_at == NOON + timedelta(seconds=lease_seconds)


def test_a_new_hold_is_open_untouched_and_pins_what_it_drew() -> None:
    effects = decide(SPENDABLE, asked(8), MOMENT)
    assert isinstance(effects, Effects)
    assert effects.hold == replace(HOLD, hold_id="hold_s1")


def test_a_lease_of_31_days_and_a_second_is_refused() -> None:
    assert getattr(decide(SPENDABLE, asked(1, lease_seconds=LONGEST + 1), MOMENT), "most", None) == LONGEST


def test_a_release_without_a_reason_is_refused() -> None:
    assert isinstance(decide(HeldState(HOLD, (LOT,)), Release("hold_1", ""), MOMENT), TextMissing)
