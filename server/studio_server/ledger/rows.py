"""Rows of the SQLite store as values, and the queries that fetch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.ledger.values import (
    Asset,
    GrantSource,
    Hold,
    HoldState,
    Limits,
    Lot,
    OwnLimits,
    Pin,
    PlanCaps,
    Wallet,
    WalletState,
    Window,
)

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.storage import Row, Tx

LOT = "lot_id, source, priority, effective_us, ends_us, issued_us, amount, available, held"
LIMITS = (
    "plan_daily, plan_monthly_allocation, plan_per_run, plan_open_holds, own_daily, own_monthly, own_per_run"
)
BOUGHT = (
    "(SELECT coalesce(sum(amount - revoked), 0) FROM lots WHERE lots.wallet_id = w.wallet_id"
    " AND source = 'purchase' AND effective_us <= ? AND (ends_us IS NULL OR ends_us > ?))"
)
HOLD = (
    "hold_id, wallet_id, purpose, ceiling, price_version, state, settled, returned, placed_us,"
    " lease_expires_us, ended_us, day_start_us, month_start_us"
)


def wallet(tx: Tx, wallet_id: str) -> Wallet | None:
    """The wallet, with its debt."""
    row = tx.one(
        "SELECT wallet_id, owner_id, wallets.asset, state, balance FROM wallets"
        " JOIN accounts USING (wallet_id) WHERE wallet_id = ? AND account_id = wallet_id || '/debt'",
        (wallet_id,),
    )
    return None if row is None else Wallet(row[0], row[1], Asset(row[2]), WalletState(row[3]), row[4])


def wallet_id_of(tx: Tx, owner_id: str, asset: Asset) -> str | None:
    """The one wallet of this owner in this asset."""
    row = tx.one("SELECT wallet_id FROM wallets WHERE owner_id = ? AND asset = ?", (owner_id, asset))
    return None if row is None else str(row[0])


def limits(tx: Tx, wallet_id: str) -> Limits:
    """The plan's caps, the owner's limits, and what purchases that have not ended gave."""
    now = to_microseconds(tx.now)
    row = tx.one(f"SELECT {LIMITS}, {BOUGHT} FROM wallet_limits w WHERE wallet_id = ?", (now, now, wallet_id))  # noqa: S608  - constant text
    if row is None:
        return Limits(PlanCaps(), OwnLimits())
    return Limits(PlanCaps(*row[:4]), OwnLimits(*row[4:7]), row[7])


def lots_to_draw(tx: Tx, wallet_id: str) -> tuple[Lot, ...]:
    """Every lot of the wallet in which something is available or held."""
    rows = tx.execute(
        f"SELECT {LOT} FROM lots WHERE wallet_id = ? AND (available > 0 OR held > 0)",  # noqa: S608  - constant text
        (wallet_id,),
    )
    return tuple(_lot(row) for row in rows)


def lot(tx: Tx, lot_id: str) -> Lot | None:
    """One lot."""
    row = tx.one(f"SELECT {LOT} FROM lots WHERE lot_id = ?", (lot_id,))  # noqa: S608  - constant text
    return None if row is None else _lot(row)


def pinned_lots(tx: Tx, hold_id: str) -> tuple[Lot, ...]:
    """The lots a hold pinned."""
    rows = tx.execute(
        f"SELECT {LOT} FROM lots WHERE lot_id IN (SELECT lot_id FROM hold_lots WHERE hold_id = ?)",  # noqa: S608  - constant text
        (hold_id,),
    )
    return tuple(_lot(row) for row in rows)


def hold(tx: Tx, hold_id: str) -> Hold | None:
    """One hold with its pins."""
    row = tx.one(f"SELECT {HOLD} FROM holds WHERE hold_id = ?", (hold_id,))  # noqa: S608  - constant text
    return None if row is None else _hold(tx, row)


def open_holds(tx: Tx) -> tuple[Hold, ...]:
    """Every open hold, the one whose lease ends first in front."""
    rows = tx.execute(f"SELECT {HOLD} FROM holds WHERE state = 'open' ORDER BY lease_expires_us, hold_id")  # noqa: S608  - constant text
    return tuple(_hold(tx, row) for row in rows)


def open_hold_count(tx: Tx, wallet_id: str) -> int:
    """How many holds of the wallet are open."""
    row = tx.one("SELECT count(*) FROM holds WHERE wallet_id = ? AND state = 'open'", (wallet_id,))
    return 0 if row is None else int(row[0])


def windows(tx: Tx, wallet_id: str, empty: tuple[Window, Window]) -> tuple[Window, Window]:
    """Day and month as recorded; a window in which nothing was held yet is given back `empty`."""
    day, month = empty
    rows = tx.execute(
        "SELECT period, settled, held FROM windows WHERE wallet_id = ?"
        " AND (period, start_us) IN (VALUES (?, ?), (?, ?))",
        (wallet_id, day.period, to_microseconds(day.start), month.period, to_microseconds(month.start)),
    )
    found = {row[0]: row[1:] for row in rows}
    return _filled(day, found), _filled(month, found)


def holds_past_lease(tx: Tx, limit: int) -> list[str]:
    """Open holds whose lease has passed, the longest overdue first."""
    rows = tx.execute(
        "SELECT hold_id FROM holds WHERE state = 'open' AND lease_expires_us <= ?"
        " ORDER BY lease_expires_us, hold_id LIMIT ?",
        (to_microseconds(tx.now), limit),
    )
    return [row[0] for row in rows]


def lots_past_end(tx: Tx, limit: int) -> list[str]:
    """Ended lots in which something is still available, the longest ended first."""
    rows = tx.execute(
        "SELECT lot_id FROM lots WHERE available > 0 AND ends_us IS NOT NULL AND ends_us <= ?"
        " ORDER BY ends_us, lot_id LIMIT ?",
        (to_microseconds(tx.now), limit),
    )
    return [row[0] for row in rows]


def granted_before(tx: Tx, source: GrantSource, reference: str) -> str | None:
    """The grant with this source and reference, if there was one."""
    row = tx.one("SELECT grant_id FROM grants WHERE source = ? AND reference = ?", (source, reference))
    return None if row is None else str(row[0])


def latest_change(tx: Tx, wallet_id: str) -> int:
    """The sequence of the latest act on the wallet: it rises with every change."""
    row = tx.one("SELECT max(sequence) FROM effects WHERE wallet_id = ?", (wallet_id,))
    return 0 if row is None or row[0] is None else int(row[0])


def _filled(empty: Window, found: dict[str, Row]) -> Window:
    row = found.get(empty.period)
    return empty if row is None else Window(empty.period, empty.start, empty.ends_at, row[0], row[1])


def _lot(row: Row) -> Lot:
    return Lot(
        lot_id=row[0],
        source=GrantSource(row[1]),
        priority=row[2],
        effective_at=from_microseconds(row[3]),
        ends_at=_maybe_time(row[4]),
        issued_at=from_microseconds(row[5]),
        amount=row[6],
        available=row[7],
        held=row[8],
    )


def _hold(tx: Tx, row: Row) -> Hold:
    pins = tx.execute("SELECT lot_id, amount FROM hold_lots WHERE hold_id = ? ORDER BY position", (row[0],))
    return Hold(
        hold_id=row[0],
        wallet_id=row[1],
        purpose=row[2],
        ceiling=row[3],
        price_version=row[4],
        state=HoldState(row[5]),
        settled=row[6],
        returned=row[7],
        placed_at=from_microseconds(row[8]),
        lease_expires_at=from_microseconds(row[9]),
        ended_at=_maybe_time(row[10]),
        day_start=from_microseconds(row[11]),
        month_start=from_microseconds(row[12]),
        pins=tuple(Pin(lot_id, amount) for lot_id, amount in pins),
    )


def _maybe_time(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else from_microseconds(microseconds)
