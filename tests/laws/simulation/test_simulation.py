"""A world of retries, crashes and two servers keeps every promise; without any one guard it is caught."""

from __future__ import annotations

import os
import random

import pytest

from tests.laws.simulation.guards import STORES
from tests.laws.simulation.run import run
from tests.laws.simulation.world import World

COMMANDS = int(os.environ.get("STUDIO_SIMULATED", "9000"))
SEED = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
SOON = 12_000


def test_no_fault_in_the_simulation_breaks_a_promise() -> None:
    print(f"STUDIO_SEED={SEED}")
    tally = run(COMMANDS, SEED)
    assert tally.findings == []
    assert tally.count >= COMMANDS


def test_the_simulation_meets_every_fault_it_knows() -> None:
    tally = run(4_000, 3)
    for fault in ("crash before commit", "crash after commit", "two servers", "restart from the journal"):
        assert fault in tally.detail


def test_a_world_is_the_same_from_the_same_seed() -> None:
    one, other = World("7/1"), World("7/1")
    assert one.live(900) == other.live(900)
    assert one.store.journal == other.store.journal
    assert one.store.tip == other.store.tip


@pytest.mark.parametrize("guard", [guard for guard in STORES if guard is not None])
def test_a_store_without_the_guard_is_caught(guard: str) -> None:
    assert run(SOON, 1, guard).findings


def test_all_kinds_of_commands_take_effect() -> None:
    kinds: set[str] = set()
    for number in range(3):
        world = World(f"5/{number}")
        world.live(1_500)
        kinds |= {type(command).__name__ for command, _, _ in world.store.journal}
    assert len(kinds) >= 16
