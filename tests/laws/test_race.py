"""Promises under contention: exactly as many win as can be paid for."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import (
    GrantAlreadyIssued,
    GrantSource,
    HoldFinished,
    HoldRefused,
    IssueGrant,
    LedgerRefusal,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    Release,
    SetLimits,
    Settle,
)

from tests.ledger.books import PRICES, Books

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RACERS = 64


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books that must be right after the race."""
    opened = Books(tmp_path / "books.db")
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


def race(books: Books, commands: list[Any]) -> list[Any]:
    """Every command from its own thread at the same instant; answers or refusals, in the order given."""
    start = threading.Barrier(len(commands))

    def run(command: Any) -> Any:
        start.wait(30)
        try:
            return books.do(command)
        except LedgerRefusal as refusal:
            return refusal

    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(run, commands))


@pytest.mark.parametrize(("balance", "winners"), [(0, 0), (7, 0), (8, 1), (87, 10), (512, 64)])
def test_of_64_holds_on_one_balance_exactly_as_many_win_as_it_pays_for(
    books: Books, balance: int, winners: int
) -> None:
    ada = books.open_wallet()
    if balance:
        books.grant(ada, balance)
    answers = race(books, [PlaceHold(f"k{n}", ada, f"run{n}", 8, PRICES, 60) for n in range(RACERS)])
    refused = [answer for answer in answers if isinstance(answer, HoldRefused)]
    assert RACERS - len(refused) == winners
    assert {refusal.limit for refusal in refused} <= {"balance"}
    assert books.view(ada).available == balance - 8 * winners


def test_of_64_holds_in_one_day_exactly_as_many_win_as_the_daily_cap_allows(books: Books) -> None:
    ada = books.open_wallet(PlanCaps(daily=30))
    books.grant(ada, 1_000)
    answers = race(books, [PlaceHold(f"k{n}", ada, f"run{n}", 8, PRICES, 60) for n in range(RACERS)])
    assert Counter(type(answer).__name__ for answer in answers) == {"HoldPlaced": 3, "HoldRefused": 61}
    assert books.view(ada).daily.held == 24


def test_one_key_from_64_threads_takes_effect_once_and_answers_all_the_same(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 1_000)
    answers = race(books, [PlaceHold("one", ada, "run", 8, PRICES, 60)] * RACERS)
    assert len({answer.hold_id for answer in answers}) == 1
    assert books.view(ada).held == 8


def test_a_hold_that_is_settled_and_released_at_once_ends_in_one_way(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 1_000)
    hold = books.hold(ada, 8).hold_id
    ends = [Settle(hold, n % 4, PRICES) if n % 2 else Release(hold, "cancelled") for n in range(RACERS)]
    answers = race(books, ends)
    ended = {(answer.state, answer.settled) for answer in answers if not isinstance(answer, LedgerRefusal)}
    lost = [answer for answer in answers if isinstance(answer, HoldFinished)]
    assert len({state for state, _ in ended}) == 1
    assert lost
    assert books.rows("SELECT sum(available + spent), sum(held) FROM lots") == [(1_000, 0)]


def test_one_voucher_redeemed_from_64_threads_gives_once(books: Books) -> None:
    ada = books.open_wallet()
    answers = race(
        books, [IssueGrant(f"k{n}", ada, GrantSource.GIFT, 50, "voucher-1") for n in range(RACERS)]
    )
    assert sum(isinstance(answer, GrantAlreadyIssued) for answer in answers) == RACERS - 1
    assert books.view(ada).available == 50


def test_limits_changed_during_the_race_never_leave_a_window_above_its_cap(books: Books) -> None:
    ada = books.open_wallet(PlanCaps(daily=40))
    books.grant(ada, 1_000)
    holds: list[Any] = [PlaceHold(f"k{n}", ada, f"run{n}", 3, PRICES, 60) for n in range(48)]
    limits: list[Any] = [SetLimits(f"l{n}", ada, OwnLimits(daily=n * 3 % 40)) for n in range(16)]
    race(books, [command for pair in zip(holds[:16], limits, strict=True) for command in pair] + holds[16:])
    assert books.rows("SELECT count(*) FROM windows WHERE settled + held > cap") == [(0,)]
