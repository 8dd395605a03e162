"""What every engine offers the rest of the server: one writer thread, readers beside it, and a way back.

Owns: asking for work and waiting for its answer, reading, opening again after a failure. Does not own: how an
engine connects, nor what is written.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import TimeoutError as AnswerTimeout
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from studio_server.storage.audit_chain import Act, append
from studio_server.storage.errors import (
    DatabaseClosed,
    DiskFailed,
    OutcomeUnknown,
    ScrubFailed,
    WritesStopped,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from datetime import datetime

    from studio_server.clock import Clock
    from studio_server.storage.errors import Place
    from studio_server.storage.joint import Joint
    from studio_server.storage.tx import Tx
    from studio_server.storage.writer import Writer

T = TypeVar("T")
A = TypeVar("A")

PATIENCE_SECONDS = 30.0
SCRUB_SECONDS = 600.0


class ReadSessions(Protocol):
    """Connections that only read, each use on one snapshot."""

    def read(self, work: Callable[[Tx], T], now: datetime) -> T:
        """Run `work` on one snapshot, at `now` or later."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...


class Store(ABC):
    """One open database of any engine; end it with `close`."""

    def __init__(self, place: Place, clock: Clock, writer: Writer, readers: ReadSessions) -> None:
        self.place = place
        self.clock = clock
        self._writer = writer
        self._readers = readers
        self._condemned: str | None = None
        self._closed = False
        self._opening = threading.Lock()

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on the writer thread and return once its effect is durable.

        Cancelling before the work has begun means it never happens; afterwards it takes effect all the same.

        Raises:
            Whatever `work` raises: it was rolled back, alone.
            StoreBusy, WritesStopped, DatabaseClosed: nothing was done.
            CommitFailed: the outcome is unknown; no further write is accepted.
        """
        return await self._writer.awaited(work)

    async def write_jointly(self, joint: Joint[A], asked: A) -> Any:
        """As `write`, for work that is done as one set with what others ask of the same `joint` meanwhile."""
        return await self._writer.awaited_jointly(joint, asked)

    def write_blocking(self, work: Callable[[Tx], T], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
        """As `write`, for threads: waits at most `patience_seconds` for a place and as long for the answer.

        Raises:
            OutcomeUnknown: the answer did not arrive in time; the work may still take effect.
        """
        return self._answer(self._writer.submit(work, patience_seconds=patience_seconds), patience_seconds)

    def write_jointly_blocking(
        self, joint: Joint[A], asked: A, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> Any:
        """As `write_jointly`, for threads, which wait as in `write_blocking`.

        Raises:
            OutcomeUnknown: the answer did not arrive in time; the work may still take effect.
        """
        answer = self._writer.submit_jointly(joint, asked, patience_seconds=patience_seconds)
        return self._answer(answer, patience_seconds)

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a consistent snapshot, on the calling thread; it cannot write.

        From the event loop, only for reads well under a millisecond.
        """
        return self._readers.read(work, self._earliest(self._writer))

    def scrub(self, tables: tuple[str, ...], *, patience_seconds: float = SCRUB_SECONDS) -> None:
        """Take what was deleted from these tables out of the database for good; blocks, and writes wait.

        SQLite rewrites its whole file, PostgreSQL the tables that are named.

        Raises:
            StorageError: it could not be done now; nothing is lost.
            OutcomeUnknown: it has not ended in time.
        """
        answer = self._writer.scrub(tables, patience_seconds=PATIENCE_SECONDS)
        try:
            answer.result(patience_seconds)
        except AnswerTimeout as late:
            raise OutcomeUnknown(self.place, patience_seconds) from late
        except self._writer.failures as failed:
            raise ScrubFailed(self.place, str(failed)) from failed

    @property
    def writes_stopped(self) -> str | None:
        """Why writes are refused until the database is opened again, or None."""
        return self._writer.stopped

    def stop_writes(self, reason: str) -> None:
        """Refuse every later write with `reason`: for whoever finds the books broken. No `reopen` helps."""
        self._condemned = self._condemned or reason
        self._writer.stop(reason)

    @property
    def recoverable(self) -> bool:
        """Writes are refused after a failure, not because the books were found broken."""
        return self._writer.stopped is not None and self._condemned is None

    def reopen(self, accept: Callable[[Tx], None]) -> None:
        """After a failure: take new connections and, if `accept` lets the books pass, writes again.

        `accept` looks at what is committed and raises if it is wrong. Reads go on meanwhile. That it happened
        is appended to the audit chain, which also proves that the disk takes writes. Blocks.

        Raises:
            Whatever `accept` raises, DiskFailed: writes stay refused.
            WritesStopped: the books were found broken, or the disk failed again.
            DatabaseClosed: it was closed meanwhile.
        """
        with self._opening:
            if self._closed:
                raise DatabaseClosed(self.place)
            if self._condemned is not None:
                raise WritesStopped(self.place, self._condemned)
            reason = self._writer.stopped or "asked for"
            self._writer.close()
            try:
                self._replace(accept, Act("system", "recovered", "books", reason))
            except self._writer.failures as fault:
                raise DiskFailed(self.place, str(fault)) from fault
            if self._condemned is not None:
                self._writer.stop(self._condemned)

    def _replace(self, accept: Callable[[Tx], None], act: Act) -> None:
        writer, readers = self._connections()
        try:
            readers.read(accept, self._earliest(writer))
            writer.submit(lambda tx: append(tx, act), patience_seconds=0).result()
        except BaseException:
            writer.close()
            readers.close()
            raise
        before, self._writer, self._readers = self._readers, writer, readers
        before.close()

    def close(self) -> None:
        """Finish what is queued, close every connection, give every lock back."""
        with self._opening:
            self._closed = True
            self._writer.close()
            self._readers.close()
            self._release()

    def _answer(self, answer: Future[T], patience_seconds: float) -> T:
        try:
            return answer.result(patience_seconds)
        except AnswerTimeout as late:
            if not answer.done():
                raise OutcomeUnknown(self.place, patience_seconds) from late
            raise

    @abstractmethod
    def _connections(self) -> tuple[Writer, ReadSessions]:
        """New connections to what is there, for `reopen`."""

    def _earliest(self, writer: Writer) -> datetime:
        """Before this no read takes place."""
        return max(writer.recorded, self.clock.now())

    @abstractmethod
    def _release(self) -> None:
        """Give back what keeps others out, if anything does."""
