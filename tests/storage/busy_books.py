"""Books that are busy while a backup is taken, and what they came to."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet, PlaceHold, PlanCaps, Settle
from studio_server.ledger.anchor import write_anchor
from studio_server.ledger.checker import check
from studio_server.settings import Settings
from studio_server.storage.opening import open_database

from tests.fakes.postgres import cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from studio_server.storage.store import Store

PLAN = PlanCaps(open_holds=1_000_000)


class Load:
    """Grants, holds and settlements, with a list of what was acknowledged in its order."""

    def __init__(self, db: Store, seed: int) -> None:
        self._db = db
        self._ledger = Ledger(TimeOrderedIds(SystemClock()))
        self._draw = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
        self.acknowledged: list[str] = []
        self.stop = threading.Event()
        opened = db.write_blocking(
            lambda tx: self._ledger.execute(tx, OpenWallet("open", "user_ada", plan=PLAN))
        )
        self.wallet = opened.wallet_id

    def once(self) -> None:
        """Three effects."""
        name = str(len(self.acknowledged))
        self._do(f"key:g{name}", IssueGrant(f"g{name}", self.wallet, GrantSource.GIFT, 10, name))
        hold = self._do(f"key:h{name}", PlaceHold(f"h{name}", self.wallet, name, 7, "p1", 60))
        self._do(f"hold:{hold.hold_id}:terminal", Settle(hold.hold_id, self._draw.randint(0, 7), "p1"))

    def until_stopped(self) -> None:
        while not self.stop.is_set():
            self.once()

    def _do(self, key: str, command: object) -> object:
        answer = self._db.write_blocking(lambda tx: self._ledger.execute(tx, command))
        self.acknowledged.append(key)
        return answer


def settings_of(folder: Path, engine: str) -> Settings:
    url = cluster().new_database() if engine == "postgresql" else None
    folder.mkdir(parents=True)
    return replace(Settings.for_local(data_dir=folder, owner="ada"), database_url=url)


@contextmanager
def books(settings: Settings) -> Iterator[Store]:
    db = open_database(settings.database_url, settings.database_path, SystemClock())
    try:
        yield db
        write_anchor(db, settings.anchor_path)
    finally:
        db.close()


def recorded(settings: Settings) -> list[str]:
    """Effect keys in the order of the journal."""
    db = open_database(settings.database_url, settings.database_path, SystemClock())
    try:
        assert db.read(check) == []
        rows = db.read(lambda tx: tx.execute("SELECT effect_key FROM effects ORDER BY sequence"))
    finally:
        db.close()
    return [row[0] for row in rows]


def balances(settings: Settings) -> dict[str, int]:
    db = open_database(settings.database_url, settings.database_path, SystemClock())
    try:
        totals = "SELECT kind, sum(balance) FROM accounts GROUP BY kind HAVING sum(balance) <> 0"
        return {kind: int(total) for kind, total in db.read(lambda tx: tx.execute(totals))}
    finally:
        db.close()


def balances_up_to(settings: Settings, effects: int) -> dict[str, int]:
    """What the first so many effects of the whole books come to, from their entries."""
    db = open_database(settings.database_url, settings.database_path, SystemClock())
    sums = (
        "SELECT a.kind, sum(e.amount) FROM accounts a JOIN entries e ON e.account_id = a.account_id"
        " JOIN transfers t ON t.transfer_id = e.transfer_id WHERE t.effect_sequence <= ?"
        " GROUP BY a.kind HAVING sum(e.amount) <> 0"
    )
    try:
        return {kind: int(total) for kind, total in db.read(lambda tx: tx.execute(sums, (effects,)))}
    finally:
        db.close()
