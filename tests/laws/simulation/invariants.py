"""What must hold after every command in the wallets it touched, and in everything at a world's end."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from studio_server.ledger.canonical import from_text
from studio_server.ledger.commands import (
    CoverDebt,
    ExpireHold,
    IssueGrant,
    PlaceHold,
    Release,
    Reverse,
    Settle,
    TransferCredits,
    VoidGrant,
    effect_key,
)
from studio_server.ledger.outcomes import HoldEnded, HoldPlaced
from studio_server.ledger.values import HoldState, Period

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from studio_server.ledger.memory import MemoryStore
    from studio_server.ledger.values import Hold, Lot

COVERS = (IssueGrant, Settle, Release, ExpireHold, VoidGrant, Reverse, CoverDebt)


def after_each(store: MemoryStore, command: Any, outcome: Any, now: datetime) -> list[str]:
    """Everything wrong in the touched wallets after one effect."""
    wallets = touched(store, command, outcome)
    found = [text for wallet_id in wallets for text in _wallet(store, wallet_id)]
    if isinstance(command, COVERS) and not getattr(outcome, "late", False):
        found += _debt(store, wallets[0], now)
    elif isinstance(command, TransferCredits):
        found += _debt(store, wallets[1], now)
    if isinstance(outcome, HoldPlaced):
        found += _caps(store, store.rows.holds[outcome.hold_id], now)
    if isinstance(outcome, HoldEnded) and not outcome.late:
        found += _ended(store, store.rows.holds[outcome.hold_id], outcome, now)
    return [f"{text} after {command}" for text in found]


def touched(store: MemoryStore, command: Any, outcome: Any) -> list[str]:
    """The wallets of a command that took effect."""
    rows = store.rows
    wallet_id = getattr(command, "wallet_id", None) or getattr(outcome, "wallet_id", None)
    if wallet_id is not None:
        other = getattr(command, "to_wallet_id", None)
        return [wallet_id] if other is None else [wallet_id, other]
    hold_id, lot_id = getattr(command, "hold_id", None), getattr(command, "lot_id", None)
    if isinstance(command, VoidGrant):
        lot_id = rows.grants[command.grant_id][1]
    if isinstance(command, Reverse):
        hold_id, parts = rows.undoable[command.reverses]
        lot_id = parts[0][1]
    if hold_id is not None:
        return [rows.holds[hold_id].wallet_id]
    if lot_id is not None:
        return [rows.wallet_of[lot_id]]
    return [rows.envelopes[command.envelope_id].wallet_id]


def at_the_end(store: MemoryStore, acknowledged: dict[Any, Any]) -> list[str]:
    """Everything wrong anywhere."""
    checks = (_conserved(store), _windows(store), _journal(store), _kept(store, acknowledged), _lost(store))
    return [text for check in checks for text in check]


def _wallet(store: MemoryStore, wallet_id: str) -> Iterator[str]:
    rows = store.rows
    available = held = 0
    accounts = rows.accounts
    for lot_id in rows.lots_of.get(wallet_id, ()):
        lot = rows.lots[lot_id]
        available, held = available + lot.available, held + lot.held
        if min(lot.available, lot.held, lot.spent) < 0 or lot.available + lot.held + lot.spent > lot.amount:
            yield f"{lot} does not add up"
        if not 0 <= lot.owed <= lot.voided <= lot.amount:
            yield f"{lot} was taken back beyond what it gave"
        if accounts[f"{lot_id}/available"][0] != lot.available:
            yield f"{lot} is not what its account says"
        if lot.held and accounts[f"{lot_id}/held"][0] != lot.held:
            yield f"{lot} holds something else than its account"
    if rows.totals[wallet_id] != (available, held):
        yield f"{wallet_id} has {(available, held)} in lots and {rows.totals[wallet_id]} on record"
    if held != sum(rows.holds[hold_id].ceiling for hold_id in rows.open_holds.get(wallet_id, ())):
        yield f"{wallet_id} holds {held}, and its open holds something else"
    if rows.wallets[wallet_id].debt > 0:
        yield f"{wallet_id} has a debt above nothing"


def _debt(store: MemoryStore, wallet_id: str, now: datetime) -> Iterator[str]:
    """A wallet that owes has nothing live."""
    if store.rows.wallets[wallet_id].debt and any(lot.available for lot in _live(store, wallet_id, now)):
        yield f"{wallet_id} owes and has something available"


def _live(store: MemoryStore, wallet_id: str, now: datetime) -> Iterator[Lot]:
    lots = (store.rows.lots[lot_id] for lot_id in store.rows.lots_of.get(wallet_id, ()))
    return (lot for lot in lots if lot.effective_at <= now and (lot.ends_at is None or now < lot.ends_at))


def _caps(store: MemoryStore, hold: Hold, now: datetime) -> Iterator[str]:
    """What a hold is bounded by, counted anew; and it draws only what runs."""
    rows = store.rows
    limits = rows.limits[hold.wallet_id]
    running = list(_live(store, hold.wallet_id, now))
    bought = sum(lot.amount - lot.voided for lot in running if lot.source == "purchase")
    allocation = limits.plan.monthly_allocation
    monthly = None if allocation is None else allocation + bought
    places = {
        (Period.DAY, "", hold.day_start): (limits.plan.daily, limits.own.daily),
        (Period.MONTH, "", hold.month_start): (monthly, limits.own.monthly),
    }
    if hold.member_id is not None:
        places[Period.MEMBER, hold.member_id, hold.month_start] = (
            rows.members[hold.wallet_id, hold.member_id].cap,
            None,
        )
    if hold.envelope_id is not None:
        envelope = rows.envelopes[hold.envelope_id]
        places[Period.ENVELOPE, hold.envelope_id, envelope.opened_at] = (envelope.ceiling, None)
    for place, caps in places.items():
        window = rows.windows[(hold.wallet_id, *place)]
        cap = min((cap for cap in caps if cap is not None), default=None)
        if cap is not None and window.settled - window.reversed + window.held > cap:
            yield f"{window} is above its cap {cap}"
    if not {lot.lot_id for lot in running}.issuperset(pin.lot_id for pin in hold.pins):
        yield f"{hold} draws a lot outside its time"


def _ended(store: MemoryStore, hold: Hold, outcome: HoldEnded, now: datetime) -> Iterator[str]:
    """It ended as a whole, and what it returned to lots that had ended is gone."""
    if hold.state is HoldState.OPEN or hold.settled + hold.returned != hold.ceiling:
        yield f"{hold} did not end as a whole"
    left, lapsed = hold.settled, 0
    for pin in hold.pins:
        spent = min(left, pin.amount)
        left -= spent
        ends_at = store.rows.lots[pin.lot_id].ends_at
        lapsed += pin.amount - spent if ends_at is not None and ends_at <= now else 0
    if outcome.lapsed != lapsed:
        yield f"{outcome} should have lost {lapsed} to lots that had ended"


def _conserved(store: MemoryStore) -> Iterator[str]:
    """All balances of an asset sum to nothing."""
    rows = store.rows
    sums: dict[str, int] = defaultdict(int)
    for account, (balance, _) in rows.accounts.items():
        owner = account.rsplit("/", 1)[0]
        sums[rows.wallets[rows.wallet_of.get(owner, owner)].asset] += balance
    for asset, total in sums.items():
        if total:
            yield f"the balances of {asset} sum to {total}"


def _lost(store: MemoryStore) -> Iterator[str]:
    """Per wallet: what left its lots without being spent is expired or revoked, and nothing else is."""
    rows = store.rows
    for wallet_id in rows.wallets:
        lots = [rows.lots[lot_id] for lot_id in rows.lots_of.get(wallet_id, ())]
        gone = sum(lot.amount - lot.available - lot.held - lot.spent for lot in lots)
        owed = sum(lot.owed for lot in lots)
        grants = {lot.lot_id: rows.grants[rows.grant_of[lot.lot_id]][0] for lot in lots}
        again = sum(lot.amount for lot in lots if grants[lot.lot_id].reference.startswith("undo:"))
        kept = sum(rows.accounts.get(f"{wallet_id}/{kind}", (0, 0))[0] for kind in ("expired", "revoked"))
        if gone + owed - again != kept:
            yield f"{wallet_id} lost {gone}, owes {owed}, was given {again} again, and has {kept} on record"


def _windows(store: MemoryStore) -> Iterator[str]:
    """Every window is the sum of the holds placed in it."""
    rows = store.rows
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for hold in rows.holds.values():
        places = [(Period.DAY, "", hold.day_start), (Period.MONTH, "", hold.month_start)]
        if hold.member_id is not None:
            places.append((Period.MEMBER, hold.member_id, hold.month_start))
        if hold.envelope_id is not None:
            places.append((Period.ENVELOPE, hold.envelope_id, rows.envelopes[hold.envelope_id].opened_at))
        for place in places:
            parts = sums[(hold.wallet_id, *place)]
            parts[0] += hold.settled
            parts[1] += hold.ceiling if hold.state is HoldState.OPEN else 0
            parts[2] += hold.reversed
    for place, window in rows.windows.items():
        if [window.settled, window.held, window.reversed] != sums.pop(place, [0, 0, 0]):
            yield f"{place} is {window}, its holds say otherwise"
    if any(any(parts) for parts in sums.values()):
        yield f"windows are missing: {sums}"


def _journal(store: MemoryStore) -> Iterator[str]:
    """Nothing took effect twice, and time did not fall."""
    keys = Counter(effect_key(command) for command, _, _ in store.journal)
    late = {f"hold:{hold_id}:terminal" for hold_id in store.rows.holds}
    for key, times in keys.items():
        if times > (2 if key in late else 1):
            yield f"{key} took effect {times} times"
    placed = Counter(command.effect_key for command, _, _ in store.journal if isinstance(command, PlaceHold))
    if len(store.rows.holds) != placed.total():
        yield f"{placed.total()} holds were placed and {len(store.rows.holds)} are there"
    times = [at for _, at, _ in store.journal]
    if times != sorted(times):
        yield "recorded time fell"


def _kept(store: MemoryStore, acknowledged: dict[Any, Any]) -> Iterator[str]:
    """What was answered is in the books, as it was answered."""
    for command, outcome in acknowledged.items():
        late = getattr(outcome, "late", False)
        stored = None if late else store.rows.answers.get(effect_key(command))
        if not late and (stored is None or _told(stored[1]) != outcome):
            yield f"{command} was answered {outcome} and is not in the books"


def _told(answer: Any) -> Any:
    return from_text(answer) if isinstance(answer, str) else answer
