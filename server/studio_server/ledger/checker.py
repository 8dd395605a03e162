"""The one checker of the books: for tests after every step, the server at start and later, operators by hand.

It does not ask the core it checks: most invariants are one query over what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING

from studio_server.ledger.invariants import RULES, RULES_OF_SQLITE
from studio_server.ledger.posting import record_digest
from studio_server.ledger.replay import replay_differences
from studio_server.ledger.terms import changed_terms
from studio_server.storage.audit_chain import NO_RECORD, first_broken
from studio_server.storage.drift import changed_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.storage import Tx

MOST_PER_RULE = 20


@dataclass(frozen=True)
class Violation:
    """One broken rule: which invariant, of what, and how."""

    invariant: int
    subject: str
    detail: str


def check(tx: Tx) -> list[Violation]:
    """Every broken invariant in this snapshot, at most 20 per rule; none means the books are right."""
    rules = (_check_queries, _check_schema, _check_times, _check_replay, check_chain)
    return [violation for rule in rules for violation in rule(tx)]


def check_chain(tx: Tx) -> list[Violation]:
    """Invariant 15: the hash chain, and that every effect is what its audit row says it was."""
    broken = first_broken(tx)
    if broken is not None:
        return [Violation(15, f"audit row {broken}", "does not fit the chain")]
    return [
        Violation(15, f"audit row {sequence}", "its effect is not what was recorded")
        for sequence in _changed_records(tx)
    ]


def _check_queries(tx: Tx) -> Iterator[Violation]:
    for rule in (*RULES, *(RULES_OF_SQLITE if tx.engine == "sqlite" else ())):
        for (subject,) in tx.execute(f"{rule.query} LIMIT {MOST_PER_RULE}"):
            yield Violation(rule.invariant, str(subject), rule.breaks)


def _check_schema(tx: Tx) -> Iterator[Violation]:
    """Invariant 12: every table, index and trigger is there and reads as it was made."""
    for name, difference in changed_objects(tx):
        yield Violation(12, name, difference)


def _check_times(tx: Tx) -> Iterator[Violation]:
    """Invariant 13: in every journal the sequence has no gap and the time never falls."""
    for table in ("effects", "audit"):
        rows = tx.stream(f"SELECT sequence, recorded_us FROM {table} ORDER BY sequence")  # noqa: S608  - two names
        for before, after in pairwise(rows):
            if after[0] != before[0] + 1 or after[1] < before[1]:
                yield Violation(13, f"{table} {after[0]}", f"does not follow {before[0]}")


def _check_replay(tx: Tx) -> Iterator[Violation]:
    for subject, detail in chain(islice(replay_differences(tx), MOST_PER_RULE), changed_terms(tx)):
        yield Violation(14, subject, detail)


def _changed_records(tx: Tx) -> list[int]:
    """Audit rows whose effect, transfers or entries no longer give the fingerprint in the chain."""
    changed: list[int] = []
    audited = tx.stream(
        "SELECT a.sequence, record_digest, e.sequence FROM audit a"
        " LEFT JOIN effects e ON e.effect_key = a.details"
        " WHERE record_digest <> ? ORDER BY a.sequence",
        (NO_RECORD,),
    )
    effects = 0
    for sequence, recorded, effect_sequence in audited:
        effects += 1
        if effect_sequence is None or recorded_digest(tx, effect_sequence) != bytes(recorded):
            changed.append(sequence)
    counted = tx.one("SELECT count(*), coalesce(max(sequence), 0) FROM effects") or (0, 0)
    return changed if counted[0] == effects else [*changed, counted[1]]


def recorded_digest(tx: Tx, effect_sequence: int) -> bytes:
    """The fingerprint of one effect as it stands in the tables now."""
    effect = tx.one(
        "SELECT sequence, effect_key, serial, kind, wallet_id, hold_id, lot_id, body, answer, recorded_us,"
        " available_change, held_change, spent, available_after, held_after FROM effects WHERE sequence = ?",
        (effect_sequence,),
    )
    rows = [] if effect is None else [effect]
    transfers = tx.execute(
        "SELECT transfer_id, effect_sequence, kind, from_account, to_account, lot_id, hold_id, amount,"
        " recorded_us, to_lot_id, reverses FROM transfers WHERE effect_sequence = ?",
        (effect_sequence,),
    )
    for transfer in sorted(transfers, key=lambda row: (len(row[0]), row[0])):
        rows.append((*transfer[:9], *(pointer for pointer in transfer[9:] if pointer is not None)))
        rows.extend(
            tx.execute(
                "SELECT transfer_id, account_id, amount, before, after, version, recorded_us FROM entries"
                " WHERE transfer_id = ? ORDER BY sequence",
                (transfer[0],),
            )
        )
    return record_digest(rows)
