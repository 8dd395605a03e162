"""Setting aside, spending, handing back: on the real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server.ledger import (
    ExpireHolds,
    ExpireLots,
    GrantSource,
    HoldFinished,
    HoldNotFound,
    HoldRefused,
    HoldState,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    PriceVersionDiffers,
    Release,
    SetLimits,
    Settle,
    SettlesAboveHold,
    WalletNotFound,
)

from tests.ledger.books import FREE, NOON, PRICES

if TYPE_CHECKING:
    from tests.ledger.books import Books


def test_the_worked_example_of_the_design_comes_out_as_written(books: Books) -> None:
    ada = books.open_wallet(FREE)
    plan = books.grant(ada, 300, ends_in=timedelta(days=9))
    bought = books.grant(ada, 500, GrantSource.PURCHASE)
    hold = books.hold(ada, 8)
    assert _lots(books) == {plan.lot_id: (292, 8, 0), bought.lot_id: (500, 0, 0)}
    assert books.view(ada).daily.held == 8
    ended = books.settle(hold.hold_id, 3)
    assert _lots(books) == {plan.lot_id: (297, 0, 3), bought.lot_id: (500, 0, 0)}
    assert (ended.settled, ended.returned, ended.lapsed) == (3, 5, 0)
    view = books.view(ada)
    assert (view.available, view.held) == (797, 0)
    assert (view.daily.settled, view.daily.held, view.daily.left) == (3, 0, 27)
    assert books.rows("SELECT balance FROM accounts WHERE kind = 'revenue'") == [(3,)]


def test_a_hold_draws_plan_before_gift_before_purchase(books: Books) -> None:
    ada = books.open_wallet()
    bought = books.grant(ada, 10, GrantSource.PURCHASE)
    gift = books.grant(ada, 10, GrantSource.GIFT)
    plan = books.grant(ada, 10)
    hold = books.hold(ada, 25)
    assert [(pin.lot_id, pin.amount) for pin in hold.pins] == [
        (plan.lot_id, 10),
        (gift.lot_id, 10),
        (bought.lot_id, 5),
    ]


def test_within_a_priority_the_lot_that_ends_first_is_drawn_first_and_one_without_end_last(
    books: Books,
) -> None:
    ada = books.open_wallet()
    endless = books.grant(ada, 10)
    later = books.grant(ada, 10, ends_in=timedelta(days=9))
    sooner = books.grant(ada, 10, ends_in=timedelta(days=2))
    pinned = [pin.lot_id for pin in books.hold(ada, 30).pins]
    assert pinned == [sooner.lot_id, later.lot_id, endless.lot_id]


def test_a_charge_is_spent_from_the_pinned_lots_in_their_order(books: Books) -> None:
    ada = books.open_wallet()
    first, second = books.grant(ada, 10, priority=1), books.grant(ada, 10, priority=2)
    books.settle(books.hold(ada, 20).hold_id, 13)
    assert _lots(books) == {first.lot_id: (0, 0, 10), second.lot_id: (7, 0, 3)}


def test_settling_above_the_hold_is_refused_and_names_both_amounts(books: Books) -> None:
    hold = _held(books, 8)
    with pytest.raises(SettlesAboveHold) as refused:
        books.settle(hold, 9)
    assert (refused.value.charge, refused.value.ceiling) == (9, 8)
    assert _state(books, hold) is HoldState.OPEN


@pytest.mark.parametrize("charge", [0, 8])
def test_a_hold_can_be_settled_for_nothing_and_for_all_of_it(books: Books, charge: int) -> None:
    hold = _held(books, 8)
    ended = books.settle(hold, charge)
    assert (ended.settled, ended.returned) == (charge, 8 - charge)


def test_settling_with_another_price_version_than_the_pinned_one_is_refused(books: Books) -> None:
    hold = _held(books, 8)
    with pytest.raises(PriceVersionDiffers) as refused:
        books.do(Settle(hold, 3, "prices-2"))
    assert (refused.value.pinned, refused.value.given) == (PRICES, "prices-2")


def test_settling_twice_with_one_charge_spends_once_and_answers_the_same(books: Books) -> None:
    hold = _held(books, 8)
    assert books.settle(hold, 3) == books.settle(hold, 3)
    assert books.rows("SELECT sum(spent) FROM lots") == [(3,)]


def test_settling_again_with_another_charge_is_refused_and_says_what_was_settled(books: Books) -> None:
    hold = _held(books, 8)
    books.settle(hold, 3)
    with pytest.raises(HoldFinished) as refused:
        books.settle(hold, 4)
    assert (refused.value.state, refused.value.settled) == ("settled", 3)


def test_a_settled_hold_can_neither_be_released_nor_expire(books: Books) -> None:
    hold = _held(books, 8)
    books.settle(hold, 3)
    books.clock.advance(timedelta(hours=1))
    with pytest.raises(HoldFinished):
        books.release(hold)
    assert books.do(ExpireHolds()).holds == ()
    assert _state(books, hold) is HoldState.SETTLED


def test_a_released_hold_gives_everything_back_and_frees_the_window(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.release(books.hold(ada, 30).hold_id)
    view = books.view(ada)
    assert (view.available, view.held, view.daily.held, view.daily.settled) == (100, 0, 0, 0)
    books.hold(ada, 30)


def test_a_hold_expires_when_its_lease_has_passed_and_not_before(books: Books) -> None:
    hold = _held(books, 8, lease_seconds=60)
    books.clock.advance(timedelta(seconds=59))
    assert books.do(ExpireHolds()).holds == ()
    books.clock.advance(timedelta(seconds=1))
    assert [ended.hold_id for ended in books.do(ExpireHolds()).holds] == [hold]
    assert _state(books, hold) is HoldState.EXPIRED
    assert books.do(ExpireHolds()).holds == ()


def test_a_sweep_ends_at_most_as_many_holds_as_it_is_told(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 100)
    for _ in range(5):
        books.hold(ada, 1, lease_seconds=60)
    books.clock.advance(timedelta(minutes=2))
    assert [len(books.do(ExpireHolds(limit=2)).holds) for _ in range(4)] == [2, 2, 1, 0]


def test_a_charge_after_the_lease_changes_no_balance_and_is_on_record(books: Books) -> None:
    hold = _held(books, 8, lease_seconds=60)
    books.clock.advance(timedelta(minutes=2))
    books.do(ExpireHolds())
    late = books.settle(hold, 5)
    assert (late.late, late.settled, late.state) == (True, 0, "expired")
    assert books.settle(hold, 5) == late
    assert books.rows("SELECT sum(spent), sum(held) FROM lots") == [(0, 0)]
    assert books.rows("SELECT count(*) FROM audit WHERE action = 'late_settle'") == [(1,)]


def test_a_charge_after_a_release_changes_no_balance(books: Books) -> None:
    hold = _held(books, 8)
    books.release(hold)
    assert books.settle(hold, 5).late
    assert books.rows("SELECT sum(spent) FROM lots") == [(0,)]


def test_what_a_hold_returns_to_an_ended_lot_is_expired_and_never_available_again(books: Books) -> None:
    ada = books.open_wallet()
    lot = books.grant(ada, 10, ends_in=timedelta(minutes=5))
    hold = books.hold(ada, 8, lease_seconds=3_600)
    books.clock.advance(timedelta(minutes=6))
    books.do(ExpireLots())
    ended = books.settle(hold.hold_id, 3)
    assert (ended.settled, ended.returned, ended.lapsed) == (3, 5, 5)
    assert books.rows("SELECT available, held, spent, expired FROM lots") == [(0, 0, 3, 7)]
    assert books.view(ada).available == 0
    assert lot.ends_at == NOON + timedelta(minutes=5)


def test_a_hold_never_draws_a_lot_that_has_ended_even_before_it_was_swept(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 10, ends_in=timedelta(minutes=5))
    books.clock.advance(timedelta(minutes=5))
    with pytest.raises(HoldRefused) as refused:
        books.hold(ada, 1)
    assert (refused.value.limit, refused.value.available) == ("balance", 0)


def test_a_lot_expires_once_for_exactly_what_is_available_then(books: Books) -> None:
    ada = books.open_wallet()
    lot = books.grant(ada, 10, ends_in=timedelta(minutes=5))
    books.settle(books.hold(ada, 4).hold_id, 4)
    books.clock.advance(timedelta(minutes=5))
    assert [(expired.lot_id, expired.amount) for expired in books.do(ExpireLots()).lots] == [(lot.lot_id, 6)]
    assert books.do(ExpireLots()).lots == ()


def test_a_hold_that_settles_tomorrow_counts_in_the_day_it_was_placed(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    hold = books.hold(ada, 30, lease_seconds=86_400)
    books.clock.advance(timedelta(hours=13))
    assert books.view(ada).daily.left == 30
    books.settle(hold.hold_id, 20)
    assert books.view(ada).daily.settled == 0
    settled = books.rows("SELECT settled FROM windows WHERE period = 'day' ORDER BY start_us")
    assert settled == [(20,)]
    assert books.view(ada).monthly.settled == 20


REFUSALS = {
    "per_run": (PlanCaps(daily=1, monthly_allocation=1, per_run=5), 6),
    "monthly": (PlanCaps(daily=9, monthly_allocation=5), 6),
    "daily": (PlanCaps(daily=5, monthly_allocation=50), 6),
    "balance": (PlanCaps(daily=500, monthly_allocation=500, open_holds=0), 101),
    "open_holds": (PlanCaps(daily=50, monthly_allocation=50, open_holds=0), 6),
}


@pytest.mark.parametrize("limit", REFUSALS)
def test_the_first_limit_in_the_documented_order_is_the_refusal(books: Books, limit: str) -> None:
    plan, needed = REFUSALS[limit]
    ada = books.open_wallet(plan)
    books.grant(ada, 100)
    with pytest.raises(HoldRefused) as refused:
        books.hold(ada, needed)
    assert refused.value.limit == limit
    assert books.rows("SELECT count(*) FROM holds") == [(0,)]


def test_a_daily_refusal_says_what_was_used_what_is_held_and_when_it_resets(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.settle(books.hold(ada, 20).hold_id, 12)
    books.hold(ada, 10)
    with pytest.raises(HoldRefused) as refused:
        books.hold(ada, 9)
    found = refused.value
    assert (found.limit, found.used, found.held, found.needed, found.available, found.cap) == (
        *("daily", 12, 10, 9, 8, 30),
    )
    assert found.resets_at == datetime(2026, 11, 22, tzinfo=UTC)


def test_the_monthly_cap_is_the_allocation_plus_what_was_bought(books: Books) -> None:
    ada = books.open_wallet(PlanCaps(monthly_allocation=10))
    books.grant(ada, 10)
    assert books.view(ada).monthly.cap == 10
    books.grant(ada, 50, GrantSource.PURCHASE)
    books.grant(ada, 50, GrantSource.GIFT)
    assert books.view(ada).monthly.cap == 60
    books.hold(ada, 60)
    with pytest.raises(HoldRefused, match="monthly"):
        books.hold(ada, 1)


def test_an_own_limit_below_the_plan_binds_and_a_new_day_starts_a_new_window(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.do(SetLimits(books.fresh_key(), ada, OwnLimits(daily=5, per_run=4)))
    with pytest.raises(HoldRefused, match="per_run"):
        books.hold(ada, 5)
    books.hold(ada, 4)
    with pytest.raises(HoldRefused, match="daily"):
        books.hold(ada, 2)
    books.clock.advance(timedelta(hours=12))
    books.hold(ada, 4)


def test_a_lowered_limit_stops_new_holds_and_leaves_the_open_one_its_ceiling(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    hold = books.hold(ada, 20)
    books.do(SetLimits(books.fresh_key(), ada, OwnLimits(daily=3)))
    with pytest.raises(HoldRefused, match="daily"):
        books.hold(ada, 1)
    assert books.settle(hold.hold_id, 20).settled == 20


def test_nothing_is_found_for_an_unknown_wallet_or_hold(books: Books) -> None:
    with pytest.raises(WalletNotFound):
        books.hold("wal_nobody", 1)
    with pytest.raises(HoldNotFound):
        books.settle("hold_nobody", 1)
    with pytest.raises(HoldNotFound):
        books.do(Release("hold_nobody", "cancelled"))


def test_a_preview_names_the_limit_and_sets_nothing_aside(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    command = PlaceHold("preview", ada, "run", 31, PRICES, 60)
    refused = books.db.read(lambda tx: books.ledger.prospect(tx, command)[1])
    assert refused is not None
    assert refused.limit == "daily"
    assert books.view(ada).held == 0


def _held(books: Books, ceiling: int, *, lease_seconds: int = 600) -> str:
    ada = books.open_wallet()
    books.grant(ada, 100)
    return books.hold(ada, ceiling, lease_seconds=lease_seconds).hold_id


def _lots(books: Books) -> dict[str, tuple[int, ...]]:
    return {row[0]: row[1:] for row in books.rows("SELECT lot_id, available, held, spent FROM lots")}


def _state(books: Books, hold_id: str) -> HoldState:
    return books.db.read(lambda tx: books.ledger.hold(tx, hold_id)).state
