"""Sixty-four threads that live for a whole run and start every round at the same instant."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import Ledger, Order, PlaceHold, Release, Settle
from studio_server.ledger.refusals import LedgerRefusal

from tests.laws.machine.engines import POSTGRESQL, Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from studio_server.storage.store import Store

CLIENTS = 64
WAIT_SECONDS = 600
IDS_APART = 1_000_000_000
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class Server:
    """One replica: its own connection and its own ids."""

    store: Store
    ledger: Ledger
    turns: count[int] = field(default_factory=count)

    def do(self, command: Any) -> Any:
        """One command, every other hold as one set with those of others; a refusal is an answer."""
        try:
            if isinstance(command, PlaceHold | Settle | Release) and next(self.turns) % 2:
                return self.store.write_jointly_blocking(
                    self.ledger.together, Order(command), patience_seconds=WAIT_SECONDS
                )
            return self.store.write_blocking(
                lambda tx: self.ledger.execute(tx, command), patience_seconds=WAIT_SECONDS
            )
        except LedgerRefusal as refusal:
            return refusal


@dataclass
class Clients:
    """The database, its servers (two on PostgreSQL) and the clients, half of them at each server."""

    engine_name: str
    folder: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)

    def __enter__(self) -> Self:
        """Open the database and start the threads."""
        engine, clock = Engine.fresh(self.engine_name, Path(self.folder.name)), FixedClock(NOON)
        replicas = 2 if self.engine_name == POSTGRESQL else 1
        self.servers = [
            Server(engine.open(clock), Ledger(CountedIds(1 + number * IDS_APART)))
            for number in range(replicas)
        ]
        self._gate = threading.Barrier(CLIENTS + 1)
        self._work: Callable[[int], Any] | None = None
        self._answers: list[Any] = [None] * CLIENTS
        self._threads = [
            threading.Thread(target=self._serve, args=(one,), daemon=True) for one in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads and close the database."""
        self._work = None
        self._gate.wait(WAIT_SECONDS)
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
        for server in self.servers:
            server.store.close()
        self.folder.cleanup()

    def race(self, commands: Sequence[Any]) -> list[Any]:
        """Every command from its own client at once; answers or refusals, in the order given."""
        return self.each(lambda number: self.server(number).do(commands[number]))

    def each(self, work: Callable[[int], Any]) -> list[Any]:
        """The work of every client at once."""
        self._work = work
        self._gate.wait(WAIT_SECONDS)
        self._gate.wait(WAIT_SECONDS)
        return list(self._answers)

    def server(self, number: int) -> Server:
        """Which server a client is at."""
        return self.servers[number % len(self.servers)]

    def _serve(self, number: int) -> None:
        while True:
            self._gate.wait()
            if self._work is None:
                return
            try:
                self._answers[number] = self._work(number)
            except Exception as failure:  # noqa: BLE001  - whatever it is, the round is told of it
                self._answers[number] = failure
            self._gate.wait()
