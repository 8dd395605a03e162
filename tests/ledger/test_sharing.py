"""Gifts and pools, members and envelopes, periods that roll over, zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import (
    AmountOutOfRange,
    Asset,
    CloseEnvelope,
    ClosePeriod,
    EnvelopeEnded,
    EnvelopeNotFound,
    ExpireLots,
    GrantAlreadyIssued,
    GrantSource,
    HoldRefused,
    IssueGrant,
    NotEnoughToGive,
    OpenEnvelope,
    OpenWallet,
    PeriodStillRuns,
    PlaceHold,
    PlanCaps,
    SetMember,
    TextMissing,
    TransferCredits,
    TransferNotPossible,
    UnknownZone,
    WalletNotOpen,
)

from tests.ledger.books import NOON, PRICES

if TYPE_CHECKING:
    from tests.ledger.books import Books


def _hold(books: Books, wallet: str, ceiling: int, **who: Any) -> Any:
    key = books.fresh_key()
    return books.do(PlaceHold(key, wallet, f"run-{key}", ceiling, PRICES, 600, **who))


def test_a_gift_keeps_the_end_of_every_lot_it_was_drawn_from(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 100, GrantSource.PLAN)
    soon = books.grant(ada, 30, GrantSource.PURCHASE, ends_in=timedelta(days=3))
    books.grant(ada, 50, GrantSource.PURCHASE)
    until = books.clock.now() + timedelta(days=30)
    given = books.do(TransferCredits("gift-1", ada, bob, 45, "birthday", until))
    assert (given.amount, len(given.lot_ids), given.available_after) == (45, 2, 135)
    lots = books.view(bob).lots
    assert [(lot.amount, lot.ends_at, lot.source, lot.priority) for lot in lots] == [
        (30, soon.ends_at, "gift", 20),
        (15, until, "gift", 20),
    ]
    assert books.do(TransferCredits("gift-1", ada, bob, 45, "birthday", until)) == given
    with pytest.raises(GrantAlreadyIssued):
        books.do(TransferCredits("gift-2", ada, bob, 5, "birthday"))


def test_plan_and_promotion_credits_cannot_be_given_away(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 100, GrantSource.PLAN)
    books.grant(ada, 100, GrantSource.PROMOTION)
    books.grant(ada, 7, GrantSource.PURCHASE)
    with pytest.raises(NotEnoughToGive) as refused:
        books.do(TransferCredits("gift-1", ada, bob, 8, "r"))
    assert (refused.value.needed, refused.value.available) == (8, 7)


def test_a_transfer_needs_two_wallets_of_one_asset(books: Books) -> None:
    ada, dollars = books.open_wallet(), books.open_wallet(asset=Asset.USD)
    books.grant(ada, 10, GrantSource.PURCHASE)
    for other in (ada, dollars):
        with pytest.raises(TransferNotPossible):
            books.do(TransferCredits(books.fresh_key(), ada, other, 5, "r"))


def test_both_assets_are_kept_apart_and_balance(books: Books) -> None:
    ada, dollars = books.open_wallet(), books.open_wallet(asset=Asset.USD)
    books.grant(ada, 10, GrantSource.PURCHASE)
    books.grant(dollars, 25_000_000, GrantSource.PURCHASE)
    books.settle(books.hold(dollars, 120_000).hold_id, 61_234)
    assert (books.view(ada).available, books.view(dollars).available) == (10, 24_938_766)


def test_a_debt_of_the_receiver_takes_the_gift(books: Books) -> None:
    from studio_server.ledger import VoidGrant

    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    bought = books.grant(bob, 20, GrantSource.PURCHASE)
    books.settle(books.hold(bob, 20).hold_id, 20)
    books.do(VoidGrant("refund", bought.grant_id, "refund"))
    books.grant(ada, 50, GrantSource.PURCHASE)
    books.do(TransferCredits("gift-1", ada, bob, 30, "r"))
    assert (books.view(bob).available, books.view(bob).debt, books.view(ada).available) == (10, 0, 20)
    books.do(VoidGrant("void-ada", books.rows("SELECT grant_id FROM grants WHERE amount = 50")[0][0], "x"))
    with pytest.raises(WalletNotOpen) as refused:
        books.do(TransferCredits("gift-2", ada, bob, 1, "r2"))
    assert refused.value.state == "in debt"


def test_a_member_spends_at_most_the_cap_of_the_month(books: Books) -> None:
    team = books.open_wallet(owner="team_1")
    books.grant(team, 1_000, GrantSource.PURCHASE)
    books.do(SetMember("m1", team, "usr_ada", 10))
    books.settle(_hold(books, team, 6, member_id="usr_ada").hold_id, 5)
    _hold(books, team, 5, member_id="usr_ada")
    with pytest.raises(HoldRefused) as refused:
        _hold(books, team, 1, member_id="usr_ada")
    full = (refused.value.limit, refused.value.used, refused.value.held, refused.value.cap)
    assert full == ("member", 5, 5, 10)
    books.do(SetMember("m2", team, "usr_bob"))
    assert _hold(books, team, 500, member_id="usr_bob").ceiling == 500
    books.do(SetMember("m3", team, "usr_bob", active=False))
    for stranger in ("usr_bob", "usr_eve"):
        with pytest.raises(HoldRefused, match="member"):
            _hold(books, team, 1, member_id=stranger)
    books.clock.advance(datetime(2026, 12, 1, tzinfo=UTC) - NOON)
    assert _hold(books, team, 10, member_id="usr_ada").ceiling == 10


def test_an_envelope_bounds_several_holds_together(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 100)
    ends_at = books.clock.now() + timedelta(hours=1)
    envelope = books.do(OpenEnvelope("e1", ada, "notebook", 20, ends_at)).envelope_id
    books.settle(_hold(books, ada, 12, envelope_id=envelope).hold_id, 7)
    _hold(books, ada, 13, envelope_id=envelope)
    with pytest.raises(HoldRefused) as refused:
        _hold(books, ada, 1, envelope_id=envelope)
    assert (refused.value.limit, refused.value.available, refused.value.resets_at) == ("envelope", 0, ends_at)
    assert books.hold(ada, 1).ceiling == 1
    closed = books.do(CloseEnvelope("c1", envelope))
    assert (closed.settled, closed.held) == (7, 13)
    with pytest.raises(EnvelopeEnded):
        books.do(CloseEnvelope("c2", envelope))
    with pytest.raises(HoldRefused, match="envelope"):
        _hold(books, ada, 1, envelope_id=envelope)


def test_an_envelope_of_another_wallet_is_unknown_and_an_ended_one_is_shut(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 100)
    books.grant(bob, 100)
    ends_at = books.clock.now() + timedelta(hours=1)
    envelope = books.do(OpenEnvelope("e1", ada, "notebook", 20, ends_at)).envelope_id
    with pytest.raises(EnvelopeNotFound):
        _hold(books, bob, 1, envelope_id=envelope)
    with pytest.raises(EnvelopeEnded):
        books.do(OpenEnvelope("e2", ada, "notebook", 20, books.clock.now()))
    books.clock.advance(timedelta(hours=1))
    with pytest.raises(HoldRefused, match="envelope"):
        _hold(books, ada, 1, envelope_id=envelope)


def test_a_period_rolls_over_at_most_its_maximum_and_the_rest_expires(books: Books) -> None:
    ada = books.open_wallet()
    ends_at = books.clock.now() + timedelta(days=30)
    lot = books.do(IssueGrant("g", ada, GrantSource.PLAN, 100, "p:0", ends_at, roll_over=40)).lot_id
    books.settle(books.hold(ada, 25).hold_id, 25)
    with pytest.raises(PeriodStillRuns):
        books.do(ClosePeriod(lot, ends_at + timedelta(days=30)))
    books.clock.advance(timedelta(days=30))
    assert books.do(ExpireLots()).lots == ()
    closed = books.do(ClosePeriod(lot, ends_at + timedelta(days=30)))
    assert (closed.rolled_over, closed.expired) == (40, 35)
    (rolled,) = books.view(ada).lots
    assert (rolled.lot_id, rolled.available, rolled.roll_over) == (closed.next_lot_id, 40, 40)
    assert rolled.ends_at == ends_at + timedelta(days=30)
    assert books.do(ClosePeriod(lot, ends_at + timedelta(days=30))) == closed


def test_a_last_period_rolls_nothing_over(books: Books) -> None:
    ada = books.open_wallet()
    ends_at = books.clock.now() + timedelta(days=30)
    lot = books.do(IssueGrant("g", ada, GrantSource.PLAN, 100, "p:0", ends_at, roll_over=40)).lot_id
    held = books.hold(ada, 10)
    books.clock.advance(timedelta(days=30))
    closed = books.do(ClosePeriod(lot))
    assert (closed.rolled_over, closed.expired, closed.next_lot_id) == (0, 90, None)
    assert books.release(held.hold_id).lapsed == 10


def test_days_and_months_are_those_of_the_wallets_zone(books: Books) -> None:
    opened = books.do(OpenWallet("o", "usr_kim", plan=PlanCaps(daily=10), zone="Pacific/Auckland"))
    books.grant(opened.wallet_id, 100)
    books.hold(opened.wallet_id, 10)
    day = books.view(opened.wallet_id).daily
    assert (day.starts_at, day.resets_at) == (
        datetime(2026, 11, 21, 11, tzinfo=UTC),
        datetime(2026, 11, 22, 11, tzinfo=UTC),
    )
    books.clock.advance(timedelta(hours=23) - timedelta(microseconds=1))
    with pytest.raises(HoldRefused, match="daily"):
        books.hold(opened.wallet_id, 1)
    books.clock.advance(timedelta(microseconds=1))
    assert books.hold(opened.wallet_id, 10).ceiling == 10
    with pytest.raises(UnknownZone):
        books.do(OpenWallet("o2", "usr_lee", zone="Middle/Earth"))


def test_a_lot_rolls_over_for_ever_and_no_name_grows(books: Books) -> None:
    ada = books.open_wallet()
    ends_at = books.clock.now() + timedelta(days=30)
    reference = "p" * 255
    lot = books.do(IssueGrant("g", ada, GrantSource.PLAN, 100, reference, ends_at, roll_over=40)).lot_id
    for _ in range(60):
        books.clock.advance(timedelta(days=30))
        lot = books.do(ClosePeriod(lot, books.clock.now() + timedelta(days=30))).next_lot_id
    assert books.view(ada).available == 40


def test_a_transfer_of_many_lots_burns_in_the_order_it_was_drawn(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    for _ in range(12):
        books.grant(ada, 1, GrantSource.PURCHASE)
    given = books.do(TransferCredits("gift-1", ada, bob, 12, "r" * 245))
    assert [lot.lot_id for lot in books.view(bob).lots] == list(given.lot_ids)
    with pytest.raises(TextMissing):
        books.do(TransferCredits("gift-2", ada, bob, 1, "r" * 246))


def test_a_reference_of_which_any_part_was_granted_is_not_given_again(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 5, GrantSource.PURCHASE)
    books.grant(ada, 5, GrantSource.PURCHASE)
    books.do(IssueGrant("g", bob, GrantSource.GIFT, 1, "spring/1"))
    with pytest.raises(GrantAlreadyIssued):
        books.do(TransferCredits("gift-1", ada, bob, 10, "spring"))


@pytest.mark.parametrize("priority", [-1, 1_000, 2**70])
def test_a_priority_outside_its_range_is_refused(books: Books, priority: int) -> None:
    with pytest.raises(AmountOutOfRange, match="priority"):
        books.grant(books.open_wallet(), 5, priority=priority)
