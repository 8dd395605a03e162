"""Finds what a person should be told: credits about to end, a debt opened or covered. Reads the books.

What was found is posted under the name of the lot or of the moment the debt began, so it is told once, across
rounds, restarts and replicas.
"""

from datetime import datetime, timedelta

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.notices.rows import Draft, NoticeKind, was_told
from studio_server.storage.tx import Tx

FOUND_AT_ONCE = 500
AHEAD: tuple[tuple[NoticeKind, timedelta, timedelta], ...] = (
    ("credits_end_in_7_days", timedelta(0), timedelta(days=7)),
    ("credits_end_in_30_days", timedelta(days=7), timedelta(days=30)),
)
"""Each kind, and how long before its end a lot is told of: from later than, up to."""
SOURCES = {
    "purchase": "bought credits",
    "gift": "credits given to you",
    "refund": "refunded credits",
    "adjustment": "credits added by hand",
}
"""What is worth a word before it ends; a plan's and a promotion's credits end by themselves."""
LOTS = (
    "SELECT u.id, l.lot_id, l.source, l.available, l.ends_us"
    " FROM lots l JOIN users u ON u.wallet_id = l.wallet_id"
    " WHERE l.used_up = 0 AND l.available > 0 AND l.ends_us > ? AND l.ends_us <= ?"
    " AND l.source IN ('purchase', 'gift', 'refund', 'adjustment')"
    " AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.user_id = u.id AND n.kind = ? AND n.about = l.lot_id)"
    " ORDER BY l.ends_us, l.lot_id LIMIT ?"
)
DEBTS = (
    "SELECT u.id, -a.balance, (SELECT max(e.sequence) FROM transfers t JOIN entries e"
    " ON e.transfer_id = t.transfer_id AND e.account_id = t.from_account WHERE t.kind = 'owe'"
    " AND t.from_account = a.account_id AND e.before = 0) FROM accounts a"
    " JOIN users u ON u.wallet_id = a.wallet_id WHERE a.owing = 1 ORDER BY a.account_id LIMIT ?"
)
COVERED = (
    "SELECT n.user_id, n.about FROM notices n JOIN users u ON u.id = n.user_id"
    " JOIN accounts a ON a.wallet_id = u.wallet_id AND a.kind = 'debt'"
    " WHERE n.kind = 'debt_opened' AND a.balance = 0 AND NOT EXISTS (SELECT 1 FROM notices c"
    " WHERE c.user_id = n.user_id AND c.kind = 'debt_covered' AND c.about = n.about)"
    " ORDER BY n.user_id, n.about LIMIT ?"
)


def to_tell(tx: Tx) -> list[Draft]:
    """Everything that has not been told yet, at most `FOUND_AT_ONCE` of each kind."""
    return [*_ending(tx), *_debts(tx), *_covered(tx)]


def _ending(tx: Tx) -> list[Draft]:
    return [
        Draft(user_id, kind, lot_id, "warning", _ending_text(available, source, from_microseconds(ends_us)))
        for kind, later_than, up_to in AHEAD
        for user_id, lot_id, source, available, ends_us in tx.execute(
            LOTS, (to_microseconds(tx.now + later_than), to_microseconds(tx.now + up_to), kind, FOUND_AT_ONCE)
        )
    ]


def _ending_text(available: int, source: str, ends_at: datetime) -> str:
    return f"{available:,} {SOURCES[source]} end on {ends_at:%Y-%m-%d}"


def _debts(tx: Tx) -> list[Draft]:
    drafts = [
        Draft(user_id, "debt_opened", f"debt:{opened}", "warning", _debt_text(owed))
        for user_id, owed, opened in tx.execute(DEBTS, (FOUND_AT_ONCE,))
    ]
    return [draft for draft in drafts if not was_told(tx, draft)]


def _debt_text(owed: int) -> str:
    return f"{owed:,} credits that were taken back had been spent; runs wait until new credits cover them"


def _covered(tx: Tx) -> list[Draft]:
    text = "The debt is covered; metered runs work again"
    return [
        Draft(user_id, "debt_covered", about, "info", text)
        for user_id, about in tx.execute(COVERED, (FOUND_AT_ONCE,))
    ]
