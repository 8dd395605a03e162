"""The functions that Dask calls on a worker: small doors to the desk of that worker process.

All but `carry_out` run on the worker's event loop, so what takes time is done in a thread.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError

from studio_magics.contracts.version import __version__
from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster.desk import Attempt, AttemptRefused, Desk
from studio_server.runs.executor.cluster.wire import (
    INTRODUCTION,
    JOB,
    OUTCOME,
    PIECE_BYTES,
    PROGRESS,
    Introduction,
    Order,
    Piece,
)
from studio_server.runs.executor.protocol import (
    ExecutorClosed,
    ExecutorFull,
    ExecutorUnsupported,
    Job,
    Outcome,
    Progress,
    RunningJob,
)

LEASE_CHECK_SECONDS = 1.0
ALIVE = frozenset({"running", "paused", "closing_gracefully"})

log = logging.getLogger(__name__)
_desks: dict[str, Desk] = {}
_desks_lock = threading.Lock()


def desk_of(worker: Any) -> Desk:
    """The desk of this Dask worker, set up when it is first asked for."""
    with _desks_lock:
        if worker.id not in _desks:
            folder = Path(worker.local_directory) / "studio"
            _desks[worker.id] = Desk(folder, slots=worker.state.nthreads)
        return _desks[worker.id]


async def introduce(dask_worker: Any) -> bytes:
    """An `Introduction` as JSON."""
    desk = desk_of(dask_worker)
    layers = await asyncio.to_thread(desk.executor().capabilities)
    introduction = Introduction(
        desk.incarnation, __version__, desk.slots, layers, os.cpu_count() or 1, _memory_bytes()
    )
    return INTRODUCTION.dump_json(introduction)


async def renew(attempts: list[str], lease_seconds: float, dask_worker: Any) -> str:
    """Lengthen the leases of these attempts; tells which process answers."""
    desk = desk_of(dask_worker)
    await asyncio.to_thread(desk.renew, attempts, lease_seconds)
    return desk.incarnation


async def claim(attempt: str, shared: Mapping[str, str], dask_worker: Any) -> list[str]:
    """Digests of an attempt's inputs that must be sent; `shared` maps each to a path to try first, or ''."""
    contents = desk_of(dask_worker).contents
    lacking = contents.claim(attempt, shared)

    def copied(digest: str) -> bool:
        return bool(shared[digest]) and contents.copy(attempt, digest, Path(shared[digest]))

    return [digest for digest in lacking if not await asyncio.to_thread(copied, digest)]


async def receive(attempt: str, piece: Piece, dask_worker: Any) -> None:
    """Take one piece of an input file."""
    await asyncio.to_thread(desk_of(dask_worker).contents.receive, attempt, piece)


async def stop(attempt: str, incarnation: str, dask_worker: Any) -> bool:
    """End an attempt's processes; False when it has not begun, and then it never will.

    Another process than the one it was meant for cannot know: what ran there may have begun.
    """
    desk = desk_of(dask_worker)
    return desk.stop(attempt) or desk.incarnation != incarnation


async def fetch(attempt: str, number: int, offset: int, dask_worker: Any) -> bytes:
    """One piece of an artefact; empty behind its end."""
    path = desk_of(dask_worker).artefact(attempt, number)
    return await asyncio.to_thread(_read_piece, path, offset)


async def close(attempt: str, dask_worker: Any) -> None:
    """The server is done with this attempt."""
    await asyncio.to_thread(desk_of(dask_worker).close, attempt)


def _memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _read_piece(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(PIECE_BYTES)


def carry_out(order: Order) -> bytes:
    """The one task of a run: run it in this worker's sandbox; gives the `Outcome` as JSON.

    Raises:
        AttemptRefused: Dask has sent it here although it must not begin here.
    """
    from distributed import get_worker

    worker: Any = get_worker()  # pyright: ignore[reportUnknownVariableType]  - Dask has no types
    desk = desk_of(worker)
    attempt = desk.begin(order.attempt, order.incarnation, order.lease_seconds)
    worker.log_event(order.topic, {"attempt": order.attempt, "begun": True})

    def tell(progress: Progress) -> None:
        with suppress(PydanticSerializationError):  # text that is none; nobody waits for progress
            said = PROGRESS.dump_json(progress).decode()
            worker.log_event(order.topic, {"attempt": order.attempt, "progress": said})

    outcome = _run(worker, desk, attempt, order, tell)
    attempt.outcome = outcome
    return OUTCOME.dump_json(outcome)


def _run(
    worker: Any, desk: Desk, attempt: Attempt, order: Order, tell: Callable[[Progress], None]
) -> Outcome:
    job = _job(desk, attempt, order)
    try:
        running = desk.executor(order.extra_path).start(job, tell)
    except (ExecutorFull, ExecutorClosed, ExecutorUnsupported) as refused:
        log.warning("run %s was not started: %s", job.run_id, refused)
        return Outcome("lost", sentences.worker_lost())
    desk.attach(attempt, running)
    while True:
        try:
            return running.wait(LEASE_CHECK_SECONDS)
        except TimeoutError:
            _end_if_forsaken(worker, desk, attempt, running)


def _end_if_forsaken(worker: Any, desk: Desk, attempt: Attempt, running: RunningJob) -> None:
    """Nobody waits for the answer any more: the server is silent, or this worker is leaving."""
    if desk.lease_is_over(attempt) or worker.status.name not in ALIVE:
        log.warning("run %s is ended: the server is silent or the worker leaves", running.run_id)
        running.cancel()


def _job(desk: Desk, attempt: Attempt, order: Order) -> Job:
    job = JOB.validate_json(order.job)
    files = {digest: desk.contents.path(digest) for digest in job.files}
    missing = [digest for digest, path in files.items() if not path.exists()]
    if missing:
        raise AttemptRefused(order.attempt, f"{len(missing)} of its inputs are not here")
    return replace(job, files=files, workdir=attempt.folder)
