"""Everything that findings, tables, pictures and files are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.ir_playbook.rehearsal import percentile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.cyber.ir_playbook.reach import Reach
    from studio_magics.tools.cyber.ir_playbook.rehearsal import Answer, Done, Rehearsal, Scenario
    from studio_magics.tools.cyber.ir_playbook.workflow import Workflow


@dataclass(frozen=True)
class Reading:
    """A playbook that was looked at and, where it can be walked, rehearsed."""

    workflow: Workflow
    reach: Reach
    scenarios: tuple[Scenario, ...]
    all_scenarios: bool
    rehearsal: Rehearsal
    likely: tuple[Done, ...]
    """The likeliest way with likely durations."""
    without: Mapping[str, float]
    """Role → by how many minutes the median is longer when it is away for the first hour."""
    guessed: tuple[str, ...]
    """Names of steps without a duration."""
    fixed: Mapping[str, Answer]
    times: int
    seed: int

    @property
    def median(self) -> float:
        """Half of the rehearsals took longer."""
        return percentile(self.rehearsal.minutes, 0.5)

    def met(self, milestone: str) -> float:
        """The share of rehearsals that reach it at all in which the goal was met."""
        when = self.rehearsal.reached.get(milestone, ())
        goal = self.workflow.goals.get(milestone)
        return sum(1 for one in when if goal is None or one <= goal) / len(when) if when else 0.0


def told_minutes(minutes: float) -> str:
    """'45 min', '3 h 20 min', '2 d 4 h'."""
    whole = round(minutes)
    if whole < 60:  # noqa: PLR2004  - minutes of an hour
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    if hours < 48:  # noqa: PLR2004  - two days are still told in hours
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, left = divmod(hours, 24)
    return f"{days} d {left} h" if left else f"{days} d"
