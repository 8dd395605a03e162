"""Decisions about grants and lots by themselves: give, expire, close a period, take back. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studio_server.clock import in_utc
from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.commands import effect_key
from studio_server.ledger.debt import covered, debt_left
from studio_server.ledger.effects import Effects, Grant, LotVoid, Move, MoveKind, NewLot
from studio_server.ledger.outcomes import GrantIssued, GrantVoided, LotExpired, PeriodClosed
from studio_server.ledger.refusals import (
    GrantAlreadyIssued,
    GrantEndsTooSoon,
    GrantNotFound,
    LotNotFound,
    NothingToExpire,
    PeriodStillRuns,
    VoidsAboveGrant,
    WalletNotFound,
    WalletNotOpen,
)
from studio_server.ledger.values import GrantSource, Lot, WalletState

if TYPE_CHECKING:
    from studio_server.ledger.commands import ClosePeriod, ExpireLot, IssueGrant, VoidGrant
    from studio_server.ledger.effects import Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import GrantState, LotState, VoidState
    from studio_server.ledger.values import Wallet

PRIORITIES = {
    GrantSource.PLAN: 10,
    GrantSource.GIFT: 20,
    GrantSource.PROMOTION: 20,
    GrantSource.REFUND: 25,
    GrantSource.ADJUSTMENT: 25,
    GrantSource.PURCHASE: 30,
}


def issue_grant(state: GrantState, command: IssueGrant, now: Moment) -> Effects | LedgerRefusal:
    """Give the amount as one new lot; the same source and reference never twice."""
    refusal = _grant_refusal(state, command, now)
    if refusal is not None:
        return refusal
    lot = _lot_of(command, now)
    grant = Grant(f"grnt_{now.serial}", command.source, command.reference)
    answer = GrantIssued(grant.grant_id, lot.lot_id, lot.amount, lot.effective_at, lot.ends_at)
    effects = Effects(
        effect_key=effect_key(command),
        kind="issue_grant",
        wallet_id=command.wallet_id,
        answer=answer,
        lot_id=lot.lot_id,
        lots=(NewLot(grant, lot),),
        moves=(Move(MoveKind.GRANT, lot.lot_id, lot.amount),),
    )
    return covered(effects, state.wallet, state.owing, now.now)


def expire_lot(state: LotState, command: ExpireLot, now: Moment) -> Effects | LedgerRefusal:
    """Take back what is available in an ended lot without roll-over: once, for exactly what is there."""
    lot = state.lot
    if lot is None:
        return LotNotFound(command.lot_id)
    if not lot.has_ended(now.now) or lot.available == 0 or lot.roll_over is not None:
        return NothingToExpire(lot.lot_id, lot.available, lot.ends_at)
    return Effects(
        effect_key=effect_key(command),
        kind="expire_lot",
        wallet_id=state.wallet_id,
        answer=LotExpired(lot.lot_id, lot.available, now.now),
        lot_id=lot.lot_id,
        moves=(Move(MoveKind.LAPSE, lot.lot_id, lot.available),),
    )


def close_period(state: LotState, command: ClosePeriod, now: Moment) -> Effects | LedgerRefusal:
    """Move what may roll over into the next period's lot, let the rest expire; once."""
    lot = state.lot
    if lot is None:
        return LotNotFound(command.lot_id)
    ends_at = None if command.next_ends_at is None else in_utc(command.next_ends_at)
    if not lot.has_ended(now.now) or lot.roll_over is None or (ends_at is not None and ends_at <= now.now):
        return PeriodStillRuns(lot.lot_id, lot.ends_at)
    rolled = 0 if ends_at is None else min(lot.roll_over, lot.available)
    new = None if rolled == 0 else _next_lot(replace(lot, ends_at=ends_at), rolled, now)
    moves = (
        *(() if new is None else (Move(MoveKind.ROLL, lot.lot_id, rolled, to_lot_id=new.lot.lot_id),)),
        *(() if lot.available == rolled else (Move(MoveKind.LAPSE, lot.lot_id, lot.available - rolled),)),
    )
    effects = Effects(
        effect_key=effect_key(command),
        kind="close_period",
        wallet_id=state.wallet_id,
        answer=PeriodClosed(
            lot.lot_id, rolled, lot.available - rolled, None if new is None else new.lot.lot_id
        ),
        lot_id=lot.lot_id,
        lots=() if new is None else (new,),
        moves=moves,
    )
    return covered(effects, state.wallet, state.owing, now.now)


def void_grant(state: VoidState, command: VoidGrant, now: Moment) -> Effects | LedgerRefusal:
    """Take the amount back from its lot; what is not there any more is owed, except what had expired."""
    lot, grant, wallet = state.lot, state.grant, state.wallet
    if lot is None or grant is None or wallet is None:
        return GrantNotFound(command.grant_id)
    refusal = _void_refusal(lot, wallet, command)
    if refusal is not None:
        return refusal
    amount = lot.amount - lot.voided if command.amount is None else command.amount
    revoked = min(lot.available, amount)
    owed = min(amount - revoked, max(0, lot.held + lot.spent - lot.owed))
    moves = (
        *(() if revoked == 0 else (Move(MoveKind.REVOKE, lot.lot_id, revoked),)),
        *(() if owed == 0 else (Move(MoveKind.OWE, lot.lot_id, owed),)),
    )
    answer = GrantVoided(grant.grant_id, amount, revoked, owed, 0)
    effects = Effects(
        effect_key=effect_key(command),
        kind="void_grant",
        wallet_id=wallet.wallet_id,
        answer=answer,
        lot_id=lot.lot_id,
        void=LotVoid(lot.lot_id, amount, owed),
        moves=moves,
    )
    after = covered(effects, wallet, (*state.owing, lot), now.now)
    return replace(after, answer=replace(answer, debt_after=debt_left(after, wallet)))


def _grant_refusal(state: GrantState, command: IssueGrant, now: Moment) -> LedgerRefusal | None:
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    if state.wallet.state is WalletState.CLOSED:
        return WalletNotOpen(state.wallet.wallet_id, state.wallet.state)
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, reference=command.reference),
        amount_refusal("amount", command.amount),
        None if command.roll_over is None else amount_refusal("roll_over", command.roll_over),
        None if command.priority is None else amount_refusal("priority", command.priority, least=0, most=999),
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
        roll_over=command.roll_over,
    )


def _void_refusal(lot: Lot, wallet: Wallet, command: VoidGrant) -> LedgerRefusal | None:
    wrong = first_refusal(
        text_refusal(effect_key=command.effect_key, reason=command.reason),
        None if command.amount is None else amount_refusal("amount", command.amount),
    )
    if wrong is not None:
        return wrong
    left = lot.amount - lot.voided
    if left == 0 or (command.amount is not None and command.amount > left):
        return VoidsAboveGrant(command.grant_id, command.amount or 0, left)
    if wallet.state is WalletState.CLOSED:
        return WalletNotOpen(wallet.wallet_id, wallet.state)
    return None


def _next_lot(ended: Lot, amount: int, now: Moment) -> NewLot:
    """What rolls over: a lot of the same source and terms for the next period; `ended` carries its end."""
    lot = replace(
        ended,
        lot_id=f"lot_{now.serial}",
        effective_at=now.now,
        issued_at=now.now,
        amount=amount,
        available=amount,
        held=0,
        spent=0,
        voided=0,
        owed=0,
    )
    return NewLot(Grant(f"grnt_{now.serial}", ended.source, f"next:{ended.lot_id}"), lot)
