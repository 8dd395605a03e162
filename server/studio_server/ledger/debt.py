"""What is owed is paid first: whatever becomes available in a wallet with a debt covers it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from studio_server.ledger.effects import LOT_CHANGES, Effects, Move, MoveKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from studio_server.ledger.values import Lot, Wallet

NEVER = datetime.max.replace(tzinfo=UTC)


def burn_order(lots: Iterable[Lot]) -> list[Lot]:
    """Lower priority number, then soonest end (none last), then oldest, then id."""
    return sorted(lots, key=lambda lot: (lot.priority, lot.ends_at or NEVER, lot.issued_at, lot.lot_id))


def live(lots: Iterable[Lot], now: datetime) -> list[Lot]:
    """The lots that can be drawn now, in burn order."""
    return burn_order([lot for lot in lots if lot.is_live(now)])


def draw(lots: Iterable[Lot], needed: int) -> list[tuple[Lot, int]]:
    """How much each lot gives until `needed` is reached, in the order of `lots`; less if they hold less."""
    drawn: list[tuple[Lot, int]] = []
    for lot in lots:
        part = min(lot.available, needed)
        if part > 0:
            drawn.append((lot, part))
            needed -= part
    return drawn


def covered(effects: Effects, wallet: Wallet | None, owing: Iterable[Lot], now: datetime) -> Effects:
    """The same effects, and with them as much of the wallet's debt paid as is then available.

    `owing` are the wallet's lots as they were loaded; lots the effects themselves add are taken with them.
    """
    debt = _debt_after(effects, wallet)
    if debt == 0:
        return effects
    after = _available_after(effects, owing)
    payments = draw(live(after, now), debt)
    cover = tuple(Move(MoveKind.COVER, lot.lot_id, part) for lot, part in payments)
    return replace(effects, moves=effects.moves + cover)


def debt_left(effects: Effects, wallet: Wallet | None) -> int:
    """The debt after the effects, as 0 or below."""
    return -_debt_after(effects, wallet)


def _debt_after(effects: Effects, wallet: Wallet | None) -> int:
    before = 0 if wallet is None else -wallet.debt
    return before + effects.total(MoveKind.OWE) - effects.total(MoveKind.COVER)


def _available_after(effects: Effects, owing: Iterable[Lot]) -> list[Lot]:
    """Every lot as the effects leave it; a lot that is loaded twice counts once."""
    found = {lot.lot_id: lot for lot in owing}
    changes: dict[str, int] = {}
    for move in effects.moves:
        changes[move.lot_id] = changes.get(move.lot_id, 0) + move.amount * LOT_CHANGES[move.kind][0]
    found |= {new.lot.lot_id: new.lot for new in effects.lots}
    return [
        replace(lot, available=lot.available + changes[lot.lot_id]) if changes.get(lot.lot_id) else lot
        for lot in found.values()
    ]
