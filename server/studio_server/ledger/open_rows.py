"""The store: rows that a command opens. Each is written once; uniqueness is the schema's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger.values import AccountKind

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.effects import NewLot
    from studio_server.ledger.values import Envelope, Hold, Limits, Member, Wallet
    from studio_server.ledger.writes import Writes
    from studio_server.storage import Row

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
WALLET = "INSERT INTO wallets (wallet_id, owner_id, asset, state, opened_us, zone) VALUES (?, ?, ?, ?, ?, ?)"
LIMITS = (
    "INSERT INTO wallet_limits (wallet_id, plan_daily, plan_monthly_allocation, plan_per_run,"
    " plan_open_holds, own_daily, own_monthly, own_per_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (wallet_id) DO UPDATE SET plan_daily = excluded.plan_daily,"
    " plan_monthly_allocation = excluded.plan_monthly_allocation, plan_per_run = excluded.plan_per_run,"
    " plan_open_holds = excluded.plan_open_holds, own_daily = excluded.own_daily,"
    " own_monthly = excluded.own_monthly, own_per_run = excluded.own_per_run"
)
GRANT = (
    "INSERT INTO grants (grant_id, wallet_id, source, reference, amount, priority, effective_us, ends_us,"
    " issued_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LOT = (
    "INSERT INTO lots (lot_id, grant_id, wallet_id, source, priority, effective_us, ends_us, issued_us,"
    " amount, available, roll_over) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
HOLD = (
    "INSERT INTO holds (hold_id, wallet_id, purpose, ceiling, price_version, state, settled, returned,"
    " placed_us, lease_expires_us, ended_us, day_start_us, month_start_us, member_id, envelope_id)"
    " VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, NULL, ?, ?, ?, ?)"
)
PIN = "INSERT INTO hold_lots (hold_id, position, lot_id, amount) VALUES (?, ?, ?, ?)"
MEMBER = (
    "INSERT INTO members (wallet_id, member_id, cap, active) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (wallet_id, member_id) DO UPDATE SET cap = excluded.cap, active = excluded.active"
)
ENVELOPE = (
    "INSERT INTO envelopes (envelope_id, wallet_id, purpose, ceiling, opened_us, ends_us)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


def insert_wallet(writes: Writes, wallet: Wallet, now_us: int) -> None:
    """The wallet and its own side of the books."""
    row = (wallet.wallet_id, wallet.owner_id, str(wallet.asset), str(wallet.state), now_us, wallet.zone)
    writes.add("wallet", wallet.wallet_id, WALLET, row)
    for kind in WALLET_ACCOUNTS:
        account = f"{wallet.wallet_id}/{kind}"
        writes.add("account", account, OPEN_ACCOUNT, (account, None, kind.value, wallet.wallet_id))


def write_limits(writes: Writes, wallet_id: str, limits: Limits) -> None:
    """The limits as they apply from now on."""
    plan, own = limits.plan, limits.own
    row = (
        *(wallet_id, plan.daily, plan.monthly_allocation, plan.per_run, plan.open_holds),
        *(own.daily, own.monthly, own.per_run),
    )
    writes.add("limits", wallet_id, LIMITS, row)


def insert_lot(writes: Writes, wallet_id: str, new: NewLot) -> None:
    """The grant, its lot, and the lot's two accounts."""
    grant, lot = new.grant, new.lot
    terms = (
        lot.priority,
        to_microseconds(lot.effective_at),
        _maybe(lot.ends_at),
        to_microseconds(lot.issued_at),
    )
    row = (grant.grant_id, wallet_id, str(grant.source), grant.reference, lot.amount, *terms)
    writes.add("grant", grant.grant_id, GRANT, row)
    place = (lot.lot_id, grant.grant_id, wallet_id, str(lot.source))
    writes.add("lot", lot.lot_id, LOT, (*place, *terms, lot.amount, lot.available, lot.roll_over))
    for kind, name in ((AccountKind.LOT_AVAILABLE, "available"), (AccountKind.LOT_HELD, "held")):
        account = f"{lot.lot_id}/{name}"
        writes.add("account", account, OPEN_ACCOUNT, (account, lot.lot_id, kind.value, wallet_id))


def insert_hold(writes: Writes, hold: Hold) -> None:
    """The hold and the lots it pins."""
    writes.add("hold", hold.hold_id, HOLD, hold_row(hold))
    for row in pin_rows(hold):
        writes.add("pin", hold.hold_id, PIN, row)


def hold_row(hold: Hold) -> Row:
    """The columns of an open hold, in the order of `HOLD`."""
    return (
        *(hold.hold_id, hold.wallet_id, hold.purpose, hold.ceiling, hold.price_version, str(hold.state)),
        *(to_microseconds(hold.placed_at), to_microseconds(hold.lease_expires_at)),
        *(to_microseconds(hold.day_start), to_microseconds(hold.month_start)),
        *(hold.member_id, hold.envelope_id),
    )


def pin_rows(hold: Hold) -> list[Row]:
    """The columns of the lots it pins, in the order of `PIN`."""
    return [(hold.hold_id, position, pin.lot_id, pin.amount) for position, pin in enumerate(hold.pins)]


def write_member(writes: Writes, wallet_id: str, member: Member) -> None:
    """Who may spend from a team's wallet, from now on."""
    row = (wallet_id, member.member_id, member.cap, int(member.active))
    writes.add("member", member.member_id, MEMBER, row)


def insert_envelope(writes: Writes, envelope: Envelope) -> None:
    """A ceiling that several holds share."""
    row = (
        *(envelope.envelope_id, envelope.wallet_id, envelope.purpose, envelope.ceiling),
        *(to_microseconds(envelope.opened_at), to_microseconds(envelope.ends_at)),
    )
    writes.add("envelope", envelope.envelope_id, ENVELOPE, row)


def _maybe(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)
