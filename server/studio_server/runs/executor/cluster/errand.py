"""One run sent to a worker: a slot, its inputs, the task, its answer, its files. Ends in one outcome.

Until the worker says that the run began, nothing has happened that would cost; from then on it is never begun
again anywhere.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster import on_worker
from studio_server.runs.executor.cluster.connection import Connection
from studio_server.runs.executor.cluster.fleet import Fleet, Member
from studio_server.runs.executor.cluster.wire import JOB, OUTCOME, PIECE_BYTES, PROGRESS, Order, Piece
from studio_server.runs.executor.patience import WAITING_SHARE
from studio_server.runs.executor.protocol import ArtefactFile, Job, Outcome, Progress

CLOCK_SLACK_MS = 1_000
log = logging.getLogger(__name__)


class RunLost(Exception):
    """The platform could not carry the run to its end; `reason` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Terms:
    """How errands are run on one cluster."""

    topic: str
    patience_seconds: float
    """From the start until the run must have begun on a worker."""
    lease_seconds: float
    overtime_seconds: float
    """What worker and cluster may take beyond the run's own wall time."""
    shared_folders: bool
    extra_path: str
    is_private: bool
    """Nobody else can listen on the way to the cluster."""


class Errand:
    """One run on its way."""

    def __init__(self, job: Job, terms: Terms, fleet: Fleet, connection: Callable[[], Connection]) -> None:
        self.attempt = secrets.token_hex(12)
        self._job = job
        self._terms = terms
        self._fleet = fleet
        self._connection = connection
        self._begin_by = asyncio.get_running_loop().time() + terms.patience_seconds
        self._begun = asyncio.Event()
        self._cancelled = asyncio.Event()
        self._over = False

    def cancel(self) -> None:
        """Stop it wherever it is."""
        self._cancelled.set()

    def hear(self, said: dict[str, Any], on_progress: Callable[[Progress], None]) -> None:
        """What the worker says while it runs; nothing counts once the outcome is known."""
        self._begun.set()
        if "progress" in said and not self._over:
            with suppress(ValidationError):
                on_progress(PROGRESS.validate_json(said["progress"]))

    async def run(self) -> Outcome:
        """Carry it out.

        Raises:
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
            raise RunLost("no worker had a free slot") from None

    async def _on(self, member: Member) -> Outcome:
        try:
            shipped = await self._unless_cancelled(self._ship(member))
            return await self._work(member) if shipped else _cancelled()
        finally:
            await self._tidy(member)

    async def _work(self, member: Member) -> Outcome:
        sent_at = asyncio.get_running_loop().time()
        future = self._connection().submit(member.address, self._order(member))
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

    async def _ship(self, member: Member) -> bool:
        """Bring every input to the worker that is not there yet; at most as long as patience lasts."""
        files = self._job.files
        if not files:
            return True
        shared = {d: str(path.absolute()) if self._terms.shared_folders else "" for d, path in files.items()}
        call, address = self._connection().call, member.address
        async with asyncio.timeout_at(self._begin_by), member.shipping:
            for digest in await call(address, on_worker.claim, self.attempt, shared):
                await self._send(address, digest, files[digest])
        return True

    async def _send(self, address: str, digest: str, path: Path) -> None:
        offset, is_last = 0, False
        while not is_last:
            content = await asyncio.to_thread(_read_piece, path, offset)
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
                withdrawn = not await self._connection().call(member.address, on_worker.stop, self.attempt)
                if withdrawn and self._cancelled.is_set():
                    return _cancelled()
                if withdrawn:
                    raise RunLost(f"{member.address} had no free thread")
            await _first((answer, gone, cancelled), self._most_seconds)
            if cancelled.done() and not answer.done() and not gone.done():
                await self._connection().call(member.address, on_worker.stop, self.attempt)
                await _first((answer, gone), self._terms.overtime_seconds)
            return self._read(member, answer)
        finally:
            for waiting in (answer, gone, begun, cancelled):
                waiting.cancel()

    @property
    def _most_seconds(self) -> float:
        limit_seconds = self._job.limits.wall_ms / 1_000
        return limit_seconds * (1 + WAITING_SHARE) + self._terms.overtime_seconds

    def _read(self, member: Member, answer: "asyncio.Future[bytes]") -> Outcome:
        failure = _failure(answer)
        if answer.done() and failure is None:
            return OUTCOME.validate_json(answer.result())
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
        if outcome.measured is not None and outcome.measured.wall_ms > elapsed_ms + CLOCK_SLACK_MS:
            raise RunLost(f"{member.address} measured more time than has passed")
        if outcome.kind == "cancelled" and not self._cancelled.is_set():
            raise RunLost(f"{member.address} ended the run by itself")
        if sum(file.size_bytes for file in outcome.artefacts) > self._job.limits.output_bytes:
            raise RunLost(f"{member.address} announced more output than is allowed")
        numbered = enumerate(outcome.artefacts)
        files = [await self._collect(member, number, file) for number, file in numbered]
        return replace(outcome, artefacts=tuple(files))

    async def _collect(self, member: Member, number: int, file: ArtefactFile) -> ArtefactFile:
        target = self._job.workdir / "out" / f"{number:04d}"
        hasher, size = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as kept:
            while size < file.size_bytes:
                call = self._connection().call
                piece = await call(member.address, on_worker.fetch, self.attempt, number, size)
                if not piece:
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


async def _first(waiting: tuple["asyncio.Future[Any]", ...], seconds: float) -> None:
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _failure(answer: "asyncio.Future[bytes]") -> BaseException | None:
    """What Dask says went wrong with the task; None while it runs and when it has an answer."""
    if not answer.done():
        return None
    return asyncio.CancelledError() if answer.cancelled() else answer.exception()


def _read_piece(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE_BYTES)


def _cancelled() -> Outcome:
    return Outcome("cancelled", sentences.cancelled())
