"""What the charts say in words, and what could mislead: ranked, with what to do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.data.dashboards.counting import MISSING
from studio_magics.tools.data.dashboards.drawing import spoken
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.counting import ChartData
    from studio_magics.tools.tabular import TableSource

SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
NOTICED_MISSING = 0.05
NOTICED_CHANGE = 0.02
NOTICED_RELATION = 0.5
FEWEST_PERIODS = 3
FEWEST_ROWS = 20
HALF = 0.5


def all_findings(
    table: TableSource, columns: Sequence[ChartColumn], charts: Sequence[ChartData], lost: Sequence[str]
) -> tuple[Finding, ...]:
    """Every finding, the gravest first."""
    found = [
        *_not_understood(lost),
        *_spellings(charts),
        *_numbers_as_text(columns),
        *_missing(table, columns, charts),
        *_incomplete(charts),
        *_largest(charts),
        *_trends(charts),
        *_relations(table, charts),
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def _not_understood(lost: Sequence[str]) -> Iterator[Finding]:
    for question in lost:
        yield Finding(
            code="question-not-understood",
            severity="medium",
            title=f"No chart answers '{question}'",
            where="questions",
            detail="No column of the table is named in it.",
            action="Name columns as they are written in the table.",
        )


def _spellings(charts: Sequence[ChartData]) -> Iterator[Finding]:
    told: set[str] = set()
    for data in charts:
        if data.plan.kind not in {"bar", "heat"} or data.plan.x.name in told:
            continue
        alike: dict[str, list[str]] = defaultdict(list)
        for value in data.x_values:
            alike[" ".join(str(value).casefold().split())].append(str(value))
        groups = [names for names in alike.values() if len(names) > 1]
        if groups:
            told.add(data.plan.x.name)
            yield Finding(
                code="spellings-split",
                severity="medium",
                title=f"'{data.plan.x.name}' has values that differ only in case or blanks",
                where=data.plan.x.name,
                detail="; ".join(" and ".join(repr(name) for name in names) for names in groups)
                + " stand as bars of their own.",
                action="Clean them first: %studio run quality shows all of them.",
                count=len(groups),
            )


def _numbers_as_text(columns: Sequence[ChartColumn]) -> Iterator[Finding]:
    for column in columns:
        if column.numbers_as_text > HALF * column.filled:
            yield Finding(
                code="numbers-as-text",
                severity="low",
                title=f"'{column.name}' holds numbers that are written as text",
                where=column.name,
                detail=f"{column.numbers_as_text:,} of {column.filled:,} values, with signs of currency or "
                "percent, commas, or words between them; it was not charted as a measure.",
                action="Write them as 1234.5, and leave cells without a number empty.",
                count=column.numbers_as_text,
            )


def _missing(
    table: TableSource, columns: Sequence[ChartColumn], charts: Sequence[ChartData]
) -> Iterator[Finding]:
    used = {data.plan.x.name for data in charts} | {
        column.name for data in charts for column in (data.plan.second, data.plan.measure.column) if column
    }
    for column in columns:
        lost = table.row_count - column.filled
        if column.name in used and lost > NOTICED_MISSING * table.row_count:
            yield Finding(
                code="values-missing",
                severity="low",
                title=f"{lost / table.row_count:.0%} of '{column.name}' are missing",
                where=column.name,
                detail=f"{lost:,} of {table.row_count:,} rows; they are left out or shown as '{MISSING}'.",
                action="Ask whether they are missing by chance before you compare groups.",
                count=lost,
            )


def _incomplete(charts: Sequence[ChartData]) -> Iterator[Finding]:
    for data in charts:
        if data.incomplete_last and data.plan.measure.aggregate in {"count", "sum"}:
            yield Finding(
                code="last-period-incomplete",
                severity="low",
                title=f"The last {data.grain} of '{data.plan.title}' is not complete",
                where=data.plan.x.name,
                detail=f"The data ends on {data.plan.x.high}; its total is lower than it will be.",
                action="Leave the last point out when you read the trend.",
            )
            return


def _largest(charts: Sequence[ChartData]) -> Iterator[Finding]:
    for data in charts:
        values = {x: value for x, value in data.by_x().items() if not str(x).startswith("other (")}
        if data.plan.kind != "bar" or len(values) < 2 or any(value < 0 for value in values.values()):  # noqa: PLR2004  - one bar is no comparison
            continue
        top = max(values, key=lambda one: (values[one], str(one)))
        if list(values.values()).count(values[top]) > 1:
            continue  # several have as much: none has the most
        if data.plan.measure.aggregate in {"count", "sum"}:
            whole = sum(data.by_x().values()) or 1.0
            detail = f"{spoken(values[top])} of {spoken(whole)}, {values[top] / whole:.0%}."
        else:
            low = min(values, key=lambda one: (values[one], str(one)))
            detail = f"{spoken(values[top])}; the least is {low} with {spoken(values[low])}."
        yield Finding(
            code="largest-group",
            severity="info",
            title=f"Of {data.plan.x.name}, '{top}' has {_most(data)}",
            where=data.plan.x.name,
            detail=detail,
        )


def _most(data: ChartData) -> str:
    measure = data.plan.measure
    if measure.column is None:
        return "the most rows"
    return f"the highest {measure.title[0].lower()}{measure.title[1:]}"


def _trends(charts: Sequence[ChartData]) -> Iterator[Finding]:
    for data in charts:
        if data.plan.kind != "line":
            continue
        values = data.by_x()
        xs = [x for x in data.whole_periods if x in values]
        if len(xs) < FEWEST_PERIODS or not values[xs[0]]:
            continue
        first, last = values[xs[0]], values[xs[-1]]
        change = (last - first) / abs(first)
        top = max(xs, key=lambda one: values[one])
        way = "rose" if change > NOTICED_CHANGE else "fell" if change < -NOTICED_CHANGE else "stayed"
        yield Finding(
            code="trend",
            severity="info",
            title=f"{data.plan.measure.title} {way} from {spoken(first)} to {spoken(last)}",
            where=data.plan.x.name,
            detail=f"From {xs[0]} to {xs[-1]}, {change:+.0%} in {counted(len(xs), data.grain)}; highest "
            f"{spoken(values[top])} in the {data.grain} of {top}.",
        )


def _relations(table: TableSource, charts: Sequence[ChartData]) -> Iterator[Finding]:
    for data in charts:
        other = data.plan.second
        if data.plan.kind != "density" or other is None:
            continue
        [(related, rows)] = table.query(
            f"SELECT corr({data.plan.x.sql}, {other.sql}), count(*) FROM data "  # noqa: S608  - quoted names
            f"WHERE isfinite({data.plan.x.sql}) AND isfinite({other.sql})"
        )
        if related is None or rows < FEWEST_ROWS or abs(related) < NOTICED_RELATION:
            continue
        way = "together" if related > 0 else "against each other"
        yield Finding(
            code="numbers-related",
            severity="info",
            title=f"'{data.plan.x.name}' and '{other.name}' go {way}",
            where=data.plan.x.name,
            detail=f"Correlation {related:.2f} over {rows:,} rows. It says nothing about causes.",
        )
