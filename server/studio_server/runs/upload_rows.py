"""Rows of uploads, whole and partial: reading and guarded writing, inside the transaction handed in."""

from dataclasses import dataclass
from datetime import datetime

from studio_server.clock import to_microseconds
from studio_server.storage.tx import Tx


@dataclass(frozen=True)
class PartialRow:
    """An upload that is not whole yet; how much has arrived is the size of its file."""

    digest: str
    size_bytes: int
    """As announced."""


def size_of(tx: Tx, user_id: str, digest: str) -> int | None:
    """The size of the content that is stored under this digest for this user."""
    row = tx.one("SELECT size_bytes FROM uploads WHERE user_id = ? AND digest = ?", (user_id, digest))
    return row[0] if row else None


def taken_bytes(tx: Tx, user_id: str) -> int:
    """What the user's uploads take, with what is set aside for those that are not whole yet."""
    row = tx.one(
        "SELECT (SELECT coalesce(sum(size_bytes), 0) FROM uploads WHERE user_id = ?)"
        " + (SELECT coalesce(sum(size_bytes), 0) FROM partial_uploads WHERE user_id = ?)",
        (user_id, user_id),
    )
    return int(row[0]) if row else 0


def one_at_a_time(tx: Tx, user_id: str) -> None:
    """Let nobody else change the room of this user before this transaction ends."""
    if tx.engine == "postgresql":
        tx.execute("SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE", (user_id,))


def insert(tx: Tx, user_id: str, digest: str, size_bytes: int) -> None:
    """The content is stored, and was used now."""
    now = to_microseconds(tx.now)
    tx.execute(
        "INSERT INTO uploads (user_id, digest, size_bytes, created_at, used_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (user_id, digest) DO UPDATE SET used_at = excluded.used_at",
        (user_id, digest, size_bytes, now, now),
    )


def use(tx: Tx, user_id: str, digest: str) -> bool:
    """The content is needed now, so it stays; False if it is not there."""
    tx.execute(
        "UPDATE uploads SET used_at = ? WHERE user_id = ? AND digest = ?",
        (to_microseconds(tx.now), user_id, digest),
    )
    return tx.changes() == 1


def unused_since(tx: Tx, at: datetime, *, limit: int) -> list[tuple[str, str]]:
    """(user, digest) of content that nothing has needed since then."""
    rows = tx.execute(
        "SELECT user_id, digest FROM uploads WHERE used_at < ? ORDER BY used_at LIMIT ?",
        (to_microseconds(at), limit),
    )
    return [(row[0], row[1]) for row in rows]


def delete_unused(tx: Tx, user_id: str, digest: str, at: datetime) -> bool:
    """Forget the content unless it was needed after all."""
    tx.execute(
        "DELETE FROM uploads WHERE user_id = ? AND digest = ? AND used_at < ?",
        (user_id, digest, to_microseconds(at)),
    )
    return tx.changes() == 1


def has_open_runs(tx: Tx, user_id: str) -> bool:
    """Whether a run of this user may still need its inputs."""
    return (
        tx.one("SELECT 1 FROM runs WHERE user_id = ? AND state IN ('queued', 'running') LIMIT 1", (user_id,))
        is not None
    )


def delete(tx: Tx, user_id: str, digest: str) -> bool:
    """Forget the content, whole or partial; False when there is none."""
    tx.execute("DELETE FROM uploads WHERE user_id = ? AND digest = ?", (user_id, digest))
    whole = tx.changes()
    tx.execute("DELETE FROM partial_uploads WHERE user_id = ? AND digest = ?", (user_id, digest))
    return whole + tx.changes() > 0


def partial(tx: Tx, user_id: str, digest: str) -> PartialRow | None:
    """The upload that was begun and is not whole."""
    row = tx.one(
        "SELECT digest, size_bytes FROM partial_uploads WHERE user_id = ? AND digest = ?", (user_id, digest)
    )
    return PartialRow(row[0], row[1]) if row else None


def begin_partial(tx: Tx, user_id: str, digest: str, size_bytes: int) -> None:
    """Set room aside for an upload that comes in pieces."""
    now = to_microseconds(tx.now)
    tx.execute(
        "INSERT INTO partial_uploads (user_id, digest, size_bytes, created_at, touched_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (user_id, digest, size_bytes, now, now),
    )


def touch_partial(tx: Tx, user_id: str, digest: str) -> None:
    """It goes on."""
    tx.execute(
        "UPDATE partial_uploads SET touched_at = ? WHERE user_id = ? AND digest = ?",
        (to_microseconds(tx.now), user_id, digest),
    )


def end_partial(tx: Tx, user_id: str, digest: str) -> None:
    """It is whole, or given up; its room is free again."""
    tx.execute("DELETE FROM partial_uploads WHERE user_id = ? AND digest = ?", (user_id, digest))


def left_since(tx: Tx, at: datetime, *, limit: int) -> list[tuple[str, str]]:
    """(user, digest) of partial uploads that nobody went on with since then."""
    rows = tx.execute(
        "SELECT user_id, digest FROM partial_uploads WHERE touched_at < ? ORDER BY touched_at LIMIT ?",
        (to_microseconds(at), limit),
    )
    return [(row[0], row[1]) for row in rows]


def delete_left(tx: Tx, user_id: str, digest: str, at: datetime) -> bool:
    """Give up a partial upload unless somebody went on with it after all."""
    tx.execute(
        "DELETE FROM partial_uploads WHERE user_id = ? AND digest = ? AND touched_at < ?",
        (user_id, digest, to_microseconds(at)),
    )
    return tx.changes() == 1
