"""Invariant 14: the journal replayed from empty gives the same lots, holds and wallet totals.

It reads only what is never updated (effects, transfers, grants) and compares with what is (lots, holds).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from studio_server.ledger.effects import LOT_CHANGES, WALLET_CHANGES, MoveKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.storage import Row, Tx

KINDS = frozenset(kind.value for kind in MoveKind)
ENDS = {"settle": "settled", "release": "released", "expire_hold": "expired"}


@dataclass
class LotReplayed:
    """What the journal says about one lot."""

    available: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0
    revoked: int = 0
    owed: int = 0


@dataclass
class HoldReplayed:
    """What the journal says about one hold."""

    ceiling: int = 0
    settled: int = 0
    returned: int = 0
    reversed: int = 0
    state: str = "open"


@dataclass
class WalletReplayed:
    """What the journal says about one wallet."""

    available: int = 0
    held: int = 0


@dataclass
class Replayed:
    """The books as the journal alone tells them."""

    lots: dict[str, LotReplayed] = field(default_factory=lambda: defaultdict(LotReplayed))
    holds: dict[str, HoldReplayed] = field(default_factory=lambda: defaultdict(HoldReplayed))
    wallets: dict[str, WalletReplayed] = field(default_factory=lambda: defaultdict(WalletReplayed))

    def move(self, kind: str, lot: LotReplayed, hold: HoldReplayed | None, amount: int) -> None:
        """Play one transfer on the lot it names, and on its hold."""
        if kind in {MoveKind.GRANT, MoveKind.REINSTATE}:
            lot.available += amount
        change = LOT_CHANGES[MoveKind(kind)]
        lot.available += change[0] * amount
        lot.held += change[1] * amount
        lot.spent += change[2] * amount
        lot.expired += change[3] * amount
        lot.revoked += change[4] * amount
        if kind == MoveKind.OWE:
            lot.owed += amount
        if hold is not None:
            _play_on_hold(kind, hold, amount)


def replay_differences(tx: Tx) -> Iterator[tuple[str, str]]:
    """What differs between the journal replayed and the books as stored: subject and how."""
    replayed = Replayed()
    yield from _play_effects(tx, replayed)
    for row in tx.stream("SELECT lot_id, available, held, spent, expired, revoked, owed FROM lots"):
        lot = replayed.lots.pop(row[0], LotReplayed())
        yield from _difference(row, (lot.available, lot.held, lot.spent, lot.expired, lot.revoked, lot.owed))
    for row in tx.stream("SELECT hold_id, ceiling, settled, returned, reversed, state FROM holds"):
        hold = replayed.holds.pop(row[0], HoldReplayed())
        yield from _difference(row, (hold.ceiling, hold.settled, hold.returned, hold.reversed, hold.state))
    for left in (*replayed.lots, *replayed.holds):
        yield left, "is in the journal but not in the books"


def _play_effects(tx: Tx, replayed: Replayed) -> Iterator[tuple[str, str]]:
    """Play every effect in order, and compare the wallet's totals after each with what it recorded."""
    joined = tx.stream(
        "SELECT e.sequence, e.kind, e.wallet_id, e.hold_id, e.available_after, e.held_after,"
        " t.kind, t.lot_id, t.hold_id, t.amount, t.to_lot_id, l.wallet_id"
        " FROM effects e LEFT JOIN transfers t ON t.effect_sequence = e.sequence"
        " LEFT JOIN lots l ON l.lot_id = t.to_lot_id"
        " ORDER BY e.sequence, length(t.transfer_id), t.transfer_id"
    )
    for (sequence, kind, wallet_id, hold_id, *after), rows in groupby(joined, key=lambda row: row[:6]):
        wallet = replayed.wallets[wallet_id]
        for row in rows:
            _play_transfer(replayed, wallet, row[6:])
        if kind in ENDS and hold_id is not None:
            replayed.holds[hold_id].state = ENDS[kind]
        if [wallet.available, wallet.held] != after:
            yield f"effect {sequence}", "recorded other totals than the journal gives"


def _play_transfer(replayed: Replayed, wallet: WalletReplayed, transfer: Row) -> None:
    kind, lot_id, hold_id, amount, to_lot_id, to_wallet_id = transfer
    if kind is None or kind not in KINDS:
        return
    change = WALLET_CHANGES[MoveKind(kind)]
    wallet.available += change[0] * amount
    wallet.held += change[1] * amount
    hold = None if hold_id is None else replayed.holds[hold_id]
    replayed.move(kind, replayed.lots[lot_id], hold, amount)
    if to_lot_id is not None:
        replayed.lots[to_lot_id].available += amount
    if kind == MoveKind.GIVE:
        replayed.wallets[to_wallet_id].available += amount


def _play_on_hold(kind: str, hold: HoldReplayed, amount: int) -> None:
    match kind:
        case MoveKind.HOLD:
            hold.ceiling += amount
        case MoveKind.SETTLE:
            hold.settled += amount
        case MoveKind.RETURN | MoveKind.LAPSE_HELD:
            hold.returned += amount
        case MoveKind.UNSPEND | MoveKind.UNSPEND_LAPSED:
            hold.reversed += amount
        case _:
            return


def _difference(row: Row, replayed: tuple[object, ...]) -> Iterator[tuple[str, str]]:
    if tuple(row[1:]) != replayed:
        yield row[0], f"is {row[1:]} in the books and {replayed} in the journal"
