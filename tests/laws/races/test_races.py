"""Of 64 clients at once exactly as many win as can be paid for, on both engines."""

from __future__ import annotations

import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import OwnLimits, PlaceHold, PlanCaps, SetLimits

from tests.laws.machine.engines import POSTGRESQL, SQLITE
from tests.laws.races.clients import CLIENTS, Clients
from tests.laws.races.rounds import OPEN, PLENTY, PRICES, RACES, Round, wins
from tests.laws.races.run import run

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
ROUNDS = int(os.environ.get("STUDIO_RACES", str(2 * len(RACES))))


@pytest.fixture
def clients() -> Iterator[Clients]:
    """Sixty-four clients of a fresh SQLite database."""
    with Clients(SQLITE) as opened:
        yield opened


def this_round(clients: Clients) -> Round:
    return Round(clients, "r1", random.Random(1))  # noqa: S311  - a replayable round needs a seed


@pytest.mark.parametrize("engine", [SQLITE, POSTGRESQL])
def test_in_every_race_as_many_win_as_the_formula_says(engine: str) -> None:
    print(f"STUDIO_SEED={SEED}")
    assert run(ROUNDS, SEED, engine).findings == []


@pytest.mark.parametrize(("full", "winners"), [(0, 0), (7, 0), (8, 1), (87, 10), (512, 64)])
def test_of_64_holds_on_one_balance_exactly_as_many_win_as_it_pays_for(
    clients: Clients, full: int, winners: int
) -> None:
    race = this_round(clients)
    wallet_id, _ = race.wallet(full)
    assert wins(clients.race(race.holds(wallet_id, [8] * CLIENTS)), winners, "balance") is None
    assert race.view(wallet_id).available == full - 8 * winners


def test_limits_changed_during_the_race_never_leave_a_window_above_its_cap(clients: Clients) -> None:
    race = this_round(clients)
    wallet_id, _ = race.wallet(PLENTY, PlanCaps(daily=40))
    commands: list[Any] = race.holds(wallet_id, [3] * CLIENTS)
    for number in range(16):
        commands[number * 4] = SetLimits(f"l{number}", wallet_id, OwnLimits(daily=number * 3 % 40))
    clients.race(commands)
    above = clients.servers[0].store.read(
        lambda tx: tx.one("SELECT count(*) FROM windows WHERE settled - reversed + held > cap")
    )
    assert above == (0,)


def test_a_cap_read_in_one_transaction_and_used_in_another_is_overspent(clients: Clients) -> None:
    """The twin: were the check outside the transaction that writes, everybody would win."""
    race = this_round(clients)
    wallet_id, _ = race.wallet(PLENTY, OPEN)
    cap, everybody_looked = 40, threading.Barrier(CLIENTS)

    def look_then_place(number: int) -> Any:
        left = cap - race.view(wallet_id).daily.held
        everybody_looked.wait(30)
        if left < 8:
            return None
        return clients.server(number).do(PlaceHold(f"k{number}", wallet_id, "run", 8, PRICES, 60))

    answers = clients.each(look_then_place)
    assert race.view(wallet_id).daily.held == 8 * CLIENTS
    assert wins(answers, cap // 8, "daily") is not None
