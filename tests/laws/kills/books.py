"""The books that victims are killed over, and what must be true of them after every kill."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.clock import FixedClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import ExpireHolds, GrantSource, IssueGrant, Ledger
from studio_server.ledger.anchor import write_anchor
from studio_server.ledger.checker import check
from studio_server.ledger.verify import Verdict, verify
from studio_server.safekeeping import anchor_of
from studio_server.settings import Settings
from studio_server.storage import StorageError
from studio_server.storage.opening import open_database

from tests.laws.kills.victim import OPEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.storage.store import Store

LONGER_THAN_A_LEASE = timedelta(minutes=10)
STANDING = ("SELECT coalesce(sum(held), 0) FROM lots", "SELECT coalesce(sum(held), 0) FROM windows")
SWEEPS = 10_000


@dataclass
class Books:
    """One place, killed over again and again; `acknowledged` is what clients were told."""

    settings: Settings
    kills: int = 0
    acknowledged: set[str] = field(default_factory=set[str])

    @classmethod
    def new(cls, database: Callable[[], str | None]) -> Books:
        """Nothing is there yet, not even a database."""
        folder = Path(tempfile.mkdtemp(prefix="studio-kills-"))
        return cls(replace(Settings.for_local(data_dir=folder, owner="ada"), database_url=database()))

    def remove(self) -> None:
        shutil.rmtree(self.settings.data_dir)

    def later(self) -> FixedClock:
        """A clock by which every lease given so far is past."""
        return FixedClock(datetime.now(UTC) + LONGER_THAN_A_LEASE * (self.kills + 1))

    def after_kill(self, *, drains: bool = True) -> list[str]:
        """Start again on these books, sweep unless a twin forbids it, and tell what is wrong."""
        clock = self.later()
        self.kills += 1
        try:
            db = open_database(self.settings.database_url, self.settings.database_path, clock)
        except StorageError as refused:
            return [f"no restart: {refused}"]
        try:
            return (
                self._wrong(db, Ledger(TimeOrderedIds(clock)), SWEEPS if drains else 0) + self._wrong_backup()
            )
        finally:
            db.close()

    def _wrong(self, db: Store, ledger: Ledger, sweeps: int) -> list[str]:
        recorded = [row[0] for row in db.read(lambda tx: tx.execute("SELECT effect_key FROM effects"))]
        known = set(recorded)
        found = [f"answered but not recorded: {key}" for key in sorted(self.acknowledged - known)[:3]]
        if len(known) < len(recorded):
            found.append("an effect is recorded twice")
        found += [f"broken: {violation}" for violation in db.read(check)[:3]]
        return (
            found
            + self._wrong_when_repeated(db, ledger, known)
            + _wrong_when_drained(db, ledger, sweeps)
            + self._anchored(db)
        )

    def _wrong_when_repeated(self, db: Store, ledger: Ledger, known: set[str]) -> list[str]:
        """A client asks for a grant again that it had an answer for: nothing is given twice."""
        granted = sorted(key for key in self.acknowledged & known if key.startswith("key:g"))
        if not granted:
            return []
        name = granted[-1].removeprefix("key:g")
        wallet = db.read(lambda tx: ledger.wallet_id_of(tx, OPEN.owner_id, OPEN.asset))
        again = IssueGrant(f"g{name}", wallet, GrantSource.GIFT, 10, name)
        db.write_blocking(lambda tx: ledger.execute(tx, again))
        after = db.read(lambda tx: tx.one("SELECT count(*) FROM effects"))[0]
        return [] if after == len(known) else [f"{granted[-1]} was done again"]

    def _anchored(self, db: Store) -> list[str]:
        try:
            write_anchor(db, self.settings.anchor_path)
        except Exception as disagrees:  # noqa: BLE001  - whatever it is, it is the finding
            return [f"not anchored: {disagrees}"]
        return []

    def _wrong_backup(self) -> list[str]:
        """A backup that has its name is whole, whenever the kill came."""
        kept = self.settings.data_dir / "kept"
        if self.settings.database_url or not kept.exists():
            return []
        report = verify(kept, anchor=anchor_of(kept))
        whole = report.verdict is Verdict.INTACT or (
            report.found is not None and not anchor_of(kept).exists()
        )
        return (
            []
            if whole and not report.violations
            else [f"the backup is {report.verdict.name}: {report.reason}"]
        )


def _wrong_when_drained(db: Store, ledger: Ledger, sweeps: int) -> list[str]:
    """With nothing live and every lease past, nothing is held."""
    for _ in range(sweeps):
        if not db.write_blocking(lambda tx: ledger.execute(tx, ExpireHolds())).holds:
            break
    held = [int(db.read(lambda tx, query=query: tx.one(query))[0]) for query in STANDING]
    return [f"still held: {held}"] if any(held) else []
