"""Invariant 14: the journal replayed from empty gives the same lots, holds and wallet totals.

It reads only what is never updated (effects, transfers, grants) and compares with what is (lots, holds).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.storage import Row, Tx

ENDS = {"settle": "settled", "release": "released", "expire_hold": "expired"}


@dataclass
class LotReplayed:
    """What the journal says about one lot."""

    available: int = 0
    held: int = 0
    spent: int = 0
    expired: int = 0


@dataclass
class HoldReplayed:
    """What the journal says about one hold."""

    ceiling: int = 0
    settled: int = 0
    returned: int = 0
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
        """Play one transfer."""
        if kind == "grant":
            lot.available += amount
            return
        if kind in {"hold", "lapse"}:
            lot.available -= amount
        else:
            lot.held -= amount
        match kind:
            case "hold":
                lot.held += amount
            case "settle":
                lot.spent += amount
            case "return":
                lot.available += amount
            case _:
                lot.expired += amount
        if hold is not None:
            _play_on_hold(kind, hold, amount)


def replay_differences(tx: Tx) -> Iterator[tuple[str, str]]:
    """What differs between the journal replayed and the books as stored: subject and how."""
    replayed = Replayed()
    yield from _play_effects(tx, replayed)
    for row in tx.stream("SELECT lot_id, available, held, spent, expired, revoked FROM lots"):
        lot = replayed.lots.pop(row[0], LotReplayed())
        yield from _difference(row, (lot.available, lot.held, lot.spent, lot.expired, 0))
    for row in tx.stream("SELECT hold_id, ceiling, settled, returned, state FROM holds"):
        hold = replayed.holds.pop(row[0], HoldReplayed())
        yield from _difference(row, (hold.ceiling, hold.settled, hold.returned, hold.state))
    for left in (*replayed.lots, *replayed.holds):
        yield left, "is in the journal but not in the books"


def _play_effects(tx: Tx, replayed: Replayed) -> Iterator[tuple[str, str]]:
    """Play every effect in order, and compare the wallet's totals after each with what it recorded."""
    joined = tx.stream(
        "SELECT e.sequence, e.kind, e.wallet_id, e.hold_id, e.available_after, e.held_after,"
        " t.kind, t.lot_id, t.hold_id, t.amount"
        " FROM effects e LEFT JOIN transfers t ON t.effect_sequence = e.sequence ORDER BY e.sequence"
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
    kind, lot_id, hold_id, amount = transfer
    if kind is not None:
        _play_on_wallet(kind, wallet, amount)
        hold = None if hold_id is None else replayed.holds[hold_id]
        replayed.move(kind, replayed.lots[lot_id], hold, amount)


def _play_on_wallet(kind: str, wallet: WalletReplayed, amount: int) -> None:
    if kind in {"grant", "return"}:
        wallet.available += amount
    if kind in {"hold", "lapse"}:
        wallet.available -= amount
    if kind == "hold":
        wallet.held += amount
    if kind in {"settle", "return", "lapse_held"}:
        wallet.held -= amount


def _play_on_hold(kind: str, hold: HoldReplayed, amount: int) -> None:
    if kind == "hold":
        hold.ceiling += amount
    elif kind == "settle":
        hold.settled += amount
    else:
        hold.returned += amount


def _difference(row: Row, replayed: tuple[object, ...]) -> Iterator[tuple[str, str]]:
    if tuple(row[1:]) != replayed:
        yield row[0], f"is {row[1:]} in the books and {replayed} in the journal"
