"""One server's store and ledger in its own process: it is told a wallet, loads it, and tells every answer.

Reads lines: `load WALLET SEED` or `sweep`; answers each with `done`. In between it writes, in one system call
each: `ack KEY` for every effect it was answered, `end HOLD STATE SETTLED LATE` for every hold it ended.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import ExpireHolds, Ledger, LedgerRefusal, PlaceHold, Release, Settle
from studio_server.storage import StorageError
from studio_server.storage.postgres import session
from studio_server.storage.postgres.database import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.ledger.outcomes import HoldEnded

THREADS = 4
TURNS = 25
LEASE_SECONDS = 1
PATIENCE_SECONDS = 40
EARLY, UNLOCKED = "answers-early", "does-not-lock"
"""What a twin does wrong: the harness must notice."""


class Replica:
    """One store, one ledger, four threads."""

    def __init__(self, url: str, twin: str) -> None:
        clock = SystemClock()
        self._db = PostgresDatabase.open(url, clock=clock)
        self._ledger = Ledger(TimeOrderedIds(clock))
        self._early = twin == EARLY

    def load(self, wallet_id: str, seed: int) -> None:
        """Hold, settle, release and abandon from every thread, until each had its turns."""
        names = [f"{seed}-{number}" for number in range(THREADS)]
        threads = [threading.Thread(target=self._work, args=(wallet_id, name)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def sweep(self) -> None:
        """Expire what is past its lease."""
        while ended := self._asked(ExpireHolds(), "").holds:
            for end in ended:
                self._told(end)

    def _work(self, wallet_id: str, name: str) -> None:
        draw = random.Random(name)  # noqa: S311  - a replayable choice
        try:
            for turn in range(TURNS):
                self._turn(wallet_id, draw, f"{name}-{turn}")
        except BaseException as failure:
            tell(f"failed {failure!r}")
            raise

    def _turn(self, wallet_id: str, draw: random.Random, name: str) -> None:
        command = PlaceHold(f"h{name}", wallet_id, name, draw.randint(1, 9), "p1", LEASE_SECONDS)
        try:
            hold = self._asked(command, f"key:h{name}")
        except LedgerRefusal:
            hold_id, ceiling = self._somebodys(wallet_id)
        else:
            hold_id, ceiling = (
                (hold.hold_id, hold.ceiling) if draw.random() < 0.8 else self._somebodys(wallet_id)
            )
        if not hold_id or draw.random() < 0.1:
            return
        end = (
            Settle(hold_id, draw.randint(0, ceiling), "p1") if draw.random() < 0.7 else Release(hold_id, "no")
        )
        try:
            self._told(self._asked(end, f"hold:{hold_id}:terminal"))
        except LedgerRefusal:
            return

    def _somebodys(self, wallet_id: str) -> tuple[str, int]:
        """An open hold of this wallet, whoever placed it."""
        query = "SELECT hold_id, ceiling FROM holds WHERE wallet_id = ? AND state = 'open' LIMIT 1"
        row = self._tried(lambda: self._db.read(lambda tx: tx.one(query, (wallet_id,))))
        return row or ("", 0)

    def _asked(self, command: Any, key: str) -> Any:
        if self._early and key.startswith("key:"):
            tell(f"ack {key}")
        answer = self._tried(lambda: self._db.write_blocking(lambda tx: self._ledger.execute(tx, command)))
        if key:
            tell(f"ack {key}")
        return answer

    def _tried(self, work: Callable[[], Any]) -> Any:
        """Try until the store answers, as a client with an idempotency key does."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return work()
            except StorageError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _told(self, end: HoldEnded) -> None:
        tell(f"end {end.hold_id} {end.state} {end.settled} {int(end.late)}")


def tell(line: str) -> None:
    """One line, whole or not there."""
    os.write(1, f"{line}\n".encode())


def main(url: str, twin: str) -> None:
    """Obey lines until there are none."""
    if twin == UNLOCKED:
        session.BEGIN = session.BEGIN.replace(b" FOR UPDATE", b"")
    replica = Replica(url, twin)
    tell("done")
    for line in sys.stdin:
        what, *words = line.split()
        if what == "load":
            replica.load(words[0], int(words[1]))
        else:
            replica.sweep()
        tell("done")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
