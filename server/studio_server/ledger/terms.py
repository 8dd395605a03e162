"""Invariant 14, the terms: grants, lots, holds and limits still say what was answered when they were made.

What was answered is in the effects, which the hash chain covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.canonical import from_text
from studio_server.ledger.commands import IssueGrant, OpenWallet, PlaceHold, SetLimits
from studio_server.ledger.outcomes import GrantIssued, HoldPlaced, LimitsSet, WalletOpened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_server.ledger.values import OwnLimits, PlanCaps
    from studio_server.storage import Row, Tx

MADE = (
    "SELECT sequence, wallet_id, body, answer, recorded_us FROM effects"
    " WHERE kind IN ('open_wallet', 'issue_grant', 'place_hold', 'set_limits') ORDER BY sequence"
)


def changed_terms(tx: Tx) -> Iterator[tuple[str, str]]:
    """What no longer says what was answered: subject and how."""
    said: dict[str, tuple[int | None, ...]] = {}
    for sequence, wallet_id, body, answer, recorded_us in tx.stream(MADE):
        match _read(body), _read(answer):
            case PlaceHold() as asked, HoldPlaced() as placed:
                yield from _hold(tx, wallet_id, asked, placed)
            case IssueGrant() as asked, GrantIssued() as issued:
                yield from _grant(tx, (wallet_id, recorded_us), asked, issued)
            case OpenWallet() as asked, WalletOpened():
                said[wallet_id] = (*_plan(asked.plan), None, None, None)
                yield from _wallet(tx, wallet_id, asked)
            case SetLimits(), LimitsSet() as limits:
                said[wallet_id] = (*_plan(limits.plan), *_own(limits.own))
            case _:
                yield f"effect {sequence}", "has a body and an answer that do not belong together"
    yield from _limits(tx, said)


def _read(text: str) -> object:
    try:
        return from_text(text)
    except (ValueError, KeyError, TypeError):
        return None


def _wallet(tx: Tx, wallet_id: str, asked: OpenWallet) -> Iterator[tuple[str, str]]:
    row = tx.one("SELECT owner_id, asset FROM wallets WHERE wallet_id = ?", (wallet_id,))
    yield from _difference(wallet_id, row, (asked.owner_id, asked.asset))


def _hold(tx: Tx, wallet_id: str, asked: PlaceHold, placed: HoldPlaced) -> Iterator[tuple[str, str]]:
    row = tx.one(
        "SELECT wallet_id, purpose, ceiling, price_version, placed_us, lease_expires_us FROM holds"
        " WHERE hold_id = ?",
        (placed.hold_id,),
    )
    times = (to_microseconds(placed.placed_at), to_microseconds(placed.lease_expires_at))
    yield from _difference(
        placed.hold_id, row, (wallet_id, asked.purpose, asked.ceiling, asked.price_version, *times)
    )
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
        " l.priority = g.priority FROM lots l JOIN grants g USING (grant_id) WHERE lot_id = ?",
        (issued.lot_id,),
    )
    yield from _difference(issued.lot_id, lot, (*said, 1))


def _limits(tx: Tx, said: dict[str, tuple[int | None, ...]]) -> Iterator[tuple[str, str]]:
    for row in tx.stream(
        "SELECT wallet_id, plan_daily, plan_monthly_allocation, plan_per_run, plan_open_holds, own_daily,"
        " own_monthly, own_per_run FROM wallet_limits"
    ):
        yield from _difference(f"limits of {row[0]}", row[1:], said.pop(row[0], ()))
    for wallet_id in said:
        yield f"limits of {wallet_id}", "are gone"


def _plan(plan: PlanCaps) -> tuple[int | None, ...]:
    return (plan.daily, plan.monthly_allocation, plan.per_run, plan.open_holds)


def _own(own: OwnLimits) -> tuple[int | None, ...]:
    return (own.daily, own.monthly, own.per_run)


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)


def _difference(subject: str, found: Row | None, said: Row) -> Iterator[tuple[str, str]]:
    if found != said:
        yield subject, f"says {found} where {said} was answered"
