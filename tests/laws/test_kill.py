"""What was answered is still there after kill -9, in small; `make prove` kills thousands."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.laws.kills import run

if TYPE_CHECKING:
    from tests.laws.kills.run import Engine

KILLS: dict[Engine, int] = {
    "sqlite": int(os.environ.get("STUDIO_KILLS", "12")),
    "postgresql": int(os.environ.get("STUDIO_KILLS", "4")),
}
ENOUGH_FOR_A_TWIN = 8


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_answered_effect_survives_kill_9_once_and_the_books_are_right(engine: Engine) -> None:
    seed = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
    print(f"STUDIO_SEED={seed}")
    tally = run(KILLS[engine], seed, engine)
    print(tally)
    assert tally.findings == []
    assert tally.count == KILLS[engine]


def test_an_answer_before_its_commit_does_not_survive_and_is_found() -> None:
    """The twin: with the answer in front of the commit, a kill between them loses what was answered."""
    tally = run(ENOUGH_FOR_A_TWIN, 1, "sqlite", twin="answer before commit")
    assert any("answered but not recorded" in finding for finding in tally.findings)


def test_a_sweep_that_ends_no_hold_is_found() -> None:
    """The twin: a hold whose victim is dead stays open when nobody sweeps, and that is seen."""
    tally = run(ENOUGH_FOR_A_TWIN, 1, "sqlite", twin="no sweep")
    assert any("still held" in finding for finding in tally.findings)
