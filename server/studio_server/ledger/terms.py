"""Invariant 14, the terms: grants, lots, holds and limits still say what was answered when they were made.

What was answered is in the effects, which the hash chain covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.canonical import from_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_server.ledger.commands import IssueGrant, OpenWallet, PlaceHold
    from studio_server.ledger.outcomes import GrantIssued, HoldPlaced, LimitsSet
    from studio_server.ledger.values import OwnLimits, PlanCaps
    from studio_server.storage import Row, Tx

MADE = "SELECT wallet_id, body, answer FROM effects WHERE kind = ? ORDER BY sequence"


def changed_terms(tx: Tx) -> Iterator[tuple[str, str]]:
    """What no longer says what was answered: subject and how."""
    for wallet_id, body, answer in tx.stream(MADE, ("place_hold",)):
        yield from _hold(tx, wallet_id, from_text(body), from_text(answer))
    for wallet_id, body, answer in tx.stream(MADE, ("issue_grant",)):
        yield from _grant(tx, wallet_id, from_text(body), from_text(answer))
    yield from _limits(tx)


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
        "SELECT lot_id, amount FROM hold_lots WHERE hold_id = ? ORDER BY position", (placed.hold_id,)
    )
    yield from _difference(
        placed.hold_id, tuple(pins), tuple((pin.lot_id, pin.amount) for pin in placed.pins)
    )


def _grant(tx: Tx, wallet_id: str, asked: IssueGrant, issued: GrantIssued) -> Iterator[tuple[str, str]]:
    times = (to_microseconds(issued.effective_at), _maybe(issued.ends_at))
    row = tx.one(
        "SELECT wallet_id, source, reference, amount, effective_us, ends_us FROM grants WHERE grant_id = ?",
        (issued.grant_id,),
    )
    yield from _difference(
        issued.grant_id, row, (wallet_id, asked.source, asked.reference, asked.amount, *times)
    )
    lot = tx.one(
        "SELECT l.wallet_id, l.source, l.amount, l.effective_us, l.ends_us, l.priority = g.priority"
        " FROM lots l JOIN grants g USING (grant_id) WHERE lot_id = ?",
        (issued.lot_id,),
    )
    yield from _difference(issued.lot_id, lot, (wallet_id, asked.source, asked.amount, *times, 1))


def _limits(tx: Tx) -> Iterator[tuple[str, str]]:
    said: dict[str, tuple[int | None, ...]] = {}
    for wallet_id, body, _ in tx.stream(MADE, ("open_wallet",)):
        opened: OpenWallet = from_text(body)
        said[wallet_id] = (*_plan(opened.plan), None, None, None)
    for wallet_id, _, answer in tx.stream(MADE, ("set_limits",)):
        limits: LimitsSet = from_text(answer)
        said[wallet_id] = (*_plan(limits.plan), *_own(limits.own))
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
