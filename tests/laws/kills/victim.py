"""What a victim does until it is killed: keep a ledger busy from several threads and tell every answer."""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import (
    ExpireHolds,
    GrantSource,
    IssueGrant,
    Ledger,
    OpenWallet,
    Order,
    PlaceHold,
    PlanCaps,
    Release,
    Settle,
)
from studio_server.safekeeping import back_up
from studio_server.storage import StorageError
from studio_server.storage.opening import open_database

from tests.laws.kills.points import SWEEPING

if TYPE_CHECKING:
    from studio_server.settings import Settings
    from studio_server.storage import Tx
    from studio_server.storage.store import Store

THREADS = 6
PLAN = PlanCaps(open_holds=1_000_000)
SHORT_LEASE_SECONDS = 1
TURNS = 1_000_000


class Victim:
    """One process full of work. `told` is the pipe on which answers are acknowledged, one line each."""

    def __init__(self, settings: Settings, seed: str, told: int) -> None:
        self._settings = settings
        self._seed = seed
        self._told = told
        clock = SystemClock()
        self._db: Store = open_database(settings.database_url, settings.database_path, clock)
        self._ledger = Ledger(TimeOrderedIds(clock))
        self._ledger.together.fewest = {"sqlite": 1, "postgresql": 1}
        opened = self._db.write_blocking(lambda tx: self._ledger.execute(tx, OPEN))
        self._wallet = opened.wallet_id

    def live(self, *, sweeps: bool, backs_up: bool) -> None:
        """Work for ever."""
        works = [lambda number=number: self._work(number) for number in range(THREADS)]
        if sweeps:
            works.append(self._sweep)
        if backs_up:
            works.append(self._back_up)
        threads = [threading.Thread(target=_until_the_store_fails, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, number: int) -> None:
        draw = random.Random(f"{self._seed}-{number}")  # noqa: S311  - a replayable test needs a seed
        for turn in range(TURNS):
            name = f"{self._seed}-{number}-{turn}"
            self._do(IssueGrant(f"g{name}", self._wallet, GrantSource.GIFT, 10, name))
            self._tell(f"key:g{name}")
            lease = SHORT_LEASE_SECONDS if draw.random() < 0.3 else 60
            hold = self._do(PlaceHold(f"h{name}", self._wallet, name, draw.randint(1, 10), "p1", lease))
            self._tell(f"key:h{name}")
            if lease != SHORT_LEASE_SECONDS and draw.random() < 0.8:
                charge = draw.randint(0, hold.ceiling)
                settled = Settle(hold.hold_id, charge, "p1")
                self._do(settled if draw.random() < 0.7 else Release(hold.hold_id, "cancelled"))
                self._tell(f"hold:{hold.hold_id}:terminal")

    def _sweep(self) -> None:
        def work(tx: Tx) -> list[str]:
            SWEEPING.now = True
            try:
                return [ended.hold_id for ended in self._ledger.execute(tx, ExpireHolds(limit=5)).holds]
            finally:
                SWEEPING.now = False

        for _ in range(TURNS):
            for hold_id in self._db.write_blocking(work):
                self._tell(f"hold:{hold_id}:terminal")

    def _back_up(self) -> None:
        for turn in range(TURNS):
            back_up(self._settings, self._settings.data_dir / "kept", force=True)
            del turn

    def _do(self, command: object) -> object:
        if isinstance(command, PlaceHold | Settle | Release):
            return self._db.write_jointly_blocking(self._ledger.together, Order(command))
        return self._db.write_blocking(lambda tx: self._ledger.execute(tx, command))

    def _tell(self, key: str) -> None:
        """One line, in one system call, so that it is whole or not there."""
        os.write(self._told, f"{key}\n".encode())


OPEN = OpenWallet("open", "usr_ada", plan=PLAN)


def _until_the_store_fails(work: object) -> None:
    """A database server that was killed ends the work; the client process then only waits for its own end."""
    try:
        work()
    except StorageError:
        return
