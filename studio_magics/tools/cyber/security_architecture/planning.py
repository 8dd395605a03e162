"""Which controls to add first: each is tried, the one that takes most risk away for its effort is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.security_architecture.hops import NOTHING, could_add, places_of
from studio_magics.tools.cyber.security_architecture.searching import best_chances, risk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_magics.tools.cyber.security_architecture.design import Component, Design
    from studio_magics.tools.cyber.security_architecture.hops import Added, Hop, Likelihood
    from studio_magics.tools.cyber.security_architecture.searching import Path

STEPS = 6
TRIES = 400_000
"""Hops that are looked at in all tries together; decides how many controls are tried in a large design."""
MOST_TRIED, LEAST_TRIED = 120, 10
WORTH_IT = 0.01
"""Share of the risk that a step must take away."""


@dataclass(frozen=True)
class Step:
    """One control to add."""

    place: str
    control: str
    effort: int
    before: float
    after: float

    @property
    def saved(self) -> float:
        """Share of the risk before this step."""
        return 1 - self.after / self.before


class _Trial:
    """The risk of a design with controls that are tried; only hops that one touches are looked at again."""

    def __init__(self, design: Design, hops: Sequence[Hop], likelihood: Likelihood) -> None:
        self._design, self._hops, self._likelihood = design, hops, likelihood
        self._chances = [likelihood.chance(hop) for hop in hops]
        self._touched: dict[str, list[int]] = {}
        places = {one.name: places_of(one) for one in design.components}
        for number, hop in enumerate(hops):
            for place in places[hop.target]:
                self._touched.setdefault(place, []).append(number)

    def risk(self, added: Added) -> float:
        """Value times chance of the most likely way, over all assets."""
        chances = list(self._chances)
        for number in {each for place, _ in added for each in self._touched.get(place, ())}:
            chances[number] = self._likelihood.chance(self._hops[number], added)
        return risk(self._design.assets, best_chances(self._design.entries, self._hops, chances))


def plan(
    design: Design,
    hops: Sequence[Hop],
    likelihood: Likelihood,
    paths: Sequence[Path],
    progress: Callable[[float], None],
) -> tuple[Step, ...]:
    """Up to six steps, each the best for its effort after those before it."""
    tried = _candidates(design, hops, likelihood, paths)
    trial = _Trial(design, hops, likelihood)
    added: Added = NOTHING
    now = trial.risk(added)
    steps: list[Step] = []
    for number in range(STEPS):
        progress(number / STEPS)
        results = [
            (place, control, effort, trial.risk(added | {(place, control)}))
            for place, control, effort in tried
            if (place, control) not in added
        ]
        if not results or now <= 0:
            break
        place, control, effort, after = max(
            results, key=lambda one: ((now - one[3]) / one[2], one[0], one[1])
        )
        if now - after < WORTH_IT * now:
            break
        steps.append(Step(place, control, effort, now, after))
        added, now = added | {(place, control)}, after
    return tuple(steps)


def _candidates(
    design: Design, hops: Sequence[Hop], likelihood: Likelihood, paths: Sequence[Path]
) -> list[tuple[str, str, int]]:
    """Controls at components that likely paths pass; what is open to all cannot be restricted to some."""
    by_name: dict[str, Component] = {one.name: one for one in design.components}
    passed = dict.fromkeys(place for path in paths for place in path.places[1:])
    used = [hop for path in paths for hop in path.hops]
    open_to_all = {
        hop.target
        for hop in hops
        if hop.source in design.entries and hop.flow is not None and hop.flow.authentication == "none"
    }
    found: dict[tuple[str, str, int], None] = {}
    for name in passed:
        incoming = [hop for hop in used if hop.target == name]
        offered = could_add(by_name[name], likelihood.controls(name), incoming)
        found |= dict.fromkeys(
            one for one in offered if one[1] != "network-restriction" or name not in open_to_all
        )
    most = min(MOST_TRIED, max(LEAST_TRIED, TRIES // (STEPS * max(len(hops), 1))))
    return list(found)[:most]
