"""The rows of agreements to pay for a plan every month, on record before anybody is asked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.registry.catalogue import PlanEntry
from studio_server.storage.tx import Row, Tx

AgreementState = Literal["new", "open", "live", "past_due", "ended", "expired", "failed", "extra"]
UNPAID = ("new", "open")
LIVE = ("live", "past_due")
ONE_AT_A_TIME = (*UNPAID, *LIVE)


class AgreementNotFound(LookupError):
    """There is no such agreement."""


@dataclass(frozen=True)
class Agreement:
    """One agreement. Its terms (the plan and price it began with) stay; `version` rises with every look.

    `extra` means: the provider renews it, but its owner has another live one; an operator has to end one.
    """

    id: str
    user_id: str
    plan_id: str
    amount_minor: int
    currency: str
    state: AgreementState
    session_id: str | None
    session_url: str | None
    subscription_id: str | None
    next_plan_id: str | None
    version: int
    created_at: datetime


COLUMNS = (
    "id, user_id, plan_id, amount_minor, currency, state, session_id, session_url, subscription_id,"
    " next_plan_id, version, created_us"
)
SELECT = f"SELECT {COLUMNS} FROM plan_agreements"  # noqa: S608  - constant text


def add(tx: Tx, agreement_id: str, user_id: str, plan: PlanEntry) -> Agreement:
    """Keep a new agreement on the present price of a plan."""
    tx.execute(
        "INSERT INTO plan_agreements (id, user_id, plan_id, amount_minor, currency, state, created_us,"
        " changed_us) VALUES (?, ?, ?, ?, ?, 'new', ?, ?)",
        (
            *(agreement_id, user_id, plan.id, plan.price_minor, plan.currency),
            *(to_microseconds(tx.now), to_microseconds(tx.now)),
        ),
    )
    return by_id(tx, agreement_id)


def by_id(tx: Tx, agreement_id: str) -> Agreement:
    """The agreement of this id.

    Raises:
        AgreementNotFound: There is none.
    """
    found = known(tx, agreement_id)
    if found is None:
        raise AgreementNotFound(agreement_id)
    return found


def known(tx: Tx, agreement_id: str) -> Agreement | None:
    """The agreement of this id, or None."""
    return _one(tx, "id = ?", agreement_id)


def of_session(tx: Tx, session_id: str) -> Agreement | None:
    """The agreement that is begun in this session."""
    return _one(tx, "session_id = ?", session_id)


def of_subscription(tx: Tx, subscription_id: str) -> Agreement | None:
    """The agreement that the provider keeps under this id."""
    return _one(tx, "subscription_id = ?", subscription_id)


def own(tx: Tx, user_id: str, session_id: str) -> Agreement | None:
    """The agreement of this user that is begun in this session; somebody else's is as unknown as none."""
    return _one(tx, "session_id = ? AND user_id = ?", session_id, user_id)


def present(tx: Tx, user_id: str) -> Agreement | None:
    """The one agreement of this user that is begun or live."""
    return _one(tx, "user_id = ? AND state IN ('new', 'open', 'live', 'past_due')", user_id)


def not_over(tx: Tx, user_id: str) -> list[Agreement]:
    """Agreements of this user that the provider may still renew, or that may still be paid."""
    return _all(tx, "user_id = ? AND state IN ('new', 'open', 'live', 'past_due', 'extra')", user_id)


def to_look_at(tx: Tx, *, younger_than: timedelta, limit: int) -> list[Agreement]:
    """Agreements that something is due of: a young page, or a period that has ended; oldest first."""
    return _all(
        tx,
        "(state IN ('new', 'open') AND created_us > ?) OR state IN ('extra', 'past_due') OR (state = 'live'"
        " AND EXISTS (SELECT 1 FROM subscriptions s WHERE s.user_id = plan_agreements.user_id"
        " AND (s.renews = 'clock' OR s.ends_at <= ?))) ORDER BY created_us LIMIT ?",
        to_microseconds(tx.now - younger_than),
        to_microseconds(tx.now),
        limit,
    )


def renewed(tx: Tx) -> list[Agreement]:
    """Every agreement that the provider renews."""
    return _all(tx, "state IN ('live', 'past_due', 'extra') ORDER BY created_us")


def opened(tx: Tx, agreement_id: str, session_id: str, url: str | None) -> Agreement:
    """Keep the session an agreement is begun in; one that has a session keeps it."""
    tx.execute(
        "UPDATE plan_agreements SET session_id = ?, session_url = ?, changed_us = ?,"
        " state = CASE WHEN state = 'new' THEN 'open' ELSE state END WHERE id = ? AND session_id IS NULL",
        (session_id, url, to_microseconds(tx.now), agreement_id),
    )
    return by_id(tx, agreement_id)


def save(tx: Tx, seen: Agreement, new: Agreement) -> bool:
    """Keep what an agreement has become if nobody changed it since it was seen; whether that was so."""
    tx.execute(
        "UPDATE plan_agreements SET state = ?, subscription_id = ?, next_plan_id = ?, version = version + 1,"
        " changed_us = ? WHERE id = ? AND version = ?",
        (
            *(new.state, new.subscription_id, new.next_plan_id, to_microseconds(tx.now)),
            *(seen.id, seen.version),
        ),
    )
    return tx.changes() == 1


def _one(tx: Tx, condition: str, *values: str) -> Agreement | None:
    row = tx.one(f"{SELECT} WHERE {condition}", values)
    return None if row is None else _agreement(row)


def _all(tx: Tx, condition: str, *values: str | int) -> list[Agreement]:
    rows = tx.execute(f"{SELECT} WHERE {condition}", values)
    return [_agreement(row) for row in rows]


def _agreement(row: Row) -> Agreement:
    return Agreement(*row[:11], created_at=from_microseconds(row[11]))
