"""The write connection of SQLite, one batch at a time."""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.engine import BUSY_TIMEOUT_MS, DISK_FAULTS, empty_wal
from studio_server.storage.errors import CommitFailed, ScrubFailed, StoreBusy, TransactionBroken
from studio_server.storage.tx import SqliteTx

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from studio_server.clock import Clock

COPIED_IN_MEMORY_BYTES = 256_000_000
"""A larger file is copied by way of a temporary one, which may lie outside the data folder."""


class SqliteSession:
    """Owns the write connection and the recorded time."""

    def __init__(self, connection: apsw.Connection, path: Path, clock: Clock) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._recorded = _recorded_time(connection)
        self._kept = False
        """Something in this batch is to be committed."""
        self._working = False
        """A piece of work is under way."""
        self._marked = False
        """It has a savepoint of its own."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """The driver's own errors."""
        return (apsw.Error,)

    @property
    def disk_faults(self) -> tuple[type[Exception], ...]:
        """Those of them for which the disk is at fault and not the statement."""
        return DISK_FAULTS

    @property
    def recorded(self) -> datetime:
        """The latest time any committed write carries."""
        return self._recorded

    def begin(self) -> SqliteTx:
        """Begin a batch; whatever it raises, nothing was done."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._kept = self._marked = self._working = False
        return SqliteTx(self._connection, max(self._recorded, self._clock.now()))

    def refusal(self, failure: BaseException) -> BaseException:
        """The failure itself, or that the file stayed locked by someone else."""
        if isinstance(failure, apsw.BusyError):
            return StoreBusy(self._path, "write lock", BUSY_TIMEOUT_MS / 1_000)
        return failure

    def mark(self) -> None:
        """Begin one piece of work. The first of a batch needs no savepoint: undoing it is beginning again."""
        self._marked = self._kept
        if self._marked:
            self._connection.execute("SAVEPOINT work")
        self._working = True

    def keep(self) -> None:
        """End one piece of work and keep it for the commit.

        Raises:
            TransactionBroken: the work ended the transaction.
        """
        if not self._connection.in_transaction:
            raise TransactionBroken(str(self._path))
        if self._marked:
            self._connection.execute("RELEASE work")
        self._kept, self._working = True, False

    def undo(self) -> None:
        """End one piece of work and undo it alone; there is nothing to undo where none had begun."""
        if not self._working:
            return
        self._working = False
        if self._marked:
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
        else:
            self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self, at: datetime, *, wrote: bool) -> None:
        """Make the batch durable and its time the recorded one.

        Raises:
            CommitFailed: the outcome is unknown.
        """
        try:
            if wrote:
                self._connection.execute("UPDATE recorded_time SET at_us = ?", (to_microseconds(at),))
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            raise CommitFailed(self._path, str(error)) from error
        self._recorded = at if wrote else self._recorded

    def roll_back(self) -> None:
        """End the batch without effect."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def scrub(self, tables: tuple[str, ...]) -> None:
        """Write the whole file anew, and empty the write-ahead log.

        Raises:
            ScrubFailed: there is no room for a second copy; nothing is lost, and writes go on.
            apsw.Error: it could not be done now, for example because somebody still reads; nothing is lost.
        """
        del tables
        store = "MEMORY" if self._path.stat().st_size <= COPIED_IN_MEMORY_BYTES else "FILE"
        self._connection.execute(f"PRAGMA temp_store = {store}")
        try:
            self._connection.execute("VACUUM")
        except apsw.FullError as full:
            raise ScrubFailed(self._path, f"a second copy has no room: {full}") from full
        finally:
            self._connection.execute("PRAGMA temp_store = MEMORY")
        empty_wal(self._connection)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _recorded_time(connection: apsw.Connection) -> datetime:
    row = connection.execute("SELECT at_us FROM recorded_time").fetchone()
    return from_microseconds(0 if row is None else int(str(row[0])))
