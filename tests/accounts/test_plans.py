"""Plans: each period gives once, changes give what is left of a period, whoever asks and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server.accounts.plans import NotSubscribed, PlanKeyReused, PlanUnknown
from studio_server.ledger import WalletState
from studio_server.ledger.commands import SetLimits, SetWalletState
from studio_server.ledger.values import OwnLimits
from studio_server.storage.opening import open_database

from tests.accounts.plan_books import PlanBooks, at, new_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def books(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[PlanBooks]:
    """Ada on the free plan since 31 January 2026, noon."""
    opened = PlanBooks(tmp_path / "books.db", url=new_url(request.param))
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


def test_the_free_plan_gives_each_calendar_month_once(books: PlanBooks) -> None:
    assert (books.available, books.view().lots[0].ends_at) == (300, at(2026, 2, 1))
    assert not books.renew()
    books.go(at(2026, 2, 1) - MICROSECOND)
    assert not books.renew()
    books.go(at(2026, 2, 1))
    assert [books.renew(), books.renew(plans=books.second)] == [True, False]
    assert books.grants() == [(f"free:{books.ada.id}:0", 300), (f"free:{books.ada.id}:1", 300)]
    assert (books.available, books.view().lots[0].ends_at) == (300, at(2026, 3, 1))


def test_a_paid_plan_starts_at_once_with_all_its_credits_and_its_limits(books: PlanBooks) -> None:
    change = books.change("supporter", "order-1")
    assert (change.kind, change.granted, change.effective_at) == ("started", 3_000, at(2026, 1, 31, 12))
    assert books.available == 3_300
    view = books.view()
    assert (view.plan.daily, view.plan.monthly_allocation) == (300, 3_500)
    assert (books.state().plan.id, books.state().period.ends_at) == ("supporter", at(2026, 2, 28, 12))


def test_periods_start_on_the_anchors_day_or_the_months_last_over_a_year(books: PlanBooks) -> None:
    books.go(at(2027, 10, 31, 12))
    books.change("plain", "order-1")
    starts = []
    for _ in range(6):
        books.go(books.state().period.ends_at)
        assert books.renew()
        starts.append(books.state().period.starts_at)
        assert books.available == 3_000
    assert starts == [
        at(2027, 11, 30, 12),
        at(2027, 12, 31, 12),
        at(2028, 1, 31, 12),
        at(2028, 2, 29, 12),
        at(2028, 3, 31, 12),
        at(2028, 4, 30, 12),
    ]


def test_three_months_without_a_server_give_the_running_period_only(books: PlanBooks) -> None:
    books.change("plain", "order-1")
    books.go(at(2026, 5, 2))
    assert books.renew()
    assert not books.renew(plans=books.second)
    assert [reference for reference, _ in books.grants()][1:] == [
        f"plain:{books.ada.id}:0",
        f"plain:{books.ada.id}:3",
    ]
    dealt = books.rows(
        "SELECT reference, state FROM plan_periods WHERE reference LIKE 'plain%' ORDER BY starts_at"
    )
    assert [state for _, state in dealt] == ["granted", "missed", "missed", "granted"]
    assert books.available == 3_000


def test_an_upgrade_in_the_first_microsecond_gives_the_whole_difference(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    assert books.change("pro", "order-2").granted == 9_000
    assert books.view().plan.daily == 2_000


def test_an_upgrade_in_the_last_microsecond_gives_one_credit(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 28, 12) - MICROSECOND)
    assert books.change("pro", "order-2").granted == 1
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.grants()[-1] == (f"pro:{books.ada.id}:1", 12_000)


def test_an_upgrade_at_the_periods_end_starts_the_next_period_first(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 28, 12))
    assert books.change("pro", "order-2").granted == 9_000
    assert [amount for _, amount in books.grants()][-2:] == [3_000, 9_000]


def test_an_upgrade_gives_the_share_of_what_is_left_rounded_up(books: PlanBooks) -> None:
    books.change("supporter", "order-1")  # 28 days
    books.go(at(2026, 2, 7, 12))  # three quarters left
    assert books.change("pro", "order-2").granted == 6_750
    books.go(at(2026, 2, 7, 12, 0, 1))
    assert books.change("max", "order-3").granted == 13_500  # a second later: 13 499.99


def test_the_same_key_upgrades_once_and_answers_as_before(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 7, 12))
    first = books.change("pro", "order-2")
    available = books.available
    books.go(at(2026, 2, 9))
    assert books.change("pro", "order-2", plans=books.second) == first
    assert books.change("pro", "order-3").kind == "kept"
    assert books.available == available


def test_a_key_stands_for_one_plan(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    with pytest.raises(PlanKeyReused):
        books.change("pro", "order-1")
    assert books.state().plan.id == "supporter"


def test_a_downgrade_waits_for_the_periods_end_and_is_shown(books: PlanBooks) -> None:
    books.change("pro", "order-1")
    change = books.change("plain", "order-2")
    assert (change.kind, change.granted, change.effective_at) == ("scheduled", 0, at(2026, 2, 28, 12))
    assert (books.state().plan.id, books.state().next_plan.id) == ("pro", "plain")
    assert books.view().plan.daily == 2_000
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert (books.state().plan.id, books.state().next_plan) == ("plain", None)
    assert (books.available, books.view().plan.daily) == (3_000, 300)
    assert books.state().period.ends_at == at(2026, 3, 31, 12)  # the anchor stays


def test_a_downgrade_can_be_taken_back(books: PlanBooks) -> None:
    books.change("pro", "order-1")
    books.change("supporter", "order-2")
    assert books.change("pro", "order-3").kind == "kept"
    assert books.state().next_plan is None
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.state().plan.id == "pro"


def test_a_downgrade_and_then_an_upgrade_leave_the_upgrade(books: PlanBooks) -> None:
    books.change("pro", "order-1")
    books.change("supporter", "order-2")
    books.go(at(2026, 2, 14, 12))
    assert books.change("max", "order-3").granted == 9_000  # half of 18 000
    assert (books.state().plan.id, books.state().next_plan) == ("max", None)


def test_who_cancels_is_on_the_free_plan_after_the_period_and_its_months_are_calendar_months(
    books: PlanBooks,
) -> None:
    books.change("pro", "order-1")
    assert books.change("free", "order-2").kind == "scheduled"
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.grants()[-1] == (f"free:{books.ada.id}:1", 300)
    assert (books.available, books.state().period.ends_at) == (300, at(2026, 3, 1))
    assert (books.view().plan.daily, books.view().plan.monthly_allocation) == (30, 300)


def test_a_second_paid_time_counts_its_periods_on(books: PlanBooks) -> None:
    books.change("pro", "order-1")
    books.change("free", "order-2")
    books.go(at(2026, 3, 5))
    assert books.change("pro", "order-3").granted == 12_000
    assert books.grants()[-1] == (f"pro:{books.ada.id}:1", 12_000)
    assert books.state().period.ends_at == at(2026, 4, 5)


def test_a_free_month_is_given_once_however_plans_change(books: PlanBooks) -> None:
    books.go(at(2026, 3, 1))
    books.renew()
    books.change("plain", "order-1")
    books.change("free", "order-2")
    books.go(at(2026, 4, 1))  # the paid period ends with the month
    books.renew()
    books.renew(plans=books.second)
    given = [reference for reference, _ in books.grants()]
    assert given.count(f"free:{books.ada.id}:3") == 1
    assert len(given) == len(set(given))


def test_what_is_left_rolls_over_up_to_the_plans_most_before_the_new_credits_come(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 10))
    books.spend(200)
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.available == 3_500
    assert sorted(lot.available for lot in books.view().lots) == [500, 3_000]
    assert {lot.ends_at for lot in books.view().lots} == {at(2026, 3, 31, 12)}


def test_what_rolled_over_never_adds_up_to_more_than_the_plans_most(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    for _ in range(4):
        books.go(books.state().period.ends_at)
        books.renew()
        assert books.available == 3_500


def test_a_small_rest_rolls_over_whole(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    for day in range(1, 11):
        books.go(at(2026, 2, day))
        books.spend(280)
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.available == 3_000 + 200


def test_after_an_upgrade_the_higher_plans_most_rolls_over(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.change("pro", "order-2")
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.available == 12_000 + 2_000


def test_nothing_rolls_into_a_plan_that_carries_nothing_over(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.change("free", "order-2")
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.available == 300


def test_after_downtime_what_is_left_rolls_into_the_period_that_runs(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 5, 2))
    books.renew()
    assert books.available == 3_500
    assert {lot.ends_at for lot in books.view().lots} == {at(2026, 5, 31, 12)}


def test_two_replicas_that_find_the_same_users_due_renew_each_once(books: PlanBooks) -> None:
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 28, 12))
    for plans in (books.plans, books.second):
        assert books.db.read(lambda tx, plans=plans: plans.due(tx, limit=10)) == [books.ada.id]
    assert books.renew(plans=books.second)
    assert not books.renew()
    assert books.available == 3_500


def test_two_servers_on_one_postgresql_renew_and_upgrade_once_at_the_same_moment(tmp_path: Path) -> None:
    books = PlanBooks(tmp_path / "unused", url=new_url("postgresql"))
    others = [open_database(books.url, books.path, books.clock) for _ in range(4)]
    books.change("supporter", "order-1")
    books.go(at(2026, 2, 28, 12))
    ada = books.ada.id
    with ThreadPoolExecutor(len(others)) as threads:
        begun = list(threads.map(lambda db: db.write_blocking(lambda tx: books.plans.renew(tx, ada)), others))
        assert sorted(begun) == [False, False, False, True]
        upgraded = threads.map(
            lambda db: db.write_blocking(lambda tx: books.plans.change(tx, ada, "pro", key="order-2")), others
        )
        assert len(set(upgraded)) == 1
    assert books.available == 3_500 + 9_000
    assert books.violations() == []
    for db in (*others, books.db):
        db.close()


def test_an_own_limit_above_the_lower_plans_does_not_hold_the_renewal_up(books: PlanBooks) -> None:
    books.change("pro", "order-1")
    own = SetLimits("own", books.ada.wallet_id, own=OwnLimits(daily=1_500))
    books.do(lambda tx: books.ledger.execute(tx, own))
    books.change("plain", "order-2")
    books.go(at(2026, 2, 28, 11))
    books.spend(1_000)  # more than the lower plan allows a day
    books.go(at(2026, 2, 28, 12))
    books.renew()
    assert books.view().daily.cap == 300
    assert books.view().daily.left == 0


def test_a_closed_wallet_ends_the_subscription_and_stops_nobody_else(books: PlanBooks) -> None:
    closing = SetWalletState("bye", books.ada.wallet_id, WalletState.CLOSED, "left")
    books.do(lambda tx: books.ledger.execute(tx, closing))
    books.go(at(2026, 2, 1))
    books.renew()
    assert books.db.read(lambda tx: books.plans.due(tx, limit=10)) == []
    with pytest.raises(NotSubscribed):
        books.change("pro", "order-1")


def test_a_plan_that_is_not_on_offer_is_refused_and_changes_nothing(books: PlanBooks) -> None:
    with pytest.raises(PlanUnknown, match="gold"):
        books.change("gold", "order-1")
    assert books.state().plan.id == "free"


def test_a_server_without_free_credits_gives_none_and_looks_once_a_month(tmp_path: Path) -> None:
    books = PlanBooks(tmp_path / "books.db", free_credits=False)
    assert (books.available, books.grants()) == (0, [])
    books.go(at(2026, 2, 1))
    assert [books.renew(), books.renew()] == [True, False]
    assert books.available == 0
    books.db.close()


def test_a_renewal_and_a_change_are_told_once(books: PlanBooks) -> None:
    books.change("plain", "order-1")
    books.change("plain", "order-1")
    books.go(at(2026, 2, 28, 12))
    books.renew()
    books.reopen()
    books.renew()
    assert books.notices() == [
        ("plan_changed", "The plan changed from Free to Plain and gave 3,000 credits"),
        ("plan_renewed", "The plan Plain gave 3,000 credits; they end on 2026-03-31"),
    ]


def test_no_period_is_skipped_or_given_twice_over_eight_years(books: PlanBooks) -> None:
    books.change("plain", "order-1")
    ends: list[datetime] = [books.state().period.ends_at]
    for _ in range(96):
        books.go(ends[-1])
        assert books.renew()
        ends.append(books.state().period.ends_at)
    assert ends == sorted(set(ends))
    given = books.rows(
        "SELECT count(*), count(DISTINCT starts_at) FROM plan_periods WHERE reference LIKE 'plain%'"
    )
    assert given == [(97, 97)]
