"""A small pool of connections that only read, each use on one consistent snapshot."""

from __future__ import annotations

import queue
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from studio_server.clock import from_microseconds
from studio_server.storage.errors import DatabaseClosed, DiskFailed, StoreBusy
from studio_server.storage.postgres.address import address_of
from studio_server.storage.postgres.connection import DISK_FAULTS, connect_reader
from studio_server.storage.postgres.line import Line
from studio_server.storage.postgres.migrating import applied_of
from studio_server.storage.postgres.objects import expected_objects
from studio_server.storage.postgres.session import TIME, clock_time
from studio_server.storage.postgres.tx import PostgresTx
from studio_server.storage.schema import packaged_migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import datetime

    from studio_server.clock import Clock
    from studio_server.storage.postgres.address import Address
    from studio_server.storage.tx import Tx

T = TypeVar("T")

READERS = 4
PATIENCE_SECONDS = 10.0
BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + TIME


class PostgresReaders:
    """Lends read connections, the most recently used first; one that was lost is replaced when next lent."""

    def __init__(self, address: Address, clock: Clock, expected_objects: Mapping[str, str]) -> None:
        self._address = address
        self._clock = clock
        self._expected = expected_objects
        self._closed = False
        self._idle: queue.LifoQueue[Line] = queue.LifoQueue(READERS)
        for _ in range(READERS):
            self._idle.put(Line(address.name, lambda: connect_reader(address)))

    def read(self, work: Callable[[Tx], T], now: datetime) -> T:
        """Run `work` on one snapshot, at `now` or later; it sees every write acknowledged before it began.

        Raises:
            StoreBusy: every connection stayed in use for 10 s.
            StoreUnreachable: there is no connection to be had now.
            DatabaseClosed: the database was closed.
            DiskFailed: the server's disk did not give what was asked for.
        """
        line = self._borrow()
        try:
            recorded_us, clock_us = line.begin(BEGIN)
            at = max(now, from_microseconds(recorded_us), clock_time(self._clock, clock_us))
            tx = PostgresTx(line.connection, at, self._address.name, self._expected)
            try:
                return work(tx)
            finally:
                tx.end_streams()
                if not line.lost:
                    line.connection.pgconn.exec_(b"COMMIT")
        except DISK_FAULTS as fault:
            raise DiskFailed(self._address.name, str(fault)) from fault
        finally:
            self._give_back(line)

    def close(self) -> None:
        """Close every connection that is not in use now, and the others when they come back."""
        self._closed = True
        while not self._idle.empty():
            self._idle.get_nowait().drop()

    def _borrow(self) -> Line:
        if self._closed:
            raise DatabaseClosed(self._address.name)
        try:
            return self._idle.get(timeout=PATIENCE_SECONDS)
        except queue.Empty as empty:
            raise StoreBusy(self._address.name, "free read connection", PATIENCE_SECONDS) from empty

    def _give_back(self, line: Line) -> None:
        if self._closed:
            line.drop()
        else:
            self._idle.put(line)


@contextmanager
def snapshot(url: str, clock: Clock) -> Generator[Tx]:
    """One consistent snapshot of a database that is there, beside running servers or without one.

    What the schema should hold is worked out first, which takes the right to create schemas.

    Raises:
        AddressInvalid, StoreUnreachable, StoreUnsuited: there is no database to be read at this address.
        psycopg.Error: it holds no books, or this role may not look at them.
    """
    address = address_of(url)
    with connect_reader(address) as connection:
        expected = expected_objects(connection, applied_of(connection, packaged_migrations("postgresql")))
    line = Line(address.name, lambda: connect_reader(address))
    try:
        recorded_us, clock_us = line.begin(BEGIN)
        at = max(from_microseconds(recorded_us), clock_time(clock, clock_us))
        yield PostgresTx(line.connection, at, address.name, expected)
    finally:
        line.drop()
