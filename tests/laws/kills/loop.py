"""The loop itself: this process has everything imported and one thread, so a victim costs only a fork."""

from __future__ import annotations

import dataclasses
import json
import random
import signal
import sys
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from tests.laws.kills import serving
from tests.laws.kills.books import Books
from tests.laws.kills.points import POINTS, RARE, arm
from tests.laws.kills.processes import CRASHED, adopt_orphans, fork
from tests.laws.kills.victim import Victim
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.postgres import Cluster

KILLS_A_BOOK = 8
SERVER_EVERY = 12
"""One book in so many is killed as a whole server under HTTP."""
RARE_SHARE = 0.2
POSTMASTER_SHARE = 0.3
MOST_ANSWERS = 60
PASSINGS = {
    "in work": 60,
    "before commit": 15,
    "after commit": 15,
    "in sweep": 60,
    "in migration": 350,
    "in backup": 8,
}


class Loop:
    """Kills, looks, and counts."""

    def __init__(self, seed: int, engine: str, twin: str) -> None:
        self._draw = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
        self._engine = engine
        self._twin = twin
        self._drains = twin != "no sweep"
        self._cluster: Cluster | None = None
        self.findings: list[str] = []
        self.killed: Counter[str] = Counter()
        self.answers = 0
        self.at_their_point = 0
        self.stopped = False

    def go(self, count: int) -> None:
        """Kill until there were `count`."""
        book = 0
        while self.killed.total() < count and not self.stopped:
            left = count - self.killed.total()
            if self._engine == "sqlite" and book % SERVER_EVERY == 1:
                self._servers(min(left, KILLS_A_BOOK))
            else:
                self._ledgers(min(left, KILLS_A_BOOK))
            book += 1

    def stop(self, *_: object) -> None:
        """On SIGTERM: finish the kill at hand and tell what was found so far."""
        self.stopped = True

    def _servers(self, kills: int) -> None:
        books, asked = Books.new(lambda: None), serving.Requests()
        for _ in range(kills):
            self.findings += serving.kill_a_server(books, asked, self._draw, self._twin)
            self.killed["server"] += 1
        self.answers += sum(run is not None for run in asked.runs.values())
        books.remove()

    def _ledgers(self, kills: int) -> None:
        books = Books.new(self._database())
        for _ in range(kills):
            if not self.stopped:
                self._kill_one(books)
        self.answers += len(books.acknowledged)
        books.remove()

    def _kill_one(self, books: Books) -> None:
        draw = self._draw
        point = draw.choice(RARE) if draw.random() < RARE_SHARE else draw.choice(POINTS)
        if point == "in migration" and books.kills:
            point = "random"
        nth = draw.randint(1, PASSINGS.get(point, 1))
        victim = fork(partial(self._live, books, point, nth, str(draw.randrange(2**32))))
        hung = not victim.hear(draw.randint(1, MOST_ANSWERS) if point == "random" else 2 * MOST_ANSWERS)
        postmaster = self._cluster is not None and point == "random" and draw.random() < POSTMASTER_SHARE
        if postmaster:
            self._kill_postmaster()
        self.at_their_point += victim.ended
        ended = victim.kill()
        books.acknowledged |= set(victim.lines)
        found = ["hung"] if hung else []
        found += ["crashed"] if ended == CRASHED else []
        name = "postmaster" if postmaster else point
        self.killed[name] += 1
        self.findings += [
            f"{name} {nth}: {problem}" for problem in found + books.after_kill(drains=self._drains)
        ]

    def _live(self, books: Books, point: str, nth: int, seed: str, told: int) -> None:
        arm(point, nth, self._engine, self._twin)
        sweeps = point == "in sweep" or int(seed) % 2 == 0
        Victim(books.settings, seed, told).live(sweeps=sweeps, backs_up=point == "in backup")

    def _database(self) -> Callable[[], str | None]:
        if self._engine == "sqlite":
            return lambda: None
        from tests.fakes.postgres import cluster

        self._cluster = cluster(durable=True)
        return self._cluster.new_database

    def _kill_postmaster(self) -> None:
        """SIGKILL the database server; its sessions notice and end, and it is started again."""
        cluster = self._cluster
        if cluster is None or cluster.process is None:
            return
        cluster.process.kill()
        cluster.process.wait()
        for attempt in range(100):
            try:
                cluster.start()
            except RuntimeError:
                # Its sessions still hold the shared memory: they end by themselves.
                time.sleep(0.05 * (attempt + 1))
            else:
                return


def main(count: int, seed: int, engine: str, twin: str) -> Tally:
    """The whole run."""
    adopt_orphans()
    started = time.monotonic()
    loop = Loop(seed, engine, twin)
    signal.signal(signal.SIGTERM, loop.stop)
    loop.go(count)
    killed = ", ".join(f"{times} {name}" for name, times in sorted(loop.killed.items()))
    detail = f"{loop.answers} answered effects; killed: {killed}; {loop.at_their_point} died at a named point"
    return Tally(
        f"kills {engine}", loop.killed.total(), seed, loop.findings, time.monotonic() - started, detail
    )


if __name__ == "__main__":
    tally = main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
    print(json.dumps(dataclasses.asdict(tally)))
