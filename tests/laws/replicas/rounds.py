"""Rounds: load from two replicas, one dies or sleeps, the other goes on; then the books are compared."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet, PlanCaps
from studio_server.ledger.checker import check
from studio_server.storage.postgres.database import PostgresDatabase

from tests.fakes.postgres import cluster
from tests.laws.replicas.process import Heard, ReplicaProcess
from tests.laws.replicas.replica import LEASE_SECONDS
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from studio_server.storage import Tx

GRANTED = 400
ROUNDS_PER_DATABASE = 25
STOPPED_SHARE = 0.3
PLAN = PlanCaps(open_holds=1_000)


def run(rounds: int, seed: int, twin: str = "") -> Tally:
    """Try so many rounds; each kills one of two replicas, or stops it past its leases and lets it go on."""
    started, findings, tried = time.monotonic(), list[str](), 0
    draw = random.Random(seed)  # noqa: S311  - a replayable choice
    counts = [0, 0]
    for first in range(0, rounds, ROUNDS_PER_DATABASE):
        url = cluster().new_database()
        with Books(url) as books:
            pair = [ReplicaProcess(url, twin), ReplicaProcess(url, twin)]
            for number in range(first, min(first + ROUNDS_PER_DATABASE, rounds)):
                stopped = draw.random() < STOPPED_SHARE
                found = _round(books, pair, Choice(draw, stopped=stopped, number=number))
                counts[stopped] += 1
                tried += 1
                pair = [one if one.alive else ReplicaProcess(url, twin) for one in pair]
                findings += [f"seed {seed}, round {number}: {one}" for one in found]
            for one in pair:
                one.finish()
                one.kill()
            findings += [f"seed {seed}, before round {number + 1}: {one}" for one in books.violations()]
        print(f"{tried} of {rounds} rounds, {len(findings)} findings", flush=True)
    detail = f"{counts[0]} killed, {counts[1]} stopped past their leases"
    return Tally("replicas", tried, seed, findings, time.monotonic() - started, detail)


@dataclass(frozen=True)
class Choice:
    """What happens in one round, and to whom."""

    draw: random.Random
    stopped: bool
    number: int


class Books:
    """The harness's own look at the database, through a third store that mostly reads."""

    def __init__(self, url: str) -> None:
        clock = SystemClock()
        self._db = PostgresDatabase.open(url, clock=clock)
        self._ledger = Ledger(TimeOrderedIds(clock))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def wallet(self, number: int) -> str:
        """A new wallet with credits in two lots."""

        def opened(tx: Tx) -> str:
            name = f"w{number}"
            wallet_id = self._ledger.execute(tx, OpenWallet(name, name, plan=PLAN)).wallet_id
            for part in ("a", "b"):
                key = f"{name}{part}"
                self._ledger.execute(tx, IssueGrant(key, wallet_id, GrantSource.GIFT, GRANTED // 2, key))
            return wallet_id

        return self._db.write_blocking(opened)

    def wrong(self, wallet_id: str, heard: list[Heard]) -> Iterator[str]:
        """What the replicas were answered against what is recorded."""
        effects, holds, lots = self._db.read(lambda tx: _rows(tx, wallet_id))
        for one in heard:
            yield from one.failures
            yield from (f"acknowledged but not recorded: {key}" for key in sorted(one.acknowledged - effects))
            for hold_id, state, settled, late in one.ends:
                if not late and holds.get(hold_id) != (state, settled):
                    yield f"{hold_id}: answered {state} {settled}, recorded {holds.get(hold_id)}"
        spent = sum(settled for _, settled in holds.values())
        if lots != (GRANTED - spent, 0, spent):
            yield f"available, held, spent are {lots} after {spent} were settled of {GRANTED}"
        yield from (f"{hold_id} never ended" for hold_id, (state, _) in holds.items() if state == "open")

    def violations(self) -> list[str]:
        """What the shared checker finds."""
        return [str(violation) for violation in self._db.read(check)]


def _rows(tx: Tx, wallet_id: str) -> tuple[set[str], dict[str, tuple[str, int]], tuple[int, ...]]:
    effects = {
        row[0] for row in tx.execute("SELECT effect_key FROM effects WHERE wallet_id = ?", (wallet_id,))
    }
    query = "SELECT hold_id, state, coalesce(settled, 0) FROM holds WHERE wallet_id = ?"
    holds = {hold_id: (state, settled) for hold_id, state, settled in tx.execute(query, (wallet_id,))}
    sums = "SELECT sum(available), sum(held), sum(spent) FROM lots WHERE wallet_id = ?"
    return effects, holds, tuple(tx.one(sums, (wallet_id,)) or ())


def _round(books: Books, pair: list[ReplicaProcess], choice: Choice) -> list[str]:
    """One wallet, two replicas, one accident."""
    wallet_id = books.wallet(choice.number)
    victim, other = choice.draw.sample(pair, 2)
    for number, one in enumerate(pair):
        one.finish()
        one.heard = Heard()
        one.ask(f"load {wallet_id} {choice.number * 2 + number}")
    victim.listen_for(choice.draw.randint(1, 60))
    if choice.stopped:
        victim.stop()
    else:
        victim.kill()
    other.finish()
    _sweep(other)
    if choice.stopped:
        victim.go_on()
        victim.finish()
        _sweep(other)
    return list(books.wrong(wallet_id, [victim.heard, other.heard]))


def _sweep(replica: ReplicaProcess) -> None:
    """Wait until every lease is past, then let one replica expire what is left."""
    time.sleep(LEASE_SECONDS + 0.1)
    with suppress(BrokenPipeError):
        replica.ask("sweep")
        replica.finish()
