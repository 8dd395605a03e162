"""A small pool of connections that only read, each use on one consistent snapshot."""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import queue
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from studio_server.storage.engine import UNREADABLE, close, connect_reader
from studio_server.storage.errors import DatabaseClosed, DiskFailed, StoreBusy
from studio_server.storage.tx import SqliteTx

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import datetime
    from pathlib import Path

    import apsw

    from studio_server.storage.tx import Tx

T = TypeVar("T")

READERS = 8
PATIENCE_SECONDS = 10.0


class Readers:
    """Lends read connections, the most recently used (and so warmest) first."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self._path = path
        self._closed = False
        self._idle: queue.LifoQueue[apsw.Connection] = queue.LifoQueue(READERS)
        try:
            for _ in range(READERS):
                self._idle.put(connect_reader(path, vfs))
        except BaseException:
            self.close()
            raise

    def read(self, work: Callable[[Tx], T], now: datetime) -> T:
        """Run `work` on one snapshot; it sees every write acknowledged before it began.

        Raises:
            StoreBusy: every connection stayed in use for 10 s.
            DatabaseClosed: the database was closed.
            DiskFailed: the disk did not give what was asked for.
        """
        connection = self._borrow()
        try:
            connection.execute("BEGIN")
            try:
                return work(SqliteTx(connection, now))
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except UNREADABLE as fault:
            raise DiskFailed(self._path, str(fault)) from fault
        finally:
            self._give_back(connection)

    def close(self) -> None:
        """Close every connection that is not in use now, and the others when they come back."""
        self._closed = True
        while not self._idle.empty():
            close(self._idle.get_nowait())

    def _borrow(self) -> apsw.Connection:
        if self._closed:
            raise DatabaseClosed(self._path)
        try:
            return self._idle.get(timeout=PATIENCE_SECONDS)
        except queue.Empty as empty:
            raise StoreBusy(self._path, "free read connection", PATIENCE_SECONDS) from empty

    def _give_back(self, connection: apsw.Connection) -> None:
        if self._closed:
            close(connection)
        else:
            self._idle.put(connection)


@contextmanager
def snapshot(path: Path, now: datetime) -> Generator[Tx]:
    """One consistent snapshot of a database that is there, beside a running server or without one."""
    connection = connect_reader(path)
    try:
        connection.execute("BEGIN")
        yield SqliteTx(connection, now)
    finally:
        connection.close()
