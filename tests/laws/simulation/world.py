"""A small world that replays from its seed: clients, a network that delays and doubles, servers that crash.

The core is the real one (`decide`, `post`, guards) on a `MemoryStore`; everything around it is drawn from one
seed: what clients ask, when a request arrives, how often, which requests a server takes into one batch, and
where it crashes. A client asks one thing at a time and repeats it, with the same key, until it is answered.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.ids import CountedIds
from studio_server.ledger.refusals import LedgerRefusal

from tests.laws.simulation.asking import Asker
from tests.laws.simulation.guards import STORES
from tests.laws.simulation.invariants import after_each, at_the_end
from tests.laws.simulation.snapshots import Snapshot, rebuilt, same_books

if TYPE_CHECKING:
    from collections.abc import Iterable

CLIENTS = 6
MOST_IN_BATCH = 8
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
SPREAD_HOURS = 3 * 365 * 24


@dataclass
class Client:
    """Asks one thing at a time; `tries` counts how often it was sent."""

    number: int
    command: Any = None
    tries: int = 0


@dataclass(order=True)
class Request:
    """One copy of a command on its way; due in so many turns."""

    due: int
    order: int
    client: Client = field(compare=False)
    command: Any = field(compare=False)


class World:
    """One seed's world; `off` names the guard that is switched off, so that a twin can be caught.

    With `recorded` False the store keeps no texts and no hash chain: what happens to the money is the same.
    """

    def __init__(self, seed: str, off: str | None = None, *, recorded: bool = True) -> None:
        self.draw = random.Random(seed)  # noqa: S311  - a replayable world needs a seed
        self.off = off
        self.ids = CountedIds()
        self.store = STORES[off](self.ids, recorded=recorded)
        self.now = FIRST + timedelta(hours=self.draw.randrange(SPREAD_HOURS))
        self.recorded = self.now
        self.asker = Asker(self.draw, self.store)
        self.clients = [Client(number) for number in range(CLIENTS)]
        self.network: list[Request] = []
        self.turn = self.order = self.reached = 0
        self.acknowledged: dict[Any, Any] = {}
        self.faults: dict[str, int] = {}
        self.findings: list[str] = []

    def live(self, commands: int) -> int:
        """Go on until so many commands have reached the core, then look at everything; tells how many did."""
        while self.reached < commands and not self.findings:
            self.turn += 1
            self._ask()
            self._tick()
            batch = self._arrived()
            if batch:
                self._serve(batch)
        if not self.findings:
            self.findings += at_the_end(self.store, self.acknowledged)
        return self.reached

    def compare_with_journal(self) -> None:
        """The books rebuilt from the journal alone are the same books."""
        if not self.findings and not same_books(rebuilt(self.store), self.store):
            self.findings.append("the journal replayed from empty gives other books")

    def _ask(self) -> None:
        draw = self.draw
        for client in self.clients:
            if client.command is None and draw.random() < 0.7:
                client.command, client.tries = self.asker.command(self.now), 0
                self._send(client)
            elif client.command is not None and draw.random() < 0.1:
                self._send(client)

    def _send(self, client: Client) -> None:
        client.tries += 1
        copies = 2 if self.draw.random() < 0.06 else 1
        for _ in range(copies):
            delay = 0 if self.draw.random() < 0.7 else self.draw.randrange(12)
            self.order += 1
            self.network.append(Request(self.turn + delay, self.order, client, client.command))

    def _tick(self) -> None:
        chance = self.draw.random()
        if chance < 0.6:
            self.now += timedelta(seconds=self.draw.randrange(90))
        elif chance < 0.7:
            self.now += timedelta(seconds=self.draw.randrange(6 * 3_600))
        elif chance < 0.75:
            self.now -= timedelta(seconds=self.draw.randrange(120))
        self.recorded = max(self.recorded, self.now)

    def _arrived(self) -> list[Request]:
        due = [request for request in self.network if request.due <= self.turn]
        self.draw.shuffle(due)
        batch = due[: 1 + self.draw.randrange(MOST_IN_BATCH)]
        taken = {request.order for request in batch}
        self.network = [request for request in self.network if request.order not in taken]
        return batch

    def _serve(self, batch: list[Request]) -> None:
        fault = self.draw.random()
        if fault < 0.03:
            self._crash_before_commit(batch)
        elif fault < 0.06:
            self._count("crash after commit, before the answers")
            self._execute(batch)
            self._restart()
        elif fault < 0.09 and len(batch) > 1:
            self._two_servers(batch)
        else:
            self._answer(self._execute(batch))

    def _crash_before_commit(self, batch: list[Request]) -> None:
        self._count("crash before commit")
        before = Snapshot.of(self.store)
        answers = self._execute(batch)
        if self.off == "answer after commit":
            self._answer(answers)
        before.put_back(self.store)
        self._restart()

    def _two_servers(self, batch: list[Request]) -> None:
        """Two servers take a batch each from the same books; the later one lets go."""
        self._count("two servers")
        middle = len(batch) // 2
        before = Snapshot.of(self.store)
        slow = self._execute(batch[middle:])
        late = Snapshot.of(self.store)
        before.put_back(self.store)
        self._answer(self._execute(batch[:middle]))
        if before.tip == self.store.tip or self.off == "fence":
            late.put_back(self.store)
            self._answer(slow)

    def _restart(self) -> None:
        """Everything that was on its way is lost; now and then the books are rebuilt from the journal."""
        if self.draw.random() < 0.5:
            self.network = []
        if self.off is None and self.draw.random() < 0.05:
            self._count("restart from the journal")
            again = rebuilt(self.store)
            if not same_books(again, self.store):
                self.findings.append("the journal replayed from empty gives other books")
            Snapshot.of(again).put_back(self.store)

    def _execute(self, batch: Iterable[Request]) -> list[tuple[Request, Any]]:
        answers: list[tuple[Request, Any]] = []
        for request in batch:
            self.reached += 1
            answers.append((request, self._one(request.command)))
        return answers

    def _one(self, command: Any) -> Any:
        effects = len(self.store.journal)
        try:
            outcome = self.store.execute(command, self.recorded)
        except LedgerRefusal as refusal:
            return refusal
        except Exception as fault:  # noqa: BLE001  - a guard that had to hold is a finding, whatever it raises
            self.findings.append(f"{type(fault).__name__}: {fault} at {command}")
            return fault
        if len(self.store.journal) > effects:
            self.findings += after_each(self.store, command, outcome, self.recorded)
        return outcome

    def _answer(self, answers: list[tuple[Request, Any]]) -> None:
        for request, outcome in answers:
            client = request.client
            if not isinstance(outcome, Exception):
                known = self.acknowledged.setdefault(request.command, outcome)
                if known != outcome:
                    self.findings.append(f"{request.command} answered {known} first and {outcome} now")
            if client.command is request.command and self.draw.random() > 0.04:
                client.command = None

    def _count(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1
