"""Notices as they are kept: one per user, kind and subject, whoever posts it and however often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Row, Tx

NoticeKind = Literal[
    "credits_end_in_30_days",
    "credits_end_in_7_days",
    "debt_opened",
    "debt_covered",
    "plan_changed",
    "plan_renewed",
    "recharged",
    "recharge_waits",
    "recharge_stopped",
]
Severity = Literal["info", "warning"]


class NoticeNotFound(LookupError):
    """This user has no such notice."""

    def __init__(self, notice_id: str) -> None:
        super().__init__(f"there is no notice {notice_id}")
        self.notice_id = notice_id


@dataclass(frozen=True)
class Draft:
    """Something to tell; `about` names what it is about, so that it is told once."""

    user_id: str
    kind: NoticeKind
    about: str
    severity: Severity
    text: str


@dataclass(frozen=True)
class Notice:
    """Something that was told."""

    id: str
    user_id: str
    kind: NoticeKind
    severity: Severity
    text: str
    created_at: datetime
    read_at: datetime | None


SHOWN_FOR = timedelta(days=30)
COLUMNS = "id, user_id, kind, severity, text, created_at, read_at"


def post(tx: Tx, notice_id: str, draft: Draft) -> bool:
    """Tell it unless it was told before; whether it is new."""
    tx.execute(
        "INSERT INTO notices (id, user_id, kind, about, severity, text, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            notice_id,
            draft.user_id,
            draft.kind,
            draft.about,
            draft.severity,
            draft.text,
            to_microseconds(tx.now),
        ),
    )
    return tx.changes() == 1


def was_told(tx: Tx, draft: Draft) -> bool:
    """Whether it was told before."""
    found = tx.one(
        "SELECT 1 FROM notices WHERE user_id = ? AND kind = ? AND about = ?",
        (draft.user_id, draft.kind, draft.about),
    )
    return found is not None


def newest(tx: Tx, user_id: str, *, limit: int) -> list[Notice]:
    """The latest notices of a user, newest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM notices WHERE user_id = ?"  # noqa: S608  - constant text
        " ORDER BY created_at DESC, id DESC LIMIT ?",
        (user_id, limit),
    )
    return [_notice(row) for row in rows]


def unread(tx: Tx, user_id: str) -> int:
    """How many notices a user has not read."""
    row = tx.one("SELECT count(*) FROM notices WHERE user_id = ? AND read_at IS NULL", (user_id,))
    return int(row[0]) if row else 0


def newest_unread(tx: Tx, user_id: str) -> Notice | None:
    """The latest notice of the last 30 days that a user has not read, or None."""
    row = tx.one(
        f"SELECT {COLUMNS} FROM notices WHERE user_id = ? AND read_at IS NULL AND created_at > ?"  # noqa: S608  - constant text
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        (user_id, to_microseconds(tx.now - SHOWN_FOR)),
    )
    return None if row is None else _notice(row)


def mark_read(tx: Tx, user_id: str, notice_id: str) -> Notice:
    """Count a notice as read, from the first time on.

    Raises:
        NoticeNotFound: This user has no such notice.
    """
    tx.execute(
        "UPDATE notices SET read_at = ? WHERE id = ? AND user_id = ? AND read_at IS NULL",
        (to_microseconds(tx.now), notice_id, user_id),
    )
    row = tx.one(
        f"SELECT {COLUMNS} FROM notices WHERE id = ? AND user_id = ?",  # noqa: S608  - constant text
        (notice_id, user_id),
    )
    if row is None:
        raise NoticeNotFound(notice_id)
    return _notice(row)


def after(tx: Tx, moment: datetime, last_id: str, *, limit: int) -> list[Notice]:
    """Notices of all users told later than this moment and id, oldest first."""
    since = to_microseconds(moment)
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM notices WHERE created_at > ? OR (created_at = ? AND id > ?)"  # noqa: S608  - constant text
        " ORDER BY created_at, id LIMIT ?",
        (since, since, last_id, limit),
    )
    return [_notice(row) for row in rows]


def _notice(row: Row) -> Notice:
    created_at, read_at = row[5], row[6]
    read = None if read_at is None else from_microseconds(read_at)
    return Notice(*row[:5], created_at=from_microseconds(created_at), read_at=read)
