"""Wallets, grants, limits, keys and what an owner reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import (
    AmountOutOfRange,
    Asset,
    EffectKeyReused,
    ExpireLots,
    GrantAlreadyIssued,
    GrantEndsTooSoon,
    GrantSource,
    IssueGrant,
    LimitAbovePlan,
    OpenWallet,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    SetLimits,
    TextMissing,
    WalletAlreadyOpen,
    WalletNotFound,
)

from tests.ledger.books import FREE, NOON, PRICES

if TYPE_CHECKING:
    from tests.ledger.books import Books


def test_an_owner_has_one_wallet_per_asset(books: Books) -> None:
    credits_wallet = books.open_wallet()
    dollars = books.open_wallet(asset=Asset.USD)
    assert credits_wallet != dollars
    with pytest.raises(WalletAlreadyOpen) as refused:
        books.do(OpenWallet("another-key", "usr_ada"))
    assert refused.value.wallet_id == credits_wallet
    assert books.db.read(lambda tx: books.ledger.wallet_id_of(tx, "usr_ada", Asset.USD)) == dollars


def test_one_key_with_one_body_takes_effect_once_and_answers_the_same(books: Books) -> None:
    ada = books.open_wallet()
    command = IssueGrant("grant", ada, GrantSource.GIFT, 10, "gift-1")
    assert books.do(command) == books.do(command)
    assert books.view(ada).available == 10


def test_one_key_with_another_body_is_refused(books: Books) -> None:
    ada = books.open_wallet()
    books.do(IssueGrant("grant", ada, GrantSource.GIFT, 10, "gift-1"))
    with pytest.raises(EffectKeyReused):
        books.do(IssueGrant("grant", ada, GrantSource.GIFT, 11, "gift-1"))
    with pytest.raises(EffectKeyReused):
        books.do(PlaceHold("grant", ada, "run", 1, PRICES, 60))
    assert books.view(ada).available == 10


def test_a_refused_command_leaves_no_key_behind(books: Books) -> None:
    ada = books.open_wallet()
    command = PlaceHold("hold", ada, "run", 5, PRICES, 60)
    with pytest.raises(Exception, match="balance"):
        books.do(command)
    books.grant(ada, 5)
    assert books.do(command).ceiling == 5


def test_a_chosen_key_cannot_stand_for_the_end_of_a_hold(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 10)
    hold = books.hold(ada, 5)
    books.do(SetLimits(f"hold:{hold.hold_id}:terminal", ada, OwnLimits()))
    assert books.settle(hold.hold_id, 2).settled == 2


def test_one_reference_is_granted_once_whatever_the_key(books: Books) -> None:
    ada = books.open_wallet()
    first = books.do(IssueGrant("event-1", ada, GrantSource.PURCHASE, 10, "order-7"))
    with pytest.raises(GrantAlreadyIssued) as refused:
        books.do(IssueGrant("event-2", ada, GrantSource.PURCHASE, 10, "order-7"))
    assert refused.value.grant_id == first.grant_id
    books.do(IssueGrant("event-3", ada, GrantSource.GIFT, 10, "order-7"))


@pytest.mark.parametrize("amount", [0, -1, 2**53, True, 1.0, float("nan"), "5", None])
def test_an_amount_that_is_no_whole_number_in_range_is_refused(books: Books, amount: Any) -> None:
    ada = books.open_wallet()
    if amount == amount and not isinstance(amount, str | None):  # noqa: PLR0124  - NaN has no canonical text
        with pytest.raises(AmountOutOfRange):
            books.do(IssueGrant("grant", ada, GrantSource.GIFT, amount, "gift"))
    else:
        with pytest.raises((AmountOutOfRange, ValueError)):
            books.do(IssueGrant("grant", ada, GrantSource.GIFT, amount, "gift"))
    assert books.view(ada).available == 0


def test_the_largest_amount_is_2_to_the_53_minus_1(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 2**53 - 1)
    assert books.view(ada).available == 9_007_199_254_740_991


@pytest.mark.parametrize("text", ["", "x" * 256])
def test_an_empty_or_endless_key_or_reference_is_refused(books: Books, text: str) -> None:
    ada = books.open_wallet()
    with pytest.raises(TextMissing):
        books.do(IssueGrant(text, ada, GrantSource.GIFT, 1, "gift"))
    with pytest.raises(TextMissing):
        books.do(IssueGrant("key", ada, GrantSource.GIFT, 1, text))


def test_a_grant_that_has_ended_before_it_starts_is_refused(books: Books) -> None:
    ada = books.open_wallet()
    with pytest.raises(GrantEndsTooSoon):
        books.do(IssueGrant("key", ada, GrantSource.GIFT, 1, "gift", ends_at=NOON))
    with pytest.raises(WalletNotFound):
        books.do(IssueGrant("key", "wal_nobody", GrantSource.GIFT, 1, "gift"))


def test_a_grant_for_later_is_not_available_before_it_is_effective(books: Books) -> None:
    ada = books.open_wallet()
    tomorrow = NOON + timedelta(days=1)
    books.do(IssueGrant("key", ada, GrantSource.PLAN, 7, "free:usr_ada:1", effective_at=tomorrow))
    assert books.view(ada).available == 0
    books.clock.advance(timedelta(days=1))
    assert books.view(ada).available == 7


def test_an_own_limit_above_the_plan_is_refused_with_the_most_it_may_be(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 500, GrantSource.PURCHASE)
    for own, allowed in ((OwnLimits(daily=31), 30), (OwnLimits(monthly=801), 800)):
        with pytest.raises(LimitAbovePlan) as refused:
            books.do(SetLimits(books.fresh_key(), ada, own))
        assert refused.value.allowed == allowed
    books.do(SetLimits(books.fresh_key(), ada, OwnLimits(daily=30, monthly=800, per_run=9)))
    assert books.view(ada).per_run_cap == 9


def test_a_new_plan_keeps_the_owners_limits_and_the_lower_one_binds(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.do(SetLimits(books.fresh_key(), ada, own=OwnLimits(daily=20)))
    books.do(SetLimits(books.fresh_key(), ada, plan=PlanCaps(daily=2_000, monthly_allocation=12_000)))
    assert books.view(ada).daily.cap == 20
    books.do(SetLimits(books.fresh_key(), ada, plan=PlanCaps(daily=10, monthly_allocation=300)))
    assert books.view(ada).daily.cap == 10


def test_the_statement_tells_every_move_newest_first_with_the_balance_after(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 100, ends_in=timedelta(hours=1))
    hold = books.hold(ada, 8)
    books.settle(hold.hold_id, 3)
    books.clock.advance(timedelta(hours=2))
    books.do(ExpireLots())
    lines = books.db.read(lambda tx: books.ledger.statement(tx, ada))
    assert [(line.kind, line.amount, line.spent, line.balance_after) for line in lines] == [
        ("expire_lot", -97, 0, 0),
        ("settle", 5, 3, 97),
        ("place_hold", -8, 0, 92),
        ("issue_grant", 100, 0, 100),
    ]
    assert lines[1].hold_id == hold.hold_id
    assert lines[3].grant_source == "plan"


def test_a_page_of_the_statement_continues_where_the_one_before_ended(books: Books) -> None:
    ada = books.open_wallet()
    for _ in range(7):
        books.grant(ada, 1)
    whole = books.db.read(lambda tx: books.ledger.statement(tx, ada))
    first = books.db.read(lambda tx: books.ledger.statement(tx, ada, limit=3))
    second = books.db.read(lambda tx: books.ledger.statement(tx, ada, before=first[-1].sequence, limit=50))
    assert (*first, *second) == whole


def test_the_view_names_the_lot_that_ends_next(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 5)
    books.grant(ada, 5, GrantSource.GIFT, ends_in=timedelta(days=30))
    soon = books.grant(ada, 5, GrantSource.PURCHASE, ends_in=timedelta(days=7))
    lot = books.view(ada).next_to_end
    assert lot is not None
    assert lot.lot_id == soon.lot_id


def test_a_window_resets_at_the_next_utc_midnight_and_month(books: Books) -> None:
    view = books.view(books.open_wallet(FREE))
    assert view.daily.resets_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert view.monthly.resets_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_open_holds_are_told_the_first_to_end_in_front(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 10)
    long, short = books.hold(ada, 1, lease_seconds=900), books.hold(ada, 1, lease_seconds=60)
    found = books.db.read(books.ledger.open_holds)
    assert [hold.hold_id for hold in found] == [short.hold_id, long.hold_id]
