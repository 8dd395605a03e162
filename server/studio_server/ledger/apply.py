"""The SQLite store, second half: apply effects with guarded writes, and put them on the record.

Every account belongs to one wallet, the system's side included: a wallet has its own issuance, revenue,
expired, revoked, debt and adjustment accounts. So no balance row is shared by all customers, and yet every
account has a stored balance, a version and a gapless chain of entries; the system's total is a sum.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger.canonical import to_text
from studio_server.ledger.effects import FLOWS, MoveKind
from studio_server.ledger.open_rows import insert_hold, insert_lot, insert_wallet, write_limits
from studio_server.ledger.values import AccountKind
from studio_server.storage.audit_chain import Act, append, digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from studio_server.ledger.effects import Effects, Move, WindowEnd, WindowHold
    from studio_server.storage import Row, Tx

LOT_ACCOUNTS = {AccountKind.LOT_AVAILABLE: "available", AccountKind.LOT_HELD: "held"}
LOT_COLUMNS: dict[MoveKind, tuple[int, int, int, int]] = {
    MoveKind.GRANT: (0, 0, 0, 0),
    MoveKind.HOLD: (-1, +1, 0, 0),
    MoveKind.SETTLE: (0, -1, +1, 0),
    MoveKind.RETURN: (+1, -1, 0, 0),
    MoveKind.LAPSE_HELD: (0, -1, 0, +1),
    MoveKind.LAPSE: (-1, 0, 0, +1),
}


class GuardFailed(Exception):
    """A guarded write did not find the row as it was loaded; the transaction must be rolled back."""

    def __init__(self, what: str, row_id: str) -> None:
        super().__init__(f"{what} {row_id} was not as loaded; nothing may be committed")
        self.what, self.row_id = what, row_id


@dataclass
class Record:
    """What goes under one audit row: the effect and everything it moved, in the order it was written."""

    rows: list[Sequence[Any]] = field(default_factory=list[Any])

    def digest(self) -> bytes:
        """The fingerprint that the chain carries."""
        return record_digest(self.rows)


def record_digest(rows: Iterable[Sequence[Any]]) -> bytes:
    """SHA-256 over every field of every row; None is told apart from an empty text."""
    return digest(b"\0" if value is None else str(value).encode() for row in rows for value in row)


def apply(tx: Tx, effects: Effects, body: str, serial: str, actor: str) -> int:
    """Write the effects and their audit row, and tell the effect's sequence.

    Raises:
        GuardFailed: a row was not as loaded.
    """
    _open_rows(tx, effects)
    record = Record()
    sequence = _insert_effect(tx, effects, body, serial, record)
    for position, move in enumerate(effects.moves):
        _post(tx, effects, move, (f"xfer_{serial}.{position}", sequence), record)
    _change_lots(tx, effects.moves)
    _change_hold_and_windows(tx, effects)
    append(tx, Act(actor, effects.kind, effects.wallet_id, effects.effect_key, record.digest()))
    return sequence


def account_id(kind: AccountKind, wallet_id: str, lot_id: str) -> str:
    """The account of this kind: of the lot where lots have one, else of the wallet."""
    return f"{lot_id}/{LOT_ACCOUNTS[kind]}" if kind in LOT_ACCOUNTS else f"{wallet_id}/{kind}"


def _open_rows(tx: Tx, effects: Effects) -> None:
    if effects.wallet is not None:
        insert_wallet(tx, effects.wallet)
    if effects.limits is not None:
        write_limits(tx, effects.wallet_id, effects.limits)
    if effects.lot is not None and effects.grant is not None:
        insert_lot(tx, effects.wallet_id, effects.grant, effects.lot)
    if effects.hold is not None:
        insert_hold(tx, effects.hold)


def _insert_effect(tx: Tx, effects: Effects, body: str, serial: str, record: Record) -> int:
    change = effects.total(MoveKind.GRANT, MoveKind.RETURN) - effects.total(MoveKind.HOLD, MoveKind.LAPSE)
    held = effects.total(MoveKind.HOLD) - effects.total(MoveKind.SETTLE, MoveKind.RETURN, MoveKind.LAPSE_HELD)
    available_before, held_before = tx.one(
        "SELECT available_after, held_after FROM effects WHERE wallet_id = ? ORDER BY sequence DESC LIMIT 1",
        (effects.wallet_id,),
    ) or (0, 0)
    row = (
        *(effects.effect_key, serial, effects.kind, effects.wallet_id, effects.hold_id, effects.lot_id, body),
        *(to_text(effects.answer), to_microseconds(tx.now), change, held, effects.total(MoveKind.SETTLE)),
        *(available_before + change, held_before + held),
    )
    inserted = tx.one(
        "INSERT INTO effects (effect_key, serial, kind, wallet_id, hold_id, lot_id, body, answer,"
        " recorded_us, available_change, held_change, spent, available_after, held_after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence",
        row,
    )
    if inserted is None:
        raise GuardFailed("effect", effects.effect_key)
    record.rows.append((inserted[0], *row))
    return int(inserted[0])


def _post(tx: Tx, effects: Effects, move: Move, place: tuple[str, int], record: Record) -> None:
    transfer_id, sequence = place
    source, target = (account_id(kind, effects.wallet_id, move.lot_id) for kind in FLOWS[move.kind])
    row = (
        *(transfer_id, sequence, move.kind.value, source, target, move.lot_id, effects.hold_id),
        *(move.amount, to_microseconds(tx.now)),
    )
    tx.execute(
        "INSERT INTO transfers (transfer_id, effect_sequence, kind, from_account, to_account, lot_id,"
        " hold_id, amount, recorded_us, asset)"
        " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, asset FROM accounts WHERE account_id = ?",
        (*row, source),
    )
    _one_row_changed(tx, "account", source)
    record.rows.append(row)
    record.rows.append(_enter(tx, transfer_id, source, -move.amount))
    record.rows.append(_enter(tx, transfer_id, target, move.amount))


def _enter(tx: Tx, transfer_id: str, account: str, amount: int) -> Row:
    """One entry: the account's balance and version move by a guarded write, and are kept with the line."""
    found = tx.one(
        "UPDATE accounts SET balance = balance + ?1, version = version + 1"
        " WHERE account_id = ?2 AND (balance + ?1 >= 0 OR kind IN ('issuance', 'debt'))"
        " RETURNING balance, version",
        (amount, account),
    )
    if found is None:
        raise GuardFailed("account", account)
    after, version = found
    row = (transfer_id, account, amount, after - amount, after, version, to_microseconds(tx.now))
    tx.execute(
        "INSERT INTO entries (transfer_id, account_id, amount, before, after, version, recorded_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    return row


def _change_lots(tx: Tx, moves: Iterable[Move]) -> None:
    """Sum up per lot; that no part falls below zero is the row's own CHECK."""
    changes: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for move in moves:
        for column, sign in enumerate(LOT_COLUMNS[move.kind]):
            changes[move.lot_id][column] += sign * move.amount
    for lot_id, change in changes.items():
        tx.execute(
            "UPDATE lots SET available = available + ?1, held = held + ?2, spent = spent + ?3,"
            " expired = expired + ?4 WHERE lot_id = ?5",
            (*change, lot_id),
        )
        _one_row_changed(tx, "lot", lot_id)


def _change_hold_and_windows(tx: Tx, effects: Effects) -> None:
    for window_hold in effects.set_aside:
        _hold_in_window(tx, effects.wallet_id, window_hold)
    if effects.hold_end is not None:
        end = effects.hold_end
        tx.execute(
            "UPDATE holds SET state = ?, settled = ?, returned = ?, ended_us = ?"
            " WHERE hold_id = ? AND state = 'open' AND ceiling = ?",
            (
                *(end.state, end.settled, end.returned, to_microseconds(tx.now)),
                *(end.hold_id, end.settled + end.returned),
            ),
        )
        _one_row_changed(tx, "hold", end.hold_id)
    if effects.window_end is not None:
        _end_in_windows(tx, effects.window_end)


def _hold_in_window(tx: Tx, wallet_id: str, window_hold: WindowHold) -> None:
    """Set an amount aside under the cap that applies now; the row keeps the cap and checks it."""
    window, cap = window_hold.window, window_hold.cap
    start_us = to_microseconds(window.start)
    tx.execute(
        "INSERT INTO windows (wallet_id, period, start_us, ends_us, cap, settled, held)"
        " VALUES (?, ?, ?, ?, ?, 0, ?)"
        " ON CONFLICT DO UPDATE SET held = held + excluded.held, cap = excluded.cap"
        " WHERE excluded.cap IS NULL OR settled + held + excluded.held <= excluded.cap",
        (wallet_id, window.period, start_us, to_microseconds(window.ends_at), cap, window_hold.amount),
    )
    _one_row_changed(tx, "window", f"{wallet_id}/{window.period}/{start_us}")


def _end_in_windows(tx: Tx, end: WindowEnd) -> None:
    hold = end.hold
    tx.execute(
        "UPDATE windows SET held = held - ?1, settled = settled + ?2 WHERE wallet_id = ?3 AND held >= ?1"
        " AND ((period = 'day' AND start_us = ?4) OR (period = 'month' AND start_us = ?5))",
        (
            *(hold.ceiling, end.settled, hold.wallet_id),
            *(to_microseconds(hold.day_start), to_microseconds(hold.month_start)),
        ),
    )
    if tx.changes() != 2:  # noqa: PLR2004  - its day and its month
        raise GuardFailed("windows of hold", hold.hold_id)


def _one_row_changed(tx: Tx, what: str, row_id: str) -> None:
    if tx.changes() != 1:
        raise GuardFailed(what, row_id)
