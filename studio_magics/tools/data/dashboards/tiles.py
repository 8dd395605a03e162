"""Single figures on top: rows, totals and means, and how the last complete period compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.dashboards.drawing import spoken
from studio_magics.tools.data.dashboards.plans import Measure, default_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.dashboards.choosing import Chooser
    from studio_magics.tools.data.dashboards.counting import ChartData
    from studio_magics.tools.tabular import TableSource

MAX_MEASURES = 3


@dataclass(frozen=True)
class FigureTile:
    """One figure and what it is."""

    title: str
    value: float
    more: str = ""

    @property
    def shown(self) -> str:
        """The figure as it is written."""
        return spoken(self.value)


def tiles_of(
    table: TableSource, chooser: Chooser, wanted: Sequence[str], charts: Sequence[ChartData]
) -> list[FigureTile]:
    """The wanted figures, else rows and the first measures.

    Raises:
        InputRejected: A wanted figure names no column of numbers.
    """
    measures = [chooser.measure(one, "layout") for one in wanted]
    if not measures:
        chosen = [one for one in chooser.measures if not one.is_place][:MAX_MEASURES]
        measures = [Measure(), *(default_measure(one) for one in chosen)]
    latest = {data.plan.measure.key: _latest(data) for data in reversed(charts) if data.plan.kind == "line"}
    return [FigureTile(one.title, _value(table, one), latest.get(one.key, "")) for one in measures]


def _value(table: TableSource, measure: Measure) -> float:
    if measure.column is None:
        return float(table.row_count)
    function = "avg" if measure.aggregate == "mean" else measure.aggregate
    [(value,)] = table.query(f"SELECT {function}({measure.column.sql}) FROM data")  # noqa: S608  - a quoted name
    return float(value or 0.0)


def _latest(data: ChartData) -> str:
    """'month of 2026-03-01: 42, +5 % on the one before'."""
    values = data.by_x()
    xs = [x for x in data.whole_periods if x in values]
    if len(xs) < 2 or not values[xs[-2]]:  # noqa: PLR2004  - two periods make a comparison
        return ""
    change = (values[xs[-1]] - values[xs[-2]]) / abs(values[xs[-2]])
    return f"{data.grain} of {xs[-1]}: {spoken(values[xs[-1]])}, {change:+.0%} on the one before"
