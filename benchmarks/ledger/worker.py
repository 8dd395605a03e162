"""One process that keeps a ledger busy: told "CLIENTS SECONDS", it answers with what it did, as a JSON line.

`python -m benchmarks.ledger.worker URL`. Clients are tasks that hand one command at a time to the ledger's
joint work, as whoever does nothing else in the same transaction.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import uvloop
from studio_server.ledger import Order, PlaceHold, Settle

from benchmarks.ledger import engines
from benchmarks.results import percentile

if TYPE_CHECKING:
    from studio_server.ledger import Ledger
    from studio_server.storage.store import Store

CEILING, CHARGE = 8, 3
LEASE_SECONDS = 600
PRICES = "prices-1"


@dataclass(frozen=True)
class Stretch:
    """What one stretch of load gave."""

    pairs: int
    seconds: float
    hold_p50_ms: float
    hold_p99_ms: float
    cpu_us: float
    """Processor time of this process per pair; a database server's own is not in it."""
    written_bytes: float
    """Bytes written per pair: by this process for SQLite, to its log for PostgreSQL."""


@dataclass
class Loading:
    """One store, its wallets, and the latencies of one stretch."""

    store: Store
    ledger: Ledger
    wallets: list[str]
    turn: int = 0
    latencies: list[float] = field(default_factory=list[float])

    async def stretch(self, clients: int, seconds: float) -> Stretch:
        """Keep so many clients busy for so long."""
        self.latencies = []
        written, cpu, started = self._written(), time.process_time(), time.monotonic()
        pairs = sum(await asyncio.gather(*(self._client(started + seconds) for _ in range(clients))))
        took = time.monotonic() - started
        return Stretch(
            pairs,
            took,
            median(self.latencies),
            percentile(self.latencies, 99),
            (time.process_time() - cpu) * 1_000_000 / pairs,
            (self._written() - written) / pairs,
        )

    async def _client(self, until: float) -> int:
        done, draw = 0, random.Random()  # noqa: S311  - which wallet is no secret
        while time.monotonic() < until:
            await self._pair(draw.choice(self.wallets))
            done += 1
        return done

    async def _pair(self, wallet_id: str) -> None:
        self.turn += 1
        name = f"{time.time_ns()}-{self.turn}"
        place = PlaceHold(name, wallet_id, f"run_{name}", CEILING, PRICES, LEASE_SECONDS)
        began = time.perf_counter()
        hold = await self.store.write_jointly(self.ledger.together, Order(place))
        self.latencies.append((time.perf_counter() - began) * 1_000)
        settle = Settle(hold.hold_id, CHARGE, PRICES)
        await self.store.write_jointly(self.ledger.together, Order(settle))

    def _written(self) -> int:
        if isinstance(self.store.place, Path):
            told = Path("/proc/self/io").read_text(encoding="utf-8")
            return int(told.split("write_bytes: ")[1].split("\n")[0])
        query = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
        row = self.store.read(lambda tx: tx.one(query)) or (0,)
        return int(row[0])


def main(url: str) -> None:
    """Open, fill, and obey lines until there are none."""
    store = engines.opened(url)
    loading = Loading(store, engines.ledger(), engines.wallets(store))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        clients, seconds = line.split()
        done = uvloop.run(loading.stretch(int(clients), float(seconds)))
        print(json.dumps(asdict(done)), flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1])
