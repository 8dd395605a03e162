"""The chain as lines for people and machines: pages by sequence, ledger acts with wallet and amounts.

Reads one snapshot at a time and never more than a page; whoever follows the chain asks again after the last
sequence it saw.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.audit_chain import NO_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_server.storage import Row, Tx

PAGE = 500
LEDGER_KINDS = {
    "issue_grant": "grant",
    "place_hold": "hold",
    "settle": "charge",
    "reverse_settle": "refund",
}
"""What readers call the ledger's acts; one that is not named here keeps the ledger's name."""
EFFECT_MEMBERS = ("effect_key", "wallet_id", "hold_id", "lot_id", "available_change", "held_change", "spent")
SELECT = (
    "SELECT a.sequence, a.recorded_us, a.actor, a.action, a.subject, a.details, a.hash, a.previous_hash,"
    " e.effect_key, e.wallet_id, e.hold_id, e.lot_id, e.available_change, e.held_change, e.spent"
    " FROM audit a LEFT JOIN effects e ON e.effect_key = a.details AND a.record_digest <> ?"
)


@dataclass(frozen=True)
class Wanted:
    """Which rows: after `since` up to `until`, from `start` to before `end`, of these kinds and subject."""

    since: int = 0
    until: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    kinds: frozenset[str] = field(default_factory=frozenset[str])
    subject: str | None = None


@dataclass(frozen=True)
class Line:
    """One row of the chain."""

    sequence: int
    at: datetime
    actor: str
    kind: str
    subject: str
    details: Any
    hash: str
    previous_hash: str

    def as_json(self) -> str:
        """One line of JSON with sorted keys."""
        return json.dumps(vars(self) | {"at": self.at.isoformat()}, sort_keys=True, separators=(",", ":"))


def page(tx: Tx, wanted: Wanted, *, limit: int = PAGE) -> list[Line]:
    """The first rows that are wanted, in the order of the chain; at most `limit`."""
    conditions, values = _conditions(wanted)
    where = " AND ".join(conditions)
    rows = tx.execute(
        f"{SELECT} WHERE {where} ORDER BY a.sequence LIMIT ?",
        (NO_RECORD, *values, limit),
    )
    return [_line(row) for row in rows]


def lines(tx: Tx, wanted: Wanted, *, size: int = PAGE) -> Iterator[Line]:
    """Every row that is wanted, read a page at a time."""
    since = wanted.since
    while found := page(tx, replace(wanted, since=since), limit=size):
        yield from found
        since = found[-1].sequence


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    given: list[tuple[str, Any]] = [("a.sequence > ?", wanted.since)]
    if wanted.until is not None:
        given.append(("a.sequence <= ?", wanted.until))
    if wanted.start is not None:
        given.append(("a.recorded_us >= ?", to_microseconds(wanted.start)))
    if wanted.end is not None:
        given.append(("a.recorded_us < ?", to_microseconds(wanted.end)))
    if wanted.subject is not None:
        given.append(("a.subject = ?", wanted.subject))
    conditions, values = [condition for condition, _ in given], [value for _, value in given]
    if wanted.kinds:
        actions = actions_of(wanted.kinds)
        conditions.append(f"a.action IN ({', '.join('?' for _ in actions)})")
        values += actions
    return conditions, values


def shown_kind(action: str) -> str:
    """What readers call an action of the chain."""
    return LEDGER_KINDS.get(action, action)


def actions_of(kinds: frozenset[str]) -> list[str]:
    """How the chain names these kinds."""
    stored = {shown: action for action, shown in LEDGER_KINDS.items()}
    return sorted({stored.get(kind, kind) for kind in kinds} | kinds)


def _line(row: Row) -> Line:
    sequence, recorded_us, actor, action, subject, details, linked, previous = row[:8]
    return Line(
        sequence=int(sequence),
        at=from_microseconds(int(recorded_us)),
        actor=actor,
        kind=shown_kind(action),
        subject=subject,
        details=_details(details, row[8:]),
        hash=bytes(linked).hex(),
        previous_hash=bytes(previous).hex(),
    )


def _details(text: str, effect: Row) -> Any:
    """An effect's members, an event's own, or the text as it is when it is neither."""
    if effect[0] is not None:
        return dict(zip(EFFECT_MEMBERS, effect, strict=True))
    try:
        return json.loads(text)
    except ValueError:
        return text
