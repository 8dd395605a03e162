"""Chooses charts: those that were laid out, those that answer the questions, else what the types suggest."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, NoReturn

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.dashboards.plans import (
    Aggregate,
    ChartPlan,
    Kind,
    Measure,
    default_measure,
    numeric,
)
from studio_magics.tools.data.dashboards.questions import understood

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.inputs import ChartWish, DashboardInput, LayoutWish

MAX_COLOURS = 8
MAX_WANTED_COLOURS = 50
FEW = 6
_MEASURE = re.compile(r"(?P<aggregate>count|sum|mean|avg|average|min|max)\s*\(\s*(?P<column>.+?)\s*\)")
_SAME: dict[str, Aggregate] = {"avg": "mean", "average": "mean"}


class Chooser:
    """Plans charts over one table's columns."""

    def __init__(self, columns: Sequence[ChartColumn]) -> None:
        self._columns = {column.name: column for column in columns}
        self.times = [one for one in columns if one.role == "time"]
        self.measures = [one for one in columns if one.role == "measure"]
        self.measures.sort(key=lambda one: (one.is_place, not one.is_additive, -one.filled))
        self.categories = [one for one in columns if one.role == "category" and one.distinct > 1]
        self.categories.sort(key=_suitability)
        self.labels = [one for one in columns if one.role == "label"]
        self.not_understood: list[str] = []

    def plans(self, inputs: DashboardInput, layout: LayoutWish) -> list[ChartPlan]:
        """The charts, in order.

        Raises:
            InputRejected: A column is missing, empty or unfit, or no question was understood.
        """
        wished = [self._wished(wish) for wish in layout.charts]
        asked = (*layout.questions, *inputs.questions)
        for question in asked:
            plan = understood(question, self._columns, self.times, self.categories)
            if plan is None:
                self.not_understood.append(question)
            else:
                wished.append(plan)
        if wished:
            return wished
        if asked:
            self._refuse_questions(asked)
        chosen = list(dict.fromkeys(self._suggested()))[: inputs.max_charts]
        if not chosen:
            raise InputRejected(
                "data",
                found="no column with values to chart",
                allowed="a table with at least one number, date or category",
            )
        return chosen

    def _refuse_questions(self, asked: Sequence[str]) -> NoReturn:
        raise InputRejected(
            "questions",
            found=f"'{asked[0]}', which names no column, or a figure that is not drawn here",
            allowed=f"questions about {', '.join(list(self._columns)[:12])}",
            action="ask for example 'COLUMN by COLUMN', 'COLUMN over time', 'distribution of COLUMN'",
        )

    def _suggested(self) -> Iterator[ChartPlan]:
        """Time first, then categories, then how numbers spread and go together."""
        measures = [one for one in self.measures if not one.is_place]
        first = measures[0] if measures else None
        measure = default_measure(first)
        few = next((one for one in self.categories if one.distinct <= FEW), None)
        if self.times:
            yield ChartPlan("line", self.times[0], measure, few)
        for category in self.categories[:2]:
            yield ChartPlan("bar", category, measure)
        if first is not None:
            yield ChartPlan("histogram", first, Measure())
        for one, other in [*combinations(measures, 2), *_maps(self.measures)][:1]:
            yield ChartPlan("density", one, Measure(), other)
        for one, other in list(combinations(self.categories, 2))[:1]:
            yield ChartPlan("heat", one, Measure(), other)
        for label in self.labels[:1]:
            yield ChartPlan("bar", label, Measure())
        if self.times and len(measures) > 1:
            yield ChartPlan("line", self.times[0], default_measure(measures[1]), few)
        for one in measures[1:3]:
            yield ChartPlan("histogram", one, Measure())
        for category in self.categories[2:5]:
            yield ChartPlan("bar", category, measure)

    def _wished(self, wish: ChartWish) -> ChartPlan:
        x = self.column(wish.x, "layout")
        measure, second = Measure(), None
        if wish.color:
            second = self.column(wish.color, "layout")
            self._refuse_colours(second)
        kind = _kind_for(x, self._columns.get(wish.y), second) if wish.kind == "auto" else wish.kind
        if kind == "density":
            second = self.column(wish.y or wish.color, "layout")
        elif wish.y:
            measure = self.measure(wish.y, "layout")
        _refuse_unfit(kind, x, second)
        return ChartPlan(kind, x, measure, second, wish.grain, wish.top, wish.title)

    def _refuse_colours(self, column: ChartColumn) -> None:
        if column.distinct > MAX_WANTED_COLOURS:
            raise InputRejected(
                "layout",
                found=f"{column.distinct:,} values of '{column.name}' as colours",
                allowed=f"at most {MAX_WANTED_COLOURS}",
                action="use it as x, where only the most frequent are shown",
            )

    def column(self, name: str, field: str) -> ChartColumn:
        """The column of this name.

        Raises:
            InputRejected: There is none, or it holds no value.
        """
        column = self._columns.get(name)
        if column is None:
            close = get_close_matches(name, list(self._columns), n=5, cutoff=0.4)
            names = ", ".join(close or list(self._columns)[:12])
            raise InputRejected(
                field, found=f"no column '{name[:100]}'", allowed=names, action="check the name"
            )
        if column.role == "empty":
            raise InputRejected(field, found=f"'{name}' without a value", allowed="a column with values")
        return column

    def measure(self, written: str, field: str) -> Measure:
        """'count', 'sum(amount)' or a column as a measure.

        Raises:
            InputRejected: The column is missing or no number.
        """
        if written.strip() == "count":
            return Measure()
        match = _MEASURE.fullmatch(written.strip())
        column = self.column(match["column"] if match else written.strip(), field)
        if column.role != "measure" and not column.is_code:
            raise InputRejected(
                field,
                found=f"'{column.name}', which is a {column.role}, as a measure",
                allowed="count, or a column of numbers in sum(), mean(), min() or max()",
            )
        if match is None:
            return default_measure(column)
        named = match["aggregate"]
        found: Aggregate = _SAME.get(named, named)  # pyright: ignore[reportAssignmentType]  - the pattern allows only these
        return Measure() if found == "count" else Measure(found, numeric(column))


def _maps(measures: Sequence[ChartColumn]) -> Iterator[tuple[ChartColumn, ChartColumn]]:
    """Longitude and latitude, so that the chart looks like a map."""
    upright = [one for one in measures if one.is_place and one.name.casefold().startswith("lat")]
    across = [one for one in measures if one.is_place and one not in upright]
    yield from zip(across[:1], upright[:1], strict=False)


def _suitability(column: ChartColumn) -> tuple[bool, bool, int]:
    """Between 2 and 12 values first, texts before codes."""
    return (not 2 <= column.distinct <= 12, column.is_code, column.distinct)  # noqa: PLR2004  - as said


def _kind_for(x: ChartColumn, y: ChartColumn | None, second: ChartColumn | None) -> Kind:
    if x.role == "time":
        return "line"
    if x.role == "measure":
        return "density" if y is not None and y.role == "measure" else "histogram"
    return "heat" if second is not None else "bar"


def _refuse_unfit(kind: str, x: ChartColumn, second: ChartColumn | None) -> None:
    wanted = {"line": {"time"}, "histogram": {"measure"}, "density": {"measure"}}.get(kind)
    unfit = wanted is not None and x.role not in wanted
    if unfit or (kind == "density" and (second is None or second.role != "measure")):
        other = x if unfit else second
        named = f"'{other.name}', which is a {other.role}," if other is not None else "nothing"
        allowed = {"line": "a date column as x", "histogram": "a column of numbers as x"}.get(
            kind, "columns of numbers as x and y"
        )
        raise InputRejected("layout", found=f"{named} in a {kind} chart", allowed=allowed)
    if kind == "heat" and second is None:
        raise InputRejected("layout", found="a heat chart without color", allowed="x and color")
