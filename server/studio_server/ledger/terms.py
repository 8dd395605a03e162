"""Invariant 14, the terms: grants, lots, holds and limits still say what was answered when they were made.

What was answered is in the effects, which the hash chain covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.canonical import from_text
from studio_server.ledger.commands import IssueGrant, PlaceHold
from studio_server.ledger.outcomes import CreditsReceived, GrantIssued, HoldPlaced, PeriodClosed, Reversed
from studio_server.ledger.said import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from studio_server.storage import Row, Tx

MADE = (
    "SELECT sequence, wallet_id, body, answer, recorded_us FROM effects WHERE kind NOT IN"
    " ('settle', 'release', 'expire_hold', 'late_settle', 'expire_lot', 'cover_debt', 'transfer_credits',"
    " 'reverse_settle') ORDER BY sequence"
)


def changed_terms(tx: Tx) -> Iterator[tuple[str, str]]:
    """What no longer says what was answered: subject and how."""
    said = Said()
    for sequence, wallet_id, body, answer, recorded_us in tx.stream(MADE):
        match _read(body), _read(answer):
            case PlaceHold() as asked, HoldPlaced() as placed:
                yield from _hold(tx, wallet_id, asked, placed)
            case IssueGrant() as asked, GrantIssued() as issued:
                yield from _grant(tx, (wallet_id, recorded_us), asked, issued)
            case _, CreditsReceived(lot_ids=lots):
                yield from _derived(tx, (wallet_id, recorded_us), lots)
            case _, PeriodClosed(next_lot_id=lot) | Reversed(lot_id=lot):
                yield from _derived(tx, (wallet_id, recorded_us), () if lot is None else (lot,))
            case asked, answered if said.hear(wallet_id, asked, answered, recorded_us):
                pass
            case _:
                yield f"effect {sequence}", "has a body and an answer that do not belong together"
    yield from said.differences(tx)


def _read(text: str) -> object:
    try:
        return from_text(text)
    except (ValueError, KeyError, TypeError):
        return None


def _hold(tx: Tx, wallet_id: str, asked: PlaceHold, placed: HoldPlaced) -> Iterator[tuple[str, str]]:
    row = tx.one(
        "SELECT wallet_id, purpose, ceiling, price_version, placed_us, lease_expires_us, member_id,"
        " envelope_id FROM holds WHERE hold_id = ?",
        (placed.hold_id,),
    )
    times = (to_microseconds(placed.placed_at), to_microseconds(placed.lease_expires_at))
    terms = (asked.purpose, asked.ceiling, asked.price_version, *times, asked.member_id, asked.envelope_id)
    yield from _difference(placed.hold_id, row, (wallet_id, *terms))
    pins = tx.execute(
        "SELECT position, lot_id, amount FROM hold_lots WHERE hold_id = ? ORDER BY position",
        (placed.hold_id,),
    )
    yield from _difference(
        placed.hold_id,
        tuple(pins),
        tuple((nth, pin.lot_id, pin.amount) for nth, pin in enumerate(placed.pins)),
    )


def _grant(
    tx: Tx, made: tuple[str, int], asked: IssueGrant, issued: GrantIssued
) -> Iterator[tuple[str, str]]:
    times = (to_microseconds(issued.effective_at), _maybe(issued.ends_at))
    grant = tx.one(
        "SELECT wallet_id, issued_us, source, amount, effective_us, ends_us, reference FROM grants"
        " WHERE grant_id = ?",
        (issued.grant_id,),
    )
    said = (*made, asked.source, asked.amount, *times)
    yield from _difference(issued.grant_id, grant, (*said, asked.reference))
    lot = tx.one(
        "SELECT l.wallet_id, l.issued_us, l.source, l.amount, l.effective_us, l.ends_us,"
        " CASE WHEN l.priority = g.priority THEN 1 ELSE 0 END, l.roll_over"
        " FROM lots l JOIN grants g ON g.grant_id = l.grant_id WHERE lot_id = ?",
        (issued.lot_id,),
    )
    yield from _difference(issued.lot_id, lot, (*said, 1, asked.roll_over))


def _derived(tx: Tx, made: tuple[str, int], lot_ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """A lot that another one gave rise to says what its grant says, and came with the transfer into it."""
    for lot_id in lot_ids:
        row = tx.one(
            "SELECT l.wallet_id, l.issued_us, CASE WHEN l.source = g.source AND l.amount = g.amount"
            " AND l.priority = g.priority AND l.effective_us = g.effective_us"
            " AND l.ends_us IS NOT DISTINCT FROM g.ends_us AND l.wallet_id = g.wallet_id"
            " AND l.issued_us = g.issued_us AND l.effective_us = l.issued_us THEN 1 ELSE 0 END"
            " FROM lots l JOIN grants g ON g.grant_id = l.grant_id WHERE lot_id = ?",
            (lot_id,),
        )
        yield from _difference(lot_id, row, (*made, 1))


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)


def _difference(subject: str, found: Row | None, said: Row) -> Iterator[tuple[str, str]]:
    if found != said:
        yield subject, f"says {found} where {said} was answered"
