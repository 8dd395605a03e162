"""Alternating rounds: A B C A B C, so that whatever disturbs the machine disturbs every candidate."""

import time
from collections.abc import Callable, Mapping

from benchmarks.results import Plan

Sample = Callable[[], float]


def alternate(plan: Plan, candidates: Mapping[str, Sample]) -> dict[str, list[float]]:
    """Every sample of every candidate; each has its turn once per round, for the seconds of the plan."""
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(plan.rounds):
        for name, sample in candidates.items():
            samples[name].extend(_for_seconds(plan.seconds, sample))
    return samples


def _for_seconds(seconds: float, sample: Sample) -> list[float]:
    """As many samples as fit, at least one."""
    end = time.monotonic() + seconds
    values = [sample()]
    while time.monotonic() < end:
        values.append(sample())
    return values
