"""The embedded database: one file, one writer thread, readers beside it.

Owns: opening safely, committing, reading, closing. Does not own: what is written, each domain's business.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import TimeoutError as AnswerTimeout
from typing import TYPE_CHECKING, TypeVar

import apsw

from studio_server.storage.engine import (
    check_library,
    connect_writer,
    create_private_file,
    create_private_folder,
)
from studio_server.storage.errors import OutcomeUnknown
from studio_server.storage.lock import ServerLock
from studio_server.storage.readers import Readers
from studio_server.storage.schema import migrate, packaged_migrations
from studio_server.storage.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from studio_server.clock import Clock
    from studio_server.storage.schema import Migration
    from studio_server.storage.tx import Tx

T = TypeVar("T")

PATIENCE_SECONDS = 30.0


class Database:
    """One open SQLite database. Make it with `Database.open`; end it with `close`."""

    def __init__(self, path: Path, clock: Clock, lock: ServerLock, writer: Writer, readers: Readers) -> None:
        self.path = path
        self.clock = clock
        self._lock = lock
        self._writer = writer
        self._readers = readers

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        migrations: Sequence[Migration] | None = None,
        vfs: str | None = None,
    ) -> Database:
        """Open or create the database at `path`, bring its schema up to date, and start its writer.

        Raises:
            UnsafeSqlite, UnsafeSetting: acknowledged writes would not be safe here.
            DatabaseInUse: another server has it open.
            MigrationRefused: the file and this program do not fit together.
        """
        check_library(apsw.sqlite_lib_version())
        create_private_folder(path.parent)
        lock = ServerLock(path)
        try:
            create_private_file(path)
            connection = connect_writer(path, vfs)
            migrate(connection, packaged_migrations() if migrations is None else migrations, clock.now())
            readers = Readers(path, vfs)
            return cls(path, clock, lock, Writer(connection, path, clock), readers)
        except BaseException:
            lock.release()
            raise

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on the writer thread and return once its effect is durable.

        Cancelling before the work has begun means it never happens; afterwards it takes effect all the same.

        Raises:
            Whatever `work` raises: it was rolled back, alone.
            StoreBusy, WritesStopped, DatabaseClosed: nothing was done.
            CommitFailed: the outcome is unknown; no further write is accepted.
        """
        return await asyncio.wrap_future(self._writer.submit(work, patience_seconds=0))

    def write_blocking(self, work: Callable[[Tx], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
        """As `write`, for threads: waits at most `patience_seconds` for a place and as long for the answer.

        Raises:
            OutcomeUnknown: the answer did not arrive in time; the work may still take effect.
        """
        answer = self._writer.submit(work, patience_seconds=patience_seconds)
        try:
            return answer.result(patience_seconds)
        except AnswerTimeout as late:
            if not answer.done():
                raise OutcomeUnknown(self.path, patience_seconds) from late
            raise

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a consistent snapshot, on the calling thread; it cannot write.

        From the event loop, only for reads well under a millisecond.
        """
        return self._readers.read(work, max(self._writer.recorded, self.clock.now()))

    @property
    def writes_stopped(self) -> str | None:
        """Why writes are refused until the database is opened again, or None."""
        return self._writer.stopped

    def stop_writes(self, reason: str) -> None:
        """Refuse every later write with `reason`: for whoever finds the books broken."""
        self._writer.stop(reason)

    def close(self) -> None:
        """Finish what is queued, close every connection, give the lock back."""
        self._writer.close()
        self._readers.close()
        self._lock.release()
