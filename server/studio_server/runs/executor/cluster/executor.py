"""The executor `dask`: same jobs, same sandbox, same measuring, on the workers of a Dask cluster.

Everything that speaks to the cluster lives on one event loop in a thread of its own; no call here waits for
the cluster but `capabilities` and `close`.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_all
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster.connection import is_installed
from studio_server.runs.executor.cluster.delivery import Delivery
from studio_server.runs.executor.cluster.dispatch import Dispatch, new_topic
from studio_server.runs.executor.cluster.errand import Terms
from studio_server.runs.executor.protocol import (
    ExecutorClosed,
    ExecutorFull,
    ExecutorUnsupported,
    Job,
    Layer,
    Outcome,
    Progress,
)

PATIENCE_SECONDS = 30.0
LEASE_SECONDS = 30.0
OVERTIME_SECONDS = 15.0
FIRST_LOOK_SECONDS = 20.0
CLOSE_SECONDS = 10.0
NOT_INSTALLED = "the executor 'dask' needs Dask: pip install 'studio-magics[server,cluster]'"
log = logging.getLogger(__name__)


def is_private(address: str) -> bool:
    """Whether what is sent there is encrypted, or does not leave this machine."""
    scheme, _, place = address.rpartition("://")
    host = place.rpartition(":")[0] or place
    return scheme == "tls" or host.strip("[]") in ("127.0.0.1", "localhost", "::1")


@dataclass
class DaskRunningJob:
    """One job on its way through the cluster."""

    job: Job
    loop: asyncio.AbstractEventLoop
    on_end: Callable[["DaskRunningJob"], None]
    delivery: Delivery | None = None
    ended: Future[Outcome] = field(default_factory=Future[Outcome])

    @property
    def run_id(self) -> str:
        return self.job.run_id

    async def outcome(self) -> Outcome:
        return await asyncio.wrap_future(self.ended)

    def wait(self, timeout_seconds: float | None = None) -> Outcome:
        return self.ended.result(timeout_seconds)

    def cancel(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: it has ended long ago
            self.loop.call_soon_threadsafe(self._cancel)

    def begin(self) -> None:
        """From here on nobody's impatience can cancel the future itself."""
        self.ended.set_running_or_notify_cancel()

    def decide(self, outcome: Outcome) -> None:
        """The end; the first word counts."""
        if not self.ended.done():
            self.on_end(self)
            self.ended.set_result(outcome)

    def _cancel(self) -> None:
        if self.delivery is not None:
            self.delivery.cancel()


class DaskExecutor:
    """See `protocol.Executor`. Made at once; the cluster may come later, go and come again.

    Raises:
        ExecutorUnsupported: Dask is not installed here.
    """

    def __init__(
        self,
        address: str,
        *,
        shared_folders: bool = False,
        extra_path: Path | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        if not is_installed():
            raise ExecutorUnsupported(NOT_INSTALLED)
        terms = Terms(
            topic=new_topic(),
            patience_seconds=patience_seconds,
            lease_seconds=lease_seconds,
            overtime_seconds=OVERTIME_SECONDS,
            shared_folders=shared_folders,
            extra_path=str(extra_path or ""),
            is_private=is_private(address),
        )
        self._loop = asyncio.new_event_loop()
        self._dispatch = Dispatch(address, terms)
        self._lock = threading.Lock()
        self._jobs: dict[int, DaskRunningJob] = {}
        self._closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="dask cluster", daemon=True)
        self._thread.start()
        self._loop.call_soon_threadsafe(self._dispatch.begin)

    @property
    def capacity(self) -> int:
        """The slots of all workers that fit; at least one, so that a run can wait for the cluster to come."""
        return max(1, self._dispatch.fleet.slots)

    @property
    def running(self) -> int:
        return len(self._jobs)

    def start(self, job: Job, on_progress: Callable[[Progress], None]) -> DaskRunningJob:
        running = DaskRunningJob(job, self._loop, self._forget)
        with self._lock:
            if self._closed:
                raise ExecutorClosed
            if len(self._jobs) >= self.capacity and not job.wait_seconds:
                raise ExecutorFull(self.capacity)
            self._jobs[id(running)] = running
            running.begin()
            self._loop.call_soon_threadsafe(self._send, running, on_progress)
        return running

    def capabilities(self) -> tuple[Layer, ...]:
        """The cluster, and what is in force on all its workers; waits for a first look at it."""
        with self._lock:
            if self._closed:
                return (self._cluster_layer(),)
            looking = asyncio.run_coroutine_threadsafe(self._dispatch.looked.wait(), self._loop)
        with suppress(TimeoutError):
            looking.result(FIRST_LOOK_SECONDS)
        return (self._cluster_layer(), *self._unfit(), *self._dispatch.fleet.layers())

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            jobs = list(self._jobs.values())
        for running in jobs:
            running.cancel()
        wait_for_all([running.ended for running in jobs], CLOSE_SECONDS)
        for running in jobs:
            running.decide(Outcome("lost", sentences.worker_lost()))
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._dispatch.close(), self._loop).result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _send(self, running: DaskRunningJob, on_progress: Callable[[Progress], None]) -> None:
        def tell(progress: Progress) -> None:
            try:
                on_progress(progress)
            except Exception:  # boundary: a listener's mistake does not end the run
                log.exception("a listener failed on %s", progress)

        running.delivery = self._dispatch.send(running, tell)

    def _forget(self, running: DaskRunningJob) -> None:
        with self._lock:
            self._jobs.pop(id(running), None)

    def _cluster_layer(self) -> Layer:
        trouble, members = self._dispatch.trouble, self._dispatch.fleet.members
        found = trouble or f"{len(members)} workers, {self._dispatch.fleet.slots} runs at once"
        return Layer(
            "Dask cluster", present=bool(members) and not trouble, detail=f"{self._dispatch.address}: {found}"
        )

    def _unfit(self) -> tuple[Layer, ...]:
        unfit = sorted(self._dispatch.fleet.unfit.items())
        return tuple(
            Layer("Dask worker", present=False, detail=f"{address}: {why}") for address, why in unfit
        )
