"""Answers already given, so that asking twice under one key acts once.

The key row, the effect and the stored answer are written in one transaction: a failure before the commit
leaves no key behind, and a stored answer is only ever replayed if its effect took place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.errors import StorageError

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.storage.tx import Tx

ANSWER_IN_SCOPE = (
    "SELECT body_digest, status, answer, created_us FROM idempotency"
    " WHERE principal_id = ? AND method = ? AND path = ? AND key = ?"
)


@dataclass(frozen=True)
class Scope:
    """Who asked for what under which key; the same key of another principal or path is another key."""

    principal_id: str
    method: str
    path: str
    key: str


@dataclass(frozen=True)
class Asked:
    """What was asked for under a key; the digest is of the request's body."""

    scope: Scope
    digest: bytes


@dataclass(frozen=True)
class StoredAnswer:
    """An answer that was given, with its effect, at `created_at`."""

    status: int
    answer_json: str
    created_at: datetime


class KeyReused(StorageError):
    """The key was used before with another body; nothing was done."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"the key {scope.key!r} was already used for another request to {scope.path}")
        self.scope = scope


def remembered(tx: Tx, scope: Scope, body_digest: bytes) -> StoredAnswer | None:
    """The answer already given in this scope, or None.

    Raises:
        KeyReused: the key was used with another body.
    """
    row = tx.one(ANSWER_IN_SCOPE, _place(scope))
    if row is None:
        return None
    if bytes(row[0]) != body_digest:
        raise KeyReused(scope)
    return StoredAnswer(status=row[1], answer_json=row[2], created_at=from_microseconds(row[3]))


def remember(tx: Tx, scope: Scope, body_digest: bytes, status: int, answer_json: str) -> None:
    """Keep the answer; call it in the transaction of the effect it reports."""
    tx.execute(
        "INSERT INTO idempotency (principal_id, method, path, key, body_digest, status, answer, created_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*_place(scope), body_digest, status, answer_json, to_microseconds(tx.now)),
    )


def forget(tx: Tx, scope: Scope) -> None:
    """Forget what a key stands for; only where its effect never took place."""
    tx.execute(
        "DELETE FROM idempotency WHERE principal_id = ? AND method = ? AND path = ? AND key = ?",
        _place(scope),
    )


def forget_before(tx: Tx, at: datetime, *, limit: int = 1_000) -> int:
    """Drop at most `limit` answers given before `at` (30 days ago or more); effect keys never expire."""
    tx.execute(
        "DELETE FROM idempotency WHERE (principal_id, method, path, key) IN"
        " (SELECT principal_id, method, path, key FROM idempotency WHERE created_us < ? LIMIT ?)",
        (to_microseconds(at), limit),
    )
    return tx.changes()


def _place(scope: Scope) -> tuple[str, str, str, str]:
    return (scope.principal_id, scope.method, scope.path, scope.key)
