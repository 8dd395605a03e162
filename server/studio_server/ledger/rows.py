"""Rows of the stores as values, and the reads outside a command. SQL that both engines understand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.ledger.values import (
    Asset,
    Envelope,
    GrantSource,
    Hold,
    HoldState,
    Limits,
    Lot,
    Member,
    OwnLimits,
    Pin,
    PlanCaps,
    Wallet,
    WalletState,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from studio_server.storage import Row, Tx

LOT = (
    "lot_id, source, priority, effective_us, ends_us, issued_us, amount, available, held, spent, voided,"
    " owed, roll_over"
)
LOT_WIDTH = len(LOT.split(", "))
HOLD = (
    "hold_id, wallet_id, purpose, ceiling, price_version, state, settled, returned, placed_us,"
    " lease_expires_us, ended_us, day_start_us, month_start_us, member_id, envelope_id, reversed"
)
WALLET = (
    "SELECT w.wallet_id, w.owner_id, w.asset, w.state, d.balance, w.zone FROM wallets w"
    " JOIN accounts d ON d.wallet_id = w.wallet_id AND d.account_id = w.wallet_id || '/debt'"
    " WHERE w.wallet_id = "
)
PINS = "SELECT lot_id, amount FROM hold_lots WHERE hold_id = ? ORDER BY position"
ONE_HOLD = f"SELECT {HOLD} FROM holds WHERE hold_id = ?"  # noqa: S608  - constant text
OPEN_COUNT = "SELECT count(*) FROM holds WHERE wallet_id = ? AND state = 'open'"
OPEN_HOLDS = f"SELECT {HOLD} FROM holds WHERE state = 'open' ORDER BY lease_expires_us, hold_id"  # noqa: S608  - constant text


ASSETS = {asset.value: asset for asset in Asset}
WALLET_STATES = {state.value: state for state in WalletState}
HOLD_STATES = {state.value: state for state in HoldState}
SOURCES = {source.value: source for source in GrantSource}


def wallet_id_of(tx: Tx, owner_id: str, asset: Asset) -> str | None:
    """The one wallet of this owner in this asset."""
    row = tx.one("SELECT wallet_id FROM wallets WHERE owner_id = ? AND asset = ?", (owner_id, str(asset)))
    return None if row is None else str(row[0])


def hold(tx: Tx, hold_id: str) -> Hold | None:
    """One hold with its pins."""
    row, pins = (found.rows for found in tx.batch([(ONE_HOLD, (hold_id,)), (PINS, (hold_id,))]))
    return as_hold(row, pins)


def open_holds(tx: Tx) -> tuple[Hold, ...]:
    """Every open hold, the one whose lease ends first in front."""
    return tuple(found for row in tx.execute(OPEN_HOLDS) if (found := hold(tx, row[0])) is not None)


def holds_past_lease(tx: Tx, limit: int) -> list[str]:
    """Open holds whose lease has passed, the longest overdue first."""
    rows = tx.execute(
        "SELECT hold_id FROM holds WHERE state = 'open' AND lease_expires_us <= ?"
        " ORDER BY lease_expires_us, hold_id LIMIT ?",
        (to_microseconds(tx.now), limit),
    )
    return [row[0] for row in rows]


def lots_past_end(tx: Tx, limit: int) -> list[str]:
    """Ended lots that do not roll over and in which something is available, the longest ended first."""
    rows = tx.execute(
        "SELECT lot_id FROM lots WHERE used_up = 0 AND available > 0 AND ends_us <= ?"
        " AND roll_over IS NULL ORDER BY ends_us, lot_id LIMIT ?",
        (to_microseconds(tx.now), limit),
    )
    return [row[0] for row in rows]


def lots_to_close(tx: Tx, limit: int) -> list[str]:
    """Ended lots that may roll over and in which something is available, the longest ended first."""
    rows = tx.execute(
        "SELECT lot_id FROM lots WHERE used_up = 0 AND available > 0 AND roll_over IS NOT NULL"
        " AND ends_us <= ? ORDER BY ends_us, lot_id LIMIT ?",
        (to_microseconds(tx.now), limit),
    )
    return [row[0] for row in rows]


def wallets_able_to_pay(tx: Tx, limit: int) -> list[str]:
    """Wallets with a debt in which a live lot has something available."""
    now = to_microseconds(tx.now)
    rows = tx.execute(
        "SELECT wallet_id FROM accounts a WHERE owing = 1 AND EXISTS"
        " (SELECT 1 FROM lots l WHERE l.wallet_id = a.wallet_id AND used_up = 0 AND available > 0"
        " AND effective_us <= ? AND (ends_us IS NULL OR ends_us > ?)) ORDER BY wallet_id LIMIT ?",
        (now, now, limit),
    )
    return [row[0] for row in rows]


def latest_change(tx: Tx, wallet_id: str) -> int:
    """The sequence of the latest act on the wallet: it rises with every change."""
    row = tx.one("SELECT sequence FROM latest_effects WHERE wallet_id = ?", (wallet_id,))
    return 0 if row is None or row[0] is None else int(row[0])


def as_wallet(rows: Sequence[Row]) -> Wallet | None:
    """The wallet, with its debt."""
    if not rows:
        return None
    row = rows[0]
    return Wallet(row[0], row[1], ASSETS[row[2]], WALLET_STATES[row[3]], row[4], row[5])


def as_limits(rows: Sequence[Row]) -> Limits:
    """The plan's caps, the owner's limits, and what purchases that have not ended gave."""
    if not rows:
        return Limits(PlanCaps(), OwnLimits())
    row = rows[0]
    return Limits(PlanCaps(*row[:4]), OwnLimits(*row[4:7]), int(row[7]))


def as_window(rows: Sequence[Row], empty: Window) -> Window:
    """The window as recorded; one in which nothing was held yet is given back `empty`."""
    if not rows or rows[0][0] is None or from_microseconds(rows[0][0]) != empty.start:
        return empty
    settled, held, given_back = rows[0][1:4]
    return Window(empty.period, empty.start, empty.ends_at, settled, held, given_back, empty.subject)


def as_member(rows: Sequence[Row]) -> Member | None:
    """Who may spend from a team's wallet."""
    return Member(rows[0][0], rows[0][1], bool(rows[0][2])) if rows else None


def as_envelope(rows: Sequence[Row]) -> Envelope | None:
    """A shared ceiling."""
    if not rows:
        return None
    row = rows[0]
    opened_at, ends_at = from_microseconds(row[4]), from_microseconds(row[5])
    return Envelope(row[0], row[1], row[2], row[3], opened_at, ends_at, maybe_time(row[6]))


def as_lots(rows: Sequence[Row]) -> tuple[Lot, ...]:
    """Lots."""
    return tuple([_lot(row) for row in rows])


def as_hold(rows: Sequence[Row], pins: Sequence[Row]) -> Hold | None:
    """A hold with its pins."""
    if not rows:
        return None
    row = rows[0]
    return Hold(
        hold_id=row[0],
        wallet_id=row[1],
        purpose=row[2],
        ceiling=row[3],
        price_version=row[4],
        state=HOLD_STATES[row[5]],
        settled=row[6],
        returned=row[7],
        placed_at=from_microseconds(row[8]),
        lease_expires_at=from_microseconds(row[9]),
        ended_at=maybe_time(row[10]),
        day_start=from_microseconds(row[11]),
        month_start=from_microseconds(row[12]),
        pins=tuple([Pin(lot_id, amount) for lot_id, amount in pins]),
        member_id=row[13],
        envelope_id=row[14],
        reversed=row[15],
    )


def maybe_time(microseconds: int | None) -> datetime | None:
    """The instant, or None."""
    return None if microseconds is None else from_microseconds(microseconds)


def _lot(row: Row) -> Lot:
    """A lot from the columns of `LOT`, which stand in the order of its fields."""
    effective_at, issued_at = from_microseconds(row[3]), from_microseconds(row[5])
    ends_at = None if row[4] is None else from_microseconds(row[4])
    return Lot(row[0], SOURCES[row[1]], row[2], effective_at, ends_at, issued_at, *row[6:LOT_WIDTH])
