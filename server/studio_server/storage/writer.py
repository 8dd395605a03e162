"""The one thread that writes, with group commit.

It drains a bounded queue, runs each piece of work in its own savepoint, commits once, then answers everyone.
Work that fails is rolled back alone. After a commit that failed it refuses everything until the file is
reopened, because after a failed flush the operating system may claim success for data it has lost.
"""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.errors import CommitFailed, DatabaseClosed, NestedWrite, StoreBusy, WritesStopped
from studio_server.storage.tx import SqliteTx

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from studio_server.clock import Clock
    from studio_server.storage.tx import Tx

T = TypeVar("T")

QUEUE_LIMIT = 4_096
BATCH_LIMIT = 128


@dataclass(frozen=True)
class Job:
    """Work in the queue and the place where its answer is awaited."""

    work: Callable[[Tx], Any]
    answer: Future[Any] = field(default_factory=Future[Any])


class Writer:
    """Owns the write connection and the recorded time."""

    def __init__(self, connection: apsw.Connection, path: Path, clock: Clock) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._queue: queue.Queue[Job | None] = queue.Queue(QUEUE_LIMIT)
        self._gate = threading.Lock()
        self._closed = False
        self._stopped: str | None = None
        self._recorded = _recorded_time(connection)
        self._thread = threading.Thread(target=self._serve, name="studio-writer", daemon=True)
        self._thread.start()

    @property
    def recorded(self) -> datetime:
        """The latest time any committed write carries."""
        return self._recorded

    @property
    def stopped(self) -> str | None:
        """Why writes are refused, or None."""
        return self._stopped

    def submit(self, work: Callable[[Tx], T], *, patience_seconds: float) -> Future[T]:
        """Queue work; with a patience of 0 a full queue is refused at once.

        Raises:
            WritesStopped, DatabaseClosed, StoreBusy, NestedWrite: nothing was done.
        """
        if threading.current_thread() is self._thread:
            raise NestedWrite
        job = Job(work)
        with self._gate:
            self._check_open()
            if patience_seconds <= 0:
                self._enqueue(job, 0)
        if patience_seconds > 0:
            self._enqueue(job, patience_seconds)
            if not self._thread.is_alive():
                self._refuse_leftovers()
        return job.answer

    def stop(self, reason: str) -> None:
        """Refuse every later write with `reason` until the database is opened again."""
        self._stopped = self._stopped or reason

    def close(self) -> None:
        """Finish what is queued, then end the thread and close the connection."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._refuse_leftovers()
        self._connection.close()

    def _check_open(self) -> None:
        if self._closed:
            raise DatabaseClosed(self._path)
        if self._stopped is not None:
            raise WritesStopped(self._path, self._stopped)

    def _enqueue(self, job: Job, patience_seconds: float) -> None:
        try:
            self._queue.put(job, block=patience_seconds > 0, timeout=patience_seconds or None)
        except queue.Full as full:
            raise StoreBusy(self._path, "place in the write queue", QUEUE_LIMIT) from full

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            jobs, ended = self._drain(first)
            self._commit_together(jobs)
            if ended:
                return

    def _drain(self, first: Job) -> tuple[list[Job], bool]:
        jobs = [first]
        while len(jobs) < BATCH_LIMIT:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit_together(self, jobs: list[Job]) -> None:
        started = [job for job in jobs if job.answer.set_running_or_notify_cancel()]
        try:
            self._check_stopped()
            self._connection.execute("BEGIN IMMEDIATE")
        except (WritesStopped, apsw.Error) as refused:
            _fail(started, refused)
            return
        tx = SqliteTx(self._connection, max(self._recorded, self._clock.now()))
        done: list[tuple[Job, Any]] = []
        for job in started:
            self._attempt(job, tx, done)
        self._commit(tx, done)

    def _check_stopped(self) -> None:
        if self._stopped is not None:
            raise WritesStopped(self._path, self._stopped)

    def _attempt(self, job: Job, tx: SqliteTx, done: list[tuple[Job, Any]]) -> None:
        """Run one piece of work in its own savepoint; its failure is its caller's alone."""
        try:
            self._check_stopped()
            tx.execute("SAVEPOINT work")
            outcome = job.work(tx)
            tx.execute("RELEASE work")
        except BaseException as failure:  # noqa: BLE001  - handed to whoever asked, whatever it is
            self._undo_alone()
            job.answer.set_exception(failure)
        else:
            done.append((job, outcome))

    def _undo_alone(self) -> None:
        try:
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
        except apsw.Error as error:
            self.stop(f"a savepoint could not be rolled back: {error}")

    def _commit(self, tx: SqliteTx, done: list[tuple[Job, Any]]) -> None:
        try:
            self._check_stopped()
            if done:
                tx.execute("UPDATE recorded_time SET at_us = ?", (to_microseconds(tx.now),))
            self._connection.execute("COMMIT")
        except (WritesStopped, apsw.Error) as error:
            self._fail_stop(str(error), done)
            return
        self._recorded = tx.now if done else self._recorded
        for job, outcome in done:
            job.answer.set_result(outcome)

    def _fail_stop(self, reason: str, done: list[tuple[Job, Any]]) -> None:
        self.stop(f"a commit failed: {reason}")
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error as error:
            self.stop(str(error))
        _fail([job for job, _ in done], CommitFailed(self._path, reason))

    def _refuse_leftovers(self) -> None:
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job is not None and job.answer.set_running_or_notify_cancel():
                job.answer.set_exception(DatabaseClosed(self._path))


def _fail(jobs: list[Job], failure: BaseException) -> None:
    for job in jobs:
        job.answer.set_exception(failure)


def _recorded_time(connection: apsw.Connection) -> datetime:
    row = connection.execute("SELECT at_us FROM recorded_time").fetchone()
    return from_microseconds(0 if row is None else int(str(row[0])))
