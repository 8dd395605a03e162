"""Both engines with all that makes an acknowledged write durable switched on, and wallets to spend from."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet, PlanCaps
from studio_server.storage.opening import open_database

from tests.fakes.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Generator

    from studio_server.storage import Tx
    from studio_server.storage.store import Store

    from tests.fakes.postgres import Cluster

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
ENGINES = (SQLITE, POSTGRESQL)
WALLETS = 1_000
LOTS = (GrantSource.PLAN, GrantSource.GIFT, GrantSource.PURCHASE)
AMOUNT = 10**9
PLAN = PlanCaps(daily=10**12, monthly_allocation=10**12, per_run=10**6, open_holds=1_000_000)
OPENED_TOGETHER = 50


@dataclass(frozen=True)
class Places:
    """A folder for SQLite and a PostgreSQL of our own, for the time of one benchmark."""

    folder: Path
    server: Cluster

    def fresh(self, engine: str, name: str) -> str:
        """The address of a database that does not exist yet."""
        if engine == SQLITE:
            return f"sqlite:///{self.folder / name}.db"
        return self.server.new_database()


@contextmanager
def places() -> Generator[Places]:
    """Start what is needed and remove it afterwards. PostgreSQL flushes and has 1 GB of shared buffers."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="studio-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = cluster(durable=True)
        server.command("ALTER SYSTEM SET shared_buffers = '1GB'")
        server.command("ALTER SYSTEM SET max_wal_size = '8GB'")
        server.stop()
        server.start()
        yield Places(folder, server)


def opened(url: str) -> Store:
    """The product's own store at this address."""
    return open_database(url, Path(), SystemClock())


def ledger() -> Ledger:
    """The product's own ledger with its own ids."""
    return Ledger(TimeOrderedIds(SystemClock()))


def wallets(store: Store, count: int = WALLETS) -> list[str]:
    """So many wallets with three lots each, opened by the ledger's own commands."""
    books, found = ledger(), list[str]()

    def some(tx: Tx, first: int) -> list[str]:
        return [_wallet(books, tx, number) for number in range(first, min(first + OPENED_TOGETHER, count))]

    for first in range(0, count, OPENED_TOGETHER):
        found += store.write_blocking(lambda tx, first=first: some(tx, first))
    return found


def _wallet(books: Ledger, tx: Tx, number: int) -> str:
    name = f"bench{number}"
    wallet_id = books.execute(tx, OpenWallet(name, name, plan=PLAN)).wallet_id
    for source in LOTS:
        reference = f"{name}-{source}"
        books.execute(tx, IssueGrant(reference, wallet_id, source, AMOUNT, reference))
    return wallet_id
