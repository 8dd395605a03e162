"""People on plans over a real ledger and a clock that stands still: verbs for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from studio_server.accounts.identity import Identity
from studio_server.accounts.people import People, User
from studio_server.accounts.plans import Plans
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds, IdSource
from studio_server.ledger import Ledger, PlaceHold, Settle
from studio_server.ledger.checker import check
from studio_server.registry.catalogue import PlanEntry, Registry
from studio_server.storage.opening import open_database

from tests.fakes.postgres import cluster, migrated

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.accounts.subscriptions import PlanChange
    from studio_server.ledger import WalletView
    from studio_server.storage.store import Store

ENTRIES = (
    PlanEntry("free", "Free", 300, 30),
    PlanEntry("supporter", "Supporter", 3_000, 300, 500),
    PlanEntry("plain", "Plain", 3_000, 300),
    PlanEntry("pro", "Pro", 12_000, 2_000, 2_000),
    PlanEntry("max", "Max", 30_000, 9_000, 2_500),
)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def new_url(engine: str) -> str | None:
    """The address of new, empty books in PostgreSQL; None is a file."""
    return cluster().new_database(migrated) if engine == "postgresql" else None


def at(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)


class PlanBooks:
    """One database and Ada, who has just joined; `second` is another replica's plans on the same books."""

    def __init__(
        self, path: Path, *, start: datetime = START, free_credits: bool = True, url: str | None = None
    ) -> None:
        self.path, self.url, self.clock = path, url, FixedClock(start)
        self.ids: IdSource = CountedIds()
        self.ledger = Ledger(self.ids)
        self.db: Store = open_database(url, path, self.clock)
        registry: Any = Registry(burn=None, tools={}, plans={p.id: p for p in ENTRIES}, price_version="p")
        self.plans = Plans(registry, self.ledger, self.ids, free_credits=free_credits)
        self.second = Plans(registry, Ledger(self.ids), self.ids, free_credits=free_credits)
        self.people = People(registry, self.ledger, self.ids, self.plans)
        self.ada = self.join("ada")

    def do(self, work: Any) -> Any:
        """One transaction."""
        return self.db.write_blocking(work)

    def join(self, name: str) -> User:
        """A new person."""
        return self.do(lambda tx: self.people.welcome(tx, Identity("local", name, name.title(), "token")))

    def change(self, plan: str, key: str, *, plans: Plans | None = None) -> PlanChange:
        """Ada asks for another plan."""
        return self.do(lambda tx: (plans or self.plans).change(tx, self.ada.id, plan, key=key))

    def renew(self, *, plans: Plans | None = None) -> bool:
        """Ada's renewal."""
        return self.do(lambda tx: (plans or self.plans).renew(tx, self.ada.id))

    def go(self, moment: datetime) -> None:
        """Let it be then."""
        self.clock.advance(moment - self.clock.now())

    def spend(self, amount: int) -> None:
        """A run of Ada's that costs so much."""
        key = self.ids.new("test")
        hold = self.do(
            lambda tx: self.ledger.execute(tx, PlaceHold(key, self.ada.wallet_id, key, amount, "p", 60))
        )
        self.do(lambda tx: self.ledger.execute(tx, Settle(hold.hold_id, amount, "p")))

    def state(self) -> Any:
        """Ada's plan as it is shown."""
        return self.db.read(lambda tx: self.plans.state(tx, self.ada.id))

    def view(self) -> WalletView:
        """Ada's wallet."""
        return self.db.read(lambda tx: self.ledger.wallet_view(tx, self.ada.wallet_id))

    @property
    def available(self) -> int:
        """What Ada can draw now."""
        return self.view().available

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Any read."""
        return self.db.read(lambda tx: tx.execute(sql, params))

    def grants(self) -> list[tuple[str, int]]:
        """Every grant of the plan, in order: reference and amount."""
        return self.rows(
            "SELECT g.reference, l.amount FROM grants g JOIN lots l USING (grant_id) WHERE l.source = 'plan'"
            " ORDER BY l.issued_us, l.lot_id"
        )

    def notices(self) -> list[tuple[str, str]]:
        """Kind and text of every notice, in order."""
        return self.rows("SELECT kind, text FROM notices ORDER BY created_at, id")

    def violations(self) -> list[Any]:
        """What the shared checker finds."""
        return self.db.read(check)

    def reopen(self) -> None:
        """Close the database and open it again."""
        self.db.close()
        self.db = open_database(self.url, self.path, self.clock)
