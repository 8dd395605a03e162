"""Counts one chart in the database: few rows come back, whatever the size of the table.

Every row is (x, second, filter, value, count): charts can be filtered and added up again without the data.
"""
# ruff: noqa: S608  - names are quoted, texts are literals, and the session is locked

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from studio_magics.tools.tabular import text_literal
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.plans import ChartPlan, Measure
    from studio_magics.tools.tabular import TableSource

MISSING = "(missing)"
MAX_ROWS = 3_000
MAX_COLOURS = 8
MAX_HEAT_ROWS = 12
MAX_FILTER = 12
MAX_PERIODS = 500
BINS = 20
DENSITY_BINS = (20, 14)
CLIP = 80
DAYS: dict[str, int] = {"day": 92, "week": 400, "month": 365 * 12, "quarter": 365 * 30}
"""Up to which span of days a grain is taken."""
Value = str | float | None


class CubeRow(NamedTuple):
    """One cell of the chart for one value of the filter."""

    x: Value
    second: Value
    filter: str | None
    value: float
    rows: int


@dataclass(frozen=True)
class ChartData:
    """A counted chart."""

    plan: ChartPlan
    rows: tuple[CubeRow, ...]
    x_values: tuple[Value, ...]
    """In the order they are drawn."""
    second_values: tuple[Value, ...] = ()
    grain: str = ""
    x_step: float = 0.0
    second_step: float = 0.0
    notes: tuple[str, ...] = ()
    is_filtered: bool = False
    incomplete_first: bool = False
    incomplete_last: bool = False

    @property
    def whole_periods(self) -> tuple[Value, ...]:
        """Periods that the data covers from their first to their last day."""
        start = 1 if self.incomplete_first else 0
        return self.x_values[start:-1] if self.incomplete_last else self.x_values[start:]

    def totals(self) -> dict[tuple[Value, Value], float]:
        """The value of every (x, second), all filters together; totals are zero where no rows are."""
        found = combined(self.plan.measure, ((row.x, row.second, row.value, row.rows) for row in self.rows))
        if self.fills_gaps:
            for x in self.x_values:
                for second in self.second_values:
                    found.setdefault((x, second), 0.0)
        return found

    @property
    def fills_gaps(self) -> bool:
        """Whether a period without rows of one colour counts as zero."""
        return self.plan.kind == "line" and self.plan.measure.aggregate in {"count", "sum"}

    def by_x(self) -> dict[Value, float]:
        """The value of every x, all colours together."""
        found = combined(self.plan.measure, ((row.x, None, row.value, row.rows) for row in self.rows))
        values = {x: value for (x, _), value in found.items()}
        return {x: values.get(x, 0.0) for x in self.x_values} if self.fills_gaps else values


def combined(
    measure: Measure, rows: Iterable[tuple[Value, Value, float, int]]
) -> dict[tuple[Value, Value], float]:
    """Add up parts of the same place: totals add, means are weighted, extremes win."""
    values: dict[tuple[Value, Value], float] = {}
    counts: dict[tuple[Value, Value], int] = {}
    merge: Callable[[float, float], float] = {"min": min, "max": max}.get(measure.aggregate, _plus)
    for x, second, value, count in rows:
        key = (x, second)
        values[key] = merge(values[key], value) if key in values else value
        counts[key] = counts.get(key, 0) + count
    if measure.aggregate != "mean":
        return values
    return {key: value / counts[key] for key, value in values.items() if counts[key]}


def _plus(one: float, other: float) -> float:
    return one + other


class Counter:
    """Counts charts over one table, all with the same filter."""

    def __init__(self, table: TableSource, filter_column: ChartColumn | None) -> None:
        self._table = table
        self.filter_column = filter_column
        self._filter = "NULL" if filter_column is None else self._grouped(filter_column, MAX_FILTER)[0]

    def count(self, plan: ChartPlan) -> ChartData:
        """Count the chart; without the filter when there would be too many parts."""
        made = {
            "line": self._line, "bar": self._bar, "heat": self._heat,
            "histogram": self._histogram, "density": self._density,
        }[plan.kind](plan)  # fmt: skip
        same = self.filter_column is not None and len(made.rows) <= MAX_ROWS
        if same:
            return replace(made, is_filtered=True)
        rows = combined_rows(plan.measure, made.rows)
        note = ("this chart has too many parts to be filtered",) if self.filter_column is not None else ()
        return replace(made, rows=rows, notes=made.notes + note)

    def _rows(self, plan: ChartPlan, x: str, second: str = "NULL", where: str = "TRUE") -> list[CubeRow]:
        measure = plan.measure
        column = measure.column
        value, count = "count(*)", "count(*)"
        if column is not None:
            function = {"mean": "sum", "count": "count"}.get(measure.aggregate, measure.aggregate)
            value, count = f"{function}({column.sql})", f"count({column.sql})"
        found = self._table.query(
            f"SELECT {x}, {second}, {self._filter}, {value}, {count} FROM data "
            f"WHERE {where} GROUP BY ALL HAVING {value} IS NOT NULL ORDER BY 1, 2, 3"
        )
        return [CubeRow(_plain(a), _plain(b), f, float(v), int(n)) for a, b, f, v, n in found]

    def _line(self, plan: ChartPlan) -> ChartData:
        grain = plan.grain if plan.grain != "auto" else self._grain(plan.x)
        start = f"date_trunc('{grain}', {plan.x.sql})::DATE"
        second, left_out = self._colour(plan)
        rows = self._rows(plan, f"{start}::VARCHAR", second, f"{plan.x.sql} IS NOT NULL")
        notes = [f"one point per {grain}", *left_out]
        missing = self._table.row_count - plan.x.filled
        if missing:
            notes.append(f"{counted(missing, 'row')} without {plan.x.name} left out")
        if plan.x.note:
            notes.append(plan.x.note)
        xs = sorted({str(row.x) for row in rows})
        if plan.measure.aggregate in {"count", "sum"}:
            xs = _periods(xs, grain)
        ends = self._incomplete_ends(plan.x, grain, xs)
        return ChartData(
            plan, tuple(rows), tuple(xs), self._order(rows), grain, notes=tuple(notes),
            incomplete_first=ends[0], incomplete_last=ends[1],
        )  # fmt: skip

    def _bar(self, plan: ChartPlan) -> ChartData:
        x, left_out = self._grouped(plan.x, plan.top, plan.measure)
        second, more = self._colour(plan)
        rows = self._rows(plan, x, second)
        data = ChartData(plan, tuple(rows), (), self._order(rows), notes=(*left_out, *more))
        values = data.by_x()
        xs = sorted(values, key=lambda one: (str(one).startswith("other ("), -values[one], str(one)))
        return replace(data, x_values=tuple(xs))

    def _heat(self, plan: ChartPlan) -> ChartData:
        x, left_out = self._grouped(plan.x, min(plan.top, MAX_HEAT_ROWS))
        second, more = self._grouped(plan.second or plan.x, MAX_HEAT_ROWS)
        rows = self._rows(plan, x, second)
        xs = sorted({str(row.x) for row in rows}, key=_last_other)
        seconds = sorted({str(row.second) for row in rows}, key=_last_other)
        return ChartData(plan, tuple(rows), tuple(xs), tuple(seconds), notes=(*left_out, *more))

    def _histogram(self, plan: ChartPlan) -> ChartData:
        low, step, count = bins_of(plan.x, BINS)
        rows = self._rows(plan, _bin(plan.x, low, step, count), where=f"isfinite({plan.x.sql})")
        xs = tuple(round(low + step * place, 10) for place in range(count))
        notes = self._lost(plan.x)
        return ChartData(plan, tuple(rows), xs, x_step=step, notes=notes)

    def _density(self, plan: ChartPlan) -> ChartData:
        other = plan.second or plan.x
        low, step, count = bins_of(plan.x, DENSITY_BINS[0])
        low2, step2, count2 = bins_of(other, DENSITY_BINS[1])
        where = f"isfinite({plan.x.sql}) AND isfinite({other.sql})"
        second = _bin(other, low2, step2, count2)
        rows = self._rows(plan, _bin(plan.x, low, step, count), second, where)
        return ChartData(
            plan,
            tuple(rows),
            tuple(round(low + step * place, 10) for place in range(count)),
            tuple(round(low2 + step2 * place, 10) for place in range(count2)),
            x_step=step,
            second_step=step2,
            notes=("rows counted in cells; darker is more", *self._lost(plan.x)),
        )

    def _lost(self, column: ChartColumn) -> tuple[str, ...]:
        lost = self._table.row_count - column.filled
        return (f"{counted(lost, 'row')} without {column.name} left out",) if lost else ()

    def _colour(self, plan: ChartPlan) -> tuple[str, list[str]]:
        return ("NULL", []) if plan.second is None else self._grouped(plan.second, MAX_COLOURS)

    @staticmethod
    def _order(rows: list[CubeRow]) -> tuple[Value, ...]:
        return tuple(sorted({row.second for row in rows if row.second is not None}, key=_last_other))

    def _grouped(
        self, column: ChartColumn, most: int, measure: Measure | None = None
    ) -> tuple[str, list[str]]:
        """SQL for the value or 'other (n)', and a note on what is grouped."""
        value = _label(f"coalesce(({column.sql})::VARCHAR, {text_literal(MISSING)})")
        if column.distinct + 1 <= most:
            return value, []
        ranked = "count(*)"
        if measure is not None and measure.column is not None and measure.aggregate == "sum":
            ranked = f"sum({measure.column.sql})"
        kept = self._table.query(
            f"SELECT {value} FROM data GROUP BY 1 ORDER BY {ranked} DESC NULLS LAST, 1 LIMIT {most + 1}"
        )
        if len(kept) <= most:
            return value, []
        names = ", ".join(text_literal(str(name)) for (name,) in kept[: most - 1])
        more = column.distinct - (most - 1)
        other = text_literal(f"other ({more:,})")
        note = (
            f"the {most - 1} most frequent of {column.distinct:,} values of {column.name}, the rest together"
        )
        if ranked != "count(*)":
            note = note.replace("most frequent", "greatest")
        return f"CASE WHEN {value} IN ({names}) THEN {value} ELSE {other} END", [note]

    def _grain(self, column: ChartColumn) -> str:
        [(firsts, januaries)] = self._table.query(
            f"SELECT bool_and(day({column.sql}) = 1), bool_and(dayofyear({column.sql}) = 1) FROM data"
        )
        span = (date.fromisoformat(str(column.high)) - date.fromisoformat(str(column.low))).days
        grain = next((name for name, most in DAYS.items() if span <= most), "year")
        if januaries and span:
            return "year"
        return "month" if firsts and grain in {"day", "week"} else grain

    def _incomplete_ends(self, column: ChartColumn, grain: str, xs: list[str]) -> tuple[bool, bool]:
        """Whether the data begins within the first period and ends within the last one."""
        if grain == "day" or len(xs) < 2:  # noqa: PLR2004  - one period says nothing
            return False, False
        [(inside,)] = self._table.query(
            f"SELECT bool_or(date_trunc('{grain}', {column.sql})::DATE <> {column.sql}) FROM data"
        )
        last = date.fromisoformat(str(column.high)) < _end(date.fromisoformat(xs[-1]), grain)
        return bool(inside) and str(column.low) > xs[0], bool(inside) and last


def combined_rows(measure: Measure, rows: Iterable[CubeRow]) -> tuple[CubeRow, ...]:
    """The same rows without their filter."""
    merge = {"min": min, "max": max}.get(measure.aggregate, _plus)
    found: dict[tuple[Value, Value], CubeRow] = {}
    for row in rows:
        key = (row.x, row.second)
        before = found.get(key)
        found[key] = (
            row._replace(filter=None)
            if before is None
            else before._replace(value=merge(before.value, row.value), rows=before.rows + row.rows)
        )
    return tuple(found.values())


def _last_other(value: Value) -> tuple[bool, bool, str]:
    return (str(value).startswith("other ("), value == MISSING, str(value))


def _plain(value: object) -> Value:
    if value is None or isinstance(value, str):
        return value
    return float(str(value))


def _periods(xs: list[str], grain: str) -> list[str]:
    """All periods from the first to the last, also those without rows; the same where there are too many."""
    if not xs:
        return xs
    day, last = date.fromisoformat(xs[0]), date.fromisoformat(xs[-1])
    found: list[str] = []
    while day <= last:
        found.append(day.isoformat())
        day = day + timedelta(days=1) if grain == "day" else _end(day, grain) + timedelta(days=1)
        if len(found) > MAX_PERIODS:
            return xs
    return found


def _label(text: str) -> str:
    """SQL of a value as it is shown: a long one by its ends and a digest, so that no two become one."""
    short = f"left({text}, {CLIP - 32}) || ' … ' || right({text}, 18) || ' #' || left(md5({text}), 8)"
    return f"CASE WHEN length({text}) > {CLIP} THEN {short} ELSE {text} END"


def _end(start: date, grain: str) -> date:
    """The last day of the period."""
    if grain == "week":
        return start + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1) - timedelta(days=1)


def bins_of(column: ChartColumn, most: int) -> tuple[float, float, int]:
    """Lower edge, width and number of bins with round edges."""
    low, high = float(column.low or 0.0), float(column.high or 0.0)
    step = round_step((high - low) / most) if high > low else 1.0
    if step < 1 and low.is_integer() and high.is_integer() and column.distinct <= high - low + 1:
        step = 1.0
    start = math.floor(round(low / step, 9)) * step
    return start, step, max(math.floor(round((high - start) / step, 9)) + 1, 1)


def round_step(width: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next((power * one for one in (1.0, 2.0, 2.5, 5.0) if power * one >= width * 0.999), power * 10)


def _bin(column: ChartColumn, low: float, step: float, count: int) -> str:
    place = f"least(floor(round(({column.sql} - ({low!r})) / {step!r}, 9)), {count - 1})"
    return f"round({low!r} + {step!r} * {place}, 10)"
