"""A ledger on a real database with a clock that stands still: verbs for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import (
    Asset,
    GrantIssued,
    GrantSource,
    HoldEnded,
    HoldPlaced,
    IssueGrant,
    Ledger,
    OpenWallet,
    PlaceHold,
    PlanCaps,
    Release,
    Settle,
    WalletView,
)
from studio_server.ledger.checker import Violation, check
from studio_server.storage.opening import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.storage.store import Store

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICES = "prices-1"
FREE = PlanCaps(daily=30, monthly_allocation=300)


class Books:
    """One database, one ledger, one clock; `books.wallet` is Ada's."""

    def __init__(
        self, path: Path, *, start: datetime = NOON, ids: CountedIds | None = None, url: str | None = None
    ) -> None:
        self.path = path
        self.url = url
        self.clock = FixedClock(start)
        self.ledger = Ledger(ids or CountedIds())
        self.db: Store = open_database(url, path, self.clock)
        self._key = 0

    def fresh_key(self) -> str:
        """A key not used before."""
        self._key += 1
        return f"test-{self._key}"

    def do(self, command: Any) -> Any:
        """Execute one command in a transaction of its own."""
        return self.db.write_blocking(lambda tx: self.ledger.execute(tx, command))

    def open_wallet(
        self, plan: PlanCaps | None = None, owner: str = "usr_ada", asset: Asset = Asset.CREDIT
    ) -> str:
        """A new wallet; without a plan nothing but the balance bounds it."""
        opened = self.do(OpenWallet(f"open-{owner}-{asset}", owner, asset, plan or PlanCaps()))
        return opened.wallet_id

    def grant(
        self,
        wallet_id: str,
        amount: int,
        source: GrantSource = GrantSource.PLAN,
        *,
        ends_in: timedelta | None = None,
        priority: int | None = None,
    ) -> GrantIssued:
        """A new lot."""
        key = self.fresh_key()
        ends_at = None if ends_in is None else self.clock.now() + ends_in
        return self.do(IssueGrant(key, wallet_id, source, amount, key, ends_at, priority=priority))

    def hold(self, wallet_id: str, ceiling: int, *, lease_seconds: int = 600) -> HoldPlaced:
        """A new hold."""
        key = self.fresh_key()
        return self.do(PlaceHold(key, wallet_id, f"run-{key}", ceiling, PRICES, lease_seconds))

    def settle(self, hold_id: str, charge: int) -> HoldEnded:
        """Spend part of a hold."""
        return self.do(Settle(hold_id, charge, PRICES))

    def release(self, hold_id: str) -> HoldEnded:
        """Hand a hold back."""
        return self.do(Release(hold_id, "cancelled"))

    def view(self, wallet_id: str) -> WalletView:
        """The wallet as its owner sees it."""
        return self.db.read(lambda tx: self.ledger.wallet_view(tx, wallet_id))

    def violations(self) -> list[Violation]:
        """What the shared checker finds."""
        return self.db.read(check)

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """Any read."""
        return self.db.read(lambda tx: tx.execute(sql, params))

    def reopen(self) -> None:
        """Close the database and open it again."""
        self.db.close()
        self.db = open_database(self.url, self.path, self.clock)
