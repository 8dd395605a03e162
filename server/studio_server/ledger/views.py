"""What is read: a wallet as its owner sees it, and its statement. Nothing here decides about money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.clock import from_microseconds
from studio_server.ledger import history
from studio_server.ledger.decide_holds import live_lots
from studio_server.ledger.limits import daily_cap, monthly_cap, per_run_cap

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.state import SpendState
    from studio_server.ledger.values import Asset, Lot, OwnLimits, PlanCaps, Wallet, WalletState, Window
    from studio_server.storage import Row, Tx

LONGEST_PAGE = 1_000


@dataclass(frozen=True)
class Spending:
    """What was settled and is held in the window that runs now, its cap, and when the next one starts."""

    settled: int
    held: int
    cap: int | None
    starts_at: datetime
    resets_at: datetime

    @property
    def left(self) -> int | None:
        """What the cap still allows; None without a cap."""
        return None if self.cap is None else max(0, self.cap - self.settled - self.held)


@dataclass(frozen=True)
class WalletView:
    """A wallet as its owner sees it. `lots` are live, in burn order; `available` is what they hold ready."""

    wallet_id: str
    owner_id: str
    asset: Asset
    state: WalletState
    available: int
    held: int
    debt: int
    daily: Spending
    monthly: Spending
    per_run_cap: int | None
    open_holds: int
    plan: PlanCaps
    own: OwnLimits
    bought: int
    lots: tuple[Lot, ...]

    @property
    def next_to_end(self) -> Lot | None:
        """The live lot that ends first, with something left to lose."""
        ending = [lot for lot in self.lots if lot.ends_at is not None and lot.available > 0]
        return min(ending, key=lambda lot: (lot.ends_at, lot.lot_id), default=None)


@dataclass(frozen=True)
class StatementLine:
    """One act on a wallet: `amount` changed what is available, `spent` is what it cost for good."""

    sequence: int
    at: datetime
    kind: str
    amount: int
    spent: int
    balance_after: int
    held_after: int
    hold_id: str | None
    purpose: str | None
    lot_id: str | None
    grant_source: str | None
    grant_reference: str | None


def wallet_view(wallet: Wallet, state: SpendState, now: datetime) -> WalletView:
    """The wallet as it stands at `now`."""
    live, limits = live_lots(state, now), state.limits
    return WalletView(
        wallet_id=wallet.wallet_id,
        owner_id=wallet.owner_id,
        asset=wallet.asset,
        state=wallet.state,
        available=sum([lot.available for lot in live]),
        held=sum([lot.held for lot in state.lots]),
        debt=-wallet.debt,
        daily=_spending(state.day, daily_cap(limits)),
        monthly=_spending(state.month, monthly_cap(limits)),
        per_run_cap=per_run_cap(limits),
        open_holds=state.open_holds,
        plan=limits.plan,
        own=limits.own,
        bought=limits.bought,
        lots=tuple(live),
    )


LINES = (
    " SELECT e.sequence, e.recorded_us, e.kind, e.available_change, e.spent, e.available_after,"  # noqa: S608  - constant text
    " e.held_after, e.hold_id, h.purpose, e.lot_id, g.source, g.reference"
    " FROM mine CROSS JOIN effects e LEFT JOIN holds h USING (hold_id)"
    " LEFT JOIN lots l ON l.lot_id = e.lot_id LEFT JOIN grants g ON g.grant_id = l.grant_id"
    f" WHERE e.sequence = mine.sequence AND {history.LATE_ENOUGH} ORDER BY e.sequence DESC LIMIT ?"
)


def statement(tx: Tx, wallet_id: str, before: int | None, limit: int) -> tuple[StatementLine, ...]:
    """The newest lines first: every act that moved something."""
    end, longest = 2**63 - 1 if before is None else before, min(limit, LONGEST_PAGE)
    mine, params = history.newest_of(tx, wallet_id, end, longest)
    found = tx.execute(f"{mine}{LINES}", (*params, end, longest))
    return tuple(_line(row) for row in found)


def _spending(window: Window, cap: int | None) -> Spending:
    return Spending(window.used, window.held, cap, window.start, window.ends_at)


def _line(row: Row) -> StatementLine:
    return StatementLine(row[0], from_microseconds(row[1]), *row[2:])
