"""Numbered migrations: `migrations/<engine>/NNNN_name.sql`, applied in order, each in one transaction, once.

What was applied is recorded with the SHA-256 of its script, so a script that changed afterwards is noticed.
SQLite rebuilds a table that others point at only while it does not watch foreign keys, which cannot be said
inside a transaction: a script whose first line is `-- foreign keys: off` runs so, and every one of them is
checked before it is committed.
"""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

import apsw

from studio_server.clock import to_microseconds
from studio_server.storage.engine import set_proven
from studio_server.storage.errors import MigrationRefused

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime

log = logging.getLogger(__name__)
SCRIPT_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
NEWER = "the database is newer than this program; update the program"
UNWATCHED = "-- foreign keys: off\n"
OBJECTS = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'migrations'"
CREATE_RECORD = """
CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_us INTEGER NOT NULL) STRICT
"""


@dataclass(frozen=True)
class Migration:
    """One numbered script."""

    number: int
    name: str
    script: str

    @property
    def sha256(self) -> str:
        """The fingerprint that is recorded with it."""
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def unwatched(self) -> bool:
        """It rebuilds tables that others point at, so SQLite must not watch foreign keys meanwhile."""
        return self.script.startswith(UNWATCHED)


def packaged_migrations(engine: str = "sqlite") -> list[Migration]:
    """Every script that comes with this program, in number order.

    Raises:
        MigrationRefused: two scripts carry one number.
    """
    folder = resources.files("studio_server.storage").joinpath("migrations", engine)
    found = [
        Migration(int(match[1]), entry.name, entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if (match := SCRIPT_NAME.match(entry.name))
    ]
    found.sort(key=lambda migration: migration.number)
    for earlier, later in pairwise(found):
        if earlier.number == later.number:
            raise MigrationRefused(later.number, f"both {earlier.name} and {later.name} carry this number")
    return found


def migrate(connection: apsw.Connection, migrations: Sequence[Migration], now: datetime) -> list[int]:
    """Bring the schema up to date and tell which numbers were applied now; a failing script changes nothing.

    Raises:
        MigrationRefused: the file is newer than the program, an applied script has changed, or a script would
            leave a row that points at nothing.
    """
    connection.execute(CREATE_RECORD)
    applied = {
        int(str(number)): str(sha256)
        for number, sha256 in connection.execute("SELECT number, sha256 FROM migrations")
    }
    check_applied(applied, migrations)
    waiting = waiting_of(applied, migrations)
    for migration in waiting:
        if migration.unwatched:
            with _foreign_keys_off(connection):
                _apply(connection, migration, now)
        else:
            _apply(connection, migration, now)
    return [migration.number for migration in waiting]


def waiting_of(applied: dict[int, str], migrations: Sequence[Migration]) -> list[Migration]:
    """Those that were not applied yet; the log says so where there are books, for large ones take minutes."""
    waiting = [migration for migration in migrations if migration.number not in applied]
    if applied and waiting:
        names = ", ".join(migration.name for migration in waiting)
        log.warning(
            "the books are brought up to date, which takes minutes for millions of entries: %s", names
        )
    return waiting


@cache
def expected_objects(migrations: tuple[Migration, ...]) -> dict[str, str]:
    """Every table, index and trigger these migrations make, by name, as the text SQLite keeps of it."""
    connection = apsw.Connection(":memory:")
    try:
        for migration in migrations:
            connection.execute(migration.script).fetchall()
        return {str(name): str(sql) for name, sql in connection.execute(OBJECTS)}
    finally:
        connection.close()


def check_applied(applied: dict[int, str], migrations: Sequence[Migration]) -> None:
    """Refuse what cannot follow on what was applied, by number and fingerprint.

    Raises:
        MigrationRefused: the database is newer than the program, or an applied script has changed.
    """
    known = {migration.number: migration for migration in migrations}
    newest = max(applied, default=0)
    for number, sha256 in applied.items():
        if number not in known:
            raise MigrationRefused(number, NEWER)
        if known[number].sha256 != sha256:
            raise MigrationRefused(number, f"{known[number].name} was changed after it was applied")
    for number, migration in known.items():
        if number not in applied and number < newest:
            raise MigrationRefused(number, f"{migration.name} comes before {newest:04d}, which has run")


@contextmanager
def _foreign_keys_off(connection: apsw.Connection) -> Generator[None]:
    try:
        set_proven(connection, "foreign_keys", "OFF", "0")
        yield
    except BaseException:
        with suppress(apsw.Error):
            connection.execute("PRAGMA foreign_keys = ON")
        raise
    set_proven(connection, "foreign_keys", "ON", "1")


def _apply(connection: apsw.Connection, migration: Migration, now: datetime) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        _run_script(connection, migration)
        if migration.unwatched:
            _check_foreign_keys(connection, migration)
        connection.execute(
            "INSERT INTO migrations (number, name, sha256, applied_us) VALUES (?, ?, ?, ?)",
            (migration.number, migration.name, migration.sha256, to_microseconds(now)),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _run_script(connection: apsw.Connection, migration: Migration) -> None:
    connection.execute(migration.script).fetchall()
    if not connection.in_transaction:
        raise MigrationRefused(migration.number, f"{migration.name} ends its own transaction")


def _check_foreign_keys(connection: apsw.Connection, migration: Migration) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        reason = f"{migration.name} leaves a row of {broken[0]} that points at nothing in {broken[2]}"
        raise MigrationRefused(migration.number, reason)
