"""The rows of auto-recharge: who wants which pack below what, for how much a month. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Tx

RechargeState = Literal["on", "off", "paused"]
StopReason = Literal[
    "asked",
    "authentication_required",
    "card_declined",
    "card_removed",
    "pack_changed",
    "disputed",
    "debt",
    "wallet_closed",
]
"""Why it is as it is; `asked` is its owner's will."""
PAUSES = frozenset({"card_declined"})
"""What may be better the next time its owner turns it on; all else turns it off."""


@dataclass(frozen=True)
class Recharge:
    """What one person wants: below `threshold` units one `pack_id`, at most `ceiling_minor` a month.

    `price_minor` and `units` are what they agreed to: another price or content of the pack is not charged.
    """

    user_id: str
    state: RechargeState
    reason: StopReason
    threshold: int
    pack_id: str
    price_minor: int
    units: int
    ceiling_minor: int
    currency: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True)
class Wish:
    """What somebody asks for when they turn it on."""

    threshold: int
    pack_id: str
    price_minor: int
    units: int
    ceiling_minor: int
    currency: str


COLUMNS = (
    "user_id, state, reason, threshold, pack_id, price_minor, units, ceiling_minor, currency, revision,"
    " changed_us"
)


def of(tx: Tx, user_id: str) -> Recharge | None:
    """What this user wants, or None when they never said."""
    row = tx.one(f"SELECT {COLUMNS} FROM recharges WHERE user_id = ?", (user_id,))  # noqa: S608  - constant text
    return None if row is None else Recharge(*row[:10], changed_at=from_microseconds(row[10]))


def locked(tx: Tx, user_id: str) -> Recharge | None:
    """What this user wants; nobody else changes it or begins a recharge before this transaction ends."""
    tx.execute("UPDATE recharges SET looked_us = ? WHERE user_id = ?", (to_microseconds(tx.now), user_id))
    return of(tx, user_id)


def turn_on(tx: Tx, user_id: str, wish: Wish) -> Recharge:
    """Keep a wish and turn it on."""
    now, terms = to_microseconds(tx.now), (wish.threshold, wish.pack_id, wish.price_minor, wish.units)
    tx.execute(
        "INSERT INTO recharges (user_id, state, reason, threshold, pack_id, price_minor, units,"
        " ceiling_minor, currency, revision, looked_us, changed_us)"
        " VALUES (?, 'on', 'asked', ?, ?, ?, ?, ?, ?, 1, ?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET state = 'on', reason = 'asked',"
        " threshold = excluded.threshold, pack_id = excluded.pack_id, price_minor = excluded.price_minor,"
        " units = excluded.units, ceiling_minor = excluded.ceiling_minor, currency = excluded.currency,"
        " revision = recharges.revision + 1, changed_us = excluded.changed_us",
        (user_id, *terms, wish.ceiling_minor, wish.currency, now, now),
    )
    row = tx.one("SELECT revision FROM recharges WHERE user_id = ?", (user_id,))
    return Recharge(
        *(user_id, "on", "asked", *terms, wish.ceiling_minor, wish.currency),
        revision=int(row[0]) if row else 1,
        changed_at=tx.now,
    )


def stop(tx: Tx, user_id: str, reason: StopReason) -> Recharge | None:
    """Turn it off, or pause it, for this reason; None when it was not on."""
    tx.execute(
        "UPDATE recharges SET state = ?, reason = ?, revision = revision + 1, changed_us = ?"
        " WHERE user_id = ? AND state = 'on'",
        ("paused" if reason in PAUSES else "off", reason, to_microseconds(tx.now), user_id),
    )
    return of(tx, user_id) if tx.changes() == 1 else None


def users(tx: Tx) -> list[str]:
    """Everybody whose recharge is on."""
    return [row[0] for row in tx.execute("SELECT user_id FROM recharges WHERE state = 'on' ORDER BY user_id")]
