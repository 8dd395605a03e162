"""The pictures: personal columns by weight, rows by the size of their group, and risks before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.data.privacy.kinds import GROUPS
from studio_magics.tools.data.privacy.risks import LEVELS
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.data.privacy.assessment import Assessed, TableSeen

MAX_BARS = 30
MOST_WEIGHT = max(facts.weight for facts in GROUPS.values())
POOR = 9
FAIR = 5
GROUP_TONES: tuple[Tone, ...] = ("bad", "poor", "fair", "plain", "good")


def figures_of(seen: Assessed) -> tuple[Figure, ...]:
    """The columns, the groups of each table, and the risks."""
    groups = [_groups(table) for table in seen.tables if table.anonymity is not None]
    return (_columns(seen), *groups[:3], _risks(seen))


def _columns(seen: Assessed) -> Figure:
    shown = seen.personal[:MAX_BARS]
    bars = [
        Bar(
            look.name if len(seen.tables) == 1 else place,
            (Segment(float(look.weight), look.kind.facts.tone),),
            f"{look.kind.title}, {look.confidence}",
        )
        for place, look in shown
        if look.kind
    ]
    used = dict.fromkeys(look.kind.facts for _, look in shown if look.kind)
    legend: list[tuple[str, Tone]] = [(facts.title, facts.tone) for facts in list(used)[:5]]
    left = len(seen.personal) - len(shown)
    title = "Personal data by how grave it is"
    told = "; ".join(f"{place}: {look.kind.title}" for place, look in shown if look.kind) or "none found"
    note = (
        f"{left} more are in the table."
        if left
        else "The longer the bar, the graver the kind; then how sure it is."
    )
    svg = bar_chart(title, bars, maximum=float(MOST_WEIGHT), legend=legend, note=note, width=760)
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)


def _groups(table: TableSeen) -> Figure:
    risk = table.anonymity
    sizes = risk.sizes if risk else ()
    bars = [
        Bar(f"group of {name}", (Segment(float(rows), tone),), f"{rows:,}")
        for (name, rows), tone in zip(sizes, GROUP_TONES, strict=False)
    ]
    quasi = ", ".join(risk.quasi) if risk else ""
    title = f"How many rows of {table.name} look alike"
    told = "; ".join(f"{name}: {rows:,}" for name, rows in sizes)
    return Figure(
        title=title,
        alt_text=f"Rows by the size of their group, by {quasi}: {told}.",
        svg=bar_chart(title, bars, maximum=float(table.rows), note=f"Rows grouped by {quasi}."),
    )


def _risks(seen: Assessed) -> Figure:
    """Severity down, likelihood across: where each scenario is once the measures are in place."""
    cells: dict[tuple[int, int], MatrixCell] = {}
    rows = [level.capitalize() for level in reversed(LEVELS)]
    columns = [level.capitalize() for level in LEVELS]
    for row in range(len(LEVELS)):
        for column in range(len(LEVELS)):
            severity, likelihood = len(LEVELS) - row, column + 1
            here = [
                one.name
                for one in seen.scenarios
                if (one.severity, one.residual_likelihood) == (severity, likelihood)
            ]
            product = severity * likelihood
            tone: Tone = (
                "bad"
                if product > POOR + 2
                else "poor"
                if product >= POOR
                else "fair"
                if product >= FAIR
                else "good"
            )
            cells[row, column] = MatrixCell(tuple(here), tone, "; ".join(here))
    title = "Risks for people, with the measures"
    told = "; ".join(
        f"{one.name}: severity {LEVELS[one.severity - 1]}, likelihood {LEVELS[one.residual_likelihood - 1]}"
        for one in seen.scenarios
    )
    svg = matrix(title, rows, columns, cells, row_title="Severity", column_title="Likelihood", width=900)
    return Figure(
        title=title, alt_text=f"{title}: {told}. {counted(len(seen.scenarios), 'scenario')}.", svg=svg
    )
