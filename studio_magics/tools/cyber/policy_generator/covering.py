"""Which controls the clauses serve, in whole or in part, and why the others have none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.cyber.frameworks import Control, Framework, framework
from studio_magics.tools.cyber.policy_generator.library import ALWAYS, templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.cyber.policy_generator.facts import Facts
    from studio_magics.tools.cyber.policy_generator.library import Clause

Extent = Literal["whole", "part", "none"]
EXTENTS: tuple[Extent, ...] = ("whole", "part", "none")


@dataclass(frozen=True)
class Covered:
    """One control and the clauses that serve it."""

    control: Control
    clauses: tuple[Clause, ...]
    extent: Extent
    why: str
    """Why practices of it have no clause; empty when all have one."""


@dataclass(frozen=True)
class Coverage:
    """All controls of the chosen frameworks."""

    frameworks: tuple[Framework, ...]
    controls: tuple[Covered, ...]

    def of(self, name: str) -> list[Covered]:
        """Controls of one framework."""
        return [one for one in self.controls if one.control.framework == name]

    def served_by(self, clause: Clause) -> list[Control]:
        """Controls that this clause serves."""
        return [one.control for one in self.controls if clause in one.clauses]


def cover(facts: Facts, clauses: Sequence[Clause]) -> Coverage:
    """Relate clauses and controls through the practices of both."""
    frameworks = tuple(framework(name) for name in facts.frameworks)
    by_practice: dict[str, list[Clause]] = {}
    for clause in clauses:
        for practice in clause.practices:
            by_practice.setdefault(practice, []).append(clause)
    controls = tuple(
        _covered(control, by_practice, facts)
        for one in frameworks
        for control in one.controls
        if control.framework != "cis-8.1" or control.group <= facts.cis_group
    )
    return Coverage(frameworks, controls)


def _covered(control: Control, by_practice: Mapping[str, Sequence[Clause]], facts: Facts) -> Covered:
    served = {name: by_practice[name] for name in control.practices if name in by_practice}
    clauses = tuple(dict.fromkeys(clause for found in served.values() for clause in found))
    extent: Extent = "none" if not served else "whole" if len(served) == len(control.practices) else "part"
    missing = [name for name in control.practices if name not in served]
    return Covered(control, clauses, extent, "; ".join(_why(name, facts) for name in missing))


def _why(practice: str, facts: Facts) -> str:
    """Why no clause has this practice: left out, or the facts do not ask for it."""
    offered = [one for one in templates().values() if practice in one.practices]
    left_out = {one.clause: one.reason for one in facts.leave_out}
    for one in offered:
        if one.id in left_out:
            return f"{practice}: clause {one.id} was left out ({' '.join(left_out[one.id].split())[:120]})"
    asks = [" and ".join(word for word in one.when if word != ALWAYS) for one in offered]
    return (
        f"{practice}: needs {' or '.join(dict.fromkeys(asks))} among the facts"
        if asks
        else f"{practice}: no clause"
    )
