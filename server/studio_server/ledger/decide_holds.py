"""Decisions about holds: set aside, spend, hand back. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.commands import effect_key
from studio_server.ledger.debt import covered, draw, live
from studio_server.ledger.effects import Effects, HoldEnd, Move, MoveKind, WindowEnd, WindowHold
from studio_server.ledger.limits import daily_cap, monthly_cap, per_run_cap
from studio_server.ledger.outcomes import HoldEnded, HoldPlaced
from studio_server.ledger.refusals import (
    EnvelopeNotFound,
    HoldFinished,
    HoldNotFound,
    HoldRefused,
    LeaseStillRuns,
    PriceVersionDiffers,
    SettlesAboveHold,
    WalletNotFound,
)
from studio_server.ledger.values import Hold, HoldState, Pin, WalletState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from studio_server.ledger.commands import Command, ExpireHold, PlaceHold, Release, Settle
    from studio_server.ledger.effects import Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import HeldState, SpendState
    from studio_server.ledger.values import Lot, Window

Bounds = tuple[tuple[str, "Window | None", int | None], ...]
LONGEST_LEASE_SECONDS = 31 * 86_400


def place_hold(state: SpendState, command: PlaceHold, now: Moment) -> Effects | LedgerRefusal:
    """Set the ceiling aside from the first lots in burn order, if every limit allows it."""
    lots, bounds = live_lots(state, now.now), bounding(state)
    available = sum([lot.available for lot in lots])
    refusal = _refusal(state, command, now.now, bounds, available)
    if refusal is not None:
        return refusal
    hold = _hold_of(state, command, now, _pin(lots, command.ceiling))
    return Effects(
        effect_key=effect_key(command),
        kind="place_hold",
        wallet_id=command.wallet_id,
        answer=_placed(hold, available - command.ceiling),
        hold_id=hold.hold_id,
        hold=hold,
        set_aside=tuple(
            [WindowHold(window, cap, command.ceiling) for _, window, cap in bounds if window is not None]
        ),
        moves=tuple([Move(MoveKind.HOLD, pin.lot_id, pin.amount) for pin in hold.pins]),
    )


def hold_refusal(state: SpendState, command: PlaceHold, now: datetime) -> LedgerRefusal | None:
    """Why the hold would not be placed, or None."""
    available = sum([lot.available for lot in live_lots(state, now)])
    return _refusal(state, command, now, bounding(state), available)


def live_lots(state: SpendState, now: datetime) -> list[Lot]:
    """The lots that can be drawn now, in burn order."""
    return live(state.lots, now)


def bounding(state: SpendState) -> Bounds:
    """The windows a hold counts in, in the order they are checked: limit, window, cap."""
    member_cap = None if state.member is None else state.member.cap
    envelope_cap = None if state.envelope is None else state.envelope.ceiling
    return (
        ("monthly", state.month, monthly_cap(state.limits)),
        ("daily", state.day, daily_cap(state.limits)),
        ("member", state.member_month, member_cap),
        ("envelope", state.envelope_window, envelope_cap),
    )


def settle(state: HeldState, command: Settle, now: Moment) -> Effects | LedgerRefusal:
    """Spend the charge from the pinned lots in their order and hand the rest back.

    A hold that was released or has expired stays so: no balance changes, and the late charge goes on record.
    """
    hold = state.hold
    if hold is None:
        return HoldNotFound(command.hold_id)
    refusal = _charge_refusal(hold, command)
    if refusal is not None:
        return refusal
    if hold.state is HoldState.SETTLED:
        return HoldFinished(hold.hold_id, hold.state, hold.settled)
    if hold.state is not HoldState.OPEN:
        return _late(hold, now)
    return _end(state, hold, command, now, _Ending("settle", HoldState.SETTLED, command.charge))


def release(state: HeldState, command: Release, now: Moment) -> Effects | LedgerRefusal:
    """Hand the whole hold back."""
    hold = state.hold
    if hold is None:
        return HoldNotFound(command.hold_id)
    refusal = text_refusal(reason=command.reason)
    if refusal is not None:
        return refusal
    if hold.state is not HoldState.OPEN:
        return HoldFinished(hold.hold_id, hold.state, hold.settled)
    return _end(state, hold, command, now, _Ending("release", HoldState.RELEASED, 0))


def expire_hold(state: HeldState, command: ExpireHold, now: Moment) -> Effects | LedgerRefusal:
    """Hand the whole hold back because its lease has passed."""
    hold = state.hold
    if hold is None:
        return HoldNotFound(command.hold_id)
    if hold.state is not HoldState.OPEN:
        return HoldFinished(hold.hold_id, hold.state, hold.settled)
    if hold.lease_expires_at > now.now:
        return LeaseStillRuns(hold.hold_id, hold.lease_expires_at)
    return _end(state, hold, command, now, _Ending("expire_hold", HoldState.EXPIRED, 0))


def _refusal(
    state: SpendState, command: PlaceHold, now: datetime, bounds: Bounds, available: int
) -> LedgerRefusal | None:
    wrong = _command_refusal(state, command)
    if wrong is not None:
        return wrong
    return _first_limit(state, command, now, bounds, available)


def _charge_refusal(hold: Hold, command: Settle) -> LedgerRefusal | None:
    refusal = amount_refusal("charge", command.charge, least=0)
    if refusal is not None:
        return refusal
    if command.charge > hold.ceiling:
        return SettlesAboveHold(hold.hold_id, command.charge, hold.ceiling)
    if command.price_version != hold.price_version:
        return PriceVersionDiffers(hold.hold_id, hold.price_version, command.price_version)
    return None


def _command_refusal(state: SpendState, command: PlaceHold) -> LedgerRefusal | None:
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    wrong = first_refusal(
        text_refusal(
            effect_key=command.effect_key, purpose=command.purpose, price_version=command.price_version
        ),
        amount_refusal("ceiling", command.ceiling),
        amount_refusal("lease_seconds", command.lease_seconds, most=LONGEST_LEASE_SECONDS),
    )
    if wrong is None and command.envelope_id is not None and state.envelope is None:
        return EnvelopeNotFound(command.envelope_id)
    return wrong


def _first_limit(
    state: SpendState, command: PlaceHold, now: datetime, bounds: Bounds, available: int
) -> HoldRefused | None:
    """The documented order: wallet, per run, monthly, daily, member, envelope, balance, open holds."""
    return (
        _wallet_refusal(state, command)
        or _per_run_refusal(state, command)
        or _bound_refusal(state, command, now, bounds)
        or _balance_refusal(state, command, available)
        or _count_refusal(state, command)
    )


def _wallet_refusal(state: SpendState, command: PlaceHold) -> HoldRefused | None:
    wallet = state.wallet
    if wallet is None or wallet.state is not WalletState.OPEN or wallet.debt < 0:
        return HoldRefused("wallet", command.wallet_id, 0, 0, command.ceiling, 0, None, None)
    return None


def _per_run_refusal(state: SpendState, command: PlaceHold) -> HoldRefused | None:
    cap = per_run_cap(state.limits)
    if cap is None or command.ceiling <= cap:
        return None
    return HoldRefused("per_run", command.wallet_id, 0, 0, command.ceiling, cap, cap, None)


def _bound_refusal(
    state: SpendState, command: PlaceHold, now: datetime, bounds: Bounds
) -> HoldRefused | None:
    """The first window that the ceiling does not fit into, a member who may not spend, an ended envelope."""
    for limit, window, cap in bounds:
        if _is_shut(limit, state, command, now):
            shown = cap if limit == "envelope" else 0
            return HoldRefused(limit, command.wallet_id, 0, 0, command.ceiling, 0, shown, None)
        refused = None if window is None else _window_refusal(limit, window, cap, command)
        if refused is not None:
            return refused
    return None


def _is_shut(limit: str, state: SpendState, command: PlaceHold, now: datetime) -> bool:
    """Whether the member may not spend at all, or the envelope has ended."""
    if limit == "member" and command.member_id is not None:
        return state.member is None or not state.member.active
    return limit == "envelope" and state.envelope is not None and not state.envelope.is_open(now)


def _balance_refusal(state: SpendState, command: PlaceHold, available: int) -> HoldRefused | None:
    if command.ceiling <= available:
        return None
    held = sum(lot.held for lot in state.lots)
    return HoldRefused("balance", command.wallet_id, 0, held, command.ceiling, available, None, None)


def _count_refusal(state: SpendState, command: PlaceHold) -> HoldRefused | None:
    count, cap = state.open_holds, state.limits.plan.open_holds
    if count < cap:
        return None
    return HoldRefused("open_holds", command.wallet_id, count, count, 1, 0, cap, None)


def _window_refusal(limit: str, window: Window, cap: int | None, command: PlaceHold) -> HoldRefused | None:
    if cap is None or window.used + window.held + command.ceiling <= cap:
        return None
    left = max(0, cap - window.used - window.held)
    return HoldRefused(
        limit, command.wallet_id, window.used, window.held, command.ceiling, left, cap, window.ends_at
    )


def _pin(lots: list[Lot], needed: int) -> tuple[Pin, ...]:
    return tuple([Pin(lot.lot_id, drawn) for lot, drawn in draw(lots, needed)])


def _hold_of(state: SpendState, command: PlaceHold, now: Moment, pins: tuple[Pin, ...]) -> Hold:
    return Hold(
        hold_id=f"hold_{now.serial}",
        wallet_id=command.wallet_id,
        purpose=command.purpose,
        ceiling=command.ceiling,
        price_version=command.price_version,
        state=HoldState.OPEN,
        settled=0,
        returned=0,
        placed_at=now.now,
        lease_expires_at=now.now + timedelta(seconds=command.lease_seconds),
        ended_at=None,
        day_start=state.day.start,
        month_start=state.month.start,
        pins=pins,
        member_id=command.member_id,
        envelope_id=command.envelope_id,
    )


def _placed(hold: Hold, available_after: int) -> HoldPlaced:
    return HoldPlaced(
        hold_id=hold.hold_id,
        ceiling=hold.ceiling,
        price_version=hold.price_version,
        placed_at=hold.placed_at,
        lease_expires_at=hold.lease_expires_at,
        pins=hold.pins,
        available_after=available_after,
    )


@dataclass(frozen=True)
class _Ending:
    kind: str
    state: HoldState
    charge: int


def _end(state: HeldState, hold: Hold, command: Command, now: Moment, ending: _Ending) -> Effects:
    moves = tuple(_split(state, hold, ending.charge, now.now))
    returned = hold.ceiling - ending.charge
    lapsed = sum([move.amount for move in moves if move.kind is MoveKind.LAPSE_HELD])
    receipt_id = f"rcpt_{now.serial}"
    answer = HoldEnded(hold.hold_id, ending.state, ending.charge, returned, lapsed, now.now, receipt_id)
    effects = Effects(
        effect_key=effect_key(command),
        kind=ending.kind,
        wallet_id=hold.wallet_id,
        answer=answer,
        hold_id=hold.hold_id,
        hold_end=HoldEnd(hold.hold_id, ending.state, ending.charge, returned),
        window_end=WindowEnd(hold, ending.charge),
        moves=moves,
    )
    return covered(effects, state.wallet, (*state.owing, *state.lots), now.now)


def _split(state: HeldState, hold: Hold, charge: int, now: datetime) -> Iterable[Move]:
    """Spend from the pins in their order; the rest goes back, or to `expired` where the lot has ended."""
    lots = {lot.lot_id: lot for lot in state.lots}
    for pin in hold.pins:
        spent = min(pin.amount, charge)
        charge -= spent
        back = MoveKind.LAPSE_HELD if lots[pin.lot_id].has_ended(now) else MoveKind.RETURN
        if spent > 0:
            yield Move(MoveKind.SETTLE, pin.lot_id, spent)
        if pin.amount > spent:
            yield Move(back, pin.lot_id, pin.amount - spent)


def _late(hold: Hold, now: Moment) -> Effects:
    answer = HoldEnded(
        hold_id=hold.hold_id,
        state=hold.state,
        settled=0,
        returned=hold.returned,
        lapsed=0,
        ended_at=hold.ended_at or now.now,
        receipt_id=f"rcpt_{now.serial}",
        late=True,
    )
    return Effects(
        effect_key=f"hold:{hold.hold_id}:late",
        kind="late_settle",
        wallet_id=hold.wallet_id,
        answer=answer,
        hold_id=hold.hold_id,
    )
