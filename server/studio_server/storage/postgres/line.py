"""One connection to PostgreSQL, made at first use and again when it was lost, not in a busy loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg

from studio_server.storage.errors import StorageError, StoreUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.storage.postgres.connection import Connection

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 5.0


class Line:
    """Holds the connection. After an attempt that failed it refuses at once until a growing pause is over."""

    def __init__(
        self, name: str, connect: Callable[[], Connection], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._name = name
        self._connect = connect
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._pause_seconds = 0.0
        self._rests_until = 0.0

    @property
    def connection(self) -> Connection:
        """The connection as it stands.

        Raises:
            StoreUnreachable: there was none yet.
        """
        if self._connection is None:
            raise StoreUnreachable(self._name, "not connected yet")
        return self._connection

    @property
    def lost(self) -> bool:
        """There is no connection, or not any more; with it went every transaction that was open on it."""
        return self._connection is None or self._connection.closed

    def begin(self, script: bytes) -> tuple[Any, ...]:
        """Run a script that begins a transaction and ends with a query of one row; hand back that row.

        A connection that was lost since its last use is replaced first, once.

        Raises:
            StoreUnreachable: there is no connection to be had now.
            psycopg.Error: the server refused; the transaction is rolled back.
        """
        is_new = self.lost
        if is_new:
            self._replace()
        try:
            return self._run(script)
        except psycopg.Error as failed:
            if not self.lost:
                raise
            if is_new:
                raise StoreUnreachable(self._name, "the connection was lost") from failed
        return self.begin(script)

    def drop(self) -> None:
        """Close the connection: the next `begin` makes another."""
        if self._connection is not None:
            self._connection.close()

    def _run(self, script: bytes) -> tuple[Any, ...]:
        try:
            return _last_row(self.connection.execute(script, prepare=False))
        except psycopg.Error:
            if not self.lost:
                self.connection.execute(b"ROLLBACK", prepare=False)
            raise

    def _replace(self) -> None:
        if self._monotonic() < self._rests_until:
            raise StoreUnreachable(self._name, "the last attempt failed a moment ago")
        try:
            self._connection = self._connect()
        except StorageError:
            self._pause_seconds = min(
                max(FIRST_PAUSE_SECONDS, 2 * self._pause_seconds), LONGEST_PAUSE_SECONDS
            )
            self._rests_until = self._monotonic() + self._pause_seconds
            raise
        self._pause_seconds = 0.0


def _last_row(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    while cursor.nextset():
        pass
    return cursor.fetchone() or ()
