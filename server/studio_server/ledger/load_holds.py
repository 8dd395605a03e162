"""What is loaded to place a hold or to end one: the hot reads, few statements with much in each.

Beside the state they tell balance and version of every account that placing or ending a hold can move, unless
the wallet is in debt: then the accounts are read after the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger import rows
from studio_server.ledger import state as seen
from studio_server.ledger.ground import Found, Loader, Pairs
from studio_server.ledger.values import Limits, OwnLimits, Period, PlanCaps, Window
from studio_server.ledger.windows import day_window, month_window

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.commands import PlaceHold
    from studio_server.ledger.values import Envelope, Member
    from studio_server.storage import Row
    from studio_server.storage.tx import Statement

WALLET = "w.wallet_id, w.owner_id, w.asset, w.state, d.balance, w.zone"
WITH_TOTALS = (
    " LEFT JOIN effects t ON t.sequence = (SELECT sequence FROM latest_effects WHERE wallet_id = w.wallet_id)"
)
WITH_ACCOUNTS = (
    " JOIN accounts a ON a.wallet_id = l.wallet_id AND a.account_id = l.lot_id || '/available'"
    " JOIN accounts h ON h.wallet_id = l.wallet_id AND h.account_id = l.lot_id || '/held'"
)
LOT = ", ".join(f"l.{name}" for name in rows.LOT.split(", "))
LOT_AND_ACCOUNTS = f"{LOT}, a.balance, a.version, h.balance, h.version"
LOT_WIDTH = rows.LOT_WIDTH
HOLD = ", ".join(f"h.{name}" for name in rows.HOLD.split(", "))
HOLD_WIDTH = len(rows.HOLD.split(", "))


def _with_account(name: str, wallet: str, kind: str) -> str:
    """An account by wallet and id: SQLite keeps those of a wallet side by side."""
    return (
        f" JOIN accounts {name} ON {name}.wallet_id = {wallet} AND {name}.account_id = {wallet} || '/{kind}'"
    )


def _with_window(name: str, period: Period) -> str:
    here = f"wallet_id = w.wallet_id AND period = '{period.value}' AND subject = ''"
    return (
        f" LEFT JOIN windows {name} ON {name}.wallet_id = w.wallet_id AND {name}.period = '{period.value}'"  # noqa: S608  - constant text
        f" AND {name}.subject = '' AND {name}.start_us ="
        f" (SELECT max(start_us) FROM windows WHERE {here} AND start_us <= ?)"
    )


SPENDING_OF = (
    f"SELECT {WALLET}, c.plan_daily, c.plan_monthly_allocation, c.plan_per_run, c.plan_open_holds,"  # noqa: S608  - constant text
    " c.own_daily, c.own_monthly, c.own_per_run,"
    " (SELECT coalesce(sum(amount - voided), 0) FROM lots WHERE wallet_id = w.wallet_id"
    " AND source = 'purchase' AND effective_us <= ? AND (ends_us IS NULL OR ends_us > ?)),"
    " (SELECT count(*) FROM holds WHERE wallet_id = w.wallet_id AND state = 'open'),"
    " coalesce(t.available_after, 0), coalesce(t.held_after, 0),"
    " day.start_us, day.settled, day.held, day.reversed,"
    " month.start_us, month.settled, month.held, month.reversed"
    f" FROM wallets w{_with_account('d', 'w.wallet_id', 'debt')}"
    " LEFT JOIN wallet_limits c ON c.wallet_id = w.wallet_id"
    f"{WITH_TOTALS}{_with_window('day', Period.DAY)}{_with_window('month', Period.MONTH)}"
    " WHERE w.wallet_id "
)
SPENDING = f"{SPENDING_OF}= ?"
TO_DRAW = (
    f"SELECT {LOT_AND_ACCOUNTS} FROM lots l{WITH_ACCOUNTS}"  # noqa: S608  - constant text
    " WHERE l.wallet_id = ? AND l.used_up = 0"
)
HELD_OF = (
    f"SELECT {HOLD}, {WALLET}, r.balance, r.version, x.balance, x.version,"  # noqa: S608  - constant text
    " coalesce(t.available_after, 0), coalesce(t.held_after, 0)"
    " FROM holds h JOIN wallets w ON w.wallet_id = h.wallet_id"
    f"{_with_account('d', 'h.wallet_id', 'debt')}{_with_account('r', 'h.wallet_id', 'revenue')}"
    f"{_with_account('x', 'h.wallet_id', 'expired')}{WITH_TOTALS}"
    " WHERE h.hold_id "
)
HELD = f"{HELD_OF}= ?"
PINNED = (
    f"SELECT {LOT_AND_ACCOUNTS}, p.amount FROM hold_lots p JOIN lots l ON l.lot_id = p.lot_id{WITH_ACCOUNTS}"  # noqa: S608  - constant text
    " WHERE p.hold_id = ? ORDER BY p.position"
)
OWING = (
    f"SELECT {rows.LOT} FROM lots WHERE used_up = 0 AND available > 0 AND wallet_id ="  # noqa: S608  - constant text
    f" (SELECT d.wallet_id FROM holds h{_with_account('d', 'h.wallet_id', 'debt')}"
    " WHERE h.hold_id = ? AND d.balance < 0)"
)
WINDOW = (
    "SELECT start_us, settled, held, reversed FROM windows WHERE wallet_id = ? AND period = ? AND subject = ?"
    " AND start_us <= ? ORDER BY start_us DESC LIMIT 1"
)
MEMBER = "SELECT member_id, cap, active FROM members WHERE wallet_id = ? AND member_id = ?"
ENVELOPE = (
    "SELECT envelope_id, wallet_id, purpose, ceiling, opened_us, ends_us, closed_us FROM envelopes"
    " WHERE envelope_id = ?"
)


def to_draw_of(these: str) -> str:
    """The lots of these wallets as `TO_DRAW` reads those of one, the wallet last."""
    return (
        f"SELECT {LOT_AND_ACCOUNTS}, l.wallet_id FROM lots l{WITH_ACCOUNTS}"  # noqa: S608  - constant text
        f" WHERE l.wallet_id {these} AND l.used_up = 0"
    )


def pinned_of(these: str) -> str:
    """The lots that these holds pinned as `PINNED` reads those of one, the hold last."""
    return (
        f"SELECT {LOT_AND_ACCOUNTS}, p.amount, p.hold_id FROM hold_lots p"  # noqa: S608  - constant text
        f" JOIN lots l ON l.lot_id = p.lot_id{WITH_ACCOUNTS}"
        f" WHERE p.hold_id {these} ORDER BY p.hold_id, p.position"
    )


def spending(command: PlaceHold, now: datetime) -> Loader:
    """Everything that bounds what may be set aside from this wallet."""
    wallet_id, at = command.wallet_id, to_microseconds(now)
    statements: list[Statement] = [
        (SPENDING, (at, at, at, at, wallet_id)),
        (TO_DRAW, (wallet_id,)),
    ]
    if command.member_id is not None:
        statements.append((MEMBER, (wallet_id, command.member_id)))
        statements.append((WINDOW, (wallet_id, Period.MEMBER.value, command.member_id, at)))
    if command.envelope_id is not None:
        statements.append((ENVELOPE, (command.envelope_id,)))
        statements.append((WINDOW, (wallet_id, Period.ENVELOPE.value, command.envelope_id, at)))
    return Loader(
        statements,
        lambda found: spend_state(command, now, found),
        lambda found: lot_accounts(found[1]),
        lambda found: {row[0]: (row[15], row[16]) for row in found[0]},
    )


def held(hold_id: str) -> Loader:
    """The hold, the lots it pinned, its wallet, and what could pay a debt of it."""
    statements: list[Statement] = [(HELD, (hold_id,)), (PINNED, (hold_id,)), (OWING, (hold_id,))]
    return Loader(
        statements,
        held_state,
        lambda found: lot_accounts(found[1]) | wallet_accounts(found[0]),
        lambda found: {row[1]: (row[-2], row[-1]) for row in found[0]},
    )


def spend_state(command: PlaceHold, now: datetime, found: Found) -> seen.SpendState:
    """What bounds this hold, from the rows that `spending` reads."""
    row: Row = found[0][0] if found[0] else (None,) * 25
    wallet = rows.as_wallet(found[0])
    zone = "UTC" if wallet is None else wallet.zone
    month = month_window(now, zone)
    member, member_month, envelope, envelope_window = None, None, None, None
    if command.member_id is not None or command.envelope_id is not None:
        member, member_month, rest = _member(command, month, found[2:])
        envelope, envelope_window = _envelope(command, rest)
    return seen.SpendState(
        wallet=wallet,
        limits=_limits(row[6:14]),
        lots=rows.as_lots(found[1]),
        day=rows.as_window([row[17:21]], day_window(now, zone)),
        month=rows.as_window([row[21:25]], month),
        open_holds=row[14] or 0,
        member=member,
        member_month=member_month,
        envelope=envelope,
        envelope_window=envelope_window,
    )


def _limits(row: Row) -> Limits:
    """As on record; a wallet without a row of limits has the defaults."""
    if row[3] is None:
        return Limits(PlanCaps(), OwnLimits())
    daily, monthly_allocation, per_run, open_holds, own_daily, own_monthly, own_per_run, bought = row
    plan = PlanCaps(daily, monthly_allocation, per_run, open_holds)
    return Limits(plan, OwnLimits(own_daily, own_monthly, own_per_run), int(bought))


def _member(command: PlaceHold, month: Window, found: Found) -> tuple[Member | None, Window | None, Found]:
    if command.member_id is None:
        return None, None, found
    empty = Window(Period.MEMBER, month.start, month.ends_at, subject=command.member_id)
    return rows.as_member(found[0]), rows.as_window(found[1], empty), found[2:]


def _envelope(command: PlaceHold, found: Found) -> tuple[Envelope | None, Window | None]:
    if command.envelope_id is None:
        return None, None
    envelope = rows.as_envelope([row for row in found[0] if row[1] == command.wallet_id])
    if envelope is None:
        return None, None
    empty = Window(Period.ENVELOPE, envelope.opened_at, envelope.ends_at, subject=envelope.envelope_id)
    return envelope, rows.as_window(found[1], empty)


def held_state(found: Found) -> seen.HeldState:
    """What the end of a hold looks at, from the rows that `held` reads."""
    pins = [(row[0], row[-1]) for row in found[1]]
    return seen.HeldState(
        rows.as_hold(found[0], pins),
        rows.as_lots(found[1]),
        rows.as_wallet([row[HOLD_WIDTH:] for row in found[0]]),
        rows.as_lots(found[2]),
    )


def lot_accounts(lots: list[Any]) -> Pairs:
    """Balance and version of the two accounts of each lot."""
    accounts: Pairs = {}
    for row in lots:
        available, version, in_hold, held_version = row[LOT_WIDTH : LOT_WIDTH + 4]
        accounts[f"{row[0]}/available"] = (available, version)
        accounts[f"{row[0]}/held"] = (in_hold, held_version)
    return accounts


def wallet_accounts(found: list[Any]) -> Pairs:
    """Balance and version of a wallet's revenue and expired, by hold read."""
    accounts: Pairs = {}
    for row in found:
        revenue, revenue_version, expired, expired_version = row[-6:-2]
        accounts[f"{row[1]}/revenue"] = (revenue, revenue_version)
        accounts[f"{row[1]}/expired"] = (expired, expired_version)
    return accounts
