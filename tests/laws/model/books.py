"""The model's books: wallets, keys, grants, limits. Written from the contract; shares no code with it.

Every act has a key and an opaque body: the same key with the same body answers as before. An act checks
everything first and changes something only when nothing refuses.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.laws.model.values import MOST, RANK, Answer, Caps, Envelope, Hold, Lot, Refused, Voided, Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Books:
    """Everything there is; `now` is set from outside before each act."""

    now: int = 0
    wallets: list[Wallet] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    open: dict[int, Hold] = field(default_factory=dict)
    filled: dict[int, Lot] = field(default_factory=dict)
    granted: dict[tuple[str, str], Lot] = field(default_factory=dict)
    done: dict[str, tuple[Any, Answer]] = field(default_factory=dict)
    voids: dict[str, Voided] = field(default_factory=dict)

    def once(self, key: str, body: Any, act: Callable[[], Answer]) -> Answer:
        """The stored answer to the same body, a refusal of another, or the act."""
        if key in self.done:
            said, answer = self.done[key]
            if said == body:
                return answer
            raise Refused("EffectKeyReused")
        answer = act()
        self.done[key] = (body, answer)
        return answer


class Shape:
    """Whether single fields are looked at: of two faults of a command not every order is laid down."""

    checked = True


@contextmanager
def shape_unchecked() -> Iterator[None]:
    """What else is wrong with a command, apart from its fields."""
    Shape.checked = False
    try:
        yield
    finally:
        Shape.checked = True


def whole(value: object, least: int = 1, most: int = MOST) -> None:
    """Refuse what is not a whole number in its range."""
    if not Shape.checked:
        return
    if type(value) is not int or not least <= value <= most:
        raise Refused("AmountOutOfRange")


def written(*texts: str) -> None:
    """Refuse a text that is empty or endless."""
    if Shape.checked and any(not 1 <= len(text) <= 255 for text in texts):
        raise Refused("TextMissing")


def found(wallet: Wallet | None) -> Wallet:
    """The wallet, if there is one."""
    if wallet is None:
        raise Refused("WalletNotFound")
    return wallet


def cover(books: Books, wallet: Wallet) -> int:
    """Pay the debt from what is live, in burn order, and tell how much was paid."""
    paid = 0
    for lot in wallet.burnable(books.now) if wallet.debt else ():
        part = min(lot.available, -wallet.debt)
        lot.available, lot.spent = lot.available - part, lot.spent + part
        wallet.debt, paid = wallet.debt + part, paid + part
    return paid


def open_wallet(books: Books, *, owner: str, asset: str, zone: str, plan: Caps, most_open: int) -> Answer:
    """A new, empty wallet; one per owner and asset."""
    for wallet in books.wallets:
        if (wallet.owner, wallet.asset) == (owner, asset):
            raise Refused("WalletAlreadyOpen")
    wallet = Wallet(len(books.wallets), owner, asset, zone, plan, most_open)
    books.wallets.append(wallet)
    return Answer(wallet_id=wallet, opened_at=books.now)


def add_lot(
    books: Books,
    wallet: Wallet,
    *,
    source: str,
    reference: str,
    amount: int,
    ends: int | None,
    rank: int | None = None,
    effective: int | None = None,
    roll_over: int | None = None,
) -> Lot:
    """A new lot, full."""
    lot = Lot(
        number=len(books.lots),
        wallet=wallet,
        source=source,
        reference=reference,
        rank=RANK[source] if rank is None else rank,
        effective=books.now if effective is None else effective,
        ends=ends,
        issued=books.now,
        amount=amount,
        roll_over=roll_over,
        available=amount,
    )
    books.lots.append(lot)
    wallet.lots.append(lot)
    books.granted[source, reference] = lot
    if ends is not None:
        books.filled[lot.number] = lot
    return lot


def issue_grant(
    books: Books,
    key: str,
    wallet: Wallet | None,
    *,
    source: str,
    amount: int,
    reference: str,
    ends: int | None,
    effective: int | None,
    rank: int | None,
    roll_over: int | None,
) -> Answer:
    """Give; what the wallet owes is paid from it at once."""
    wallet = found(wallet)
    if wallet.state == "closed":
        raise Refused("WalletNotOpen", state="closed")
    written(key, reference)
    whole(amount)
    if roll_over is not None:
        whole(roll_over)
    start = books.now if effective is None else effective
    if (source, reference) in books.granted:
        raise Refused("GrantAlreadyIssued")
    if ends is not None and ends <= max(start, books.now):
        raise Refused("GrantEndsTooSoon")
    lot = add_lot(
        books,
        wallet,
        source=source,
        reference=reference,
        amount=amount,
        ends=ends,
        rank=rank,
        effective=effective,
        roll_over=roll_over,
    )
    cover(books, wallet)
    return Answer(lot_id=lot, grant_id=lot, amount=amount, effective_at=start, ends_at=ends)


def expire_lot(books: Books, lot: Lot | None) -> Answer:
    """What is available in an ended lot is gone."""
    if lot is None:
        raise Refused("LotNotFound")
    if not lot.over(books.now) or not lot.available or lot.roll_over is not None:
        raise Refused("NothingToExpire")
    gone, lot.available = lot.available, 0
    lot.expired += gone
    return Answer(lot_id=lot, amount=gone, expired_at=books.now)


def bought(books: Books, wallet: Wallet) -> int:
    """What purchases that run now gave and still stand for."""
    running = (lot for lot in wallet.lots if lot.source == "purchase" and lot.live(books.now))
    return sum(lot.amount - lot.voided for lot in running)


def set_limits(
    books: Books, wallet: Wallet | None, own: Caps | None, plan: Caps | None, most_open: int
) -> Answer:
    """Replace one half or both; an own limit is at most what the plan in force allows."""
    wallet = found(wallet)
    allowed = wallet.plan if plan is None else plan
    if own is not None:
        monthly = None if allowed.monthly is None else allowed.monthly + bought(books, wallet)
        pairs = ((own.monthly, monthly), (own.daily, allowed.daily), (own.per_run, allowed.per_run))
        for asked, most in pairs:
            if asked is not None and most is not None and asked > most:
                raise Refused("LimitAbovePlan", asked=asked, allowed=most)
    wallet.plan = allowed
    wallet.own = wallet.own if own is None else own
    wallet.most_open = wallet.most_open if plan is None else most_open
    return Answer(wallet_id=wallet)


def set_state(wallet: Wallet | None, state: str) -> Answer:
    """Freeze, open, close; closed is for ever, and only without open holds and debt."""
    wallet = found(wallet)
    if wallet.state == "closed":
        raise Refused("WalletNotOpen", state="closed")
    if state == "closed" and (wallet.open_holds() or wallet.debt):
        raise Refused("WalletNotEmpty", open_holds=len(wallet.open_holds()), debt=-wallet.debt)
    wallet.state = state
    return Answer(wallet_id=wallet, state=state)


def set_member(wallet: Wallet | None, key: str, member: str, cap: int | None, active: bool) -> Answer:
    """Let somebody spend, or no longer."""
    wallet = found(wallet)
    written(key, member)
    if cap is not None:
        whole(cap, 0)
    wallet.members[member] = (cap, active)
    return Answer(member_id=member, cap=cap, active=active)


def open_envelope(
    books: Books, wallet: Wallet | None, texts: tuple[str, ...], ceiling: int, ends: int
) -> Answer:
    """A shared ceiling."""
    wallet = found(wallet)
    if wallet.state != "open":
        raise Refused("WalletNotOpen", state=wallet.state)
    written(*texts)
    whole(ceiling)
    if ends <= books.now:
        raise Refused("EnvelopeEnded")
    envelope = Envelope(len(books.envelopes), wallet, ceiling, books.now, ends)
    books.envelopes.append(envelope)
    return Answer(envelope_id=envelope, ceiling=ceiling, opened_at=books.now, ends_at=ends)


def close_envelope(envelope: Envelope | None) -> Answer:
    """No further hold in it."""
    if envelope is None:
        raise Refused("EnvelopeNotFound")
    if envelope.closed:
        raise Refused("EnvelopeEnded")
    envelope.closed = True
    inside = [hold for hold in envelope.wallet.holds if hold.envelope is envelope]
    settled = sum(hold.charge for hold in inside if not hold.undone)
    held = sum(hold.ceiling for hold in inside if hold.state == "open")
    return Answer(envelope_id=envelope, settled=settled, held=held)


def cover_debt(books: Books, wallet: Wallet | None) -> Answer:
    """Pay what can be paid; refused when that is nothing."""
    wallet = found(wallet)
    if not wallet.debt or not wallet.ready(books.now):
        raise Refused("NoDebt", debt=-wallet.debt, available=wallet.ready(books.now))
    paid = cover(books, wallet)
    return Answer(wallet_id=wallet, amount=paid, debt_after=wallet.debt)
