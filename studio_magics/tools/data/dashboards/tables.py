"""The figures behind the charts as tables, and which chart was chosen why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.quantities import number_text
from studio_magics.contracts.results import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.counting import ChartData
    from studio_magics.tools.data.dashboards.tiles import FigureTile

MAX_ROWS = 120
PLACES = 6


def all_tables(
    charts: Sequence[ChartData], tiles: Sequence[FigureTile], columns: Sequence[ChartColumn]
) -> tuple[Table, ...]:
    """Figures, charts, the numbers of each chart, and the columns."""
    return (_tiles(tiles), *(_numbers(one) for one in charts), _columns(columns))


def _tiles(tiles: Sequence[FigureTile]) -> Table:
    rows: list[tuple[Cell, ...]] = [(one.title, round(one.value, PLACES), one.more) for one in tiles]
    columns = (Column(name="figure"), Column(name="value", kind="number"), Column(name="lately"))
    return Table(title="Figures", columns=columns, rows=tuple(rows))


def _numbers(data: ChartData) -> Table:
    totals = data.totals()
    seconds = data.second_values or (None,)
    rows: list[tuple[Cell, ...]] = []
    for x in data.x_values:
        for second in seconds:
            if (x, second) in totals:
                value = round(totals[x, second], PLACES)
                rows.append((x, *((second,) if data.second_values else ()), value))
    named = [Column(name=data.plan.x.name)]
    if data.second_values:
        named.append(Column(name=data.plan.second.name if data.plan.second else ""))
    named.append(Column(name=data.plan.measure.title, kind="number"))
    left = len(rows) - MAX_ROWS
    notes = [*data.notes, f"{left} more rows are in dashboard.vl.json"] if left > 0 else [*data.notes]
    if data.plan.asked:
        notes.insert(0, f"asked: {data.plan.asked}")
    return Table(
        title=data.plan.title, columns=tuple(named), rows=tuple(rows[:MAX_ROWS]), note="; ".join(notes)
    )


def _columns(columns: Sequence[ChartColumn]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (one.name, one.role, one.filled, one.distinct, _bound(one.low), _bound(one.high)) for one in columns
    ]
    kinds = (
        Column(name="column"),
        Column(name="taken as"),
        Column(name="values", kind="integer"),
        Column(name="different", kind="integer"),
        Column(name="from"),
        Column(name="to"),
    )
    return Table(title="What each column was taken for", columns=kinds, rows=tuple(rows))


def _bound(value: str | float | None) -> str:
    return "" if value is None else value if isinstance(value, str) else number_text(value)
