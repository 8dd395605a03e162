"""The machine-readable reports `drift.json` and `alerts.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from studio_magics.contracts.base import Contract, Instant
from studio_magics.tools.data.quality.drift_checks import verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from studio_magics.tools.data.quality.alerts import AlertOutcome
    from studio_magics.tools.data.quality.drift import ColumnDrift, Drift

DRIFT_VERSION = "studio-drift-report/1"
ALERTS_VERSION = "studio-alert-report/1"


class BucketReport(Contract):
    """One group of values, in both tables."""

    name: str = Field(description="Upper bound of numbers, or a value; empty names when examples are off")
    before: int
    now: int


class ColumnDriftReport(Contract):
    """One column that is in both tables."""

    name: str
    type_before: str
    type_now: str
    missing_share_before: float
    missing_share_now: float
    psi: float | None = Field(description="Population stability index over tenths, codes or categories")
    psi_by_chance: float = Field(description="What chance passes in one case of a hundred")
    ks: float | None = Field(
        description="Kolmogorov-Smirnov distance at the hundredths of the earlier values"
    )
    ks_by_chance: float | None = Field(description="What chance passes in one case of a hundred")
    outside_count: int | None = Field(description="Numbers outside the earlier range")
    new_value_count: int | None = Field(description="Rows with values that were not there")
    spread: Literal["the same", "changed", "another population", "not compared"]
    buckets: tuple[BucketReport, ...]


class DriftReport(Contract):
    """What changed since the earlier table."""

    version: str = DRIFT_VERSION
    before: str = Field(description="Name of the earlier file")
    before_digest: str
    now: str
    now_digest: str
    run_at: Instant
    rows_before: int
    rows_now: int
    new_columns: tuple[str, ...]
    vanished_columns: tuple[str, ...]
    columns: tuple[ColumnDriftReport, ...]


class AlertFigureReport(Contract):
    """The watched figure of one column, or of the table."""

    column: str
    figure: float
    state: Literal["pass", "warn", "fail"]


class AlertReport(Contract):
    """One alert rule and what became of it."""

    name: str
    metric: str
    warn: str
    fail: str
    state: Literal["pass", "warn", "fail", "not evaluated"]
    note: str
    figures: tuple[AlertFigureReport, ...]


class AlertsReport(Contract):
    """All alerts; `state` is the worst of them."""

    version: str = ALERTS_VERSION
    table: str
    input_digest: str
    run_at: Instant
    state: Literal["pass", "warn", "fail"]
    alerts: tuple[AlertReport, ...]


WORDS = {"other": "another population", "changed": "changed", "same": "the same", "": "not compared"}


def drift_report(
    drift: Drift, *, now_name: str, digests: tuple[str, str], run_at: datetime, show_values: bool
) -> DriftReport:
    """The whole comparison; without values the groups have no names."""
    return DriftReport(
        before=drift.before_name,
        before_digest=digests[0],
        now=now_name,
        now_digest=digests[1],
        run_at=run_at,
        rows_before=drift.before_rows,
        rows_now=drift.now_rows,
        new_columns=drift.new_columns,
        vanished_columns=drift.vanished_columns,
        columns=tuple(_column(one, show_values=show_values) for one in drift.columns),
    )


def _column(one: ColumnDrift, *, show_values: bool) -> ColumnDriftReport:
    return ColumnDriftReport.model_validate(
        {
            "name": one.name,
            "type_before": one.before.reading,
            "type_now": one.now.reading,
            "missing_share_before": one.before.missing_share,
            "missing_share_now": one.now.missing_share,
            "psi": one.psi,
            "psi_by_chance": one.psi_by_chance,
            "ks": one.ks,
            "ks_by_chance": one.ks_by_chance,
            "outside_count": one.outside_count,
            "new_value_count": one.new_value_count,
            "spread": WORDS[verdict(one)],
            "buckets": tuple(
                BucketReport(name=name if show_values else "", before=before, now=now)
                for name, before, now in one.buckets
            ),
        }
    )


def worst_state(outcomes: Sequence[AlertOutcome]) -> Literal["pass", "warn", "fail"]:
    """Fail if one fails, else warn if one warns, else pass."""
    states = {one.state for one in outcomes}
    return "fail" if "fail" in states else "warn" if "warn" in states else "pass"


def alerts_report(
    outcomes: Sequence[AlertOutcome], *, table: str, digest: str, run_at: datetime
) -> AlertsReport:
    """All alerts, for a pipeline that has to stop or go on."""
    alerts = [
        {
            "name": one.rule.name,
            "metric": one.rule.metric,
            "warn": one.rule.warn.words if one.rule.warn else "",
            "fail": one.rule.fail.words if one.rule.fail else "",
            "state": one.state,
            "note": one.note,
            "figures": [
                {"column": figure.column, "figure": figure.figure, "state": figure.state}
                for figure in one.figures
            ],
        }
        for one in outcomes
    ]
    return AlertsReport.model_validate(
        {
            "table": table,
            "input_digest": digest,
            "run_at": run_at,
            "state": worst_state(outcomes),
            "alerts": alerts,
        }
    )
