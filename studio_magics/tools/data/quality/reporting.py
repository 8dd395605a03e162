"""Writes the assessment into the machine-readable report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.report import (
    ColumnReport,
    DateSummary,
    ExpectationReport,
    NumberSummary,
    QualityReport,
    ScoreReport,
    ValueCount,
)
from studio_magics.tools.data.quality.rules import STATUS
from studio_magics.tools.data.quality.score import FORMULA, WEIGHTS

if TYPE_CHECKING:
    from studio_magics.contracts.results import Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.quality.assessment import Assessment
    from studio_magics.tools.data.quality.inputs import QualityInput
    from studio_magics.tools.data.quality.outliers import Fences
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.rules import Outcome
    from studio_magics.tools.tabular import TableSource


def report_of(
    table: TableSource,
    inputs: QualityInput,
    context: RunContext,
    assessment: Assessment,
    findings: tuple[Finding, ...],
) -> QualityReport:
    """The whole report, as it is written to `quality-report.json`."""
    score = assessment.score
    parts = score.dimensions if score else dict.fromkeys(WEIGHTS)
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
