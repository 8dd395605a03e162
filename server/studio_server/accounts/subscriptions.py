"""The rows behind plans: who is on which, what changed, which periods were dealt with. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from studio_server.accounts.periods import Period
from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Row, Tx

Dealt = Literal["granted", "missed", "nothing"]
Kind = Literal["started", "upgraded", "scheduled", "kept"]
UNPAID_KEEPS = timedelta(days=21)
"""So long after a paid period a plan keeps its limits, without credits, while its renewal is not paid."""


@dataclass(frozen=True)
class Subscription:
    """The plan of one user, the period of it that runs, and what it becomes at the period's end.

    `joined_at` numbers the free plan's calendar months; `anchor` starts period `first_number` of a paid plan.
    Numbers of paid periods never come again: `last_paid` is the highest so far, -1 before the first. `renews`
    says who begins the next period: our clock, or the invoice that was paid for it.
    """

    user_id: str
    wallet_id: str
    plan_id: str
    next_plan_id: str | None
    state: Literal["active", "ended"]
    zone: str
    first_number: int
    last_paid: int
    number: int
    joined_at: datetime
    anchor: datetime
    starts_at: datetime
    ends_at: datetime
    renews: Literal["clock", "invoices"] = "clock"

    @property
    def period(self) -> Period:
        """The period that runs, or ran last."""
        return Period(self.number, self.starts_at, self.ends_at)

    def running(self, period: Period) -> "Subscription":
        """The same in this period."""
        return replace(self, number=period.number, starts_at=period.starts_at, ends_at=period.ends_at)

    def is_due(self, now: datetime) -> bool:
        """Whether its period has ended and the next one is to begin: of a paid plan, the free plan's."""
        return self.state == "active" and self.ends_at + self._waits() <= now

    def is_unpaid(self, now: datetime) -> bool:
        """Whether its paid period has ended, and the next one may still be paid."""
        waits = self.state == "active" and self.renews == "invoices"
        return waits and self.ends_at <= now < self.ends_at + UNPAID_KEEPS

    def _waits(self) -> timedelta:
        return UNPAID_KEEPS if self.renews == "invoices" else timedelta(0)


@dataclass(frozen=True)
class PlanChange:
    """What a change of plan did: `granted` at once; `effective_at` is now or the period's end."""

    kind: Kind
    from_plan: str
    to_plan: str
    granted: int
    effective_at: datetime


COLUMNS = (
    "s.user_id, u.wallet_id, s.plan_id, s.next_plan_id, s.state, s.zone, s.first_number, s.last_paid,"
    " s.number, s.joined_at, s.anchor, s.starts_at, s.ends_at, s.renews"
)
SELECT = (
    f"SELECT {COLUMNS} FROM subscriptions s"  # noqa: S608  - constant text
    " JOIN users u ON u.id = s.user_id WHERE s.user_id = ?"
)


def of(tx: Tx, user_id: str) -> Subscription | None:
    """The subscription of this user."""
    row = tx.one(SELECT, (user_id,))
    return None if row is None else _subscription(row)


def locked(tx: Tx, user_id: str) -> Subscription | None:
    """The subscription of this user, which nobody else changes before this transaction ends."""
    tx.execute("UPDATE subscriptions SET revision = revision + 1 WHERE user_id = ?", (user_id,))
    return of(tx, user_id)


def add(tx: Tx, new: Subscription) -> None:
    """Keep a new user's subscription."""
    tx.execute(
        "INSERT INTO subscriptions (user_id, zone, joined_at, plan_id, next_plan_id, state, anchor,"
        " first_number, last_paid, number, starts_at, ends_at, renews, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        (new.user_id, new.zone, to_microseconds(new.joined_at), *_changing(new)),
    )


def save(tx: Tx, changed: Subscription) -> None:
    """Keep what a subscription has become; the caller holds it locked."""
    tx.execute(
        "UPDATE subscriptions SET plan_id = ?, next_plan_id = ?, state = ?, anchor = ?, first_number = ?,"
        " last_paid = ?, number = ?, starts_at = ?, ends_at = ?, renews = ? WHERE user_id = ?",
        (*_changing(changed), changed.user_id),
    )


def due(tx: Tx, limit: int) -> list[str]:
    """Users whose period has ended, the longest ended first; of paid plans those nobody pays any more."""
    rows = tx.execute(
        "SELECT user_id FROM subscriptions WHERE state = 'active' AND ends_at <= ?"
        " AND (renews = 'clock' OR ends_at <= ?) ORDER BY ends_at, user_id LIMIT ?",
        (to_microseconds(tx.now), to_microseconds(tx.now - UNPAID_KEEPS), limit),
    )
    return [row[0] for row in rows]


def is_dealt_with(tx: Tx, reference: str) -> bool:
    """Whether it is on record what became of this period."""
    return tx.one("SELECT 1 FROM plan_periods WHERE reference = ?", (reference,)) is not None


def deal_with(tx: Tx, user_id: str, periods: Sequence[tuple[str, datetime]], state: Dealt) -> None:
    """Put on record what became of these periods; what is on record already stays."""
    for reference, starts_at in periods:
        tx.execute(
            "INSERT INTO plan_periods (reference, user_id, starts_at, state) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (reference, user_id, to_microseconds(starts_at), state),
        )


def change_under(tx: Tx, user_id: str, key: str) -> PlanChange | None:
    """What was answered under this key."""
    row = tx.one(
        "SELECT kind, from_plan, to_plan, granted, effective_at FROM plan_changes"
        " WHERE user_id = ? AND key = ?",
        (user_id, key),
    )
    return None if row is None else PlanChange(*row[:4], effective_at=from_microseconds(row[4]))


def keep_change(tx: Tx, user_id: str, key: str, change: PlanChange) -> None:
    """Keep the answer under its key."""
    tx.execute(
        "INSERT INTO plan_changes (user_id, key, kind, from_plan, to_plan, granted, effective_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            user_id,
            key,
            change.kind,
            change.from_plan,
            change.to_plan,
            change.granted,
            to_microseconds(change.effective_at),
            to_microseconds(tx.now),
        ),
    )


def rolling_lots(tx: Tx, wallet_id: str) -> list[tuple[str, int]]:
    """Ended lots of a wallet that may roll over, the newest first, each with the most that would roll."""
    rows = tx.execute(
        "SELECT lot_id, available, roll_over FROM lots WHERE wallet_id = ? AND used_up = 0"
        " AND available > 0 AND roll_over IS NOT NULL AND ends_us <= ? ORDER BY issued_us DESC, lot_id DESC",
        (wallet_id, to_microseconds(tx.now)),
    )
    return [(lot_id, min(available, roll_over)) for lot_id, available, roll_over in rows]


def user_of_lot(tx: Tx, lot_id: str) -> str | None:
    """Whose wallet a lot is in, when it is a user's."""
    row = tx.one(
        "SELECT u.id FROM lots l JOIN users u ON u.wallet_id = l.wallet_id WHERE l.lot_id = ?", (lot_id,)
    )
    return row[0] if row else None


def _subscription(row: Row) -> Subscription:
    joined_at, anchor, starts_at, ends_at = map(from_microseconds, row[9:13])
    moments = {"joined_at": joined_at, "anchor": anchor, "starts_at": starts_at, "ends_at": ends_at}
    return Subscription(*row[:9], **moments, renews=row[13])


def _changing(it: Subscription) -> tuple[str | int | None, ...]:
    return (
        it.plan_id,
        it.next_plan_id,
        it.state,
        to_microseconds(it.anchor),
        it.first_number,
        it.last_paid,
        it.number,
        to_microseconds(it.starts_at),
        to_microseconds(it.ends_at),
        it.renews,
    )
