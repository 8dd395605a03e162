"""The write connection of PostgreSQL, one batch at a time, one batch of all replicas at a time.

A batch locks the one row of `recorded_time` before anything else, so replicas take turns and no deadlock is
possible. Round trips: one to begin (BEGIN, lock, savepoint, time), one per statement of the work, one to
commit (recorded time, COMMIT). Ending one piece of work and beginning the next travels with the next one's
first statement. Work that fails costs one more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus

from studio_server.clock import SystemClock, from_microseconds, to_microseconds
from studio_server.storage.errors import (
    CommitFailed,
    StoreBusy,
    StoreUnreachable,
    TransactionBroken,
)
from studio_server.storage.postgres.connection import (
    DISK_FAULTS,
    FOR_WRITING,
    LOCK_TIMEOUT_SECONDS,
    STATEMENT_TIMEOUT_SECONDS,
    connect_writer,
)
from studio_server.storage.postgres.line import Line
from studio_server.storage.postgres.scrubbing import scrub
from studio_server.storage.postgres.sleepers import end_sleepers
from studio_server.storage.postgres.tx import PostgresTx

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from studio_server.clock import Clock
    from studio_server.storage.postgres.address import Address

TIME = b"SELECT at_us, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM recorded_time"
BEGIN = b"; ".join(
    (
        b"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        b"SELECT 1 FROM recorded_time FOR UPDATE",
        b"SAVEPOINT work",
        TIME,
    )
)
WAITED_TOO_LONG = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
DOUBTFUL = ("53", "58", "XX", "F0")
"""Classes of errors about the server's disk or its insides; after one at a commit nothing is trusted."""


class PostgresSession:
    """Owns the write connection and knows the recorded time it last saw."""

    def __init__(self, address: Address, clock: Clock, expected_objects: Mapping[str, str]) -> None:
        self._address = address
        self._clock = clock
        self._expected = expected_objects
        self._line = Line(address.name, lambda: connect_writer(address))
        self._tx: PostgresTx | None = None
        self._recorded = from_microseconds(0)
        self.begin()
        self.roll_back()

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """The driver's own errors."""
        return (psycopg.Error,)

    @property
    def disk_faults(self) -> tuple[type[Exception], ...]:
        """Those of them for which the disk is at fault and not the statement."""
        return DISK_FAULTS

    @property
    def recorded(self) -> datetime:
        """The latest recorded time this replica has seen."""
        return self._recorded

    def begin(self) -> PostgresTx:
        """Begin a batch as the only writer among all replicas; whatever it raises, nothing was done.

        Raises:
            StoreBusy: another replica did not finish its batch in time.
            StoreUnreachable: there is no connection to be had now.
        """
        try:
            recorded_us, clock_us = self._line.begin(BEGIN)
        except psycopg.errors.ReadOnlySqlTransaction as standby:
            self._line.drop()
            raise StoreUnreachable(self._address.name, "it has become a read-only standby") from standby
        except WAITED_TOO_LONG as busy:
            recorded_us, clock_us = self._after_sleepers(busy)
        self._recorded = max(self._recorded, from_microseconds(recorded_us))
        now = max(from_microseconds(recorded_us), clock_time(self._clock, clock_us))
        self._tx = PostgresTx(self._line.connection, now, self._address.name, self._expected)
        return self._tx

    def _after_sleepers(self, waited: psycopg.Error) -> tuple[int, int]:
        """Begin again where somebody slept with the turn; one who still works on it is left alone."""
        busy = StoreBusy(self._address.name, "turn to write", LOCK_TIMEOUT_SECONDS)
        try:
            if not end_sleepers(self._line.connection):
                raise busy from waited
            recorded_us, clock_us = self._line.begin(BEGIN)
        except WAITED_TOO_LONG as again:
            raise busy from again
        return recorded_us, clock_us

    def refusal(self, failure: BaseException) -> BaseException:
        """The failure itself, or that the server gave up waiting."""
        if isinstance(failure, psycopg.errors.QueryCanceled):
            return StoreBusy(self._address.name, "end of a statement", STATEMENT_TIMEOUT_SECONDS)
        if isinstance(failure, psycopg.errors.LockNotAvailable):
            return StoreBusy(self._address.name, "lock", LOCK_TIMEOUT_SECONDS)
        return failure

    def mark(self) -> None:
        """Begin one piece of work; the savepoint is there already, or moves with the first statement."""
        self._check_line()
        self._standing().touched = False

    def keep(self) -> None:
        """End one piece of work and keep it for the commit.

        Raises:
            TransactionBroken: the work ended the transaction or left it in a failed state.
            StoreUnreachable: the connection was lost; nothing of the batch was done.
        """
        tx = self._standing()
        tx.end_streams()
        self._check_line()
        if self._status() != TransactionStatus.INTRANS:
            raise TransactionBroken(self._address.name)
        tx.at_boundary = tx.at_boundary or tx.touched

    def undo(self) -> None:
        """End one piece of work and undo it alone. Past the driver, which forgets what it prepared otherwise.

        Raises:
            TransactionBroken: there is no transaction any more in which to undo it.
        """
        tx = self._standing()
        tx.end_streams()
        if self._line.lost or not tx.touched:
            return
        result = self._line.connection.pgconn.exec_(b"ROLLBACK TO work")
        if result.status != ExecStatus.COMMAND_OK and not self._line.lost:
            raise TransactionBroken(self._address.name)

    def commit(self, at: datetime, *, wrote: bool) -> None:
        """Make the batch durable and its time the recorded one.

        Raises:
            CommitFailed: the outcome is unknown; after a lost connection later writes are still accepted.
            StoreUnreachable: the connection was lost before the commit was sent; nothing was done.
            psycopg.Error: the server rolled the batch back; nothing was done.
        """
        self._check_line()
        if not wrote:
            self.roll_back()
            return
        # The savepoint first: a row that is locked outside it and changed within has two lockers in its head.
        script = f"RELEASE work; UPDATE recorded_time SET at_us = {to_microseconds(at)}; COMMIT"  # noqa: S608  - a number
        try:
            self._line.connection.execute(script.encode(), prepare=False)
        except psycopg.Error as failed:
            if self._line.lost:
                raise CommitFailed(self._address.name, _said(failed), stops_writes=False) from failed
            if (failed.sqlstate or "XX").startswith(DOUBTFUL):
                raise CommitFailed(self._address.name, _said(failed)) from failed
            raise
        self._recorded = at

    def roll_back(self) -> None:
        """End the batch without effect; past the driver, which forgets what it prepared otherwise."""
        if not self._line.lost:
            self._line.connection.pgconn.exec_(b"ROLLBACK")

    def scrub(self, tables: tuple[str, ...]) -> None:
        """Write these tables anew; the server's write-ahead log keeps what it holds until it is recycled.

        Raises:
            ScrubFailed: somebody still reads from before, or there is no room; nothing is lost, writes go on.
            psycopg.Error: it could not be done now; nothing is lost.
        """
        connection = self._line.connection
        connection.execute(b"SET statement_timeout = 0")
        try:
            scrub(connection, self._address.name, tables)
        finally:
            timeout = f"SET statement_timeout = '{FOR_WRITING['statement_timeout']}'"
            connection.execute(timeout.encode())

    def close(self) -> None:
        """Close the connection."""
        self._line.drop()

    def _check_line(self) -> None:
        if self._line.lost:
            raise StoreUnreachable(self._address.name, "the connection was lost")

    def _standing(self) -> PostgresTx:
        if self._tx is None:
            raise TransactionBroken(self._address.name)
        return self._tx

    def _status(self) -> TransactionStatus:
        return self._line.connection.info.transaction_status


def clock_time(clock: Clock, server_us: int) -> datetime:
    """The server's time where the machine's would be asked, so that replicas agree; any other clock's own."""
    return from_microseconds(server_us) if isinstance(clock, SystemClock) else clock.now()


def _said(failed: psycopg.Error) -> str:
    return str(failed).strip().partition("\n")[0] or type(failed).__name__
