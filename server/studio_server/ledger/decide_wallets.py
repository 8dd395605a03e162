"""Decisions about wallets, grants, lots and limits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import in_utc
from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.commands import effect_key
from studio_server.ledger.effects import Effects, Grant, Move, MoveKind
from studio_server.ledger.limits import monthly_allowance
from studio_server.ledger.outcomes import GrantIssued, LimitsSet, LotExpired, WalletOpened
from studio_server.ledger.refusals import (
    GrantAlreadyIssued,
    GrantEndsTooSoon,
    LimitAbovePlan,
    LotNotFound,
    NothingToExpire,
    WalletAlreadyOpen,
    WalletNotFound,
    WalletNotOpen,
)
from studio_server.ledger.values import GrantSource, Limits, Lot, OwnLimits, Wallet, WalletState

if TYPE_CHECKING:
    from studio_server.ledger.commands import ExpireLot, IssueGrant, OpenWallet, SetLimits
    from studio_server.ledger.effects import Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import GrantState, LimitsState, LotState, OpeningState
    from studio_server.ledger.values import PlanCaps

PRIORITIES = {
    GrantSource.PLAN: 10,
    GrantSource.GIFT: 20,
    GrantSource.PROMOTION: 20,
    GrantSource.REFUND: 25,
    GrantSource.ADJUSTMENT: 25,
    GrantSource.PURCHASE: 30,
}


def open_wallet(state: OpeningState, command: OpenWallet, now: Moment) -> Effects | LedgerRefusal:
    """Open the wallet, unless the owner has one in this asset."""
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, owner_id=command.owner_id), _caps_refusal(command.plan)
    )
    if refusal is not None:
        return refusal
    if state.existing_wallet_id is not None:
        return WalletAlreadyOpen(state.existing_wallet_id)
    wallet = Wallet(f"wal_{now.serial}", command.owner_id, command.asset, WalletState.OPEN)
    return Effects(
        effect_key=effect_key(command),
        kind="open_wallet",
        wallet_id=wallet.wallet_id,
        answer=WalletOpened(wallet.wallet_id, now.now),
        wallet=wallet,
        limits=Limits(command.plan, OwnLimits()),
    )


def issue_grant(state: GrantState, command: IssueGrant, now: Moment) -> Effects | LedgerRefusal:
    """Give the amount as one new lot; the same source and reference never twice."""
    refusal = _grant_refusal(state, command, now)
    if refusal is not None:
        return refusal
    lot = _lot_of(command, now)
    grant = Grant(f"grnt_{now.serial}", command.source, command.reference)
    answer = GrantIssued(grant.grant_id, lot.lot_id, lot.amount, lot.effective_at, lot.ends_at)
    return Effects(
        effect_key=effect_key(command),
        kind="issue_grant",
        wallet_id=command.wallet_id,
        answer=answer,
        lot_id=lot.lot_id,
        grant=grant,
        lot=lot,
        moves=(Move(MoveKind.GRANT, lot.lot_id, lot.amount),),
    )


def expire_lot(state: LotState, command: ExpireLot, now: Moment) -> Effects | LedgerRefusal:
    """Take back what is available in an ended lot: once, for exactly what is available then."""
    lot = state.lot
    if lot is None:
        return LotNotFound(command.lot_id)
    if not lot.has_ended(now.now) or lot.available == 0:
        return NothingToExpire(lot.lot_id, lot.available, lot.ends_at)
    return Effects(
        effect_key=effect_key(command),
        kind="expire_lot",
        wallet_id=state.wallet_id,
        answer=LotExpired(lot.lot_id, lot.available, now.now),
        lot_id=lot.lot_id,
        moves=(Move(MoveKind.LAPSE, lot.lot_id, lot.available),),
    )


def set_limits(state: LimitsState, command: SetLimits) -> Effects | LedgerRefusal:
    """Replace limits; an own limit is never higher than the plan's."""
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    plan = state.limits.plan if command.plan is None else command.plan
    own = state.limits.own if command.own is None else command.own
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key),
        _caps_refusal(plan),
        None if command.own is None else _own_refusal(own, plan, state.limits.bought),
    )
    if refusal is not None:
        return refusal
    return Effects(
        effect_key=effect_key(command),
        kind="set_limits",
        wallet_id=command.wallet_id,
        answer=LimitsSet(command.wallet_id, plan, own),
        limits=Limits(plan, own, state.limits.bought),
    )


def _grant_refusal(state: GrantState, command: IssueGrant, now: Moment) -> LedgerRefusal | None:
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    if state.wallet.state is WalletState.CLOSED:
        return WalletNotOpen(state.wallet.wallet_id, state.wallet.state)
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, reference=command.reference),
        amount_refusal("amount", command.amount),
    )
    if refusal is not None:
        return refusal
    if state.granted_before is not None:
        return GrantAlreadyIssued(command.source, command.reference, state.granted_before)
    effective_at = now.now if command.effective_at is None else in_utc(command.effective_at)
    if command.ends_at is not None and in_utc(command.ends_at) <= max(effective_at, now.now):
        return GrantEndsTooSoon(effective_at, in_utc(command.ends_at))
    return None


def _lot_of(command: IssueGrant, now: Moment) -> Lot:
    return Lot(
        lot_id=f"lot_{now.serial}",
        source=command.source,
        priority=PRIORITIES[command.source] if command.priority is None else command.priority,
        effective_at=now.now if command.effective_at is None else in_utc(command.effective_at),
        ends_at=None if command.ends_at is None else in_utc(command.ends_at),
        issued_at=now.now,
        amount=command.amount,
        available=command.amount,
        held=0,
    )


def _caps_refusal(plan: PlanCaps) -> LedgerRefusal | None:
    caps = {"daily": plan.daily, "monthly": plan.monthly_allocation, "per_run": plan.per_run}
    return first_refusal(
        amount_refusal("open_holds", plan.open_holds, least=0, most=1_000_000),
        *(amount_refusal(name, cap, least=0) for name, cap in caps.items() if cap is not None),
    )


def _own_refusal(own: OwnLimits, plan: PlanCaps, bought: int) -> LedgerRefusal | None:
    asked_and_allowed = (
        ("monthly", own.monthly, monthly_allowance(plan, bought)),
        ("daily", own.daily, plan.daily),
        ("per_run", own.per_run, plan.per_run),
    )
    return first_refusal(*(_limit_refusal(*limit) for limit in asked_and_allowed))


def _limit_refusal(limit: str, asked: int | None, allowed: int | None) -> LedgerRefusal | None:
    if asked is None:
        return None
    if allowed is not None and type(asked) is int and asked > allowed:
        return LimitAbovePlan(limit, asked, allowed)
    return amount_refusal(limit, asked, least=0)
