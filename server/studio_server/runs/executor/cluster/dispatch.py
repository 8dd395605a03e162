"""Keeps the connection to the cluster and knows its workers; sends runs out and brings their outcomes home.

Lives on the executor's own event loop. A scheduler that goes away is looked for again; what ran is lost.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol

from studio_magics.contracts.version import __version__
from studio_server.runs.executor import sentences
from studio_server.runs.executor.cluster import on_worker
from studio_server.runs.executor.cluster.connection import Connection
from studio_server.runs.executor.cluster.delivery import Delivery
from studio_server.runs.executor.cluster.errand import Terms
from studio_server.runs.executor.cluster.fleet import Fleet, Member
from studio_server.runs.executor.cluster.losses import NeverBegan, NotReached, RunLost
from studio_server.runs.executor.cluster.wire import INTRODUCTION
from studio_server.runs.executor.protocol import Job, Outcome, Progress

LOOK_SECONDS = 0.5
RENEWALS_PER_LEASE = 6
log = logging.getLogger(__name__)
Listener = Callable[[Progress], None]


class Sent(Protocol):
    """Who waits for the outcome of a run."""

    @property
    def job(self) -> Job: ...

    def decide(self, outcome: Outcome) -> None:
        """The end."""
        ...


class Dispatch:
    """One cluster, seen from one server."""

    def __init__(self, address: str, terms: Terms) -> None:
        self.address = address
        self.fleet = Fleet(__version__)
        self.looked = asyncio.Event()
        """Set after the first look at the cluster, whatever was found."""
        self.trouble = "it has not been looked for yet"
        """Why nothing is sent there now; empty when the scheduler answers."""
        self._terms = terms
        self._connection: Connection | None = None
        self._attempts: dict[str, Delivery] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._partings: set[asyncio.Task[None]] = set()
        """Connections on their way out; they are never cut short, so that nothing of them is left behind."""
        self._meeting: set[str] = set()
        self._renew_at = 0.0

    def begin(self) -> None:
        """Start watching the cluster."""
        self._spawn(self._watch())

    def send(self, sent: Sent, on_progress: Listener) -> Delivery:
        """Send a run out; its outcome is told to `sent`."""
        delivery = Delivery(sent.job, self._terms, self.fleet, self._connected, on_progress)
        self._spawn(self._carry(delivery, sent))
        return delivery

    async def close(self) -> None:
        """Let go of the cluster; every run has ended before."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.trouble = "the executor is closed"
        self._disconnect(self.trouble)
        await asyncio.gather(*self._partings, return_exceptions=True)

    async def _carry(self, delivery: Delivery, sent: Sent) -> None:
        outcome = Outcome("lost", sentences.worker_lost())
        try:
            outcome = await delivery.run(self._attempts)
        except NeverBegan as refused:
            log.warning("run %s waited too long: %s", sent.job.run_id, refused)
            outcome = Outcome("lost", sentences.waited_too_long())
        except RunLost as lost:
            log.warning("run %s is lost: %s", sent.job.run_id, lost)
        except Exception:  # boundary: every run gets an outcome
            log.exception("run %s could not be carried out on the cluster", sent.job.run_id)
        finally:
            sent.decide(outcome)

    async def _watch(self) -> None:
        """Look at the cluster again and again, until this task is cancelled."""
        while True:
            try:
                await self._look()
            except Exception as broken:  # noqa: BLE001  - boundary: Dask may raise anything; the next look tries again
                self._disconnect(f"{type(broken).__name__}: {broken}")
            self.looked.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        connection = self._connection
        if connection is None:
            connection = await Connection.open(self.address)
            connection.listen(self._terms.topic, self._hear)
            self._connection = connection
            log.info("connected to the Dask scheduler at %s", self.address)
        if not connection.is_up:
            raise ConnectionError("the scheduler has closed the connection")
        present = await connection.slots()
        self.trouble = ""
        strangers = [address for address in self.fleet.strangers(present) if address not in self._meeting]
        meetings = [self._spawn(self._meet(connection, address)) for address in strangers]
        if not self.looked.is_set():
            await asyncio.gather(*meetings, return_exceptions=True)
        self._renew(connection)

    async def _meet(self, connection: Connection, address: str) -> None:
        self._meeting.add(address)
        try:
            said = INTRODUCTION.validate_json(await connection.call(address, on_worker.introduce))
            self.fleet.admit(address, said, self._now())
        except OSError:
            log.info("the worker %s does not answer; it is asked again", address)
        except Exception as refused:  # noqa: BLE001  - boundary: a worker without Studio raises what it likes
            log.warning("the worker %s is not used: %s", address, refused)
            self.fleet.refuse(address, f"{type(refused).__name__}: {refused}")
        finally:
            self._meeting.discard(address)

    def _renew(self, connection: Connection) -> None:
        """Ask every worker whether it lives, and tell it that its runs are still wanted."""
        now = self._now()
        self.fleet.lose_silent(now - self._terms.lease_seconds)
        if now >= self._renew_at:
            self._renew_at = now + self._terms.lease_seconds / RENEWALS_PER_LEASE
            for member in self.fleet.members:
                self._spawn(self._renew_one(connection, member))

    async def _renew_one(self, connection: Connection, member: Member) -> None:
        attempts, lease = sorted(member.attempts), self._terms.lease_seconds
        with suppress(OSError):  # a silent worker is given up when its lease ends
            incarnation = await connection.call(member.address, on_worker.renew, attempts, lease)
            self.fleet.hear(member, incarnation, self._now())

    def _hear(self, said: dict[str, Any]) -> None:
        delivery = self._attempts.get(str(said.get("attempt")))
        if delivery is not None:
            delivery.hear(said)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise NotReached(f"the cluster is not reached: {self.trouble}")
        return self._connection

    def _disconnect(self, trouble: str) -> None:
        if not self.trouble:
            log.warning("the Dask cluster at %s is out of reach: %s", self.address, trouble)
        self.trouble = trouble
        self.fleet.lose_all()
        connection, self._connection = self._connection, None
        if connection is not None:
            parting = asyncio.get_running_loop().create_task(connection.close())
            self._partings.add(parting)
            parting.add_done_callback(self._partings.discard)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def new_topic() -> str:
    """A name under which the workers speak to one server alone."""
    return f"studio-{secrets.token_hex(8)}"
