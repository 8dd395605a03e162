"""Pictures: themes against frameworks, and each framework by family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.cyber.compliance.assessing import STATUSES, WORTH, Status
from studio_magics.tools.cyber.compliance.coverage import by_family, counts, score
from studio_magics.tools.cyber.frameworks import practices
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.cyber.compliance.assessing import Assessed, Assessment
    from studio_magics.tools.cyber.frameworks import Framework

TONES: Mapping[Status, Tone] = {
    "met": "good", "partly": "fair", "not-met": "bad", "not-applicable": "quiet", "not-assessed": "plain",
}  # fmt: skip
GOOD, FAIR, POOR = 80, 50, 25


def all_figures(assessment: Assessment, frameworks: Sequence[Framework]) -> tuple[Figure, ...]:
    """The overview first, then one picture for each framework."""
    return (_overview(assessment, frameworks), *(_families(assessment, one) for one in frameworks))


def _families(assessment: Assessment, framework: Framework) -> Figure:
    title = f"{framework.title}: controls by family"
    families = by_family(assessment.controls, framework.name)
    bars = [_bar(name, found) for name, found in families.items()]
    legend: list[tuple[str, Tone]] = [(status.replace("-", " "), TONES[status]) for status in STATUSES]
    note = "the figure is met / applicable; 'said but not shown' counts as partly met"
    most = max((len(found) for found in families.values()), default=1)
    svg = bar_chart(title, bars, legend=legend, note=note, maximum=most, width=760)
    told = "; ".join(f"{bar.name}: {bar.figure} met" for bar in bars)
    return Figure(title=title, alt_text=f"{title}. {told}.", svg=svg)


def _bar(name: str, found: Sequence[Assessed]) -> Bar:
    number = counts(found)
    applicable = len(found) - number["not-applicable"]
    segments = tuple(Segment(number[status], TONES[status]) for status in STATUSES)
    return Bar(name, segments, f"{number['met']}/{applicable}")


def _overview(assessment: Assessment, frameworks: Sequence[Framework]) -> Figure:
    title = "What is met, by theme and framework"
    theme_of = {name: one.theme for name, one in practices().items()}
    themes = list(dict.fromkeys(theme_of.values()))
    cells: dict[tuple[int, int], MatrixCell] = {}
    for row, theme in enumerate(themes):
        for column, framework in enumerate(frameworks):
            found = [
                one
                for one in assessment.controls
                if one.control.framework == framework.name and theme_of[one.control.practices[0]] == theme
            ]
            if found:
                cells[row, column] = _cell(theme, framework, found)
    svg = matrix(
        title, themes, [one.short for one in frameworks], cells,
        note="each control stands under the theme of its first practice; % as in the score", width=720,
    )  # fmt: skip
    told = "; ".join(cell.told for cell in cells.values())
    return Figure(title=title, alt_text=f"{title}. {told}.", svg=svg)


def _cell(theme: str, framework: Framework, found: Sequence[Assessed]) -> MatrixCell:
    number = counts(found)
    applicable = len(found) - number["not-applicable"]
    if not applicable:
        return MatrixCell(("not applicable",), "quiet", f"{theme}, {framework.short}: not applicable")
    share = score(found)
    if number["not-assessed"] == applicable:
        told = f"{theme}, {framework.short}: none of {applicable} assessed"
        return MatrixCell((f"? of {applicable}",), "plain", told)
    tone: Tone = "good" if share >= GOOD else "fair" if share >= FAIR else "poor" if share >= POOR else "bad"
    worth = sum(WORTH[one.status] for one in found if one.status != "not-applicable")
    told = f"{theme}, {framework.short}: {share} %, {worth:g} of {applicable}"
    return MatrixCell((f"{share} % of {applicable}",), tone, told)
