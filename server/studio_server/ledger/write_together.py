"""What a set of holds writes: every table once, every row once, every change guarded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger.apply import WITHIN_CAP, places_of
from studio_server.ledger.open_rows import hold_row, pin_rows
from studio_server.ledger.posting import lot_changes
from studio_server.ledger.writes import GuardFailed
from studio_server.storage import audit_chain
from studio_server.storage.rowwise import RowWrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_server.ledger.effects import Effects, HoldEnd, WindowEnd, WindowHold
    from studio_server.ledger.posting import AccountChange, Posting
    from studio_server.storage import Row, Tx
    from studio_server.storage.rowwise import Kind
    from studio_server.storage.tx import Engine

    Place = tuple[str, str, str, int]


def _insert(table: str, columns: dict[str, Kind], tail: str = "") -> RowWrite:
    return RowWrite(f"INSERT INTO {table} ({', '.join(columns)})", columns, tail=tail)


EFFECTS = _insert(
    "effects",
    {
        "sequence": "bigint",
        "effect_key": "text",
        "serial": "text",
        "kind": "text",
        "wallet_id": "text",
        "hold_id": "text",
        "lot_id": "text",
        "body": "text",
        "answer": "text",
        "recorded_us": "bigint",
        "available_change": "bigint",
        "held_change": "bigint",
        "spent": "bigint",
        "available_after": "bigint",
        "held_after": "bigint",
    },
)
HOLDS = _insert(
    "holds",
    {
        "hold_id": "text",
        "wallet_id": "text",
        "purpose": "text",
        "ceiling": "bigint",
        "price_version": "text",
        "state": "text",
        "placed_us": "bigint",
        "lease_expires_us": "bigint",
        "day_start_us": "bigint",
        "month_start_us": "bigint",
        "member_id": "text",
        "envelope_id": "text",
        "settled": "bigint",
        "returned": "bigint",
    },
)
PINS = _insert("hold_lots", {"hold_id": "text", "position": "bigint", "lot_id": "text", "amount": "bigint"})
TRANSFERS = _insert(
    "transfers",
    {
        "transfer_id": "text",
        "effect_sequence": "bigint",
        "kind": "text",
        "from_account": "text",
        "to_account": "text",
        "lot_id": "text",
        "hold_id": "text",
        "amount": "bigint",
        "recorded_us": "bigint",
        "to_lot_id": "text",
        "reverses": "text",
        "asset": "text",
    },
)
ENTRIES = _insert(
    "entries",
    {
        "sequence": "bigint",
        "transfer_id": "text",
        "account_id": "text",
        "amount": "bigint",
        "before": "bigint",
        "after": "bigint",
        "version": "bigint",
        "recorded_us": "bigint",
    },
)
ACCOUNTS = RowWrite(
    "UPDATE accounts SET balance = :balance, version = :version",
    {
        "account_id": "text",
        "balance": "bigint",
        "version": "bigint",
        "balance_before": "bigint",
        "version_before": "bigint",
    },
    "account_id = :account_id AND balance = :balance_before AND version = :version_before",
)
"""Not sent to SQLite: there an entry moves its account, and is refused if the account is not as loaded."""
LOTS = RowWrite(
    "UPDATE lots SET available = available + :available, held = held + :held, spent = spent + :spent,"
    " expired = expired + :expired, revoked = revoked + :revoked",
    {
        "lot_id": "text",
        "available": "bigint",
        "held": "bigint",
        "spent": "bigint",
        "expired": "bigint",
        "revoked": "bigint",
    },
    "lot_id = :lot_id",
)
SET_ASIDE = _insert(
    "windows",
    {
        "wallet_id": "text",
        "period": "text",
        "subject": "text",
        "start_us": "bigint",
        "ends_us": "bigint",
        "cap": "bigint",
        "held": "bigint",
        "settled": "bigint",
        "reversed": "bigint",
    },
    WITHIN_CAP,
)
END_ASIDE = RowWrite(
    "UPDATE windows SET held = held - :held, settled = settled + :settled",
    {
        "wallet_id": "text",
        "period": "text",
        "subject": "text",
        "start_us": "bigint",
        "held": "bigint",
        "settled": "bigint",
    },
    "wallet_id = :wallet_id AND period = :period AND subject = :subject AND start_us = :start_us"
    " AND held >= :held",
)
ENDS = RowWrite(
    "UPDATE holds SET state = :state, settled = :settled, returned = :returned, ended_us = :ended_us",
    {
        "hold_id": "text",
        "state": "text",
        "settled": "bigint",
        "returned": "bigint",
        "ended_us": "bigint",
        "ceiling": "bigint",
    },
    "hold_id = :hold_id AND ended_us IS NULL AND ceiling = :ceiling",
)


@dataclass
class SetWrites:
    """The rows of every effect so far; what several change alike is one row."""

    at_us: int
    effects: list[Row] = field(default_factory=list["Row"])
    holds: list[Row] = field(default_factory=list["Row"])
    pins: list[Row] = field(default_factory=list["Row"])
    transfers: list[Row] = field(default_factory=list["Row"])
    entries: list[Row] = field(default_factory=list["Row"])
    audits: list[Row] = field(default_factory=list["Row"])
    accounts: dict[str, AccountChange] = field(default_factory=dict[str, "AccountChange"])
    lots: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    aside: dict[Place, list[Any]] = field(default_factory=dict["Place", list[Any]])
    ended_aside: dict[Place, list[int]] = field(default_factory=dict["Place", list[int]])
    ends: list[Row] = field(default_factory=list["Row"])

    def add(self, effects: Effects, posting: Posting, asset: str) -> None:
        """One more effect with its lines, in a wallet of this asset."""
        self.effects += posting.effects
        self.transfers += [(*row, asset) for row in posting.transfers]
        self.entries += posting.entries
        self.audits += posting.audits
        for change in posting.accounts:
            self._move_account(change)
        for lot_id, parts in lot_changes(effects.moves).items():
            known = self.lots.setdefault(lot_id, [0] * len(parts))
            self.lots[lot_id] = [before + part for before, part in zip(known, parts, strict=True)]
        if effects.hold is not None:
            self.holds.append((*hold_row(effects.hold), 0, 0))
            self.pins += pin_rows(effects.hold)
        for window_hold in effects.set_aside:
            self._set_aside(effects.wallet_id, window_hold)
        if effects.hold_end is not None:
            self._end(effects.hold_end)
        if effects.window_end is not None:
            self._end_aside(effects.window_end)

    def run(self, tx: Tx) -> None:
        """Write them all.

        Raises:
            GuardFailed, an error of the engine: a row was not as loaded; nothing of the set may be kept.
        """
        writes = [(write, rows) for write, rows in self._rows(tx.engine) if rows]
        for (write, rows), changed in zip(writes, tx.write_rows(writes), strict=True):
            if changed != len(rows):
                raise GuardFailed(write.head.split(" (")[0], f"of {len(rows)} only {changed}")

    def _rows(self, engine: Engine) -> list[tuple[RowWrite, Sequence[Row]]]:
        accounts = [(name, *change.after, *change.before) for name, change in self.accounts.items()]
        moved = accounts if engine == "postgresql" else []
        return [
            (HOLDS, self.holds),
            (PINS, self.pins),
            (EFFECTS, self.effects),
            (TRANSFERS, self.transfers),
            (ENTRIES, self.entries),
            (ACCOUNTS, moved),
            (audit_chain.ROWS, self.audits),
            (LOTS, [(lot_id, *parts) for lot_id, parts in self.lots.items() if any(parts)]),
            (SET_ASIDE, [(*place, *terms, 0, 0) for place, terms in self.aside.items()]),
            (END_ASIDE, [(*place, *amounts) for place, amounts in self.ended_aside.items()]),
            (ENDS, self.ends),
        ]

    def _move_account(self, change: AccountChange) -> None:
        known = self.accounts.get(change.account_id)
        self.accounts[change.account_id] = change if known is None else known.and_then(change)

    def _set_aside(self, wallet_id: str, window_hold: WindowHold) -> None:
        window = window_hold.window
        place = (wallet_id, window.period.value, window.subject, to_microseconds(window.start))
        terms = self.aside.setdefault(place, [to_microseconds(window.ends_at), window_hold.cap, 0])
        terms[2] += window_hold.amount

    def _end(self, end: HoldEnd) -> None:
        whole = end.settled + end.returned
        self.ends.append((end.hold_id, str(end.state), end.settled, end.returned, self.at_us, whole))

    def _end_aside(self, end: WindowEnd) -> None:
        for place in places_of(end.hold):
            amounts = self.ended_aside.setdefault(place, [0, 0])
            amounts[0] += end.hold.ceiling
            amounts[1] += end.settled
