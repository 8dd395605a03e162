"""The model's holds: set aside, spend, hand back. Windows are sums over holds, counted anew each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.laws.model.books import Books, bought, cover, found, whole, written
from tests.laws.model.calendar import SECOND, day_span, month_span
from tests.laws.model.values import Answer, Envelope, Hold, Lot, Refused, Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_LEASE = 31 * 86_400


def lowest(*caps: int | None) -> int | None:
    """The lowest cap there is."""
    return min((cap for cap in caps if cap is not None), default=None)


def spans(wallet: Wallet, now: int) -> dict[str, tuple[int, int]]:
    """The day and the month of the wallet's zone."""
    return {"day": day_span(wallet.zone, now), "month": month_span(wallet.zone, now)}


def used(holds: Iterable[Hold]) -> tuple[int, int]:
    """Settled and not undone, and held."""
    spent = held = 0
    for hold in holds:
        held += hold.ceiling if hold.state == "open" else 0
        spent += 0 if hold.undone else hold.charge
    return spent, held


def place_hold(
    books: Books,
    wallet: Wallet | None,
    *,
    ceiling: int,
    texts: tuple[str, ...],
    price: str,
    lease_seconds: int,
    member: str | None,
    envelope: Envelope | None,
    in_envelope: bool,
) -> Answer:
    """Set aside in burn order, or say which limit is in the way."""
    wallet = found(wallet)
    written(*texts, price)
    whole(ceiling)
    whole(lease_seconds, 1, LONGEST_LEASE)
    if in_envelope and (envelope is None or envelope.wallet is not wallet):
        raise Refused("EnvelopeNotFound")
    current = spans(wallet, books.now)
    _check_limits(books, wallet, ceiling, current=current, member=member, envelope=envelope)
    hold = Hold(
        number=len(books.holds),
        wallet=wallet,
        parts=_draw(books, wallet, ceiling),
        ceiling=ceiling,
        price=price,
        placed=books.now,
        lease=books.now + lease_seconds * SECOND,
        member=member,
        envelope=envelope,
        spans={name: span[0] for name, span in current.items()},
    )
    books.holds.append(hold)
    books.open[hold.number] = hold
    wallet.holds.append(hold)
    return Answer(
        hold_id=hold,
        ceiling=ceiling,
        placed_at=books.now,
        lease_expires_at=hold.lease,
        pins=[(lot, amount) for lot, amount in hold.parts],
        available_after=wallet.ready(books.now),
    )


def _check_limits(
    books: Books,
    wallet: Wallet,
    ceiling: int,
    *,
    current: dict[str, tuple[int, int]],
    member: str | None,
    envelope: Envelope | None,
) -> None:
    if wallet.state != "open" or wallet.debt:
        raise Refused("HoldRefused", limit="wallet")
    per_run = lowest(wallet.plan.per_run, wallet.own.per_run)
    if per_run is not None and ceiling > per_run:
        raise Refused("HoldRefused", limit="per_run", cap=per_run)
    allocation = wallet.plan.monthly
    monthly = None if allocation is None else allocation + bought(books, wallet)
    this_month = [hold for hold in wallet.holds if hold.spans["month"] == current["month"][0]]
    this_day = [hold for hold in wallet.holds if hold.spans["day"] == current["day"][0]]
    _window("monthly", this_month, lowest(monthly, wallet.own.monthly), ceiling, current["month"][1])
    _window("daily", this_day, lowest(wallet.plan.daily, wallet.own.daily), ceiling, current["day"][1])
    if member is not None:
        cap, active = wallet.members.get(member, (None, False))
        if not active:
            raise Refused("HoldRefused", limit="member", available=0)
        theirs = [hold for hold in this_month if hold.member == member]
        _window("member", theirs, cap, ceiling, current["month"][1])
    if envelope is not None:
        _check_envelope(books, wallet, envelope, ceiling)
    if ceiling > wallet.ready(books.now):
        raise Refused("HoldRefused", limit="balance", available=wallet.ready(books.now))
    if len(wallet.open_holds()) >= wallet.most_open:
        raise Refused("HoldRefused", limit="open_holds")


def _check_envelope(books: Books, wallet: Wallet, envelope: Envelope, ceiling: int) -> None:
    if envelope.closed or envelope.ends <= books.now:
        raise Refused("HoldRefused", limit="envelope", available=0)
    inside = [hold for hold in wallet.holds if hold.envelope is envelope]
    _window("envelope", inside, envelope.ceiling, ceiling, None)


def _window(limit: str, holds: list[Hold], cap: int | None, ceiling: int, resets: int | None) -> None:
    spent, held = used(holds)
    if cap is not None and spent + held + ceiling > cap:
        said: dict[str, Any] = {} if resets is None else {"resets_at": resets}
        left = max(0, cap - spent - held)
        raise Refused("HoldRefused", limit=limit, used=spent, held=held, cap=cap, available=left, **said)


def _draw(books: Books, wallet: Wallet, amount: int) -> list[tuple[Lot, int]]:
    parts: list[tuple[Lot, int]] = []
    for lot in wallet.burnable(books.now):
        part = min(lot.available, amount)
        if part:
            lot.available, lot.held, amount = lot.available - part, lot.held + part, amount - part
            parts.append((lot, part))
    return parts


def end_hold(
    books: Books, key: str, body: Any, hold: Hold | None, *, how: str, charge: int, price: str
) -> Answer:
    """Settle, release or expire: once, whoever asks; a charge that comes late is only put on record."""
    if hold is None:
        raise Refused("HoldNotFound")
    if key in books.done and books.done[key][0] == body:
        return books.done[key][1]
    if how == "settled":
        whole(charge, 0)
        if charge > hold.ceiling:
            raise Refused("SettlesAboveHold", charge=charge, ceiling=hold.ceiling)
        if price != hold.price:
            raise Refused("PriceVersionDiffers")
    if hold.state != "open" and (how != "settled" or hold.state == "settled"):
        raise Refused("HoldFinished", state=hold.state, settled=hold.charge)
    if hold.state != "open":
        return _settle_late(books, key, body, hold)
    if how == "expired" and hold.lease > books.now:
        raise Refused("LeaseStillRuns")
    answer = _end(books, hold, how, charge)
    books.done[key] = (body, answer)
    return answer


def _settle_late(books: Books, key: str, body: Any, hold: Hold) -> Answer:
    late = f"late {key}"
    return books.once(late, body, lambda: Answer(hold_id=hold, state=hold.state, settled=0, late=True))


def _end(books: Books, hold: Hold, how: str, charge: int) -> Answer:
    hold.state, hold.charge = how, charge
    del books.open[hold.number]
    lapsed, left = 0, charge
    for lot, amount in hold.parts:
        spent = min(left, amount)
        left -= spent
        lot.held, lot.spent = lot.held - amount, lot.spent + spent
        hold.charges.append((lot, spent))
        lapsed += give_back(books, lot, amount - spent)
    cover(books, hold.wallet)
    returned = hold.ceiling - charge
    said = {"state": how, "settled": charge, "returned": returned, "lapsed": lapsed, "late": False}
    return Answer(hold_id=hold, ended_at=books.now, **said)


def give_back(books: Books, lot: Lot, amount: int) -> int:
    """Into the lot, or lost when it has ended; tells what was lost."""
    if lot.over(books.now):
        lot.expired += amount
        return amount
    lot.available += amount
    return 0
