"""Decisions that cross two acts or two wallets: undo a settlement or a void, give to another. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studio_server.clock import in_utc
from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.commands import effect_key
from studio_server.ledger.debt import covered, draw, live
from studio_server.ledger.decide_grants import PRIORITIES
from studio_server.ledger.effects import Effects, Grant, Move, MoveKind, NewLot, Undone
from studio_server.ledger.outcomes import CreditsReceived, CreditsTransferred, Reversed
from studio_server.ledger.refusals import (
    GrantAlreadyIssued,
    NotEnoughToGive,
    NothingToReverse,
    TextMissing,
    TransferNotPossible,
    WalletNotFound,
    WalletNotOpen,
)
from studio_server.ledger.values import GrantSource, Lot, WalletState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from studio_server.ledger.commands import Reverse, TransferCredits
    from studio_server.ledger.effects import Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import TransferState, UndoState
    from studio_server.ledger.values import Hold, Wallet

LONGEST_REFERENCE = 245
"""Of a transfer: each lot that arrives has it with a number behind."""
GIVABLE = (GrantSource.PURCHASE, GrantSource.GIFT, GrantSource.ADJUSTMENT, GrantSource.REFUND)
"""What may be given away; plan and promotion credits may not, or they would be farmed."""


def reverse(state: UndoState, command: Reverse, now: Moment) -> Effects | LedgerRefusal:
    """Undo what was settled, or what was voided, by new transfers that point at the old ones."""
    refusal = first_refusal(text_refusal(reason=command.reason))
    if refusal is not None:
        return refusal
    if state.wallet is not None and state.hold is not None and state.settled:
        return _unsettle(state, state.hold, command, now)
    if state.wallet is not None and state.voided and state.lots:
        return _reinstate(state, state.wallet, command, now)
    return NothingToReverse(command.reverses)


def transfer_credits(state: TransferState, command: TransferCredits, now: Moment) -> Effects | LedgerRefusal:
    """Move the amount from the giver's lots into new lots of the receiver, each ending when it would have."""
    giver, receiver = state.giver, state.receiver
    if giver is None or receiver is None:
        return WalletNotFound(command.wallet_id if giver is None else command.to_wallet_id)
    refusal = _transfer_refusal(state, giver, receiver, command, now.now)
    if refusal is not None:
        return refusal
    givable = [lot for lot in live(state.lots, now.now) if lot.source in GIVABLE]
    ready = sum(lot.available for lot in givable)
    if ready < command.amount:
        return NotEnoughToGive(command.wallet_id, command.amount, ready)
    drawn = draw(givable, command.amount)
    new = tuple(_given(lot, part, nth, command, now) for nth, (lot, part) in enumerate(drawn))
    return _given_effects(state, command, drawn, new, now)


def _unsettle(state: UndoState, hold: Hold, command: Reverse, now: Moment) -> Effects:
    lots = {lot.lot_id: lot for lot in state.lots}
    moves = tuple(
        Move(
            MoveKind.UNSPEND_LAPSED if lots[part.lot_id].has_ended(now.now) else MoveKind.UNSPEND,
            part.lot_id,
            part.amount,
            reverses=part.transfer_id,
        )
        for part in state.settled
    )
    amount = sum(part.amount for part in state.settled)
    effects = Effects(
        effect_key=effect_key(command),
        kind="reverse_settle",
        wallet_id=hold.wallet_id,
        answer=Reversed(command.reverses, amount, 0, 0, None),
        hold_id=hold.hold_id,
        undone=Undone(hold, amount),
        moves=moves,
    )
    returned = effects.total(MoveKind.UNSPEND)
    answer = Reversed(command.reverses, amount, returned, amount - returned, None)
    return covered(replace(effects, answer=answer), state.wallet, (*state.owing, *state.lots), now.now)


def _reinstate(state: UndoState, wallet: Wallet, command: Reverse, now: Moment) -> Effects:
    """What was taken back comes again as one new lot on the old terms, or is gone if they have ended."""
    old = next(lot for lot in state.lots if lot.lot_id == state.voided[0].lot_id)
    amount = sum(part.amount for part in state.voided)
    ended = old.has_ended(now.now)
    lot = _fresh(old, f"lot_{now.serial}", amount, now.now, source=GrantSource.REFUND)
    new = NewLot(Grant(f"grnt_{now.serial}", GrantSource.REFUND, f"undo:{state.voided[0].transfer_id}"), lot)
    kind = MoveKind.REINSTATE_LAPSED if ended else MoveKind.REINSTATE
    moves = tuple(
        Move(kind, old.lot_id if ended else lot.lot_id, part.amount, reverses=part.transfer_id)
        for part in state.voided
    )
    returned = 0 if ended else amount
    effects = Effects(
        effect_key=effect_key(command),
        kind="reverse_void",
        wallet_id=wallet.wallet_id,
        answer=Reversed(command.reverses, amount, returned, amount - returned, None if ended else lot.lot_id),
        lot_id=old.lot_id if ended else lot.lot_id,
        lots=() if ended else (new,),
        moves=moves,
    )
    return covered(effects, wallet, state.owing, now.now)


def _transfer_refusal(
    state: TransferState, giver: Wallet, receiver: Wallet, command: TransferCredits, now: datetime
) -> LedgerRefusal | None:
    wrong = first_refusal(
        text_refusal(effect_key=command.effect_key, reference=command.reference),
        None if len(command.reference) <= LONGEST_REFERENCE else TextMissing("reference"),
        amount_refusal("amount", command.amount),
    )
    if wrong is not None:
        return wrong
    pair = (giver.wallet_id, receiver.wallet_id)
    if giver.wallet_id == receiver.wallet_id:
        return TransferNotPossible(*pair, "they are one wallet")
    if giver.asset is not receiver.asset:
        return TransferNotPossible(*pair, "they hold two different assets")
    if command.ends_at is not None and in_utc(command.ends_at) <= now:
        return TransferNotPossible(*pair, "the end has passed")
    if state.granted_before is not None:
        return GrantAlreadyIssued(GrantSource.GIFT, f"{command.reference}/0", state.granted_before)
    return _first_not_open(giver, receiver)


def _first_not_open(giver: Wallet, receiver: Wallet) -> WalletNotOpen | None:
    for wallet in (giver, receiver):
        if wallet.state is not WalletState.OPEN:
            return WalletNotOpen(wallet.wallet_id, wallet.state)
    return WalletNotOpen(giver.wallet_id, "in debt") if giver.debt < 0 else None


def _given(lot: Lot, part: int, nth: int, command: TransferCredits, now: Moment) -> NewLot:
    ends = [at for at in (lot.ends_at, command.ends_at) if at is not None]
    given = _fresh(lot, f"lot_{now.serial}_{nth:04d}", part, now.now, source=GrantSource.GIFT)
    given = replace(
        given,
        priority=PRIORITIES[GrantSource.GIFT],
        ends_at=min((in_utc(at) for at in ends), default=None),
        roll_over=None,
    )
    return NewLot(
        Grant(f"grnt_{now.serial}_{nth:04d}", GrantSource.GIFT, f"{command.reference}/{nth}"), given
    )


def _given_effects(
    state: TransferState,
    command: TransferCredits,
    drawn: Iterable[tuple[Lot, int]],
    new: tuple[NewLot, ...],
    now: Moment,
) -> Effects:
    moves = tuple(
        Move(MoveKind.GIVE, lot.lot_id, part, target.lot.lot_id, command.to_wallet_id)
        for (lot, part), target in zip(drawn, new, strict=True)
    )
    ids = tuple(given.lot.lot_id for given in new)
    left = sum(lot.available for lot in live(state.lots, now.now)) - command.amount
    received = Effects(
        effect_key=f"{effect_key(command)}/received",
        kind="receive_credits",
        wallet_id=command.to_wallet_id,
        answer=CreditsReceived(command.to_wallet_id, command.wallet_id, command.amount, ids),
        lot_id=ids[0],
        lots=new,
        received=command.amount,
    )
    return Effects(
        effect_key=effect_key(command),
        kind="transfer_credits",
        wallet_id=command.wallet_id,
        answer=CreditsTransferred(command.wallet_id, command.to_wallet_id, command.amount, ids, left),
        moves=moves,
        also=covered(received, state.receiver, state.owing, now.now),
    )


def _fresh(old: Lot, lot_id: str, amount: int, now: datetime, *, source: GrantSource) -> Lot:
    """A new lot on the terms of an old one."""
    return Lot(
        lot_id=lot_id,
        source=source,
        priority=old.priority,
        effective_at=now,
        ends_at=old.ends_at,
        issued_at=now,
        amount=amount,
        available=amount,
        held=0,
    )
