"""Two replicas are one ledger; a replica that answers too early or does not wait its turn is caught."""

from __future__ import annotations

import pytest

from tests.laws.replicas import run
from tests.laws.replicas.replica import EARLY, UNLOCKED

SEED = 20_261_125
MOST_TRIES = 10
"""Of two rounds each: on a busy machine a kill can miss the moment in which breaking the rules shows."""


def test_two_replicas_stay_one_ledger_when_one_of_them_is_killed_or_stopped() -> None:
    print(f"seed {SEED}")
    tally = run(3, SEED)
    assert tally.findings == []
    assert tally.count == 3


@pytest.mark.parametrize("twin", [EARLY, UNLOCKED])
def test_a_replica_that_breaks_the_rules_is_found(twin: str) -> None:
    seeds = range(SEED, SEED + MOST_TRIES)
    print(f"seeds {seeds}")
    assert any(run(2, seed, twin).findings for seed in seeds)
