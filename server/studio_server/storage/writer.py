"""The one thread that writes, with group commit.

It takes what waits in a bounded queue, runs joint work as one set and every other piece in its own savepoint,
commits once, then answers everyone. Work that fails is rolled back alone. After a commit that failed it
refuses everything until the database is reopened, because after a failed flush the operating system may claim
success for data it has lost. The engine's part in this is a `WriteSession`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from studio_server.storage.answers import Answers, ForThread
from studio_server.storage.errors import (
    CommitFailed,
    DatabaseClosed,
    NestedWrite,
    StorageError,
    StoreBusy,
    WritesStopped,
)
from studio_server.storage.work_queue import QueueClosed, QueueFull, WorkQueue

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from datetime import datetime

    from studio_server.storage.answers import Answer
    from studio_server.storage.errors import Place
    from studio_server.storage.joint import Answered, Joint
    from studio_server.storage.session import WriteSession
    from studio_server.storage.tx import Tx

T = TypeVar("T")
A = TypeVar("A")

QUEUE_LIMIT = 4_096
BATCH_LIMIT = 128


@dataclass(frozen=True)
class Job:
    """Work in the queue and the place where its answer is awaited."""

    work: Callable[[Tx], Any]
    answer: Answer


@dataclass(frozen=True)
class JointJob(Job):
    """Work that is done together with what else is asked of the same `joint`; `work` does it alone."""

    joint: Joint[Any]
    asked: Any


@dataclass(frozen=True)
class Scrub:
    """What was deleted from these tables is to leave the database for good, between two batches."""

    tables: tuple[str, ...]
    answer: Answer


class Writer:
    """Owns the queue, the thread and the session it writes through."""

    def __init__(self, session: WriteSession, path: Place) -> None:
        self._session = session
        self._path = path
        self._failures = (StorageError, *session.failures)
        self._queue: WorkQueue[Job | Scrub] = WorkQueue(QUEUE_LIMIT, BATCH_LIMIT)
        self._answers = Answers()
        self._stopped: str | None = None
        self._under_way: list[Job | Scrub] = []
        self._thread = threading.Thread(target=self._serve, name="studio-writer", daemon=True)
        self._thread.start()

    @property
    def recorded(self) -> datetime:
        """The latest time any committed write carries."""
        return self._session.recorded

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """The driver's own errors."""
        return self._session.failures

    @property
    def stopped(self) -> str | None:
        """Why writes are refused, or None."""
        return self._stopped

    def submit(self, work: Callable[[Tx], T], *, patience_seconds: float) -> Future[T]:
        """Queue work; with a patience of 0 a full queue is refused at once.

        Raises:
            WritesStopped, DatabaseClosed, StoreBusy, NestedWrite: nothing was done.
        """
        answer = ForThread()
        self._take(Job(work, answer), patience_seconds)
        return answer.awaited

    def submit_jointly(self, joint: Joint[A], asked: A, *, patience_seconds: float) -> Future[Any]:
        """Queue a part of joint work; as `submit`."""
        answer = ForThread()
        self._take(_joint_job(joint, asked, answer), patience_seconds)
        return answer.awaited

    def awaited(self, work: Callable[[Tx], T]) -> asyncio.Future[T]:
        """Queue work and hand back what the running loop awaits; a full queue is refused at once.

        Cancelling it cancels work that has not begun.

        Raises:
            As `submit`.
        """
        answer = self._answers.for_loop()
        self._take(Job(work, answer), 0)
        return answer.awaited

    def awaited_jointly(self, joint: Joint[A], asked: A) -> asyncio.Future[Any]:
        """As `awaited`, for a part of joint work."""
        answer = self._answers.for_loop()
        self._take(_joint_job(joint, asked, answer), 0)
        return answer.awaited

    def scrub(self, tables: tuple[str, ...], *, patience_seconds: float) -> Future[None]:
        """Queue a scrub; as `submit`, which waits for it like for a batch."""
        answer = ForThread()
        self._take(Scrub(tables, answer), patience_seconds)
        return answer.awaited

    def _take(self, job: Job | Scrub, patience_seconds: float) -> None:
        if threading.current_thread() is self._thread:
            raise NestedWrite
        self._check_stopped()
        try:
            self._queue.put(job, patience_seconds)
        except QueueClosed:
            raise DatabaseClosed(self._path) from None
        except QueueFull as full:
            raise StoreBusy(self._path, "place in the write queue", QUEUE_LIMIT) from full

    def stop(self, reason: str) -> None:
        """Refuse every later write with `reason` until the database is opened again."""
        self._stopped = self._stopped or reason

    def close(self) -> None:
        """Finish what is queued, then end the thread and close the connection."""
        self._queue.close()
        self._thread.join()
        self._session.close()

    def _serve(self) -> None:
        try:
            self._serve_until_closed()
        finally:
            self._refuse_leftovers()

    def _serve_until_closed(self) -> None:
        while jobs := self._queue.take():
            self._under_way = jobs
            self._commit_together([job for job in jobs if isinstance(job, Job)])
            self._answers.carry()
            for job in jobs:
                if isinstance(job, Scrub):
                    self._scrub(job)
            self._under_way = []
            self._answers.let_loops_go_round()

    def _refuse_leftovers(self) -> None:
        """There are some only if this thread ends by a fault of the program: nobody waits for it in vain.

        Of what was under way nobody knows here whether the commit was sent.
        """
        self._queue.close()
        cut_off = [job for job in self._under_way if not job.answer.given]
        _fail(cut_off, CommitFailed(self._path, "the writer ended by a fault of the program"))
        while jobs := self._queue.take():
            _fail([job for job in jobs if job.answer.begin()], DatabaseClosed(self._path))
        self._answers.carry()

    def _commit_together(self, jobs: list[Job]) -> None:
        started = [job for job in jobs if job.answer.begin()]
        try:
            self._check_stopped()
            tx = self._session.begin()
        except self._failures as refused:
            _fail(started, self._refusal(refused))
            return
        done: list[tuple[Job, Any]] = []
        for job in self._attempt_jointly(started, tx, done):
            self._attempt(job, tx, done)
        self._commit(tx, done)

    def _attempt_jointly(self, jobs: list[Job], tx: Tx, done: list[tuple[Job, Any]]) -> list[Job]:
        """Do what can be done as a set, and hand back what has to be done alone."""
        sets: dict[int, list[JointJob]] = {}
        for job in jobs:
            if isinstance(job, JointJob):
                sets.setdefault(id(job.joint), []).append(job)
        left = [job for job in jobs if not isinstance(job, JointJob)]
        for members in sets.values():
            if len(members) < members[0].joint.fewest[tx.engine]:
                left += members
            else:
                left += self._attempt_set(members, tx, done)
        return left

    def _attempt_set(self, jobs: list[JointJob], tx: Tx, done: list[tuple[Job, Any]]) -> list[JointJob]:
        """Run a set in one savepoint; if it fails as a whole, each of its members is left to do alone."""
        try:
            self._check_stopped()
            self._session.mark()
            answers = jobs[0].joint.together(tx, [job.asked for job in jobs])
            self._session.keep()
        except BaseException as failure:  # noqa: BLE001  - each is done alone next and told its own failure
            self._undo_alone()
            self._refusal(failure)
            return jobs
        return [job for job, told in zip(jobs, answers, strict=True) if not _told(job, told, done)]

    def _scrub(self, scrub: Scrub) -> None:
        """Outside any transaction; its failure is its caller's alone."""
        if not scrub.answer.begin():
            return
        try:
            self._check_stopped()
            self._session.scrub(scrub.tables)
        except self._failures as failure:
            scrub.answer.refuse(self._refusal(failure))
        else:
            scrub.answer.tell(None)

    def _check_stopped(self) -> None:
        if self._stopped is not None:
            raise WritesStopped(self._path, self._stopped)

    def _refusal(self, failure: BaseException) -> BaseException:
        """What the caller is told: a fault of the disk stops all writes, the rest is the caller's own."""
        if isinstance(failure, self._session.disk_faults):
            self.stop(f"the disk failed: {failure}")
            return WritesStopped(self._path, self._stopped or str(failure))
        return self._session.refusal(failure)

    def _attempt(self, job: Job, tx: Tx, done: list[tuple[Job, Any]]) -> None:
        """Run one piece of work in its own savepoint; its failure is its caller's alone."""
        try:
            self._check_stopped()
            self._session.mark()
            outcome = job.work(tx)
            self._session.keep()
        except BaseException as failure:  # noqa: BLE001  - handed to whoever asked, whatever it is
            self._undo_alone()
            job.answer.refuse(self._refusal(failure))
        else:
            done.append((job, outcome))

    def _undo_alone(self) -> None:
        try:
            self._session.undo()
        except self._failures as error:
            self.stop(f"a savepoint could not be rolled back: {error}")

    def _commit(self, tx: Tx, done: list[tuple[Job, Any]]) -> None:
        try:
            self._check_stopped()
            self._session.commit(tx.now, wrote=bool(done))
        except self._failures as error:
            self._give_up(error, done)
            return
        for job, outcome in done:
            job.answer.tell(outcome)

    def _give_up(self, error: Exception, done: list[tuple[Job, Any]]) -> None:
        """Nothing of this batch is acknowledged; what it means for later writes depends on how it failed."""
        if isinstance(error, WritesStopped):
            error = CommitFailed(self._path, error.reason)
        if isinstance(error, CommitFailed) and error.stops_writes:
            self.stop(f"a commit failed: {error.reason}")
        try:
            self._session.roll_back()
        except self._failures as failed:
            self.stop(str(failed))
        _fail([job for job, _ in done], error)


def _joint_job(joint: Joint[A], asked: A, answer: Answer) -> JointJob:
    return JointJob(lambda tx: joint.alone(tx, asked), answer, joint, asked)


def _fail(jobs: Iterable[Job | Scrub], failure: BaseException) -> None:
    for job in jobs:
        job.answer.refuse(failure)


def _told(job: Job, answered: Answered | None, done: list[tuple[Job, Any]]) -> bool:
    """Whether the set had an answer for this one: a refusal is handed on, a value waits for the commit."""
    if answered is None:
        return False
    if answered.refusal is not None:
        job.answer.refuse(answered.refusal)
    else:
        done.append((job, answered.value))
    return True
