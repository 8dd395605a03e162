"""Short random walks beside the independent model: they notice most mutants of the ledger, and fast."""

from __future__ import annotations

import pytest

from tests.laws.machine import run


@pytest.mark.parametrize(("steps", "seed"), [(250, 1), (250, 2), (1_500, 3), (1_500, 4), (1_500, 5)])
def test_a_short_walk_agrees_with_the_model_at_every_step(steps: int, seed: int) -> None:
    print(f"seed {seed}")
    assert run(steps, seed).findings == []
