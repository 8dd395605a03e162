"""The pictures: who may do what with which class of data, violations by rule, and responsibilities."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.data.governance.exports import letters
from studio_magics.tools.data.governance.inputs import LEVELS
from studio_magics.tools.pictures import SEVERITY, Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.governance.access import Decided
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.rules import Violation

MAX_ROWS = 24
MAX_COLUMNS = 12
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


def figures_of(gathered: Gathered, decided: list[Decided], found: list[Violation]) -> tuple[Figure, ...]:
    """The access matrix, the violations, and the responsibilities where there are any."""
    figures = [_access(gathered, decided), _violations(found)]
    if gathered.said.raci:
        figures.append(_raci(gathered))
    return tuple(figures)


def _access(gathered: Gathered, decided: list[Decided]) -> Figure:
    who = sorted({one.who for one in decided})[:MAX_ROWS]
    cells: dict[tuple[int, int], MatrixCell] = {}
    told: list[str] = []
    for row, name in enumerate(who):
        for column, level in enumerate(LEVELS):
            here = [
                one
                for one in decided
                if one.who == name and gathered.said.datasets[one.dataset].level == level
            ]
            if not here:
                continue
            bad = [one for one in here if not one.allowed]
            words = sorted({f"{one.action} {one.dataset}{'' if one.allowed else ' ✗'}" for one in here})
            tone: Tone = "bad" if bad else "good"
            said = f"{name}, {level}: {', '.join(words)}"
            told.append(said)
            shown = [*words[:4], *([f"{len(words) - 4} more"] if len(words) > 4 else [])]  # noqa: PLR2004  - what fits a cell
            cells[row, column] = MatrixCell(tuple(shown), tone, said)
    title = "Who may do what, by the class of data"
    left = len({one.who for one in decided}) - len(who)
    note = "Red and ✗: granted, and not allowed by the policies." + (
        f" {left} more are in the table." if left else ""
    )
    svg = matrix(title, who, [level.capitalize() for level in LEVELS], cells, note=note, width=820)
    alt = f"{title}: {'; '.join(told[:30]) or 'nobody has access'}."
    return Figure(title=title, alt_text=alt, svg=svg)


def _violations(found: list[Violation]) -> Figure:
    counts: dict[str, Counter[Severity]] = {}
    for one in found:
        counts.setdefault(one.rule, Counter())[one.severity] += 1
    ranked = sorted(counts, key=lambda rule: (-sum(counts[rule].values()), rule))
    bars = [
        Bar(
            rule,
            tuple(Segment(float(counts[rule][level]), SEVERITY[level]) for level in SEVERITIES),
            str(sum(counts[rule].values())),
        )
        for rule in ranked
    ]
    title = "Violations by rule"
    told = "; ".join(f"{rule}: {sum(counts[rule].values())}" for rule in ranked) or "none"
    legend: list[tuple[str, Tone]] = [(level, SEVERITY[level]) for level in ("high", "medium", "low")]
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=bar_chart(title, bars, legend=legend))


def _raci(gathered: Gathered) -> Figure:
    activities = gathered.said.raci[:MAX_ROWS]
    named = list(
        dict.fromkeys(
            who
            for one in activities
            for who in (*one.responsible, *one.accountable, *one.consulted, *one.informed)
        )
    )[:MAX_COLUMNS]
    cells: dict[tuple[int, int], MatrixCell] = {}
    for row, one in enumerate(activities):
        for column, who in enumerate(named):
            letter = letters(one, who)
            if letter:
                tone: Tone = "second" if "A" in letter else "plain" if "R" in letter else "quiet"
                cells[row, column] = MatrixCell((letter,), tone, f"{one.activity}, {who}: {letter}")
    title = "Responsibilities"
    note = "R does it, A answers for it, C is asked, I is told."
    told = "; ".join(cell.told for cell in cells.values())
    svg = matrix(title, [one.activity for one in activities], named, cells, note=note, width=820)
    return Figure(title=title, alt_text=f"{title} of {counted(len(activities), 'row')}: {told}.", svg=svg)
