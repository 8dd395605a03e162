"""The SQLite store: rows that a command opens. Each is written once; uniqueness is the schema's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.values import AccountKind

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.effects import Grant
    from studio_server.ledger.values import Hold, Limits, Lot, Wallet
    from studio_server.storage import Tx

WALLET_ACCOUNTS = (
    AccountKind.ISSUANCE,
    AccountKind.REVENUE,
    AccountKind.EXPIRED,
    AccountKind.REVOKED,
    AccountKind.DEBT,
    AccountKind.ADJUSTMENT,
)
OPEN_ACCOUNT = (
    "INSERT INTO accounts (account_id, wallet_id, lot_id, kind, asset, balance, version)"
    " SELECT ?, wallet_id, ?, ?, asset, 0, 0 FROM wallets WHERE wallet_id = ?"
)


def insert_wallet(tx: Tx, wallet: Wallet) -> None:
    """The wallet and its own side of the books."""
    tx.execute(
        "INSERT INTO wallets (wallet_id, owner_id, asset, state, opened_us) VALUES (?, ?, ?, ?, ?)",
        (wallet.wallet_id, wallet.owner_id, wallet.asset, wallet.state, to_microseconds(tx.now)),
    )
    for kind in WALLET_ACCOUNTS:
        tx.execute(OPEN_ACCOUNT, (f"{wallet.wallet_id}/{kind}", None, kind, wallet.wallet_id))


def write_limits(tx: Tx, wallet_id: str, limits: Limits) -> None:
    """The limits as they apply from now on."""
    plan, own = limits.plan, limits.own
    tx.execute(
        "INSERT INTO wallet_limits (wallet_id, plan_daily, plan_monthly_allocation, plan_per_run,"
        " plan_open_holds, own_daily, own_monthly, own_per_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET plan_daily = excluded.plan_daily,"
        " plan_monthly_allocation = excluded.plan_monthly_allocation, plan_per_run = excluded.plan_per_run,"
        " plan_open_holds = excluded.plan_open_holds, own_daily = excluded.own_daily,"
        " own_monthly = excluded.own_monthly, own_per_run = excluded.own_per_run",
        (
            *(wallet_id, plan.daily, plan.monthly_allocation, plan.per_run, plan.open_holds),
            *(own.daily, own.monthly, own.per_run),
        ),
    )


def insert_lot(tx: Tx, wallet_id: str, grant: Grant, lot: Lot) -> None:
    """The grant, its lot, and the lot's two accounts."""
    terms = (
        lot.priority,
        to_microseconds(lot.effective_at),
        _maybe(lot.ends_at),
        to_microseconds(lot.issued_at),
    )
    tx.execute(
        "INSERT INTO grants (grant_id, wallet_id, source, reference, amount, priority, effective_us, ends_us,"
        " issued_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (grant.grant_id, wallet_id, grant.source, grant.reference, lot.amount, *terms),
    )
    tx.execute(
        "INSERT INTO lots (lot_id, grant_id, wallet_id, source, priority, effective_us, ends_us, issued_us,"
        " amount, available) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (lot.lot_id, grant.grant_id, wallet_id, lot.source, *terms, lot.amount, lot.available),
    )
    for kind, name in ((AccountKind.LOT_AVAILABLE, "available"), (AccountKind.LOT_HELD, "held")):
        tx.execute(OPEN_ACCOUNT, (f"{lot.lot_id}/{name}", lot.lot_id, kind, wallet_id))


def insert_hold(tx: Tx, hold: Hold) -> None:
    """The hold and the lots it pins."""
    tx.execute(
        "INSERT INTO holds (hold_id, wallet_id, purpose, ceiling, price_version, state, settled, returned,"
        " placed_us, lease_expires_us, ended_us, day_start_us, month_start_us)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, NULL, ?, ?)",
        (
            *(hold.hold_id, hold.wallet_id, hold.purpose, hold.ceiling, hold.price_version, hold.state),
            *(to_microseconds(hold.placed_at), to_microseconds(hold.lease_expires_at)),
            *(to_microseconds(hold.day_start), to_microseconds(hold.month_start)),
        ),
    )
    for position, pin in enumerate(hold.pins):
        tx.execute(
            "INSERT INTO hold_lots (hold_id, position, lot_id, amount) VALUES (?, ?, ?, ?)",
            (hold.hold_id, position, pin.lot_id, pin.amount),
        )


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)
