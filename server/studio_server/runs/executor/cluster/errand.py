"""One run sent to a worker: a slot, its inputs, the task, its answer, its files. Ends in one outcome.

Until the worker says that the run began, nothing has happened that would cost; from then on it is never begun
again anywhere. `delivery` makes another attempt where one provably never began.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster import belief, on_worker
from studio_server.runs.executor.cluster.connection import Connection
from studio_server.runs.executor.cluster.fleet import Fleet, Member
from studio_server.runs.executor.cluster.losses import NeverBegan, NotReached, RunLost
from studio_server.runs.executor.cluster.wire import JOB, PIECE_BYTES, Order, Piece
from studio_server.runs.executor.patience import WAITING_SHARE
from studio_server.runs.executor.protocol import ArtefactFile, Job, Outcome, Progress


@dataclass(frozen=True)
class Terms:
    """How errands are run on one cluster."""

    topic: str
    patience_seconds: float
    """From the start of an attempt until it must have begun on a worker."""
    lease_seconds: float
    overtime_seconds: float
    """What worker and cluster may take beyond the run's own wall time."""
    shared_folders: bool
    extra_path: str
    is_private: bool
    """Nobody else can listen on the way to the cluster."""


class Errand:
    """One attempt to carry out a run."""

    def __init__(
        self,
        job: Job,
        terms: Terms,
        fleet: Fleet,
        connection: Callable[[], Connection],
        *,
        begin_by: float,
        cancelled: asyncio.Event,
    ) -> None:
        """It is given up when it has not begun by then, and when its user has had enough."""
        self.attempt = secrets.token_hex(12)
        self._job = job
        self._terms = terms
        self._fleet = fleet
        self._connection = connection
        self._begin_by = begin_by
        self._begun = asyncio.Event()
        self._cancelled = cancelled
        self._over = False

    def hear(self, said: dict[str, Any], on_progress: Callable[[Progress], None]) -> None:
        """What the worker says while it runs; nothing counts once the outcome is known."""
        self._begun.set()
        progress = belief.progress(said.get("progress"))
        if progress is not None and not self._over:
            on_progress(progress)

    async def run(self) -> Outcome:
        """Carry it out.

        Raises:
            NeverBegan: It found no room in time, and nothing of it has happened anywhere.
            RunLost: The platform's fault.
            Exception: Whatever broke on the way: the platform's fault too.
        """
        if self._job.secrets and not self._terms.is_private:
            raise RunLost("its secrets go to a cluster over TLS or on this machine only")
        try:
            member = await self._seat()
            return _cancelled() if member is None else await self._on(member)
        finally:
            self._over = True
            self._fleet.leave(self.attempt)

    async def _seat(self) -> Member | None:
        try:
            async with asyncio.timeout_at(self._begin_by):
                return await self._unless_cancelled(self._fleet.seat(self.attempt))
        except TimeoutError:
            raise NeverBegan("no worker had a free slot") from None

    async def _on(self, member: Member) -> Outcome:
        try:
            shipped = await self._unless_cancelled(self._prepare(member))
            return await self._work(member, shipped) if shipped else _cancelled()
        finally:
            await self._tidy(member)

    async def _prepare(self, member: Member) -> Connection:
        """The connection to send the task over, once all its inputs are where it goes."""
        try:
            await self._ship(member)
            return self._connection()
        except (OSError, NotReached) as failed:
            member.declined_at = asyncio.get_running_loop().time()
            raise NeverBegan(f"{member.address} could not be given its inputs: {failed!r}") from failed

    async def _work(self, member: Member, connection: Connection) -> Outcome:
        sent_at = asyncio.get_running_loop().time()
        future = connection.submit(member.address, self._order(member))
        try:
            outcome = await self._answer(member, future)
        finally:
            future.release()  # Dask forgets the task, so that no other worker ever gets it
        elapsed_ms = (asyncio.get_running_loop().time() - sent_at) * 1_000
        return await self._accept(member, outcome, elapsed_ms)

    async def _unless_cancelled(self, work: Any) -> Any:
        """The work's result; None when the run is cancelled first, and then the work is given up."""
        doing, cancelled = asyncio.ensure_future(work), asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait((doing, cancelled), return_when=asyncio.FIRST_COMPLETED)
            return doing.result() if doing.done() else None
        finally:
            doing.cancel()
            cancelled.cancel()

    async def _ship(self, member: Member) -> None:
        """Bring every input to the worker that is not there yet; at most as long as patience lasts."""
        files = self._job.files
        if not files:
            return
        shared = {d: str(path.absolute()) if self._terms.shared_folders else "" for d, path in files.items()}
        call, address = self._connection().call, member.address
        async with asyncio.timeout_at(self._begin_by), member.shipping:
            for digest in await call(address, on_worker.claim, self.attempt, shared):
                await self._send(address, digest, files[digest])

    async def _send(self, address: str, digest: str, path: Path) -> None:
        offset, is_last = 0, False
        while not is_last:
            content = await asyncio.to_thread(_piece_of_input, path, offset)
            is_last = len(content) < PIECE_BYTES
            piece = Piece(digest, offset, content, is_last)
            await self._connection().call(address, on_worker.receive, self.attempt, piece)
            offset += len(content)

    def _order(self, member: Member) -> Order:
        bare = replace(self._job, files={digest: Path() for digest in self._job.files}, workdir=Path())
        return Order(
            attempt=self.attempt,
            incarnation=member.said.incarnation,
            topic=self._terms.topic,
            lease_seconds=self._terms.lease_seconds,
            extra_path=self._terms.extra_path,
            job=JOB.dump_json(bare).decode(),
        )

    async def _answer(self, member: Member, future: Any) -> Outcome:
        """Wait for the task's answer, as long as there is a worker and time left."""
        answer = asyncio.ensure_future(future.result())
        gone = asyncio.ensure_future(member.gone.wait())
        begun = asyncio.ensure_future(self._begun.wait())
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        try:
            patience_seconds = self._begin_by - asyncio.get_running_loop().time()
            await _first((answer, gone, begun, cancelled), max(0.0, patience_seconds))
            if not (answer.done() or gone.done() or self._begun.is_set()):
                withdrawn = not await self._stop(member)
                if withdrawn and self._cancelled.is_set():
                    return _cancelled()
                if withdrawn:
                    member.declined_at = asyncio.get_running_loop().time()
                    raise NeverBegan(f"{member.address} had no free thread")
            member.declined_at = 0.0
            await _first((answer, gone, cancelled), self._most_seconds)
            if cancelled.done() and not answer.done() and not gone.done():
                await self._stop(member)
                await _first((answer, gone), self._terms.overtime_seconds)
            return self._read(member, answer)
        finally:
            for waiting in (answer, gone, begun, cancelled):
                waiting.cancel()

    async def _stop(self, member: Member) -> bool:
        """Whether it has begun, or may have; where it has not, it never will."""
        call, incarnation = self._connection().call, member.said.incarnation
        return await call(member.address, on_worker.stop, self.attempt, incarnation)

    @property
    def _most_seconds(self) -> float:
        limit_seconds = self._job.limits.wall_ms / 1_000
        return limit_seconds * (1 + WAITING_SHARE) + self._terms.overtime_seconds

    def _read(self, member: Member, answer: "asyncio.Future[bytes]") -> Outcome:
        failure = _failure(answer)
        if answer.done() and failure is None:
            with _word_of(member):
                return belief.read(answer.result())
        if member.gone.is_set():
            raise RunLost(f"the worker {member.address} is gone")
        if answer.done():
            raise RunLost(f"the task on {member.address} ended in {failure!r}")
        raise RunLost(f"the worker {member.address} gave no answer in {self._most_seconds:.0f} s")

    async def _accept(self, member: Member, outcome: Outcome, elapsed_ms: float) -> Outcome:
        """Take an outcome only as far as the server can believe it.

        Raises:
            RunLost: It says what cannot be, or a file is not what it should be.
        """
        if outcome.kind == "cancelled" and not self._cancelled.is_set():
            raise RunLost(f"{member.address} ended the run by itself")
        with _word_of(member):
            outcome = belief.believed(outcome, self._job, member.said, elapsed_ms)
        numbered = enumerate(outcome.artefacts)
        files = [await self._collect(member, number, file) for number, file in numbered]
        with _word_of(member):
            return belief.with_files(outcome, tuple(files))

    async def _collect(self, member: Member, number: int, file: ArtefactFile) -> ArtefactFile:
        target = self._job.workdir / "out" / f"{number:04d}"
        hasher, size = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as kept:
            while size < file.size_bytes:
                call = self._connection().call
                piece = await call(member.address, on_worker.fetch, self.attempt, number, size)
                if not 0 < len(piece) <= file.size_bytes - size:
                    break
                hasher.update(piece)
                size += len(piece)
                await asyncio.to_thread(kept.write, piece)
        if (size, f"sha256:{hasher.hexdigest()}") != (file.size_bytes, file.digest):
            raise RunLost(f"'{file.name}' did not arrive as {member.address} announced it")
        return replace(file, path=target)

    async def _tidy(self, member: Member) -> None:
        """Let the worker delete what it kept; one that does not answer does so when the lease ends."""
        if member.gone.is_set():
            return
        with suppress(OSError):
            await self._connection().call(member.address, on_worker.close, self.attempt)


@contextmanager
def _word_of(member: Member) -> Generator[None]:
    """Name the worker whose word is not believed."""
    try:
        yield
    except RunLost as lost:
        raise RunLost(f"{member.address}: {lost.reason}") from lost


async def _first(waiting: tuple["asyncio.Future[Any]", ...], seconds: float) -> None:
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _failure(answer: "asyncio.Future[bytes]") -> BaseException | None:
    """What Dask says went wrong with the task; None while it runs and when it has an answer."""
    if not answer.done():
        return None
    return asyncio.CancelledError() if answer.cancelled() else answer.exception()


def _piece_of_input(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(PIECE_BYTES)
    except OSError as missing:
        raise RunLost(f"an input of it cannot be read: {missing}") from missing


def _cancelled() -> Outcome:
    return Outcome("cancelled", sentences.cancelled())
