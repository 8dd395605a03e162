"""The pure core without any store: rare states, calendar arithmetic, the meaning of effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from studio_server.ledger import (
    HoldRefused,
    LeaseStillRuns,
    PlaceHold,
    day_window,
    month_window,
    months_after,
)
from studio_server.ledger.canonical import from_text, to_text
from studio_server.ledger.commands import ExpireHold, SetLimits, Settle
from studio_server.ledger.decide import StateDoesNotFit, decide
from studio_server.ledger.effects import FLOWS, Effects, Moment, MoveKind
from studio_server.ledger.state import HeldState, SpendState
from studio_server.ledger.values import (
    Asset,
    GrantSource,
    Hold,
    HoldState,
    Limits,
    Lot,
    OwnLimits,
    Pin,
    PlanCaps,
    Wallet,
    WalletState,
)
from studio_server.storage.schema import packaged_migrations

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MOMENT = Moment(NOON, "s1")
WALLET = Wallet("wal_1", "usr_ada", Asset.CREDIT, WalletState.OPEN)
LOT = Lot("lot_1", GrantSource.PLAN, 10, NOON, None, NOON, amount=100, available=100, held=0)
SPENDABLE = SpendState(
    wallet=WALLET,
    limits=Limits(PlanCaps(), OwnLimits()),
    lots=(LOT,),
    day=day_window(NOON),
    month=month_window(NOON),
    open_holds=0,
)
HOLD = Hold(
    hold_id="hold_1",
    wallet_id="wal_1",
    purpose="run_1",
    ceiling=8,
    price_version="p1",
    state=HoldState.OPEN,
    settled=0,
    returned=0,
    placed_at=NOON,
    lease_expires_at=NOON + timedelta(minutes=1),
    ended_at=None,
    day_start=day_window(NOON).start,
    month_start=month_window(NOON).start,
    pins=(Pin("lot_1", 8),),
)


def hold_of(ceiling: int, **other: int) -> PlaceHold:
    """A command that asks for a hold."""
    return PlaceHold("key", "wal_1", "run_1", ceiling, "p1", **{"lease_seconds": 60, **other})


def test_the_same_state_command_and_moment_give_the_same_effects() -> None:
    assert decide(SPENDABLE, hold_of(8), MOMENT) == decide(SPENDABLE, hold_of(8), MOMENT)


def test_ids_come_from_the_moment_and_from_nowhere_else() -> None:
    effects = decide(SPENDABLE, hold_of(8), MOMENT)
    assert isinstance(effects, Effects)
    assert effects.hold_id == "hold_s1"


@pytest.mark.parametrize(
    "wallet",
    [
        replace(WALLET, state=WalletState.FROZEN),
        replace(WALLET, state=WalletState.CLOSED),
        replace(WALLET, debt=-1),
    ],
)
def test_a_frozen_closed_or_indebted_wallet_is_refused_before_every_other_limit(wallet: Wallet) -> None:
    nothing = Limits(PlanCaps(daily=0, monthly_allocation=0, per_run=0, open_holds=0), OwnLimits())
    refused = decide(replace(SPENDABLE, wallet=wallet, limits=nothing), hold_of(8), MOMENT)
    assert isinstance(refused, HoldRefused)
    assert refused.limit == "wallet"


def test_a_hold_cannot_be_expired_while_its_lease_runs() -> None:
    refused = decide(HeldState(HOLD, (LOT,)), ExpireHold("hold_1"), MOMENT)
    assert isinstance(refused, LeaseStillRuns)
    assert refused.lease_expires_at == NOON + timedelta(minutes=1)


@pytest.mark.parametrize("lease_seconds", [0, -1, 31 * 86_400 + 1])
def test_a_lease_is_between_a_second_and_31_days(lease_seconds: int) -> None:
    refused = decide(SPENDABLE, hold_of(8, lease_seconds=lease_seconds), MOMENT)
    assert getattr(refused, "field", None) == "lease_seconds"


def test_a_charge_below_zero_is_refused() -> None:
    refused = decide(HeldState(HOLD, (LOT,)), Settle("hold_1", -1, "p1"), MOMENT)
    assert getattr(refused, "field", None) == "charge"


def test_the_rows_of_another_command_are_a_fault_of_the_program() -> None:
    with pytest.raises(StateDoesNotFit):
        decide(SPENDABLE, Settle("hold_1", 1, "p1"), MOMENT)


def test_every_move_flows_between_the_kinds_of_account_the_schema_names() -> None:
    script = " ".join("".join(migration.script for migration in packaged_migrations()).split())
    for kind, (source, target) in FLOWS.items():
        assert f"('{kind}', '{source}', '{target}')" in script
    assert set(FLOWS) == set(MoveKind)


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2026, 1, 31), 2, (2026, 3, 31)),
        ((2024, 1, 31), 1, (2024, 2, 29)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2024, 2, 29), 48, (2028, 2, 29)),
        ((2026, 11, 30), 3, (2027, 2, 28)),
        ((2026, 12, 15), 1, (2027, 1, 15)),
        ((2026, 3, 31), -1, (2026, 2, 28)),
    ],
)
def test_what_recurs_is_computed_from_the_anchor_and_clamped_to_the_months_end(
    anchor: tuple[int, int, int], months: int, expected: tuple[int, int, int]
) -> None:
    assert months_after(datetime(*anchor, tzinfo=UTC), months) == datetime(*expected, tzinfo=UTC)


def test_windows_are_utc_whatever_zone_the_time_is_given_in() -> None:
    elsewhere = datetime(2026, 11, 30, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert day_window(elsewhere).start == datetime(2026, 12, 1, tzinfo=UTC)
    assert (month_window(elsewhere).start, month_window(elsewhere).ends_at) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )


def test_a_command_comes_back_from_its_canonical_text() -> None:
    for command in (hold_of(8), SetLimits("key", "wal_1", OwnLimits(daily=3), PlanCaps(daily=5))):
        assert from_text(to_text(command)) == command
