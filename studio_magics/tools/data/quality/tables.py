"""The tables of a result: the user's rules, failing ones first, and one line for each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.quantities import number_text
from studio_magics.contracts.results import Column, Table
from studio_magics.tools.data.quality.drift_shown import alert_table, drift_table
from studio_magics.tools.data.quality.observations import shortened
from studio_magics.tools.data.quality.rules import STATUS
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.quality.assessment import Assessment
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.rules import Outcome


def tables_of(assessment: Assessment, *, show_values: bool) -> tuple[Table, ...]:
    """Alerts, changes and rules, if there are any, and the columns."""
    tables = [_columns_table(assessment, show_values=show_values)]
    if assessment.outcomes:
        tables.insert(0, _rules_table(assessment.outcomes))
    if assessment.drift is not None:
        tables.insert(0, drift_table(assessment.drift))
    if assessment.alerts:
        tables.insert(0, alert_table(assessment.alerts))
    return tuple(tables)


def _rules_table(outcomes: Sequence[Outcome]) -> Table:
    order = {False: 0, None: 1, True: 2}
    rows = [
        (
            STATUS[outcome.passed],
            outcome.column or "(table)",
            outcome.expected,
            outcome.failing_count,
            outcome.checked_count,
            "; ".join(part for part in (outcome.note, *outcome.examples[:3]) if part),
        )
        for outcome in sorted(outcomes, key=lambda one: order[one.passed])
    ]
    return Table(
        title="Your rules",
        columns=(
            Column(name="status"),
            Column(name="column"),
            Column(name="rule"),
            Column(name="failing", kind="integer", unit="rows"),
            Column(name="checked", kind="integer", unit="rows"),
            Column(name="examples and notes"),
        ),
        rows=tuple(rows),
        note="Rows are numbered from 1, the header not counted.",
    )


def _columns_table(assessment: Assessment, *, show_values: bool) -> Table:
    counts: dict[str, int] = {}
    for one in assessment.observations:
        counts[one.column] = counts.get(one.column, 0) + 1
    rows = [
        (
            column.name,
            column.reading + (" (as text)" if column.is_stored_as_text and column.declared else ""),
            column.missing_count,
            round(100 * column.missing_share, 3),
            column.distinct_count,
            *(_span(column) if show_values else (None, None, None)),
            shortened(column.top[0].text, 30) if show_values and column.top else None,
            counts.get(column.name, 0),
        )
        for column in assessment.columns
    ]
    names = (
        "column",
        "type",
        "missing",
        "missing %",
        "distinct",
        "least",
        "median",
        "greatest",
        "most frequent",
        "findings",
    )
    kinds = {"missing": "integer", "missing %": "percent", "distinct": "integer", "findings": "integer"}
    columns = tuple(Column.model_validate({"name": name, "kind": kinds.get(name, "text")}) for name in names)
    return Table(title="Columns", columns=columns, rows=tuple(rows))


def _span(column: ColumnProfile) -> tuple[str | None, str | None, str | None]:
    if column.numbers:
        facts = column.numbers
        return number_text(facts.minimum), number_text(facts.median), number_text(facts.maximum)
    if column.dates:
        return f"{column.dates.oldest:%Y-%m-%d}", None, f"{column.dates.newest:%Y-%m-%d}"
    if column.text and column.present_count:
        return counted(column.text.shortest, "character"), None, counted(column.text.longest, "character")
    return None, None, None
