"""Runs the tool: read, profile, check, rate, and put the answer together."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Column, Provenance, Table, ToolResult
from studio_magics.tools.data.quality.assessment import Assessment, Assessor
from studio_magics.tools.data.quality.figures import figures_of
from studio_magics.tools.data.quality.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.quality.observations import shortened
from studio_magics.tools.data.quality.page import page
from studio_magics.tools.data.quality.report import (
    ColumnReport,
    DateSummary,
    ExpectationReport,
    NumberSummary,
    QualityReport,
    ScoreReport,
    ValueCount,
)
from studio_magics.tools.data.quality.score import FORMULA
from studio_magics.tools.data.quality.suggestions import suggested_yaml
from studio_magics.tools.tabular import TableSource, open_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Artefact, Figure, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.quality.inputs import QualityInput
    from studio_magics.tools.data.quality.outliers import Fences
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.rules import Outcome

MAX_FINDINGS = 300
STATUS = {True: "passed", False: "failed", None: "not evaluated"}


def run(inputs: QualityInput, context: RunContext) -> ToolResult:
    """Assess the table and return the result with its artefacts.

    Raises:
        InputRejected: The file is not a complete table, or an option or rule does not fit it.
        MemoryError: The table needs more memory than a run has.
    """
    context.progress(0.02, "reading the table")
    with open_table(context.path(inputs.data), name=inputs.data.name) as table:
        context.progress(0.3, "counting")
        assessment = Assessor(table, inputs, context).assess()
        context.progress(0.9, "drawing")
        figures = figures_of(table, assessment, show_values=inputs.sample_rows > 0)
        return _result(table, inputs, context, assessment, figures)


def _result(
    table: TableSource,
    inputs: QualityInput,
    context: RunContext,
    assessment: Assessment,
    figures: tuple[Figure, ...],
) -> ToolResult:
    findings = tuple(one.as_finding() for one in assessment.observations[:MAX_FINDINGS])
    tables = _tables(assessment, show_values=inputs.sample_rows > 0)
    headline = _headline(table, assessment)
    report = _report(table, inputs, context, assessment, findings)
    artefacts = _artefacts(
        table, inputs, context, assessment, report, headline=headline, figures=figures, tables=tables
    )
    context.progress(1.0, "done")
    return ToolResult(
        headline=headline,
        score=assessment.score.total if assessment.score else None,
        summary=_summary(report),
        findings=findings,
        tables=tables,
        figures=figures,
        artefacts=artefacts,
        not_checked=assessment.not_checked,
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries=_libraries(), input_digest=inputs.data.digest
        ),
    )


def _headline(table: TableSource, assessment: Assessment) -> str:
    size = f"{table.row_count:,} rows × {len(table.columns)} columns"
    if assessment.score is None:
        return f"{table.name} has {len(table.columns)} columns and no rows; there is nothing to rate"
    serious = sum(one.severity in {"critical", "high"} for one in assessment.observations)
    parts = [f"{table.name}: {assessment.score.total} of 100 for {size}"]
    found = len(assessment.observations)
    parts.append(
        f"{found} finding{'' if found == 1 else 's'}" + (f", {serious} of them serious" if serious else "")
    )
    if assessment.outcomes:
        failed = sum(outcome.passed is False for outcome in assessment.outcomes)
        parts.append(f"{failed} of {len(assessment.outcomes)} rules fail" if failed else "all rules are met")
    return "; ".join(parts)


def _summary(report: QualityReport) -> dict[str, Any]:
    by_severity: dict[str, int] = {}
    for finding in report.findings:
        by_severity[finding.severity] = by_severity.get(finding.severity, 0) + 1
    statuses = [one.status for one in report.expectations]
    return {
        "row_count": report.row_count,
        "column_count": report.column_count,
        "score": report.score.model_dump(mode="json"),
        "findings_by_severity": by_severity,
        "expectations": {status: statuses.count(status) for status in dict.fromkeys(statuses)},
        "missing_cells": sum(column.missing_count for column in report.columns),
    }


def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover  - a vendored build without metadata
            found[name] = "unknown"
    return found


def _tables(assessment: Assessment, *, show_values: bool) -> tuple[Table, ...]:
    tables = [_columns_table(assessment, show_values=show_values)]
    if assessment.outcomes:
        tables.insert(0, _rules_table(assessment.outcomes))
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
        return f"{facts.minimum:,g}", f"{facts.median:,g}", f"{facts.maximum:,g}"
    if column.dates:
        return f"{column.dates.oldest:%Y-%m-%d}", None, f"{column.dates.newest:%Y-%m-%d}"
    if column.text and column.present_count:
        return f"{column.text.shortest} characters", None, f"{column.text.longest} characters"
    return None, None, None


def _report(
    table: TableSource,
    inputs: QualityInput,
    context: RunContext,
    assessment: Assessment,
    findings: tuple[Finding, ...],
) -> QualityReport:
    score = assessment.score
    parts = (
        score.dimensions
        if score
        else dict.fromkeys(("completeness", "validity", "uniqueness", "consistency", "timeliness"))
    )
    return QualityReport(
        table=table.name,
        input_digest=inputs.data.digest,
        run_at=context.now,
        row_count=table.row_count,
        column_count=len(table.columns),
        score=ScoreReport(total=score.total if score else None, formula=FORMULA, **parts),
        findings=findings,
        columns=tuple(
            _column_report(column, assessment.fences.get(column.name), inputs, context)
            for column in assessment.columns
        ),
        expectations=tuple(_outcome_report(outcome) for outcome in assessment.outcomes),
        not_checked=assessment.not_checked,
        notes=table.notes,
    )


def _column_report(
    column: ColumnProfile, fences: Fences | None, inputs: QualityInput, context: RunContext
) -> ColumnReport:
    shown = column.top if inputs.sample_rows else ()
    return ColumnReport(
        name=column.name,
        stored_as=column.type,
        read_as=column.reading,
        missing_count=column.missing_count,
        disguised_missing_count=column.disguised_count,
        distinct_count=column.distinct_count,
        most_frequent=tuple(ValueCount(value=value.text[:200], count=value.count) for value in shown),
        numbers=_number_summary(column, fences),
        dates=_date_summary(column, context),
    )


def _number_summary(column: ColumnProfile, fences: Fences | None) -> NumberSummary | None:
    facts = column.numbers
    if facts is None:
        return None
    return NumberSummary(
        minimum=facts.minimum,
        lower_quartile=facts.lower_quartile,
        median=facts.median,
        upper_quartile=facts.upper_quartile,
        maximum=facts.maximum,
        mean=facts.mean,
        negative_count=facts.negative_count,
        outlier_low=fences.low if fences else None,
        outlier_high=fences.high if fences else None,
        outlier_count=fences.count if fences else None,
    )


def _date_summary(column: ColumnProfile, context: RunContext) -> DateSummary | None:
    facts = column.dates
    if facts is None:
        return None
    age = context.now.replace(tzinfo=None) - facts.newest_past if facts.newest_past else None
    return DateSummary(
        oldest=facts.oldest.isoformat(),
        newest=facts.newest.isoformat(),
        future_count=facts.future_count,
        age_days=round(age.total_seconds() / 86_400, 3) if age else None,
        days_with_rows=facts.day_count,
    )


def _outcome_report(outcome: Outcome) -> ExpectationReport:
    return ExpectationReport.model_validate(
        {
            "rule": outcome.rule,
            "column": outcome.column,
            "expected": outcome.expected,
            "status": STATUS[outcome.passed],
            "failing_count": outcome.failing_count,
            "checked_count": outcome.checked_count,
            "examples": outcome.examples,
            "note": outcome.note,
        }
    )


def _artefacts(
    table: TableSource,
    inputs: QualityInput,
    context: RunContext,
    assessment: Assessment,
    report: QualityReport,
    *,
    headline: str,
    figures: tuple[Figure, ...],
    tables: tuple[Table, ...],
) -> tuple[Artefact, ...]:
    show = inputs.sample_rows > 0
    rules = suggested_yaml(table.name, table.row_count, assessment, show_values=show)
    html = page(
        title=f"{TITLE}: {table.name}",
        headline=headline,
        facts=f"{context.now:%Y-%m-%d %H:%M} UTC · input {inputs.data.digest[:19]}… · {FORMULA}",
        figures=figures,
        findings=report.findings,
        tables=tables,
        notes=table.notes,
        not_checked=report.not_checked,
    )
    written = report.model_dump_json(indent=2).encode()
    return (
        context.add_artefact(
            "quality-report.html", "text/html", html.encode(), title="Report to read and share"
        ),
        context.add_artefact("quality-report.json", "application/json", written, title="Report for programs"),
        context.add_artefact(
            "expectations.yaml", "application/yaml", rules.encode(), title="Suggested rules"
        ),
    )
