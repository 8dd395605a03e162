"""What is taken back after it was spent is owed, and paid by whatever comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server.ledger import (
    CoverDebts,
    GrantSource,
    HoldRefused,
    NothingToReverse,
    Reverse,
    SetWalletState,
    VoidGrant,
    VoidsAboveGrant,
    WalletNotEmpty,
    WalletNotOpen,
    WalletState,
)

if TYPE_CHECKING:
    from tests.ledger.books import Books


def _lot(books: Books, lot_id: str) -> tuple[int, ...]:
    return books.rows(
        "SELECT available, held, spent, expired, revoked, voided, owed FROM lots WHERE lot_id = ?", lot_id
    )[0]


def _spent(books: Books, wallet: str, amount: int) -> str:
    hold = books.hold(wallet, amount).hold_id
    books.settle(hold, amount)
    return hold


def test_a_voided_purchase_gives_back_what_is_there_and_owes_what_was_spent(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 500, GrantSource.PURCHASE)
    _spent(books, ada, 300)
    voided = books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    assert (voided.amount, voided.revoked, voided.owed, voided.debt_after) == (500, 200, 300, -300)
    assert _lot(books, bought.lot_id) == (0, 0, 300, 0, 200, 500, 300)
    assert (books.view(ada).available, books.view(ada).debt) == (0, 300)
    with pytest.raises(HoldRefused) as refused:
        books.hold(ada, 1)
    assert refused.value.limit == "wallet"


def test_other_credits_of_the_wallet_pay_the_debt_at_once(books: Books) -> None:
    ada = books.open_wallet()
    plan = books.grant(ada, 100, GrantSource.PLAN)
    _spent(books, ada, 40)
    bought = books.grant(ada, 200, GrantSource.PURCHASE)
    hold = books.hold(ada, 160)
    books.settle(hold.hold_id, 160)
    assert (_lot(books, plan.lot_id)[2], _lot(books, bought.lot_id)[2]) == (100, 100)
    gift = books.grant(ada, 30, GrantSource.GIFT)
    voided = books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    assert (voided.revoked, voided.owed, voided.debt_after) == (100, 100, -70)
    assert _lot(books, gift.lot_id)[:3] == (0, 0, 30)


def test_the_next_grant_pays_the_debt_before_anything_can_be_spent(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 50, GrantSource.PURCHASE)
    _spent(books, ada, 50)
    books.do(VoidGrant("refund-1", bought.grant_id, "dispute"))
    books.grant(ada, 20, GrantSource.GIFT)
    assert (books.view(ada).available, books.view(ada).debt) == (0, 30)
    books.grant(ada, 100, GrantSource.PURCHASE)
    assert (books.view(ada).available, books.view(ada).debt) == (70, 0)
    books.hold(ada, 70)


def test_what_returns_from_a_hold_pays_the_debt(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 50, GrantSource.PURCHASE)
    hold = books.hold(ada, 50)
    voided = books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    assert (voided.revoked, voided.owed, voided.debt_after) == (0, 50, -50)
    books.settle(hold.hold_id, 20)
    assert (books.view(ada).available, books.view(ada).debt) == (0, 20)


def test_partial_voids_never_take_back_more_than_was_given(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 100, GrantSource.PURCHASE)
    assert books.do(VoidGrant("part-1", bought.grant_id, "refund", 30)).revoked == 30
    assert books.do(VoidGrant("part-2", bought.grant_id, "refund", 70)).revoked == 70
    with pytest.raises(VoidsAboveGrant) as refused:
        books.do(VoidGrant("part-3", bought.grant_id, "refund", 1))
    assert (refused.value.amount, refused.value.left) == (1, 0)
    assert books.view(ada).bought == 0


def test_what_had_expired_is_not_owed(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 100, GrantSource.PURCHASE, ends_in=timedelta(hours=1))
    _spent(books, ada, 40)
    books.clock.advance(timedelta(hours=1))
    from studio_server.ledger import ExpireLots

    books.do(ExpireLots())
    voided = books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    assert (voided.revoked, voided.owed, voided.debt_after) == (0, 40, -40)


def test_a_dispute_that_is_won_gives_everything_back_as_a_new_lot(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 500, GrantSource.PURCHASE)
    _spent(books, ada, 300)
    books.do(VoidGrant("dispute-1", bought.grant_id, "dispute"))
    undone = books.do(Reverse("key:dispute-1", "dispute won"))
    assert (undone.amount, undone.returned, undone.lapsed) == (500, 500, 0)
    assert (books.view(ada).available, books.view(ada).debt) == (200, 0)
    assert _lot(books, undone.lot_id)[:3] == (200, 0, 300)
    assert books.do(Reverse("key:dispute-1", "dispute won")) == undone


def test_a_settlement_is_reversed_once_into_its_lots_and_its_windows(books: Books) -> None:
    from studio_server.ledger import PlanCaps

    ada = books.open_wallet(PlanCaps(daily=10))
    plan = books.grant(ada, 5)
    gift = books.grant(ada, 20, GrantSource.GIFT)
    hold = _spent(books, ada, 8)
    undone = books.do(Reverse(f"hold:{hold}:terminal", "platform error"))
    assert (undone.amount, undone.returned, undone.lapsed) == (8, 8, 0)
    assert (_lot(books, plan.lot_id)[:3], _lot(books, gift.lot_id)[:3]) == ((5, 0, 0), (20, 0, 0))
    view = books.view(ada)
    assert (view.available, view.daily.settled, view.daily.left) == (25, 0, 10)
    pointers = books.rows(
        "SELECT n.kind, o.kind, n.amount = o.amount FROM transfers n JOIN transfers o"
        " ON o.transfer_id = n.reverses ORDER BY n.transfer_id"
    )
    assert [(new, old, bool(same)) for new, old, same in pointers] == [("unspend", "settle", True)] * 2
    assert books.do(Reverse(f"hold:{hold}:terminal", "platform error")) == undone


def test_a_reversed_settlement_of_an_ended_lot_goes_to_expired(books: Books) -> None:
    ada = books.open_wallet()
    lot = books.grant(ada, 5, ends_in=timedelta(hours=1))
    hold = _spent(books, ada, 5)
    books.clock.advance(timedelta(hours=2))
    undone = books.do(Reverse(f"hold:{hold}:terminal", "platform error"))
    assert (undone.returned, undone.lapsed) == (0, 5)
    assert _lot(books, lot.lot_id)[:4] == (0, 0, 0, 5)


@pytest.mark.parametrize("key", ["hold:hold_9:terminal", "key:unknown", "key:test-1", ""])
def test_only_settlements_and_voids_can_be_undone(books: Books, key: str) -> None:
    ada = books.open_wallet()
    books.grant(ada, 5)
    books.release(books.hold(ada, 2).hold_id)
    with pytest.raises(NothingToReverse):
        books.do(Reverse(key, "mistake"))


def test_a_lot_that_becomes_effective_later_pays_at_the_next_sweep(books: Books) -> None:
    from studio_server.ledger import IssueGrant

    ada = books.open_wallet()
    bought = books.grant(ada, 50, GrantSource.PURCHASE)
    _spent(books, ada, 50)
    books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    later = books.clock.now() + timedelta(days=1)
    books.do(IssueGrant("g", ada, GrantSource.GIFT, 80, "later", effective_at=later))
    assert books.view(ada).debt == 50
    assert books.do(CoverDebts()).debts == ()
    books.clock.advance(timedelta(days=1))
    covered = books.do(CoverDebts()).debts
    assert [(debt.amount, debt.debt_after) for debt in covered] == [(50, 0)]
    assert books.view(ada).available == 30
    assert books.do(CoverDebts()).debts == ()


def test_a_wallet_in_debt_or_with_an_open_hold_is_not_closed(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 50, GrantSource.PURCHASE)
    hold = books.hold(ada, 10)
    with pytest.raises(WalletNotEmpty):
        books.do(SetWalletState("close-1", ada, WalletState.CLOSED, "left"))
    books.settle(hold.hold_id, 10)
    books.do(VoidGrant("refund-1", bought.grant_id, "refund"))
    with pytest.raises(WalletNotEmpty) as refused:
        books.do(SetWalletState("close-2", ada, WalletState.CLOSED, "left"))
    assert (refused.value.open_holds, refused.value.debt) == (0, 10)
    books.grant(ada, 10, GrantSource.GIFT)
    books.do(SetWalletState("close-3", ada, WalletState.CLOSED, "left"))
    with pytest.raises(WalletNotOpen):
        books.grant(ada, 10)
    with pytest.raises(WalletNotOpen):
        books.do(SetWalletState("open-1", ada, WalletState.OPEN, "back"))


def test_a_frozen_wallet_places_no_hold_and_settles_what_it_held(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 50)
    hold = books.hold(ada, 10)
    books.do(SetWalletState("freeze", ada, WalletState.FROZEN, "dispute"))
    with pytest.raises(HoldRefused) as refused:
        books.hold(ada, 1)
    assert refused.value.limit == "wallet"
    assert books.settle(hold.hold_id, 4).settled == 4
    books.do(SetWalletState("thaw", ada, WalletState.OPEN, "settled"))
    assert books.hold(ada, 1).ceiling == 1


def test_undoing_a_void_whose_lot_has_ended_still_pays_from_what_became_effective(books: Books) -> None:
    from studio_server.ledger import IssueGrant

    ada = books.open_wallet()
    bought = books.grant(ada, 50, GrantSource.PURCHASE, ends_in=timedelta(hours=1))
    _spent(books, ada, 50)
    books.do(VoidGrant("dispute-1", bought.grant_id, "dispute"))
    later = books.clock.now() + timedelta(hours=2)
    books.do(IssueGrant("g", ada, GrantSource.GIFT, 80, "later", effective_at=later))
    books.clock.advance(timedelta(hours=3))
    undone = books.do(Reverse("key:dispute-1", "dispute won"))
    assert (undone.returned, undone.lapsed, undone.lot_id) == (0, 50, None)
    assert (books.view(ada).available, books.view(ada).debt) == (30, 0)
