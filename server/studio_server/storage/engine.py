"""Opening SQLite connections with the settings that acknowledged money rests on.

Owns: the version guard, the settings, the file's permissions. Does not own: transactions, threads, schema.
"""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import apsw

from studio_server.storage.errors import UnsafeSetting, UnsafeSqlite

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

BUSY_TIMEOUT_MS = 5_000
CACHE_KIBIBYTES = 16_384
WRITER_CACHE_KIBIBYTES = 65_536
CHECKPOINT_PAGES = 16_384
"""So many wait in the write-ahead log (64 MiB): a page that changes often is copied to the file once."""
WRITE_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
UNREADABLE = (apsw.IOError, apsw.FullError, apsw.CantOpenError, apsw.CorruptError, apsw.NotADBError)
DISK_FAULTS = (*UNREADABLE, apsw.ReadOnlyError)
"""What SQLite raises when the disk and not the statement is at fault: full, broken, or mounted read-only."""


def check_library(version: str) -> None:
    """Refuse a SQLite with the WAL-reset bug.

    Raises:
        UnsafeSqlite: older than 3.51.3 and not one of the repaired 3.50.7+ and 3.44.6+.
    """
    numbers = tuple(int(part) for part in version.split("."))
    repaired_branch = (numbers[:2] == (3, 50) and numbers >= (3, 50, 7)) or (
        numbers[:2] == (3, 44) and numbers >= (3, 44, 6)
    )
    if numbers < (3, 51, 3) and not repaired_branch:
        raise UnsafeSqlite(version)


def create_private_folder(folder: Path) -> None:
    """Make the folder for its owner alone (0700); one that is there keeps its permissions."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def create_private_file(path: Path) -> None:
    """Make the database file for its owner alone (0600); SQLite gives its side files the same permissions.

    Only under the server lock: closing a descriptor drops every POSIX lock this process has on the file.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


def connect_writer(path: Path, vfs: str | None = None) -> apsw.Connection:
    """The one connection that writes: WAL, synchronous FULL, foreign keys, each proven to be accepted."""
    connection = apsw.Connection(str(path), WRITE_FLAGS, vfs, statementcachesize=256)
    with closed_on_failure(connection):
        _prepare(connection, WRITER_CACHE_KIBIBYTES)
        for setting, value, accepted in (
            ("wal_autocheckpoint", str(CHECKPOINT_PAGES), str(CHECKPOINT_PAGES)),
            ("journal_mode", "WAL", "wal"),
            ("synchronous", "FULL", "2"),
            ("foreign_keys", "ON", "1"),
            ("recursive_triggers", "ON", "1"),
            ("secure_delete", "ON", "1"),
        ):
            set_proven(connection, setting, value, accepted)
    return connection


def connect_reader(path: Path, vfs: str | None = None) -> apsw.Connection:
    """A connection that cannot write, whatever statement it is given."""
    connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE, vfs, statementcachesize=256)
    with closed_on_failure(connection):
        _prepare(connection, CACHE_KIBIBYTES)
        set_proven(connection, "query_only", "ON", "1")
    return connection


def set_proven(connection: apsw.Connection, setting: str, value: str, accepted: str) -> None:
    """Set it, and see that it is set.

    Raises:
        UnsafeSetting: SQLite did not accept it.
    """
    connection.execute(f"PRAGMA {setting} = {value}").fetchall()
    row = connection.execute(f"PRAGMA {setting}").fetchone()
    found = "" if row is None else str(row[0])
    if found != accepted:
        raise UnsafeSetting(setting, accepted, found)


@contextmanager
def closed_on_failure(connection: apsw.Connection) -> Generator[None]:
    """Close the connection at once if the block fails, not when somebody collects it."""
    try:
        yield
    except BaseException:
        close(connection)
        raise


def close(connection: apsw.Connection) -> None:
    """Close; what cannot be tidied up on a failing disk stays for whoever opens the file next."""
    with suppress(*DISK_FAULTS):
        connection.close()


def empty_wal(connection: apsw.Connection) -> None:
    """Move everything that is committed into the database file, durably, and begin the WAL anew.

    After a failed flush this writes again what the operating system may only claim to have written.

    Raises:
        apsw.Error: it could not be done now; what is committed is untouched.
    """
    found = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if found is None or int(str(found[0])) != 0:
        raise apsw.BusyError("another process still reads from the WAL")


def _prepare(connection: apsw.Connection, cache_kibibytes: int) -> None:
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)  # or new values make it parse statements anew
    connection.execute(f"PRAGMA cache_size = -{cache_kibibytes}")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
