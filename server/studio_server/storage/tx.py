"""A database transaction as the rest of the server sees it: one protocol, one implementation per engine.

SQL uses `?` for parameters and is written so that both engines read it alike. A transaction is valid only
inside the function it was handed to.
"""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import apsw

    from studio_server.storage.rowwise import RowWrite, RowWrites

Row = tuple[Any, ...]
Engine = Literal["sqlite", "postgresql"]
AT_A_TIME = (32, 8, 2, 1)
"""How many rows one statement is for, so that few texts have to be prepared."""
Statement = tuple[str, "Sequence[Any]"]


class Result(NamedTuple):
    """What one statement of a batch gave: its rows, and how many rows it changed."""

    rows: list[Row]
    changes: int


class Tx(Protocol):
    """One database transaction: everything done through it is committed together or not at all."""

    @property
    def engine(self) -> Engine:
        """Which engine this is, for the rare statement that both cannot read alike."""
        ...

    @property
    def now(self) -> datetime:
        """The transaction's time in UTC: never earlier than any time recorded before."""
        ...

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement to its end and hand back its rows."""
        ...

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """Run one statement to its end and hand back its first row, or None."""
        ...

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        """Read rows one at a time: for reads too long to hold in memory."""
        ...

    def changes(self) -> int:
        """Rows changed by the last INSERT, UPDATE or DELETE: what a guarded write must look at."""
        ...

    def batch(self, statements: Sequence[Statement]) -> list[Result]:
        """Run statements in order and hand back rows and changes of each: one round trip for all."""
        ...

    def write_apart(self, statements: Sequence[Statement]) -> list[int]:
        """Run INSERTs and UPDATEs of which none touches a row that another writes; tell changes of each.

        An engine may run them as one statement, in any order; what refers to a row refers to it afterwards.
        """
        ...

    def write_rows(self, writes: Sequence[RowWrites]) -> list[int]:
        """Run each statement for all its rows, in order, and tell how many rows each changed in all.

        No statement may touch a row twice.
        """
        ...

    def among(self, values: Sequence[str]) -> tuple[str, str]:
        """What stands after a column that is one of `values`, and its one parameter."""
        ...


class SqliteTx:
    """A transaction on one SQLite connection."""

    def __init__(self, connection: apsw.Connection, now: datetime) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._now = now

    @property
    def engine(self) -> Engine:
        """Which engine this is."""
        return "sqlite"

    @property
    def now(self) -> datetime:
        """The transaction's time in UTC: never earlier than any time recorded before."""
        return self._now

    def execute(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """Run one statement to its end and hand back its rows."""
        return self._cursor.execute(sql, tuple(params)).fetchall()

    def one(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """Run one statement to its end and hand back its first row, or None."""
        rows = self.execute(sql, params)
        return rows[0] if rows else None

    def stream(self, sql: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        """Read rows one at a time: for reads too long to hold in memory."""
        return iter(self._connection.execute(sql, tuple(params)))

    def changes(self) -> int:
        """Rows changed by the last INSERT, UPDATE or DELETE: what a guarded write must look at."""
        return self._connection.changes()

    def batch(self, statements: Sequence[Statement]) -> list[Result]:
        """Run statements in order and hand back rows and changes of each."""
        return [Result(self.execute(sql, params), self._connection.changes()) for sql, params in statements]

    def write_apart(self, statements: Sequence[Statement]) -> list[int]:
        """Run INSERTs and UPDATEs in order and tell how many rows each changed."""
        return [result.changes for result in self.batch(statements)]

    def write_rows(self, writes: Sequence[RowWrites]) -> list[int]:
        """Run each statement for all its rows, in order, and tell how many rows each changed in all."""
        return [self._each(write, rows) for write, rows in writes]

    def among(self, values: Sequence[str]) -> tuple[str, str]:
        """What stands after a column that is one of `values`, and its one parameter."""
        return "IN (SELECT value FROM json_each(?))", json.dumps(values)

    def _each(self, write: RowWrite, rows: Sequence[Row]) -> int:
        """Some rows at a time: every call of SQLite lets other threads run, and waits until they pause."""
        cursor, changed, first = self._cursor, 0, 0
        while first < len(rows):
            count = next(size for size in AT_A_TIME if size <= len(rows) - first)
            values = chain.from_iterable(rows[first : first + count])
            cursor.execute(write.for_rows(count), tuple(values))
            changed += self._connection.changes()
            first += count
        return changed
