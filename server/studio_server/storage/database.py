"""The embedded database: one file, one writer thread, readers beside it.

Owns: opening the file safely and alone. Does not own: writing and reading, which every `Store` does alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw

from studio_server.storage.engine import (
    DISK_FAULTS,
    check_library,
    closed_on_failure,
    connect_writer,
    create_private_file,
    create_private_folder,
    empty_wal,
)
from studio_server.storage.errors import DiskFailed
from studio_server.storage.lock import ServerLock
from studio_server.storage.readers import Readers
from studio_server.storage.schema import migrate, packaged_migrations
from studio_server.storage.sqlite_session import SqliteSession
from studio_server.storage.store import Store
from studio_server.storage.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_server.clock import Clock
    from studio_server.storage.schema import Migration


class Database(Store):
    """One open SQLite database. Make it with `Database.open`; end it with `close`."""

    def __init__(
        self, path: Path, clock: Clock, lock: ServerLock, writer: Writer, readers: Readers, *, vfs: str | None
    ) -> None:
        super().__init__(path, clock, writer, readers)
        self.path = path
        self._vfs = vfs
        self._lock = lock

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
            DiskFailed: it cannot be read or written, or is no database.
        """
        check_library(apsw.sqlite_lib_version())
        create_private_folder(path.parent)
        lock = ServerLock(path)
        try:
            create_private_file(path)
            connection = connect_writer(path, vfs)
            with closed_on_failure(connection):
                scripts = packaged_migrations() if migrations is None else migrations
                migrate(connection, scripts, clock.now())
                readers = Readers(path, vfs)
                return cls(path, clock, lock, _writer(connection, path, clock), readers, vfs=vfs)
        except DISK_FAULTS as fault:
            lock.release()
            raise DiskFailed(path, str(fault)) from fault
        except BaseException:
            lock.release()
            raise

    def _connections(self) -> tuple[Writer, Readers]:
        connection = connect_writer(self.path, self._vfs)
        with closed_on_failure(connection):
            empty_wal(connection)
            readers = Readers(self.path, self._vfs)
            return _writer(connection, self.path, self.clock), readers

    def _release(self) -> None:
        self._lock.release()


def _writer(connection: apsw.Connection, path: Path, clock: Clock) -> Writer:
    return Writer(SqliteSession(connection, path, clock), path)
