"""So many rounds on one database, the shared checker every few hundred, a fresh database now and then."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from studio_server.ledger.checker import check

from tests.laws.machine.engines import SQLITE
from tests.laws.races.clients import Clients
from tests.laws.races.rounds import RACES, Round
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS_PER_DATABASE = 250


def run(rounds: int, seed: int, engine: str = SQLITE) -> Tally:
    """Race so many times; a finding names the race and its round, which draws from the seed alone."""
    started = time.monotonic()
    findings: list[str] = []
    raced = 0
    while raced < rounds and len(findings) < 5:
        count = min(ROUNDS_PER_DATABASE, rounds - raced)
        findings += _on_one_database(engine, seed, range(raced, raced + count))
        raced += count
    seconds = time.monotonic() - started
    return Tally(
        f"races on {engine}", raced, seed, findings, seconds, f"rounds of 64 clients, {len(RACES)} races"
    )


def one_round(engine: str, seed: int, number: int, race: Callable[[Round], str | None]) -> list[str]:
    """One round of one race in a database of its own."""
    return _on_one_database(engine, seed, range(number, number + 1), race)


def _on_one_database(
    engine: str, seed: int, numbers: range, only: Callable[[Round], str | None] | None = None
) -> list[str]:
    found: list[str] = []
    with Clients(engine) as clients:
        for number in numbers:
            draw = random.Random(f"{seed}/{number}")  # noqa: S311  - a replayable round needs a seed
            race = only or RACES[number % len(RACES)]
            wrong = race(Round(clients, f"r{number}", draw))
            found += [] if wrong is None else [f"round {number} of seed {seed}, {race.__name__}: {wrong}"]
        violations = clients.servers[0].store.read(check)
    return found + ([f"the checker finds {violations[:3]} after rounds {numbers}"] if violations else [])
