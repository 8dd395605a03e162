"""Bringing the schema in PostgreSQL up to date: the same numbers and refusals as in SQLite.

All scripts that wait are applied in one transaction under an advisory lock that ends with it, so replicas
that start together take turns, and a script that fails leaves nothing behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

from studio_server.clock import to_microseconds
from studio_server.storage.errors import MigrationRefused
from studio_server.storage.postgres.connection import SCHEMA
from studio_server.storage.schema import check_applied, waiting_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from studio_server.storage.postgres.connection import Connection
    from studio_server.storage.schema import Migration

ADVISORY_KEY = 0x53_74_75_64_69_6F
BEGIN = (
    "BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0;"
    f" SELECT pg_advisory_xact_lock({ADVISORY_KEY})"
)
CREATE_RECORD = (
    'CREATE TABLE IF NOT EXISTS migrations (number bigint PRIMARY KEY, name text COLLATE "C" NOT NULL,'
    ' sha256 text COLLATE "C" NOT NULL, applied_us bigint NOT NULL)'
)


def migrate(connection: Connection, migrations: Sequence[Migration], now: datetime) -> list[int]:
    """Bring the schema up to date and tell which numbers were applied now; a failing script changes nothing.

    Raises:
        MigrationRefused: the database is newer than the program, or an applied script has changed.
    """
    connection.execute(BEGIN.encode(), prepare=False)
    try:
        waiting = _waiting(connection, migrations)
        for migration in waiting:
            _apply(connection, migration, now)
    except BaseException:
        _end(connection, b"ROLLBACK")
        raise
    _end(connection, b"COMMIT")
    return [migration.number for migration in waiting]


def applied_of(connection: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    """Those of the migrations that were applied to this database."""
    numbers = {row[0] for row in connection.execute(b"SELECT number FROM migrations").fetchall()}
    return [migration for migration in migrations if migration.number in numbers]


def run_script(connection: Connection, migration: Migration) -> None:
    """Run one script in the transaction that is open.

    Raises:
        MigrationRefused: the script ended that transaction.
    """
    connection.execute(migration.script.encode(), prepare=False)
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        raise MigrationRefused(migration.number, f"{migration.name} ends its own transaction")


def _waiting(connection: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    if connection.execute(b"SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() == (None,):
        connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
    if connection.execute(b"SELECT to_regclass('migrations')").fetchone() == (None,):
        connection.execute(CREATE_RECORD.encode())
    applied = dict(connection.execute(b"SELECT number, sha256 FROM migrations").fetchall())
    check_applied(applied, migrations)
    return waiting_of(applied, migrations)


def _apply(connection: Connection, migration: Migration, now: datetime) -> None:
    run_script(connection, migration)
    connection.execute(
        b"INSERT INTO migrations (number, name, sha256, applied_us) VALUES (%s, %s, %s, %s)",
        (migration.number, migration.name, migration.sha256, to_microseconds(now)),
    )


def _end(connection: Connection, how: bytes) -> None:
    if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
        connection.execute(how, prepare=False)
