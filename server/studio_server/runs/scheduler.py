"""Takes queued runs to their end: in turns between users, within the limits of plan, tool and capacity.

Who is next is decided by `turns`. A limit holds for all servers of one database: a run that another server's
runs leave no room for waits for the next round of housekeeping. Its place in the queue is its place here.

Lives on the event loop; tool work happens in worker processes, ledger work on the writer thread.
"""

import asyncio
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from studio_magics.tools import catalog
from studio_server.runs import rows
from studio_server.runs.artefacts import ArtefactStore, with_ends
from studio_server.runs.closing import WITHDRAWN, Closer, Closing, Verdict
from studio_server.runs.executor import sentences
from studio_server.runs.executor.protocol import (
    Executor,
    ExecutorClosed,
    ExecutorFull,
    ExecutorUnsupported,
    Job,
    Outcome,
    Progress,
    RunningJob,
)
from studio_server.runs.live import LiveRuns
from studio_server.runs.offers import wire_limits
from studio_server.runs.rows import RunChanged, RunRow
from studio_server.runs.turns import FairQueue, Ticket, within_limits
from studio_server.runs.uploads import Uploads
from studio_server.runs.user_secrets import UserSecrets
from studio_server.storage.errors import StoreBusy
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
T = TypeVar("T")
ONE_START_AT_A_TIME = 7_310_004
"""The number of the lock that servers on one PostgreSQL take to count what works and start one more."""
BUSY_ATTEMPTS = 20
BUSY_PAUSE_SECONDS = 0.25
PLACES_PAUSE_SECONDS = 0.5
"""Places in the queue are told at most this often."""
PLACES_PUSHED = 100
"""Who is further behind is told when they look, not pushed."""


@dataclass(frozen=True)
class Surroundings:
    """What the scheduler works with."""

    db: Store
    executor: Executor
    closer: Closer
    ticket: Callable[[RunRow], Ticket]
    """What the run's user and tool may have at work at the same time."""
    uploads: Uploads
    live: LiveRuns
    work_folder: Path
    artefacts: ArtefactStore
    secrets: UserSecrets
    on_change: Callable[[str], None]
    """Told the id of every run whose state or progress changed."""
    on_closed: Callable[[Closing], None]


class Scheduler:
    """The queue of accepted runs of this process."""

    def __init__(self, around: Surroundings, *, max_queue: timedelta) -> None:
        self._around = around
        self._max_queue = max_queue
        self._queue = FairQueue()
        self._waiting: dict[str, RunRow] = {}
        self._busy: dict[str, Ticket] = {}
        self._no_room: set[str] = set()
        """Runs that another server's runs left no room for, until the next round."""
        self._telling: asyncio.TimerHandle | None = None
        self._jobs: dict[str, RunningJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled: set[str] = set()
        self._closing = False

    def add(self, run: RunRow) -> None:
        """Queue a run whose hold is committed."""
        self._around.live.begin(run.id, "waiting for a worker")
        self._waiting[run.id] = run
        self._queue.add(self._around.ticket(run))
        self._start_some()
        if run.id in self._queue:
            self._around.live.place(run.id, self._queue.order().index(run.id) + 1)
            self._tell_places_soon()

    def pump(self) -> None:
        """Start every queued run that may start now; what another server left no room for is tried again."""
        self._no_room.clear()
        self._start_some()

    async def cancel(self, run_id: str) -> bool:
        """Stop a run: at once when it waits, by killing its worker when it works; False if it is not here."""
        if self._queue.remove(run_id):
            waiting = self._waiting.pop(run_id)
            self._tell_places_soon()
            await self._close(waiting, Outcome("cancelled", WITHDRAWN.reason), WITHDRAWN)
            return True
        if run_id not in self._busy:
            return False
        self._cancelled.add(run_id)
        job = self._jobs.get(run_id)
        if job is not None:
            self._around.live.report(run_id, 0, "cancelling")
            self._around.on_change(run_id)
            job.cancel()
        return True

    def knows(self, run_id: str) -> bool:
        """Whether the run waits or works here."""
        return run_id in self._busy or run_id in self._waiting

    async def give_up_old(self) -> None:
        """End runs that have waited longer than allowed; nothing is charged for them."""
        now = self._around.db.clock.now()
        for run in [run for run in self._waiting.values() if now - run.created_at > self._max_queue]:
            if not self._queue.remove(run.id):
                continue
            del self._waiting[run.id]
            self._tell_places_soon()
            await self._close(run, Outcome("lost", sentences.waited_too_long()))

    def clear_leftovers(self) -> None:
        """Delete the work folders of runs that a former process left; blocks, before anything runs."""
        shutil.rmtree(self._around.work_folder, ignore_errors=True)

    async def stop(self) -> None:
        """Kill what runs, end every run as a platform fault, and return when all are closed."""
        self._closing = True
        if self._telling is not None:
            self._telling.cancel()
        await asyncio.to_thread(self._around.executor.close)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for run in tuple(self._waiting.values()):
            self._queue.remove(run.id)
            del self._waiting[run.id]
            await self._close(run, Outcome("lost", "The server stopped before the run began."))

    def _start_some(self) -> None:
        while not self._closing and len(self._busy) < self._around.executor.capacity:
            ticket = self._queue.take(self._may_start)
            if ticket is None:
                return
            run = self._waiting.pop(ticket.run_id)
            self._busy[run.id] = ticket
            self._around.live.place(run.id, None)
            self._tell_places_soon()
            task = asyncio.get_running_loop().create_task(self._turn(run, ticket), name=f"run {run.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _may_start(self, ticket: Ticket) -> bool:
        working = ((busy.user_id, busy.tool_id) for busy in self._busy.values())
        return ticket.run_id not in self._no_room and within_limits(ticket, working)

    def _tell_places_soon(self) -> None:
        if self._telling is None and len(self._queue) and not self._closing:
            self._telling = asyncio.get_running_loop().call_later(PLACES_PAUSE_SECONDS, self._tell_places)

    def _tell_places(self) -> None:
        self._telling = None
        for position, run_id in enumerate(self._queue.order(), start=1):
            if self._around.live.place(run_id, position) and position <= PLACES_PUSHED:
                self._around.on_change(run_id)

    async def _turn(self, run: RunRow, ticket: Ticket) -> None:
        if await self._take(run, ticket):
            await asyncio.to_thread(shutil.rmtree, self._around.work_folder / run.id, ignore_errors=True)
        self._start_some()

    async def _take(self, run: RunRow, ticket: Ticket) -> bool:
        """Take the run to its end; False when it waits again."""
        try:
            ended = await self._work(run, ticket)
            if ended is None:
                self._wait_again(run, ticket)
                return False
            outcome, verdict = ended
            await self._close(run, outcome, verdict)
        except Exception:
            # The outermost boundary of a run: whatever broke is ours, so the run ends for nothing.
            log.exception("run %s broke", run.id)
            await self._give_up(run)
        finally:
            self._busy.pop(run.id, None)
            self._cancelled.discard(run.id)
        return True

    def _wait_again(self, run: RunRow, ticket: Ticket) -> None:
        self._no_room.add(run.id)
        self._waiting[run.id] = run
        self._queue.give_back(ticket)
        self._tell_places_soon()

    async def _give_up(self, run: RunRow) -> None:
        try:
            await self._close(run, Outcome("lost", "The server could not keep the result of the run."))
        except Exception:
            # Not even that could be written: the hold is released at the next start, or when its lease ends.
            log.exception("run %s could not be closed", run.id)
            self._around.live.end(run.id)

    async def _work(self, run: RunRow, ticket: Ticket) -> tuple[Outcome, Verdict | None] | None:
        """How the run ended; None when it may not start yet."""
        if run.id in self._cancelled:
            return Outcome("cancelled", WITHDRAWN.reason), WITHDRAWN
        started = await self._write(lambda tx: _mark_started(tx, run, ticket))
        if started == "no_room" and run.id not in self._cancelled:
            return None
        if started != "started":
            return Outcome("cancelled", WITHDRAWN.reason), WITHDRAWN
        self._around.live.report(run.id, 0, "starting")
        self._around.on_change(run.id)
        try:
            job = self._around.executor.start(self._job(run), self._listener(run.id))
        except (ExecutorFull, ExecutorClosed, ExecutorUnsupported) as refused:
            return Outcome("lost", str(refused)), None
        self._jobs[run.id] = job
        if run.id in self._cancelled:
            job.cancel()
        try:
            return self._blamed(run.id, await job.outcome()), None
        finally:
            self._jobs.pop(run.id, None)

    def _blamed(self, run_id: str, outcome: Outcome) -> Outcome:
        """A run that the closing server killed was not cancelled by its user: the platform is at fault."""
        if self._closing and outcome.kind == "cancelled" and run_id not in self._cancelled:
            return Outcome("lost", "The server stopped during the run.", outcome.measured)
        return outcome

    def _job(self, run: RunRow) -> Job:
        tool = catalog.load(run.tool_id)
        waited = self._around.db.clock.now() - run.created_at
        return Job(
            run_id=run.id,
            tool_id=run.tool_id,
            inputs=run.inputs,
            files=self._around.uploads.files(run.user_id, run.inputs),
            limits=wire_limits(run.limits),
            now=run.created_at,
            workdir=self._around.work_folder / run.id,
            tool_reference=catalog.sources()[run.tool_id].reference,
            secrets=self._around.secrets.values(run.user_id, tool, run.inputs),
            network=tool.network,
            wait_seconds=max(0.0, (self._max_queue - waited).total_seconds()),
        )

    def _listener(self, run_id: str) -> Callable[[Progress], None]:
        loop = asyncio.get_running_loop()

        def hear(progress: Progress) -> None:
            loop.call_soon_threadsafe(self._progress, run_id, progress)

        return hear

    def _progress(self, run_id: str, progress: Progress) -> None:
        if self._around.live.report(run_id, progress.percent, progress.stage, progress.log):
            self._around.on_change(run_id)

    async def _close(self, run: RunRow, outcome: Outcome, verdict: Verdict | None = None) -> None:
        now = self._around.db.clock.now()
        kept = await asyncio.to_thread(self._around.artefacts.keep, run.id, outcome, now)
        outcome = with_ends(outcome, kept)
        live = self._around.live.of(run.id)
        log_lines = live.log if live else ()

        def work(tx: Tx) -> Closing | None:
            closing = self._around.closer.close(tx, run.id, outcome, verdict=verdict, log_lines=log_lines)
            if closing is not None:
                rows.insert_artefacts(tx, run.id, kept)
            return closing

        closing = await self._write(work)
        self._around.live.end(run.id)
        if closing is not None:
            self._around.on_closed(closing)

    async def _write(self, work: Callable[[Tx], T]) -> T:
        for _ in range(BUSY_ATTEMPTS):
            try:
                return await self._around.db.write(work)
            except StoreBusy:
                await asyncio.sleep(BUSY_PAUSE_SECONDS)
        return await self._around.db.write(work)


def _mark_started(tx: Tx, run: RunRow, ticket: Ticket) -> Literal["started", "over", "no_room"]:
    """Start the run unless it is over, or what works on all servers leaves no room for it."""
    if tx.engine == "postgresql":
        tx.execute(f"SELECT 1 FROM pg_advisory_xact_lock({ONE_START_AT_A_TIME})")  # noqa: S608  - constant text
    if not within_limits(ticket, rows.at_work(tx)):
        return "no_room"
    values = {"state": "running", "revision": run.revision + 1, "started_at": tx.now}
    try:
        rows.change(tx, run.id, ("queued",), values)
    except RunChanged:
        return "over"
    return "started"
