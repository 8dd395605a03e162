"""The model's second thoughts: taking grants back, undoing, giving on, the end of a period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.laws.model.books import Books, add_lot, cover, found, whole, written
from tests.laws.model.spending import give_back
from tests.laws.model.values import GIVABLE, Answer, Hold, Lot, Refused, Voided, Wallet

if TYPE_CHECKING:
    from collections.abc import Sequence


def void_grant(books: Books, key: str, lot: Lot | None, amount: int | None) -> Answer:
    """Take back what is there; what is not there any more is owed."""
    if lot is None:
        raise Refused("GrantNotFound")
    left = lot.amount - lot.voided
    if amount is not None:
        whole(amount)
    taken = left if amount is None else amount
    if not 1 <= taken <= left:
        raise Refused("VoidsAboveGrant", left=left)
    if lot.wallet.state == "closed":
        raise Refused("WalletNotOpen", state="closed")
    revoked = min(lot.available, taken)
    owed = min(taken - revoked, max(0, lot.held + lot.spent - lot.owed))
    lot.voided, lot.owed = lot.voided + taken, lot.owed + owed
    lot.available, lot.revoked = lot.available - revoked, lot.revoked + revoked
    lot.wallet.debt -= owed
    books.voids[key] = Voided(lot, revoked, owed)
    cover(books, lot.wallet)
    return Answer(grant_id=lot, amount=taken, revoked=revoked, owed=owed, debt_after=lot.wallet.debt)


def reverse_settle(books: Books, hold: Hold | None) -> Answer:
    """What was charged goes back to where it came from."""
    if hold is None or hold.state != "settled" or not hold.charge or hold.undone:
        raise Refused("NothingToReverse")
    hold.undone = True
    lapsed = 0
    for lot, spent in hold.charges:
        lot.spent -= spent
        lapsed += give_back(books, lot, spent)
    cover(books, hold.wallet)
    return Answer(amount=hold.charge, returned=hold.charge - lapsed, lapsed=lapsed, lot_id=None)


def reverse_void(books: Books, key: str) -> Answer:
    """What a voiding took is given anew."""
    void = books.voids.get(key)
    amount = 0 if void is None else void.revoked + void.owed
    if void is None or not amount:
        raise Refused("NothingToReverse")
    old = void.lot
    if old.over(books.now):
        cover(books, old.wallet)
        return Answer(amount=amount, returned=0, lapsed=amount, lot_id=None)
    new = add_lot(
        books,
        old.wallet,
        source="refund",
        reference=f"(reinstated) {key}",
        amount=amount,
        ends=old.ends,
        rank=old.rank,
    )
    cover(books, old.wallet)
    return Answer(amount=amount, returned=amount, lapsed=0, lot_id=new)


def transfer(
    books: Books,
    giver: Wallet | None,
    taker: Wallet | None,
    *,
    amount: int,
    texts: Sequence[str],
    reference: str,
    ends: int | None,
) -> Answer:
    """Give what may be given away, in burn order; it arrives as one new lot per lot drawn."""
    giver, taker = found(giver), found(taker)
    written(*texts)
    whole(amount)
    if taker is giver or (ends is not None and ends <= books.now):
        raise Refused("TransferNotPossible")
    if taker.asset != giver.asset:
        raise Refused("TransferNotPossible")
    if any(source == "gift" and used.startswith(f"{reference}/") for source, used in books.granted):
        raise Refused("GrantAlreadyIssued")
    for wallet in (giver, taker):
        if wallet.state != "open":
            raise Refused("WalletNotOpen", state=wallet.state)
    if giver.debt:
        raise Refused("WalletNotOpen", state="in debt")
    drawn = _givable(books, giver, amount)
    new: list[Lot] = []
    for nth, (lot, part) in enumerate(drawn):
        lot.available, lot.spent = lot.available - part, lot.spent + part
        end = min((one for one in (lot.ends, ends) if one is not None), default=None)
        text = f"{reference}/{nth}"
        new.append(add_lot(books, taker, source="gift", reference=text, amount=part, ends=end))
    cover(books, taker)
    return Answer(amount=amount, lot_ids=new, available_after=giver.ready(books.now))


def _givable(books: Books, giver: Wallet, amount: int) -> list[tuple[Lot, int]]:
    able = [lot for lot in giver.burnable(books.now) if lot.source in GIVABLE]
    available = sum(lot.available for lot in able)
    if available < amount:
        raise Refused("NotEnoughToGive", needed=amount, available=available)
    drawn: list[tuple[Lot, int]] = []
    for lot in able:
        part = min(lot.available, amount)
        if part:
            drawn.append((lot, part))
            amount -= part
    return drawn


def close_period(books: Books, lot: Lot | None, next_ends: int | None) -> Answer:
    """Part of what is left moves into the next period's lot, the rest is gone."""
    if lot is None:
        raise Refused("LotNotFound")
    if not lot.over(books.now) or lot.roll_over is None or (next_ends is not None and next_ends <= books.now):
        raise Refused("PeriodStillRuns")
    rolled = 0 if next_ends is None else min(lot.roll_over, lot.available)
    gone, lot.available = lot.available - rolled, 0
    lot.spent, lot.expired = lot.spent + rolled, lot.expired + gone
    new = None
    if rolled:
        new = add_lot(
            books,
            lot.wallet,
            source=lot.source,
            reference=f"(rolled over) {lot.reference}",
            amount=rolled,
            ends=next_ends,
            rank=lot.rank,
            roll_over=lot.roll_over,
        )
    cover(books, lot.wallet)
    return Answer(lot_id=lot, rolled_over=rolled, expired=gone, next_lot_id=new)
