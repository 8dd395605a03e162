"""Plans that are paid elsewhere: our clock begins none of their periods, and the free month comes once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server.accounts import subscriptions
from studio_server.accounts.plans import PaidPlan, PlanIsPaid, PlanUnknown
from studio_server.ledger import GrantSource, IssueGrant, WalletState
from studio_server.ledger.commands import SetWalletState

from tests.accounts.plan_books import PlanBooks, at, new_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

MICROSECOND = timedelta(microseconds=1)
JANUARY = (at(2026, 1, 31, 12), at(2026, 2, 28, 12))
FEBRUARY = (at(2026, 2, 28, 12), at(2026, 3, 31, 12))


@pytest.fixture(params=["sqlite", "postgresql"])
def books(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[PlanBooks]:
    """Ada on the free plan since 31 January 2026, noon."""
    opened = PlanBooks(tmp_path / "books.db", url=new_url(request.param))
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


def follow(
    books: PlanBooks,
    plan: str | None,
    period: tuple[datetime, datetime] = JANUARY,
    *,
    key: str,
    then: str | None = None,
    gave: int = 0,
) -> None:
    """What a payment says of Ada's plan."""
    paid = None if plan is None else PaidPlan(plan, then, *period)
    books.do(lambda tx: books.plans.follow(tx, books.ada.id, paid, key=key, gave=gave))


def test_a_paid_plan_has_its_limits_and_period_and_gives_nothing_by_itself(books: PlanBooks) -> None:
    follow(books, "supporter", key="1", then="free")
    view, state = books.view(), books.state()
    assert (view.plan.daily, view.plan.monthly_allocation, books.available) == (300, 3_500, 300)
    assert (state.plan.id, state.next_plan.id, state.period.ends_at) == ("supporter", "free", JANUARY[1])


def test_our_clock_begins_no_period_of_a_plan_that_is_paid(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    books.go(JANUARY[1] + subscriptions.UNPAID_KEEPS - MICROSECOND)
    assert (books.do(lambda tx: books.plans.due(tx, limit=9)), books.renew()) == ([], False)
    assert (books.state().plan.id, books.available) == ("supporter", 300 - 300)
    follow(books, "supporter", FEBRUARY, key="2")
    assert (books.state().period.starts_at, books.grants()) == (
        FEBRUARY[0],
        [(f"free:{books.ada.id}:0", 300)],
    )


def test_three_weeks_after_a_period_that_nobody_renews_the_free_plan_begins_once(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    books.go(JANUARY[1] + subscriptions.UNPAID_KEEPS)
    assert books.do(lambda tx: books.plans.due(tx, limit=9)) == [books.ada.id]
    with ThreadPoolExecutor(2) as both:
        begun = list(both.map(lambda plans: books.renew(plans=plans), [books.plans, books.second]))
    assert sorted(begun) == [False, True]
    follow(books, "supporter", key="2")
    assert (books.state().plan.id, books.view().plan.daily, books.available) == ("free", 30, 300)


def test_when_payment_ends_the_free_month_is_given_unless_it_was(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    follow(books, None, key="2")
    assert (books.state().plan.id, books.available) == ("free", 300)
    follow(books, "supporter", key="3")
    books.go(at(2026, 2, 3))
    follow(books, None, key="4")
    follow(books, None, key="5")
    assert (books.state().plan.id, books.available, len(books.grants())) == ("free", 300, 2)


def test_two_workers_at_midnight_give_the_free_month_once_after_a_payment_ended(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    follow(books, None, key="2")
    books.go(at(2026, 2, 1))
    with ThreadPoolExecutor(2) as both:
        begun = list(both.map(lambda plans: books.renew(plans=plans), [books.plans, books.second]))
    assert (sorted(begun), len(books.grants())) == ([False, True], 2)


def test_back_and_forth_each_plan_has_its_own_limits(books: PlanBooks) -> None:
    for key, plan, daily in (
        ("1", "supporter", 300),
        ("2", "pro", 2_000),
        ("3", None, 30),
        ("4", "pro", 2_000),
    ):
        follow(books, plan, key=key)
        assert books.view().plan.daily == daily


def test_a_plan_that_is_paid_is_not_changed_by_hand(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    with pytest.raises(PlanIsPaid):
        books.change("pro", "by hand")
    follow(books, None, key="2")
    assert books.change("pro", "by hand").kind == "started"


def test_a_plan_an_operator_gave_stays_when_nothing_is_paid(books: PlanBooks) -> None:
    books.change("pro", "given")
    follow(books, None, key="1")
    assert books.state().plan.id == "pro"
    books.go(books.state().period.ends_at)
    assert books.renew()


def test_a_plan_that_is_not_on_offer_is_not_followed(books: PlanBooks) -> None:
    with pytest.raises(PlanUnknown):
        follow(books, "gold", key="1")
    assert books.state().plan.id == "free"


def test_credits_that_roll_over_wait_for_the_invoice_of_the_next_period(books: PlanBooks) -> None:
    follow(books, "supporter", key="1")
    terms = {"source": GrantSource.PLAN, "amount": 3_000, "reference": "in_1", "roll_over": 500}
    books.do(
        lambda tx: books.ledger.execute(
            tx, IssueGrant("inv:in_1", books.ada.wallet_id, ends_at=JANUARY[1], **terms)
        )
    )
    books.go(JANUARY[1] + timedelta(days=3))
    for lot in books.do(books.ledger.periods_past_end):
        books.do(lambda tx, lot=lot: books.plans.close_stray(tx, lot))
    follow(books, "supporter", FEBRUARY, key="2")
    assert [(lot.available, lot.ends_at) for lot in books.view().lots if lot.available] == [
        (500, FEBRUARY[1])
    ]


def test_who_left_is_on_no_plan_that_is_paid(books: PlanBooks) -> None:
    closing = SetWalletState("close", books.ada.wallet_id, WalletState.CLOSED, "left")
    books.do(lambda tx: books.ledger.execute(tx, closing))
    books.go(at(2026, 2, 2))
    follow(books, "supporter", key="1")
    follow(books, None, key="2")
    assert books.do(lambda tx: subscriptions.of(tx, books.ada.id)).state == "ended"


def test_a_change_and_a_renewal_are_told_once(books: PlanBooks) -> None:
    for key, period in (("1", JANUARY), ("1", JANUARY), ("2", FEBRUARY), ("2", FEBRUARY)):
        follow(books, "supporter", period, key=key, gave=3_000)
    told = books.do(lambda tx: tx.execute("SELECT kind, text FROM notices ORDER BY kind"))
    assert [kind for kind, _ in told] == ["plan_changed", "plan_renewed"]
    assert "gave 3,000 credits" in told[0][1]


def test_without_the_mark_our_clock_would_give_a_period_nobody_paid(
    books: PlanBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(books, "supporter", key="1")
    books.do(lambda tx: tx.execute("UPDATE subscriptions SET renews = 'clock'"))
    books.go(JANUARY[1])
    assert books.renew()
    assert books.available == 3_000
