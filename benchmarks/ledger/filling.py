"""Books with a long past, made fast: the pure core decides and posts in memory, rows go in by bulk.

Every row is what the ledger itself would have written, hash chain included, so the checker passes. A pair is
a hold of 8 and a settlement of 3: six entries. One wallet has one in a hundred pairs, the others the rest.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.clock import FixedClock, to_microseconds
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import IssueGrant, OpenWallet, PlaceHold, Settle
from studio_server.ledger.memory import MemoryStore
from studio_server.ledger.open_rows import WALLET_ACCOUNTS
from studio_server.ledger.values import AccountKind, Asset

from benchmarks.ledger.engines import AMOUNT, LOTS, PLAN, WALLETS
from benchmarks.ledger.worker import CEILING, CHARGE, LEASE_SECONDS, PRICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.ledger.commands import Command
    from studio_server.ledger.effects import Effects
    from studio_server.ledger.posting import Posting

ENTRIES_PER_PAIR = 6
PAST = timedelta(days=30)
TOGETHER = 5_000
HOT_SHARE = 0.01
Rows = list[tuple[Any, ...]]
COLUMNS = {
    "effects": (
        "sequence effect_key serial kind wallet_id hold_id lot_id body answer recorded_us available_change"
        " held_change spent available_after held_after"
    ),
    "transfers": (
        "transfer_id effect_sequence kind from_account to_account lot_id hold_id amount recorded_us to_lot_id"
        " reverses asset"
    ),
    "entries": "sequence transfer_id account_id amount before after version recorded_us",
    "audit": "sequence recorded_us actor action subject details record_digest previous_hash hash",
    "holds": (
        "hold_id wallet_id purpose ceiling price_version state settled returned placed_us lease_expires_us"
        " ended_us day_start_us month_start_us"
    ),
    "hold_lots": "hold_id position lot_id amount",
    "wallets": "wallet_id owner_id asset state opened_us zone",
    "wallet_limits": "wallet_id plan_daily plan_monthly_allocation plan_per_run plan_open_holds",
    "grants": "grant_id wallet_id source reference amount priority effective_us ends_us issued_us",
    "lots": (
        "lot_id grant_id wallet_id source priority effective_us ends_us issued_us amount available held spent"
    ),
    "accounts": "account_id wallet_id lot_id kind asset balance version",
    "windows": "wallet_id period subject start_us ends_us cap settled held reversed",
}


class RecordingStore(MemoryStore):
    """Keeps the lines of the journal for the bulk, and forgets holds once they have ended."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(TimeOrderedIds(clock))
        self.pending: dict[str, Rows] = {table: [] for table in COLUMNS}

    def _apply(self, effects: Effects, posting: Posting, body: str | Command) -> None:
        super()._apply(effects, posting, body)
        asset = str(Asset.CREDIT)
        self.pending["effects"] += posting.effects
        self.pending["transfers"] += [(*line, asset) for line in posting.transfers]
        self.pending["entries"] += posting.entries
        self.pending["audit"] += posting.audits
        if effects.hold_end is not None:
            self._forget(effects.hold_end.hold_id)
        self.journal.clear()

    def _forget(self, hold_id: str) -> None:
        hold = self.rows.holds.pop(hold_id)
        row = (hold.hold_id, hold.wallet_id, hold.purpose, hold.ceiling, hold.price_version, str(hold.state))
        times = (hold.placed_at, hold.lease_expires_at, hold.ended_at, hold.day_start, hold.month_start)
        moments = tuple(to_microseconds(at) for at in times if at is not None)
        self.pending["holds"].append((*row, hold.settled, hold.returned, *moments))
        self.pending["hold_lots"] += [
            (hold_id, position, pin.lot_id, pin.amount) for position, pin in enumerate(hold.pins)
        ]
        self.rows.answers.clear()
        self.rows.undoable.clear()


@dataclass
class Filling:
    """A memory store, its clock, and where its rows go."""

    insert: Callable[[str, Rows], None]
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime.now(UTC) - PAST))

    def fill(self, entries: int) -> list[str]:
        """Write so many entries, and what belongs to them; hand back the wallets."""
        store, draw = RecordingStore(self.clock), random.Random(entries)  # noqa: S311  - the same books each time
        wallets = [self._wallet(store, number) for number in range(WALLETS)]
        pairs = max(1, (entries - 2 * len(LOTS) * WALLETS) // ENTRIES_PER_PAIR)
        step = (PAST - timedelta(minutes=5)) / (2 * pairs)
        for number in range(pairs):
            hot = draw.random() < HOT_SHARE
            self._pair(store, wallets[0] if hot else draw.choice(wallets), number, step)
            if number % TOGETHER == 0:
                self._flush(store)
        self._state(store)
        self._flush(store)
        return wallets

    def _wallet(self, store: RecordingStore, number: int) -> str:
        name, now = f"bench{number}", self.clock.now()
        wallet_id = store.execute(OpenWallet(name, name, plan=PLAN), now).wallet_id
        for source in LOTS:
            reference = f"{name}-{source}"
            store.execute(IssueGrant(reference, wallet_id, source, AMOUNT, reference), now)
        return wallet_id

    def _pair(self, store: RecordingStore, wallet_id: str, number: int, step: timedelta) -> None:
        name = f"past-{number}"
        place = PlaceHold(name, wallet_id, f"run_{name}", CEILING, PRICES, LEASE_SECONDS)
        hold = store.execute(place, self.clock.advance(step))
        store.execute(Settle(hold.hold_id, CHARGE, PRICES), self.clock.advance(step))

    def _flush(self, store: RecordingStore) -> None:
        for table, rows in store.pending.items():
            if rows:
                self.insert(table, rows)
                rows.clear()

    def _state(self, store: RecordingStore) -> None:
        """The rows that change, as they stand at the end."""
        rows, pending = store.rows, store.pending
        opened = to_microseconds(min(lot.issued_at for lot in rows.lots.values()))
        for wallet in rows.wallets.values():
            asset = str(wallet.asset)
            row = (wallet.wallet_id, wallet.owner_id, asset, str(wallet.state), opened, wallet.zone)
            pending["wallets"].append(row)
            pending["accounts"] += [
                self._account(store, f"{wallet.wallet_id}/{kind}", wallet.wallet_id, None, kind)
                for kind in WALLET_ACCOUNTS
            ]
        for wallet_id, limits in rows.limits.items():
            plan = limits.plan
            caps = (plan.daily, plan.monthly_allocation, plan.per_run, plan.open_holds)
            pending["wallet_limits"].append((wallet_id, *caps))
        self._lots(store)
        for (wallet_id, period, subject, _), window in rows.windows.items():
            times = (to_microseconds(window.start), to_microseconds(window.ends_at))
            used = (window.settled, window.held, window.reversed)
            pending["windows"].append((wallet_id, period.value, subject, *times, None, *used))

    def _lots(self, store: RecordingStore) -> None:
        for grant, lot_id in store.rows.grants.values():
            lot, wallet_id = store.rows.lots[lot_id], store.rows.wallet_of[lot_id]
            times = (to_microseconds(lot.effective_at), None, to_microseconds(lot.issued_at))
            terms = (lot.priority, *times)
            row = (grant.grant_id, wallet_id, str(grant.source), grant.reference, lot.amount, *terms)
            store.pending["grants"].append(row)
            place = (lot_id, grant.grant_id, wallet_id, str(lot.source))
            store.pending["lots"].append((*place, *terms, lot.amount, lot.available, lot.held, lot.spent))
            kinds = ((AccountKind.LOT_AVAILABLE, "available"), (AccountKind.LOT_HELD, "held"))
            store.pending["accounts"] += [
                self._account(store, f"{lot_id}/{name}", wallet_id, lot_id, kind) for kind, name in kinds
            ]

    def _account(
        self, store: RecordingStore, account_id: str, wallet_id: str, lot_id: str | None, kind: AccountKind
    ) -> tuple[Any, ...]:
        balance = store.rows.accounts.get(account_id, (0, 0))
        return (account_id, wallet_id, lot_id, kind.value, str(Asset.CREDIT), *balance)
