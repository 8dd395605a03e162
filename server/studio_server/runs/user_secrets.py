"""Secrets of users, such as the address of a database: set once, used by name, never shown again.

A value is in a file of its own that only the server's user reads; the table knows names and times. It leaves
the file for one purpose: the job of a run whose tool declares an input that takes `secret:NAME`.
"""

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studio_magics.contracts.secrets import SECRET_PREFIX, SecretInfo, SecretList
from studio_magics.tools.base import Tool
from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.store import Store
from studio_server.storage.tx import Row, Tx

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
MOST_BYTES = 4_000
MOST_SECRETS = 50


class SecretRefused(ValueError):
    """Name or value cannot be taken, or there are too many; nothing was stored. Never holds a value."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"{field}: {found}; allowed: {allowed}")
        self.field, self.found, self.allowed = field, found, allowed


class SecretMissing(LookupError):
    """The user has no secret of this name."""

    def __init__(self, field: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"there is no secret {name}")
        self.field, self.name, self.known = field, name, known


class UserSecrets:
    """The secrets of all users in one folder, each user's apart."""

    def __init__(self, db: Store, folder: Path) -> None:
        self._db = db
        self._folder = folder

    def put(self, tx: Tx, user_id: str, name: str, value: str) -> SecretInfo:
        """Keep the value under this name; an older one under it is replaced.

        Raises:
            SecretRefused: Nothing was stored.
        """
        _check(name, value)
        known = self._names(tx, user_id)
        if name not in known and len(known) >= MOST_SECRETS:
            raise SecretRefused("name", f"{len(known)} secrets already", f"at most {MOST_SECRETS}")
        now = to_microseconds(tx.now)
        tx.execute(
            "INSERT INTO secrets (user_id, name, created_at) VALUES (?, ?, ?)"
            " ON CONFLICT (user_id, name) DO UPDATE SET created_at = excluded.created_at, used_at = NULL",
            (user_id, name, now),
        )
        _write(self._path(user_id, name), value)
        return SecretInfo(name=name, created_at=tx.now, used_at=None)

    def list(self, tx: Tx, user_id: str) -> SecretList:
        """Names and times."""
        rows = tx.execute(
            "SELECT name, created_at, used_at FROM secrets WHERE user_id = ? ORDER BY name", (user_id,)
        )
        return SecretList(secrets=tuple(map(_info, rows)))

    def delete(self, tx: Tx, user_id: str, name: str) -> bool:
        """Forget the secret; False if there is none."""
        tx.execute("DELETE FROM secrets WHERE user_id = ? AND name = ?", (user_id, name))
        there = tx.changes() == 1
        if there:
            self._path(user_id, name).unlink(missing_ok=True)
        return there

    def use(self, tx: Tx, user_id: str, tool: Tool, inputs: Mapping[str, Any]) -> None:
        """Note that a run will need the secrets that its inputs name.

        Raises:
            SecretMissing: One of them is not there.
        """
        for field, name in named(tool, inputs):
            tx.execute(
                "UPDATE secrets SET used_at = ? WHERE user_id = ? AND name = ?",
                (to_microseconds(tx.now), user_id, name),
            )
            if tx.changes() != 1:
                raise SecretMissing(field, name, self._names(tx, user_id))

    def values(self, user_id: str, tool: Tool, inputs: Mapping[str, Any]) -> dict[str, str]:
        """The values that a run's inputs name, for its job alone; one that is gone by now is left out."""
        found: dict[str, str] = {}
        for _, name in named(tool, inputs):
            path = self._path(user_id, name)
            if path.is_file():
                found[name] = path.read_text("utf-8")
        return found

    def _names(self, tx: Tx, user_id: str) -> tuple[str, ...]:
        rows = tx.execute("SELECT name FROM secrets WHERE user_id = ? ORDER BY name", (user_id,))
        return tuple(row[0] for row in rows)

    def _path(self, user_id: str, name: str) -> Path:
        return self._folder / user_id / name


def named(tool: Tool, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field and name of every secret in the inputs that the tool declares to take one."""
    for field in tool.secret_fields:
        value = inputs.get(field)
        if isinstance(value, str) and value.startswith(SECRET_PREFIX):
            yield field, value.removeprefix(SECRET_PREFIX)


def _check(name: str, value: str) -> None:
    if not NAME.fullmatch(name):
        raise SecretRefused("name", name[:40], "a letter, then letters, digits, - or _, 64 at most")
    size = len(value.encode("utf-8", "replace"))
    if not 1 <= size <= MOST_BYTES or "\x00" in value or not value.isprintable():
        raise SecretRefused("value", f"a value of {size:,} bytes", f"1 to {MOST_BYTES:,} bytes on one line")


def _write(path: Path, value: str) -> None:
    """Replace the file as a whole; nobody but the server's user ever reads it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value)
        file.flush()
        os.fsync(descriptor)
    part.replace(path)


def _info(row: Row) -> SecretInfo:
    used_at = None if row[2] is None else from_microseconds(row[2])
    return SecretInfo(name=row[0], created_at=from_microseconds(row[1]), used_at=used_at)
