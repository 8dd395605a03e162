"""One of every command in books where it takes effect, and the same key with another body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from studio_server.ledger import (
    CloseEnvelope,
    ClosePeriod,
    CoverDebt,
    ExpireHold,
    ExpireLot,
    GrantSource,
    IssueGrant,
    OpenEnvelope,
    OpenWallet,
    OwnLimits,
    PlaceHold,
    Release,
    Reverse,
    SetLimits,
    SetMember,
    Settle,
    SetWalletState,
    TransferCredits,
    VoidGrant,
    WalletState,
)

from tests.ledger.books import NOON, PRICES, Books

if TYPE_CHECKING:
    from collections.abc import Callable

TOMORROW = NOON + timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A command that takes effect, and others that stand under the same key with another body."""

    command: Any
    others: tuple[Any, ...] = ()


def _wallet(books: Books) -> str:
    wallet_id = books.open_wallet()
    books.grant(wallet_id, 100, GrantSource.GIFT)
    return wallet_id


def _changed(command: Any, **field: Any) -> Asked:
    return Asked(command, (replace(command, **field), SetLimits(command.effect_key, "nobody", OwnLimits())))


def _open_wallet(_: Books) -> Asked:
    return _changed(OpenWallet("key", "usr_new"), owner_id="usr_other")


def _issue_grant(books: Books) -> Asked:
    return _changed(IssueGrant("key", _wallet(books), GrantSource.GIFT, 5, "gift"), amount=6)


def _place_hold(books: Books) -> Asked:
    return _changed(PlaceHold("key", _wallet(books), "run", 5, PRICES, 60), ceiling=6)


def _settle(books: Books) -> Asked:
    hold_id = books.hold(_wallet(books), 8).hold_id
    return Asked(Settle(hold_id, 3, PRICES), (Settle(hold_id, 4, PRICES), Release(hold_id, "cancelled")))


def _release(books: Books) -> Asked:
    hold_id = books.hold(_wallet(books), 8).hold_id
    return Asked(Release(hold_id, "cancelled"), (Release(hold_id, "user_error"), ExpireHold(hold_id)))


def _expire_hold(books: Books) -> Asked:
    hold_id = books.hold(_wallet(books), 8, lease_seconds=60).hold_id
    books.clock.advance(timedelta(minutes=2))
    return Asked(ExpireHold(hold_id), (Release(hold_id, "cancelled"),))


def _late_settle(books: Books) -> Asked:
    hold_id = books.hold(_wallet(books), 8).hold_id
    books.release(hold_id)
    return Asked(Settle(hold_id, 3, PRICES), (Settle(hold_id, 4, PRICES),))


def _expire_lot(books: Books) -> Asked:
    lot = books.grant(_wallet(books), 5, ends_in=timedelta(minutes=1))
    books.clock.advance(timedelta(minutes=2))
    return Asked(ExpireLot(lot.lot_id))


def _set_limits(books: Books) -> Asked:
    command = SetLimits("key", _wallet(books), OwnLimits(daily=9))
    return Asked(command, (replace(command, own=OwnLimits(daily=8)),))


def _void_grant(books: Books) -> Asked:
    return _changed(VoidGrant("key", books.grant(_wallet(books), 50).grant_id, "refund", 20), amount=21)


def _reverse_settle(books: Books) -> Asked:
    hold_id = books.hold(_wallet(books), 8).hold_id
    books.settle(hold_id, 3)
    command = Reverse(f"hold:{hold_id}:terminal", "fault")
    return Asked(command, (replace(command, reason="mistake"),))


def _reverse_void(books: Books) -> Asked:
    books.do(VoidGrant("void", books.grant(_wallet(books), 50).grant_id, "refund", 20))
    return Asked(Reverse("key:void", "mistake"), (Reverse("key:void", "other"),))


def _transfer(books: Books) -> Asked:
    command = TransferCredits("key", _wallet(books), books.open_wallet(owner="usr_bo"), 5, "gift-1")
    return _changed(command, amount=6)


def _set_member(books: Books) -> Asked:
    return _changed(SetMember("key", _wallet(books), "usr_bo", 5), cap=6)


def _open_envelope(books: Books) -> Asked:
    return _changed(OpenEnvelope("key", _wallet(books), "plan", 5, TOMORROW), ceiling=6)


def _close_envelope(books: Books) -> Asked:
    opened = books.do(OpenEnvelope("open", _wallet(books), "plan", 5, TOMORROW))
    return _changed(CloseEnvelope("key", opened.envelope_id), envelope_id="env_other")


def _set_state(books: Books) -> Asked:
    return _changed(SetWalletState("key", _wallet(books), WalletState.FROZEN, "asked"), reason="other")


def _close_period(books: Books) -> Asked:
    command = IssueGrant("plan", _wallet(books), GrantSource.PLAN, 9, "plan", NOON + timedelta(hours=1))
    lot = books.do(replace(command, roll_over=5))
    books.clock.advance(timedelta(hours=2))
    return Asked(ClosePeriod(lot.lot_id, TOMORROW), (ClosePeriod(lot.lot_id),))


def _cover_debt(books: Books) -> Asked:
    wallet_id = books.open_wallet()
    grant = books.grant(wallet_id, 10)
    books.settle(books.hold(wallet_id, 10).hold_id, 10)
    later = NOON + timedelta(hours=1)
    books.do(IssueGrant("later", wallet_id, GrantSource.GIFT, 4, "later", effective_at=later))
    books.do(VoidGrant("void", grant.grant_id, "refund"))
    books.clock.advance(timedelta(hours=2))
    return _changed(CoverDebt("key", wallet_id), wallet_id="wal_other")


MAKERS: dict[str, Callable[[Books], Asked]] = {
    made.__name__.removeprefix("_"): made
    for made in (
        *(_open_wallet, _issue_grant, _place_hold, _settle, _release, _expire_hold, _late_settle),
        *(_expire_lot, _set_limits, _void_grant, _reverse_settle, _reverse_void, _transfer, _set_member),
        *(_open_envelope, _close_envelope, _set_state, _close_period, _cover_debt),
    )
}
