"""Many worlds one after the other, each from its own seed."""

from __future__ import annotations

import time

from tests.laws.simulation.world import World
from tests.laws.tally import Tally

WORLD_COMMANDS = 1_500
COMPARE_EVERY = 8


def run(count: int, seed: int, off: str | None = None) -> Tally:
    """So many commands that reach the core, in as many worlds as it takes; a finding names its world."""
    started = time.monotonic()
    done, number, effects = 0, 0, 0
    findings: list[str] = []
    faults: dict[str, int] = {}
    while done < count and len(findings) < 5:
        world = World(f"{seed}/{number}", off, recorded=number % COMPARE_EVERY == 0)
        done += world.live(min(WORLD_COMMANDS, count - done))
        if off is None and number % COMPARE_EVERY == 0:
            world.compare_with_journal()
        findings += [f"World('{seed}/{number}'): {finding}" for finding in world.findings[:2]]
        for fault, times in world.faults.items():
            faults[fault] = faults.get(fault, 0) + times
        number, effects = number + 1, effects + len(world.store.journal)
    told = ", ".join(f"{fault} {times}" for fault, times in sorted(faults.items()))
    seconds = time.monotonic() - started
    detail = f"{number} worlds, {effects} effects in their journals, {told}"
    return Tally("simulation", done, seed, findings, seconds, detail)
