"""Runs the tool: read, profile, check, rate, and put the answer together."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.data.quality.assessment import Assessor
from studio_magics.tools.data.quality.drift_report import alerts_report, drift_report, worst_state
from studio_magics.tools.data.quality.drift_shown import alert_figure, drift_figures
from studio_magics.tools.data.quality.figures import figures_of
from studio_magics.tools.data.quality.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.quality.page import page
from studio_magics.tools.data.quality.reporting import report_of
from studio_magics.tools.data.quality.score import FORMULA
from studio_magics.tools.data.quality.snapshot import take_snapshot
from studio_magics.tools.data.quality.suggestions import suggested_yaml
from studio_magics.tools.data.quality.tables import tables_of
from studio_magics.tools.tabular import open_table
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.results import Artefact, Figure, Table
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.quality.assessment import Assessment
    from studio_magics.tools.data.quality.inputs import QualityInput
    from studio_magics.tools.data.quality.report import QualityReport
    from studio_magics.tools.tabular import TableSource

MAX_FINDINGS = 300


def run(inputs: QualityInput, context: RunContext) -> ToolResult:
    """Assess the table and return the result with its artefacts.

    Raises:
        InputRejected: The file is not a complete table, or an option or rule does not fit it.
        MemoryError: The table needs more memory than a run has.
    """
    if inputs.previous is not None:
        context.progress(0.01, "reading the earlier table")
    earlier = take_snapshot(inputs, context)
    context.progress(0.02, "reading the table")
    with open_table(context.path(inputs.data), name=inputs.data.name) as table:
        context.progress(0.3, "counting")
        assessment = Assessor(table, inputs, context, earlier).assess()
        context.progress(0.9, "drawing")
        figures = _figures(table, assessment, show_values=inputs.sample_rows > 0)
        return _result(table, inputs, context, assessment, figures)


def _figures(table: TableSource, assessment: Assessment, *, show_values: bool) -> tuple[Figure, ...]:
    """Alerts first, then what moved, then the table itself."""
    figures = [alert_figure(assessment.alerts)] if assessment.alerts else []
    if assessment.drift is not None:
        figures += drift_figures(assessment.drift, show_values=show_values)
    return (*figures, *figures_of(table, assessment, show_values=show_values))


def _result(
    table: TableSource,
    inputs: QualityInput,
    context: RunContext,
    assessment: Assessment,
    figures: tuple[Figure, ...],
) -> ToolResult:
    findings = tuple(one.as_finding() for one in assessment.observations[:MAX_FINDINGS])
    tables = tables_of(assessment, show_values=inputs.sample_rows > 0)
    headline = _headline(table, assessment)
    report = report_of(table, inputs, context, assessment, findings)
    artefacts = _artefacts(
        table, inputs, context, assessment, report, headline=headline, figures=figures, tables=tables
    )
    context.progress(1.0, "done")
    return ToolResult(
        headline=headline,
        score=assessment.score.total if assessment.score else None,
        summary=_summary(report, assessment),
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
    size = f"{counted(table.row_count, 'row')} × {counted(len(table.columns), 'column')}"
    if assessment.score is None:
        return (
            f"{table.name} has {counted(len(table.columns), 'column')} and no rows; there is nothing to rate"
        )
    serious = sum(one.severity in {"critical", "high"} for one in assessment.observations)
    parts = [f"{table.name}: {assessment.score.total} of 100 for {size}"]
    found = len(assessment.observations)
    parts.append(counted(found, "finding") + (f", {serious} of them serious" if serious else ""))
    if assessment.outcomes:
        failed = sum(outcome.passed is False for outcome in assessment.outcomes)
        kept = sum(outcome.passed is True for outcome in assessment.outcomes)
        total = len(assessment.outcomes)
        met = "all rules are met" if kept == total else f"{kept} of {total} rules are met"
        parts.append(f"{failed} of {total} rules fail" if failed else met)
    if assessment.alerts:
        parts.append(_alerts_told(assessment))
    return "; ".join(parts)


def _alerts_told(assessment: Assessment) -> str:
    states = [one.state for one in assessment.alerts]
    failing, warning = states.count("fail"), states.count("warn")
    if not failing and not warning:
        return f"no alert of {len(states)}"
    words = [f"{failing} fail" if failing else "", f"{warning} warn" if warning else ""]
    return f"alerts: {', '.join(word for word in words if word)} of {len(states)}"


def _summary(report: QualityReport, assessment: Assessment) -> dict[str, Any]:
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
        **_changes(assessment),
    }


def _changes(assessment: Assessment) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if assessment.alerts:
        found["alerts"] = {"state": worst_state(assessment.alerts)} | {
            one.rule.name: one.state for one in assessment.alerts
        }
    changed = assessment.drift
    if changed is not None:
        found["drift"] = {
            "rows_before": changed.before_rows,
            "new_columns": list(changed.new_columns),
            "vanished_columns": list(changed.vanished_columns),
            "psi": {one.name: round(one.psi, 6) for one in changed.columns if one.psi is not None},
        }
    return found


def _libraries() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover  - a vendored build without metadata
            found[name] = "unknown"
    return found


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
        *_change_files(table, inputs, context, assessment),
        context.add_artefact(
            "quality-report.html", "text/html", html.encode(), title="Report to read and share"
        ),
        context.add_artefact("quality-report.json", "application/json", written, title="Report for programs"),
        context.add_artefact(
            "expectations.yaml", "application/yaml", rules.encode(), title="Suggested rules"
        ),
    )


def _change_files(
    table: TableSource, inputs: QualityInput, context: RunContext, assessment: Assessment
) -> list[Artefact]:
    """What changed, and the alerts, for programs; nothing where nothing was asked."""
    made: list[tuple[str, str, str]] = []
    if assessment.drift is not None and inputs.previous is not None:
        drift = drift_report(
            assessment.drift,
            now_name=table.name,
            digests=(inputs.previous.digest, inputs.data.digest),
            run_at=context.now,
            show_values=inputs.sample_rows > 0,
        )
        made.append(("drift.json", drift.model_dump_json(indent=2), "What changed, for programs"))
    if assessment.alerts:
        alerts = alerts_report(
            assessment.alerts, table=table.name, digest=inputs.data.digest, run_at=context.now
        )
        made.append(("alerts.json", alerts.model_dump_json(indent=2), "Alerts, for programs"))
    return [
        context.add_artefact(name, "application/json", text.encode(), title=title)
        for name, text, title in made
    ]
