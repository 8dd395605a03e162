"""One run on its way to a worker that has room for it: attempt after attempt, until one begins.

A further attempt is made only where the one before provably never began: it was not handed to Dask, or the
very process that it was meant for has said that it never will begin there. What has begun is not sent again.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster.connection import Connection
from studio_server.runs.executor.cluster.errand import Errand, Terms
from studio_server.runs.executor.cluster.fleet import Fleet
from studio_server.runs.executor.cluster.losses import NeverBegan
from studio_server.runs.executor.protocol import Job, Outcome, Progress

PAUSE_SECONDS = 0.5
"""Between two attempts, so that a cluster in trouble is not asked without end."""
WAITING = "waiting for a free worker of the cluster"
log = logging.getLogger(__name__)


class Delivery:
    """One run, from being handed in until its outcome."""

    def __init__(
        self,
        job: Job,
        terms: Terms,
        fleet: Fleet,
        connection: Callable[[], Connection],
        on_progress: Callable[[Progress], None],
    ) -> None:
        """Wait as long as the job may, and at least as long as one attempt takes."""
        self._job = job
        self._terms = terms
        self._fleet = fleet
        self._connection = connection
        self._on_progress = on_progress
        self._begin_by = _now() + max(terms.patience_seconds, job.wait_seconds)
        self._cancelled = asyncio.Event()
        self._errand: Errand | None = None
        self._told_to_wait = False

    def cancel(self) -> None:
        """Stop it wherever it is."""
        self._cancelled.set()

    def hear(self, said: dict[str, Any]) -> None:
        """What a worker says of it; nothing counts but what the present attempt says."""
        errand = self._errand
        if errand is None or errand.attempt != said.get("attempt"):
            return
        if self._told_to_wait:
            self._told_to_wait = False
            self._on_progress(Progress(0, "starting"))
        errand.hear(said, self._on_progress)

    async def run(self, attempts: dict[str, "Delivery"]) -> Outcome:
        """Carry it out; `attempts` holds it under the name of its present attempt.

        Raises:
            NeverBegan: Nobody had room for it in time.
            RunLost: The platform's fault.
            Exception: Whatever broke on the way: the platform's fault too.
        """
        while True:
            if not self._fleet.has_free_slot:
                self._tell_to_wait()
            try:
                return await self._attempt(attempts)
            except NeverBegan as refused:
                if _now() + PAUSE_SECONDS >= self._begin_by:
                    raise
                log.info("run %s waits for a worker: %s", self._job.run_id, refused)
            self._tell_to_wait()
            if await self._is_cancelled_within(PAUSE_SECONDS):
                return Outcome("cancelled", sentences.cancelled())

    async def _attempt(self, attempts: dict[str, "Delivery"]) -> Outcome:
        begin_by = min(self._begin_by, _now() + self._terms.patience_seconds)
        errand = Errand(
            self._job,
            self._terms,
            self._fleet,
            self._connection,
            begin_by=begin_by,
            cancelled=self._cancelled,
        )
        self._errand = errand
        attempts[errand.attempt] = self
        try:
            return await errand.run()
        finally:
            del attempts[errand.attempt]

    def _tell_to_wait(self) -> None:
        self._told_to_wait = True
        self._on_progress(Progress(0, WAITING))

    async def _is_cancelled_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._cancelled.wait(), seconds)
        return self._cancelled.is_set()


def _now() -> float:
    return asyncio.get_running_loop().time()
