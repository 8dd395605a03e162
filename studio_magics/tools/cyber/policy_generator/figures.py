"""Pictures: policies against frameworks, and how much of each framework has a clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.cyber.policy_generator.covering import EXTENTS
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.cyber.policy_generator.covering import Extent
    from studio_magics.tools.cyber.policy_generator.documents import PolicySet

TONES: Mapping[Extent, Tone] = {"whole": "good", "part": "fair", "none": "bad"}
WORDS: Mapping[Extent, str] = {"whole": "in whole", "part": "in part", "none": "no clause"}
MANY = 10


def all_figures(policies: PolicySet) -> tuple[Figure, ...]:
    """The matrix first."""
    return (_matrix(policies), _bars(policies))


def _matrix(policies: PolicySet) -> Figure:
    title = "Controls that each policy serves"
    frameworks = policies.coverage.frameworks
    rows = [one.head.title for one in policies.policies] + ["no clause"]
    cells: dict[tuple[int, int], MatrixCell] = {}
    for column, framework in enumerate(frameworks):
        controls = policies.coverage.of(framework.name)
        for row, policy in enumerate(policies.policies):
            served = [one.control.id for one in controls if set(one.clauses) & set(policy.clauses)]
            if served:
                told = f"{policy.head.title}, {framework.short}: {', '.join(served[:30])}"
                tone: Tone = "good" if len(served) >= MANY else "plain"
                cells[row, column] = MatrixCell((counted(len(served), "control"),), tone, told)
        missing = [one.control.id for one in controls if one.extent == "none"]
        if missing:
            told = f"no clause, {framework.short}: {', '.join(missing[:30])}"
            cells[len(rows) - 1, column] = MatrixCell((counted(len(missing), "control"),), "bad", told)
    names = [one.short for one in frameworks]
    note = "a control may be served by clauses of several policies"
    svg = matrix(title, rows, names, cells, note=note, width=720)
    told = "; ".join(
        f"{rows[row]} by {names[column]}: {cell.words[0]}" for (row, column), cell in cells.items()
    )
    return Figure(title=title, alt_text=f"{title}. {told}.", svg=svg)


def _bars(policies: PolicySet) -> Figure:
    title = "How much of each framework the policies state"
    bars: list[Bar] = []
    for framework in policies.coverage.frameworks:
        controls = policies.coverage.of(framework.name)
        number = {extent: sum(1 for one in controls if one.extent == extent) for extent in EXTENTS}
        segments = tuple(Segment(number[extent] / len(controls), TONES[extent]) for extent in EXTENTS)
        stated = number["whole"] + number["part"]
        bars.append(Bar(framework.short, segments, f"{stated} of {len(controls)}"))
    legend: list[tuple[str, Tone]] = [(WORDS[extent], TONES[extent]) for extent in EXTENTS]
    note = "stated in a policy; whether it is done is for the compliance auditor"
    svg = bar_chart(title, bars, legend=legend, note=note, maximum=1, width=720)
    told = "; ".join(f"{bar.name}: {bar.figure}" for bar in bars)
    return Figure(title=title, alt_text=f"{title}. {told}.", svg=svg)
