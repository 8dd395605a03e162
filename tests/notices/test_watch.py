"""Notices: what a person should know is told once, in time, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import GrantSource, IssueGrant, PlanCaps, SetLimits
from studio_server.ledger.commands import VoidGrant
from studio_server.notices import rows
from studio_server.notices.rows import NoticeNotFound
from studio_server.notices.service import Notices

from tests.accounts.plan_books import PlanBooks, at, new_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from studio_magics.contracts.events import NoticeEvent


class Listening(PlanBooks):
    """Books with notices, and what was pushed."""

    def __init__(self, path: Path, **more: Any) -> None:
        super().__init__(path, **more)
        self.pushed: list[tuple[str, str]] = []
        self.notifying = self.replica()

    def replica(self) -> Notices:
        """One server's notices on these books."""
        return Notices(self.db, self.ids, self.clock, self._publish)

    def _publish(self, user_id: str, event: NoticeEvent) -> None:
        self.pushed.append((user_id, event.text))

    def give(self, amount: int, ends_at: datetime | None, source: GrantSource = GrantSource.PURCHASE) -> Any:
        """Credits for Ada."""
        key = self.ids.new("test")
        command = IssueGrant(key, self.ada.wallet_id, source, amount, key, ends_at)
        return self.do(lambda tx: self.ledger.execute(tx, command))

    def void(self, grant_id: str) -> None:
        """Take a grant back."""
        self.do(lambda tx: self.ledger.execute(tx, VoidGrant(self.ids.new("void"), grant_id, "dispute")))


@pytest.fixture(params=["sqlite", "postgresql"])
def books(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Listening]:
    opened = Listening(tmp_path / "books.db", start=at(2026, 3, 1), url=new_url(request.param))
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


END = at(2026, 6, 1)


async def test_bought_credits_are_told_of_30_and_7_days_before_their_end_once_each(books: Listening) -> None:
    books.give(500, END)
    told = []
    for before in (
        timedelta(days=30, microseconds=1),
        timedelta(days=30),
        timedelta(days=7),
        timedelta(hours=1),
    ):
        books.go(END - before)
        await books.notifying.round()
        await books.notifying.round()
        told.append(len(books.notices()))
    assert told == [0, 1, 2, 2]
    assert books.notices() == [
        ("credits_end_in_30_days", "500 bought credits end on 2026-06-01"),
        ("credits_end_in_7_days", "500 bought credits end on 2026-06-01"),
    ]
    assert [user_id for user_id, _ in books.pushed] == [books.ada.id, books.ada.id]


async def test_a_restart_and_a_second_replica_tell_nothing_again(books: Listening) -> None:
    books.give(500, END)
    books.go(END - timedelta(days=20))
    await books.notifying.round()
    books.clock.advance(timedelta(seconds=1))
    second = books.replica()
    await second.round()
    books.reopen()
    await books.replica().round()
    assert len(books.notices()) == 1
    assert len(books.pushed) == 1


async def test_without_the_uniqueness_of_a_notice_a_second_replica_would_tell_it_again(
    books: Listening,
) -> None:
    """The guard's twin: under another subject the same sentence is posted again."""
    books.give(500, END)
    books.go(END - timedelta(days=20))
    await books.notifying.round()
    user_id, kind, about = books.rows("SELECT user_id, kind, about FROM notices")[0]
    again = rows.Draft(user_id, kind, about, "warning", "again")
    other = rows.Draft(user_id, kind, f"{about}-other", "warning", "again")
    assert not books.do(lambda tx: rows.post(tx, "notice_a", again))
    assert books.do(lambda tx: rows.post(tx, "notice_b", other))


async def test_what_another_replica_told_is_pushed_here_too(books: Listening) -> None:
    books.give(500, END)
    other = books.replica()
    books.go(END - timedelta(days=20))
    await other.round()
    books.pushed.clear()
    assert await books.notifying.round() == {books.ada.id}
    assert len(books.pushed) == 1


async def test_a_lot_of_which_nothing_is_left_is_not_told_of(books: Listening) -> None:
    grant = books.give(500, END)
    books.void(grant.grant_id)
    books.go(END - timedelta(days=7))
    await books.notifying.round()
    assert books.notices() == []


@pytest.mark.parametrize("source", [GrantSource.PLAN, GrantSource.PROMOTION])
async def test_credits_of_plans_and_promotions_end_without_a_word(
    books: Listening, source: GrantSource
) -> None:
    books.give(500, END, source)
    books.go(END - timedelta(days=7))
    await books.notifying.round()
    assert books.notices() == []


async def test_credits_without_an_end_are_never_told_of(books: Listening) -> None:
    books.give(500, None)
    books.go(at(2126, 1, 1))
    await books.notifying.round()
    assert books.notices() == []


async def test_a_gift_in_its_last_week_is_told_of_once(books: Listening) -> None:
    books.give(5, books.clock.now() + timedelta(days=3), GrantSource.GIFT)
    await books.notifying.round()
    books.clock.advance(timedelta(days=1))
    await books.notifying.round()
    assert books.notices() == [("credits_end_in_7_days", "5 credits given to you end on 2026-03-04")]


async def test_each_debt_is_told_of_when_it_opens_and_when_it_is_covered(books: Listening) -> None:
    unlimited = SetLimits("unlimited", books.ada.wallet_id, plan=PlanCaps())
    books.do(lambda tx: books.ledger.execute(tx, unlimited))
    for _ in range(2):
        bought = books.give(400, END)
        books.spend(books.available - 100)
        books.void(bought.grant_id)
        for _ in range(3):
            await books.notifying.round()
        books.give(1_000, None)
        for _ in range(3):
            await books.notifying.round()
        books.clock.advance(timedelta(days=1))
    assert [kind for kind, _ in books.notices()] == [
        "debt_opened",
        "debt_covered",
        "debt_opened",
        "debt_covered",
    ]
    assert "300 credits that were taken back had been spent" in books.notices()[0][1]


def test_a_notice_that_nobody_read_stays_in_the_list_and_leaves_the_balance_after_30_days(
    books: Listening,
) -> None:
    draft = rows.Draft(books.ada.id, "plan_renewed", "x", "info", "given")
    books.do(lambda tx: rows.post(tx, "notice_x", draft))
    books.clock.advance(timedelta(days=30, microseconds=-1))
    assert books.db.read(lambda tx: rows.newest_unread(tx, books.ada.id)).text == "given"
    books.clock.advance(timedelta(microseconds=1))
    assert books.db.read(lambda tx: rows.newest_unread(tx, books.ada.id)) is None
    assert books.db.read(lambda tx: rows.unread(tx, books.ada.id)) == 1


def test_a_notice_is_read_from_the_first_time_on_and_by_its_user_only(books: Listening) -> None:
    draft = rows.Draft(books.ada.id, "plan_renewed", "x", "info", "given")
    books.do(lambda tx: rows.post(tx, "notice_x", draft))
    bob = books.join("bob")
    with pytest.raises(NoticeNotFound):
        books.do(lambda tx: rows.mark_read(tx, bob.id, "notice_x"))
    assert books.db.read(lambda tx: rows.unread(tx, books.ada.id)) == 1
    first = books.do(lambda tx: rows.mark_read(tx, books.ada.id, "notice_x"))
    books.clock.advance(timedelta(hours=1))
    assert books.do(lambda tx: rows.mark_read(tx, books.ada.id, "notice_x")) == first
    assert books.db.read(lambda tx: rows.newest_unread(tx, books.ada.id)) is None
