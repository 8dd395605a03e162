"""A PostgreSQL transaction behind the one protocol."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import ExecStatus

from studio_server.storage.errors import StoreUnreachable
from studio_server.storage.postgres.arrays import array, columns_of
from studio_server.storage.postgres.statements import as_one, translated
from studio_server.storage.tx import Result

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from datetime import datetime

    from studio_server.storage.postgres.connection import Connection
    from studio_server.storage.rowwise import RowWrites
    from studio_server.storage.tx import Engine, Row, Statement

    Cursor = psycopg.RawCursor[tuple[Any, ...]]

ROWS_AT_A_TIME = 2_000
CHANGING = ("INSERT", "UPDATE", "DELETE", "MERGE")
BOUNDARY = (b"RELEASE work", b"SAVEPOINT work")
"""What ends one piece of work and begins the next; sent together with the first statement of the next."""

_names = count(1)


class PostgresTx:
    """A transaction on one connection."""

    def __init__(
        self, connection: Connection, now: datetime, place: str, expected_objects: Mapping[str, str]
    ) -> None:
        self._connection = connection
        self._now = now
        self._place = place
        self._changes = 0
        self._streams: list[Generator[Row]] = []
        self.expected_objects = expected_objects
        """What the migrations make in this version of PostgreSQL; see `storage.drift`."""
        self.touched = False
        """A statement ran since this was last set back: there is something to keep or undo."""
        self.at_boundary = False
        """The savepoint of the work before stands; the next statement moves it along."""

    @property
    def engine(self) -> Engine:
        """Which engine this is."""
        return "postgresql"

    @property
    def now(self) -> datetime:
        """The transaction's time in UTC: never earlier than any time recorded before."""
        return self._now

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement to its end and hand back its rows."""
        return self.batch(((sql, params),))[0].rows if self.at_boundary else self._alone(sql, params)

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """Run one statement to its end and hand back its first row, or None."""
        rows = self.execute(sql, params)
        return rows[0] if rows else None

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        """Read rows some at a time: for reads too long to hold in memory. Ends with its transaction."""
        rows = self._some_at_a_time(sql, params)
        self._streams.append(rows)
        return rows

    def end_streams(self) -> None:
        """Close what is still being read, before the connection is another's."""
        while self._streams:
            self._streams.pop().close()

    def changes(self) -> int:
        """Rows changed by the last INSERT, UPDATE or DELETE: what a guarded write must look at."""
        return self._changes

    def batch(self, statements: Sequence[Statement]) -> list[Result]:
        """Run statements in order and hand back rows and changes of each: one round trip for all.

        After a statement that failed none is run, and its error is raised.
        """
        ahead, self.at_boundary, self.touched = self.at_boundary, False, True
        try:
            with self._connection.pipeline():
                for step in BOUNDARY if ahead else ():
                    self._send(step)
                sent = [self._send(*_prepared(sql, params)) for sql, params in statements]
        except psycopg.Error as failed:
            raise self._told(failed) from failed
        return [Result(_rows(cursor), self._noted(cursor)) for cursor in sent]

    def write_apart(self, statements: Sequence[Statement]) -> list[int]:
        """Run INSERTs and UPDATEs that do not touch each other's rows as one; tell changes of each."""
        values = [value for _, params in statements for value in params]
        counts = self.execute(as_one(tuple(sql for sql, _ in statements)), values)[0]
        self._changes = counts[-1]
        return list(counts)

    def write_rows(self, writes: Sequence[RowWrites]) -> list[int]:
        """Run each statement once for all its rows, in order, and tell how many rows each changed."""
        statements = [
            (write.all_at_once, columns_of(rows, write.columns.values())) for write, rows in writes if rows
        ]
        changes = iter([result.changes for result in self.batch(statements)])
        return [next(changes) if rows else 0 for _, rows in writes]

    def among(self, values: Sequence[str]) -> tuple[str, str]:
        """What stands after a column that is one of `values`, and its one parameter."""
        return "= ANY ((SELECT ?::text[])::text[])", array(values, "text")

    def _some_at_a_time(self, sql: str, params: Sequence[Any]) -> Generator[Row]:
        self._cross_boundary()
        with psycopg.RawServerCursor(self._connection, f"stream_{next(_names)}") as cursor:
            cursor.itersize = ROWS_AT_A_TIME
            try:
                cursor.execute(*_prepared(sql, params))
                yield from cursor
            except psycopg.Error as failed:
                raise self._told(failed) from failed

    def _alone(self, sql: str, params: Sequence[Any]) -> list[Row]:
        self.touched = True
        many = not params and ";" in sql
        try:
            cursor = self._send(*_prepared(sql, params), prepare=False if many else None)
        except psycopg.Error as failed:
            raise self._told(failed) from failed
        self._noted(cursor)
        return _rows(cursor)

    def _send(
        self, query: bytes, params: Sequence[Any] | None = None, *, prepare: bool | None = None
    ) -> Cursor:
        """Past the driver's own reading of parameters: of a long text it takes as long as all the rest."""
        return psycopg.RawCursor(self._connection).execute(query, params, prepare=prepare)

    def _cross_boundary(self) -> None:
        self.touched = True
        if self.at_boundary:
            self.batch(())

    def _noted(self, cursor: Cursor) -> int:
        if (cursor.statusmessage or "").startswith(CHANGING):
            self._changes = max(cursor.rowcount, 0)
        return self._changes

    def _told(self, failed: psycopg.Error) -> Exception:
        """The error itself, or that the connection is gone: then nothing of this transaction was done."""
        if self._connection.closed:
            return StoreUnreachable(self._place, "the connection was lost")
        return failed


def _prepared(sql: str, params: Sequence[Any]) -> tuple[bytes, Sequence[Any] | None]:
    return (translated(sql), params) if params else (sql.encode(), None)


def _rows(cursor: Cursor) -> list[Row]:
    told = cursor.pgresult
    return cursor.fetchall() if told is not None and told.status == ExecStatus.TUPLES_OK else []
