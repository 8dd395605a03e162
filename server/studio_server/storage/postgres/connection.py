"""Opening PostgreSQL connections with the settings that acknowledged money rests on.

Owns: the version guard, the settings, how values travel. Does not own: transactions, threads, schema.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Loader
from psycopg.types.numeric import Int8Dumper

from studio_server.storage.errors import StoreUnreachable, StoreUnsuited, UnsafeSetting

if TYPE_CHECKING:
    from psycopg.abc import Buffer

    from studio_server.storage.postgres.address import Address

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHEMA = "studio"
OLDEST_VERSION = 130_000
PREPARED_STATEMENTS = 500
LOCK_TIMEOUT_SECONDS = 5.0
"""How long a replica waits for the others to finish their batch."""
STATEMENT_TIMEOUT_SECONDS = 30.0
DISK_FAULTS = (
    psycopg.errors.DiskFull,
    psycopg.errors.IoError,
    psycopg.errors.DataCorrupted,
    psycopg.errors.IndexCorrupted,
)
"""What the driver raises when the server's disk and not the statement is at fault."""
SETTINGS = {
    "search_path": f"{SCHEMA}, pg_temp",
    "client_encoding": "UTF8",
    "lock_timeout": f"{LOCK_TIMEOUT_SECONDS:g}s",
}
FOR_WRITING = {
    "default_transaction_read_only": "off",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "10s",
    "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS:g}s",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
"""The writer's plans are made when the tables are small, and kept: the last four make them go by the indexes.
Where none fits, a table is read as a whole all the same."""
FOR_READING = {
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": "1min",
    "statement_timeout": "5min",
}
STANDING = (
    "SELECT pg_is_in_recovery(), current_setting('server_encoding'), current_setting('synchronous_commit')"
)

log = logging.getLogger(__name__)


def connect_writer(address: Address) -> Connection:
    """A connection that writes: every commit is flushed before it is acknowledged, and that was read back.

    Raises:
        StoreUnreachable, StoreUnsuited, UnsafeSetting: it cannot be had here.
    """
    connection = _connect(address)
    try:
        _check(connection, address)
        _set(connection, {**SETTINGS, **FOR_WRITING})
        _check_durable(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(address: Address) -> Connection:
    """A connection whose transactions cannot write; a standby may serve it.

    Raises:
        StoreUnreachable, StoreUnsuited: it cannot be had here.
    """
    connection = _connect(address)
    try:
        _check_version(connection, address)
        _set(connection, {**SETTINGS, **FOR_READING})
    except BaseException:
        connection.close()
        raise
    return connection


def warn_unless_flushed(connection: Connection, address: Address) -> None:
    """Log a warning when the server does not flush what it commits: for tests that is fine, for money not."""
    if connection.execute(b"SELECT current_setting('fsync')").fetchone() != ("on",):
        log.warning("%s runs with fsync off: a power cut can lose or damage acknowledged money", address.name)


def _connect(address: Address) -> Connection:
    connection = _attempted(address)
    if isinstance(connection, str):
        raise StoreUnreachable(address.name, connection)
    connection.prepared_max = PREPARED_STATEMENTS
    connection.adapters.register_dumper(int, Int8Dumper)
    connection.adapters.register_dumper(bool, BoolDumper)
    connection.adapters.register_loader("numeric", NumericLoader)
    return connection


def _attempted(address: Address) -> Connection | str:
    """A connection, or why there is none: the driver's error holds the password and goes no further."""
    try:
        return psycopg.connect(
            **address.parameters,  # pyright: ignore[reportArgumentType]  - libpq's names, read from the address
            autocommit=True,
            prepare_threshold=1,
        )
    except (psycopg.OperationalError, psycopg.ProgrammingError) as failed:
        return _first_line(failed)


def _set(connection: Connection, settings: dict[str, str]) -> None:
    wanted = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    connection.execute(f"SELECT {wanted}".encode())


def _check(connection: Connection, address: Address) -> None:
    _check_version(connection, address)
    standby, encoding, _ = _standing(connection)
    if standby:
        raise StoreUnsuited(
            address.name,
            "is a read-only standby",
            "name the primary, or add target_session_attrs=read-write to the address",
        )
    if encoding != "UTF8":
        raise UnsafeSetting("server_encoding", "UTF8", encoding, "PostgreSQL")


def _check_version(connection: Connection, address: Address) -> None:
    version = connection.info.server_version
    if version < OLDEST_VERSION:
        raise StoreUnsuited(
            address.name, f"is PostgreSQL {version // 10_000}", "PostgreSQL 13 or later is needed"
        )


def _check_durable(connection: Connection) -> None:
    *_, committed = _standing(connection)
    if committed != "on":
        raise UnsafeSetting("synchronous_commit", "on", committed, "PostgreSQL")


def _standing(connection: Connection) -> tuple[Any, ...]:
    return connection.execute(STANDING.encode()).fetchone() or (True, "", "")


def _first_line(failed: Exception) -> str:
    return str(failed).strip().partition("\n")[0] or type(failed).__name__


class BoolDumper(Int8Dumper):
    """A truth value travels as 0 or 1, as it does in SQLite: no column holds a boolean."""

    def dump(self, obj: Any) -> Buffer | None:
        """The value as the server reads it."""
        return b"1" if obj else b"0"


class NumericLoader(Loader):
    """A sum of whole numbers comes back as a whole number, an average as a float: as from SQLite."""

    def load(self, data: Buffer) -> int | float:
        """The value as Python holds it."""
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)
