"""The store, second half: write a posting with guarded writes, in one batch."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from studio_server.clock import to_microseconds
from studio_server.ledger import open_rows
from studio_server.ledger.posting import lot_changes
from studio_server.ledger.values import Period
from studio_server.ledger.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_server.ledger.effects import Effects, HoldEnd, LotVoid, Undone, WindowEnd, WindowHold
    from studio_server.ledger.posting import Posting
    from studio_server.ledger.values import Hold
    from studio_server.storage import Row, Tx
    from studio_server.storage.tx import Engine


class Many(NamedTuple):
    """One statement for rows of one table; `row` stands for each."""

    head: str
    row: str
    tail: str = ""


EFFECT = (
    "INSERT INTO effects (sequence, effect_key, serial, kind, wallet_id, hold_id, lot_id, body, answer,"
    " recorded_us, available_change, held_change, spent, available_after, held_after)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
TRANSFERS = Many(
    "INSERT INTO transfers (transfer_id, effect_sequence, kind, from_account, to_account, lot_id,"
    " hold_id, amount, recorded_us, to_lot_id, reverses, asset) VALUES ",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT asset FROM accounts WHERE account_id = ?))",
)
ENTRIES = Many(
    "INSERT INTO entries (sequence, transfer_id, account_id, amount, before, after, version, recorded_us)"
    " VALUES ",
    "(?, ?, ?, ?, ?, ?, ?, ?)",
)
ACCOUNTS = Many(
    "UPDATE accounts SET balance = v.column2, version = v.column3 FROM (VALUES ",
    "(?::text, ?::bigint, ?::bigint, ?::bigint, ?::bigint)",
    ") AS v WHERE account_id = v.column1 AND balance = v.column4 AND version = v.column5",
)
"""Not sent to SQLite: there an entry moves its account, and is refused if the account is not as loaded."""
AUDIT = (
    "INSERT INTO audit (sequence, recorded_us, actor, action, subject, details, record_digest,"
    " previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LOT = (
    "UPDATE lots SET available = available + ?, held = held + ?, spent = spent + ?, expired = expired + ?,"
    " revoked = revoked + ? WHERE lot_id = ?"
)
VOID = "UPDATE lots SET voided = voided + ?, owed = owed + ? WHERE lot_id = ?"
END = (
    "UPDATE holds SET state = ?, settled = ?, returned = ?, ended_us = ?"
    " WHERE hold_id = ? AND ended_us IS NULL AND ceiling = ?"
)
"""Open is what has no end, by CHECK; asked for the state, PostgreSQL walks an index of all open holds."""
UNDO = (
    "UPDATE holds SET reversed = ? WHERE hold_id = ? AND state = 'settled' AND settled = ? AND reversed = 0"
)
WITHIN_CAP = (
    " ON CONFLICT (wallet_id, period, subject, start_us)"
    " DO UPDATE SET held = windows.held + excluded.held, cap = excluded.cap"
    " WHERE excluded.cap IS NULL"
    " OR windows.settled - windows.reversed + windows.held + excluded.held <= excluded.cap"
)
"""The guard of every amount that is set aside in a window, alone or in a set."""
SET_ASIDE = Many(
    "INSERT INTO windows (wallet_id, period, subject, start_us, ends_us, cap, settled, held, reversed)"
    " VALUES ",
    "(?, ?, ?, ?, ?, ?, 0, ?, 0)",
    WITHIN_CAP,
)
OF_HOLD = " WHERE wallet_id = ? AND period = ? AND subject = ? AND start_us = ?"
END_ASIDE = "UPDATE windows SET held = held - ?, settled = settled + ?" + OF_HOLD + " AND held >= ?"  # noqa: S608  - constant text
GIVE_BACK = "UPDATE windows SET reversed = reversed + ?" + OF_HOLD + " AND settled - reversed >= ?"  # noqa: S608  - constant text
END_IN_ENVELOPE = (
    "UPDATE windows SET held = held - ?, settled = settled + ? WHERE wallet_id = ? AND period = 'envelope'"
    " AND subject = ? AND held >= ?"
)
GIVE_BACK_IN_ENVELOPE = (
    "UPDATE windows SET reversed = reversed + ? WHERE wallet_id = ? AND period = 'envelope'"
    " AND subject = ? AND settled - reversed >= ?"
)


def apply(tx: Tx, effects: Effects, posting: Posting) -> None:
    """Write the effects and their lines.

    Raises:
        GuardFailed: a row was not as loaded.
    """
    writes = Writes()
    for part in effects.parts:
        _open_rows(writes, part, to_microseconds(tx.now))
    _journal(writes, posting, tx.engine)
    for part in effects.parts:
        _change_rows(writes, part, to_microseconds(tx.now))
    writes.run(tx, apart=_apart(effects))


def _apart(effects: Effects) -> bool:
    """A hold that is placed or ends in one wallet moves every row once and opens none that it also reads."""
    return (effects.hold is not None or effects.hold_end is not None) and effects.also is None


def _open_rows(writes: Writes, effects: Effects, now_us: int) -> None:
    if effects.wallet is not None:
        open_rows.insert_wallet(writes, effects.wallet, now_us)
    if effects.limits is not None:
        open_rows.write_limits(writes, effects.wallet_id, effects.limits)
    for new in effects.lots:
        open_rows.insert_lot(writes, effects.wallet_id, new)
    if effects.envelope is not None:
        open_rows.insert_envelope(writes, effects.envelope)
    if effects.member is not None:
        open_rows.write_member(writes, effects.wallet_id, effects.member)
    if effects.hold is not None:
        open_rows.insert_hold(writes, effects.hold)


def _journal(writes: Writes, posting: Posting, engine: Engine) -> None:
    for row in posting.effects:
        writes.add("effect", str(row[1]), EFFECT, row)
    _add(writes, "transfers from", TRANSFERS, [(*row, row[3]) for row in posting.transfers])
    if engine == "postgresql":
        changes = [(change.account_id, *change.after, *change.before) for change in posting.accounts]
        _add(writes, "accounts from", ACCOUNTS, changes)
    _add(writes, "entries from", ENTRIES, posting.entries)
    for row in posting.audits:
        writes.add("audit row", str(row[0]), AUDIT, row)


def _add(writes: Writes, what: str, many: Many, rows: Sequence[Row]) -> None:
    """One statement for all of them, named by the first: most of what a statement costs it costs once."""
    if rows:
        values = [value for row in rows for value in row]
        writes.add(what, str(values[0]), _for_rows(many, len(rows)), values, rows=len(rows))


@cache
def _for_rows(many: Many, count: int) -> str:
    return many.head + ", ".join([many.row] * count) + many.tail


def _change_rows(writes: Writes, effects: Effects, now_us: int) -> None:
    for lot_id, change in lot_changes(effects.moves).items():
        writes.add("lot", lot_id, LOT, (*change, lot_id))
    if effects.void is not None:
        _void(writes, effects.void)
    aside = [_aside(effects.wallet_id, window_hold) for window_hold in effects.set_aside]
    _add(writes, "windows of", SET_ASIDE, aside)
    if effects.hold_end is not None:
        _end(writes, effects.hold_end, now_us)
    if effects.window_end is not None:
        _end_in_windows(writes, effects.window_end)
    if effects.undone is not None:
        _undo(writes, effects.undone)
    if effects.envelope_closed is not None:
        query = "UPDATE envelopes SET closed_us = ? WHERE envelope_id = ? AND closed_us IS NULL"
        writes.add("envelope", effects.envelope_closed, query, (now_us, effects.envelope_closed))
    if effects.wallet_state is not None:
        query = "UPDATE wallets SET state = ? WHERE wallet_id = ? AND state <> 'closed'"
        writes.add("wallet", effects.wallet_id, query, (str(effects.wallet_state), effects.wallet_id))


def _void(writes: Writes, void: LotVoid) -> None:
    writes.add("lot", void.lot_id, VOID, (void.amount, void.owed, void.lot_id))


def _aside(wallet_id: str, window_hold: WindowHold) -> Row:
    """An amount to set aside under the cap that applies now; the row keeps the cap and checks it."""
    window = window_hold.window
    start_us, ends_us = to_microseconds(window.start), to_microseconds(window.ends_at)
    place = (wallet_id, window.period.value, window.subject, start_us)
    return (*place, ends_us, window_hold.cap, window_hold.amount)


def _end(writes: Writes, end: HoldEnd, now_us: int) -> None:
    whole = end.settled + end.returned
    params = (str(end.state), end.settled, end.returned, now_us, end.hold_id, whole)
    writes.add("hold", end.hold_id, END, params)


def _end_in_windows(writes: Writes, end: WindowEnd) -> None:
    for place in places_of(end.hold):
        params = (end.hold.ceiling, end.settled, *place, end.hold.ceiling)
        writes.add("window of hold", end.hold.hold_id, END_ASIDE, params)
    if end.hold.envelope_id is not None:
        place = (end.hold.wallet_id, end.hold.envelope_id)
        params = (end.hold.ceiling, end.settled, *place, end.hold.ceiling)
        writes.add("envelope of hold", end.hold.hold_id, END_IN_ENVELOPE, params)


def _undo(writes: Writes, undone: Undone) -> None:
    hold, amount = undone.hold, undone.amount
    writes.add("hold", hold.hold_id, UNDO, (amount, hold.hold_id, amount))
    for place in places_of(hold):
        writes.add("window of hold", hold.hold_id, GIVE_BACK, (amount, *place, amount))
    if hold.envelope_id is not None:
        params = (amount, hold.wallet_id, hold.envelope_id, amount)
        writes.add("envelope of hold", hold.hold_id, GIVE_BACK_IN_ENVELOPE, params)


def places_of(hold: Hold) -> list[tuple[str, str, str, int]]:
    """Where a hold counts besides its envelope: wallet, period, subject, start."""
    day, month = to_microseconds(hold.day_start), to_microseconds(hold.month_start)
    places = [(hold.wallet_id, Period.DAY.value, "", day), (hold.wallet_id, Period.MONTH.value, "", month)]
    if hold.member_id is not None:
        places.append((hold.wallet_id, Period.MEMBER.value, hold.member_id, month))
    return places
