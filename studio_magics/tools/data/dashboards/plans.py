"""A chart before it is counted: its kind, its axes and its measure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.inputs import Grain

Kind = Literal["line", "bar", "histogram", "density", "heat"]
Aggregate = Literal["count", "sum", "mean", "min", "max"]
SPOKEN: dict[Aggregate, str] = {
    "count": "Rows",
    "sum": "Total",
    "mean": "Mean",
    "min": "Least",
    "max": "Greatest",
}
GRAINS: dict[str, str] = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}


@dataclass(frozen=True)
class Measure:
    """What is counted or added up."""

    aggregate: Aggregate = "count"
    column: ChartColumn | None = None

    @property
    def title(self) -> str:
        """'Rows', 'Mean price'."""
        if self.column is None:
            return SPOKEN["count"]
        return f"{SPOKEN[self.aggregate]} {self.column.name}"

    @property
    def key(self) -> str:
        """'count', 'mean(price)'."""
        return self.aggregate if self.column is None else f"{self.aggregate}({self.column.name})"


@dataclass(frozen=True)
class ChartPlan:
    """One chart: for a histogram only x is a measure, for a density x and y are."""

    kind: Kind
    x: ChartColumn
    measure: Measure
    second: ChartColumn | None = None
    """The colour of a line or bar chart, the rows of a heat map, the upright axis of a density."""
    grain: Grain = "auto"
    top: int = 12
    wanted_title: str = ""
    asked: str = ""
    """The question it answers, if one was asked."""

    @property
    def title(self) -> str:
        """What the chart shows, in a few words."""
        if self.wanted_title:
            return self.wanted_title
        second = f" and {self.second.name}" if self.second is not None else ""
        if self.kind == "histogram":
            return f"Distribution of {self.x.name}"
        if self.kind == "density":
            return f"{self.x.name} against {self.second.name if self.second else ''}"
        if self.kind == "line":
            return f"{self.measure.title} over {self.x.name}" + (
                f" by {self.second.name}" if self.second is not None else ""
            )
        return f"{self.measure.title} by {self.x.name}{second}"


def numeric(column: ChartColumn) -> ChartColumn:
    """A category of whole numbers, taken as a number."""
    if not column.is_code:
        return column
    return replace(column, role="measure", sql=column.sql.removesuffix("::VARCHAR") + "::DOUBLE")


def default_measure(column: ChartColumn | None) -> Measure:
    """Totals of what adds up, means of the rest, rows where there is no number."""
    if column is None:
        return Measure()
    return Measure("sum" if column.is_additive else "mean", numeric(column))
