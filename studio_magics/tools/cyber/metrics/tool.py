"""Wires the Security Metrics Dashboard: input, run and result."""

from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Figure, Finding, Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput
from studio_magics.tools.cyber.metrics import exports
from studio_magics.tools.cyber.metrics.columns import refuse_strange
from studio_magics.tools.cyber.metrics.date_order import UNDECIDED, DateOrder
from studio_magics.tools.cyber.metrics.figures import all_figures
from studio_magics.tools.cyber.metrics.findings import find_all
from studio_magics.tools.cyber.metrics.loading import Cases, Rules, lay_out
from studio_magics.tools.cyber.metrics.measures import (
    INCIDENT_MEASURES,
    PATCH_MEASURE,
    Backlog,
    Coverage,
    Duration,
    backlog,
    came_back,
    coverage,
    duration,
    refuse_backwards,
)
from studio_magics.tools.cyber.metrics.reading import Reading, told_hours
from studio_magics.tools.cyber.metrics.samples import EXAMPLES
from studio_magics.tools.cyber.metrics.tables import all_tables
from studio_magics.tools.cyber.metrics.targets import read_targets
from studio_magics.tools.tabular import TableSource, open_table
from studio_magics.tools.typed_yaml import Description

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOL_ID = "cyber-studio-metrics"
VERSION = "1.1.0"
START_CPU_MS = 160
START_BYTES = 60_000_000
CPU_MS_PER_MEGABYTE = 58
BYTES_PER_BYTE = 1.8
MOST_BYTES = 380_000_000
GZIP_RATIO = 5

EXAMPLE = """\
import pandas as pd
opened = pd.date_range("2025-01-01", periods=240, freq="36h")
hours = [(7 * n) % 23 + 2 + (20 if n > 200 else 0) for n in range(240)]
cases = pd.DataFrame({
    "severity": ["P1", "P2", "P3", "P3"] * 60,
    "type": ["phishing", "malware", "access"] * 80,
    "host": [f"host {n % 40}" for n in range(240)],
    "occurred": opened - pd.to_timedelta([h / 5 for h in hours], unit="h"),
    "detected": opened,
    "resolved": opened + pd.to_timedelta(hours, unit="h"),
})
%studio run metrics --incidents cases"""
NOT_CHECKED = (
    "Whether all incidents were found and written down: what was never detected is in no figure.",
    "Whether times were entered when things happened, or later from memory.",
    "Targets are defaults unless you give your own; they are no standard.",
    "Limits (XmR) tell what is no accident, not what is good; medians hide single very long cases.",
)


class MetricsInput(ToolInput):
    """Tables of incidents, patches and coverage; any of the three."""

    incidents: InputFile | None = Field(
        default=None,
        description=(
            "CSV, Parquet or a data frame, one row per incident or ticket: detected (needed), "
            "occurred, acknowledged, "
            "contained, resolved, severity, category, asset"
        ),
    )
    patches: InputFile | None = Field(
        default=None,
        description="One row per hole on an asset: found, fixed (empty while open), severity, id, asset",
    )
    coverage: InputFile | None = Field(
        default=None, description="One row per control and asset or person: control, covered (yes or no)"
    )
    columns: dict[str, Annotated[str, Field(max_length=200)]] = Field(
        default={},
        max_length=40,
        description=(
            "Where names are not understood: meaning → your column, such as {'incidents.detected': "
            "'Found at'}"
        ),
    )
    severities: dict[str, Literal["critical", "high", "medium", "low"]] = Field(
        default={},
        max_length=50,
        description="Your words for severity → level, such as {'Prio A': 'critical'}",
    )
    targets: Description | dict[str, JsonValue] = Field(
        default="",
        description=(
            "YAML or a dict: detect_hours, acknowledge_hours, contain_hours, resolve_hours, patch_days "
            "(each by level) "
            "and coverage_percent"
        ),
    )
    period: Literal["week", "month", "quarter"] = Field(default="month", description="Of trends")
    as_of: date | None = Field(
        default=None,
        description="Day at whose end the age of open cases is taken; empty: the latest time in the tables",
    )
    date_order: DateOrder = Field(
        default=UNDECIDED,
        description=(
            "Of dates such as 03/04/2025, where no value of the table says whether the day or the month "
            "stands first"
        ),
    )
    skip_wrong_rows: bool = Field(
        default=False,
        description="Leave out times that end before they start or lie a year ahead, and say so",
    )

    @model_validator(mode="after")
    def _something_is_there(self) -> "MetricsInput":
        """Refuse an empty dashboard and wrong targets when the price is asked.

        Raises:
            InputRejected: Passes through pydantic unchanged.
        """
        if self.incidents is None and self.patches is None and self.coverage is None:
            raise InputRejected("incidents", found="no table", allowed="incidents, patches or coverage")
        read_targets(self.targets)
        refuse_strange(self.columns)
        return self


def forecast(inputs: MetricsInput) -> Forecast:
    """A start, and time for the bytes of all tables."""
    tables = [one for one in (inputs.incidents, inputs.patches, inputs.coverage) if one is not None]
    sizes = [one.size_bytes * (GZIP_RATIO if one.name.endswith(".gz") else 1) for one in tables]
    parquet = sum(1 for one in tables if one.name.endswith((".parquet", ".pq")))
    weight = 2 if parquet == len(tables) else 1
    cpu_ms = START_CPU_MS + 80 * (len(tables) - 1) + round(weight * CPU_MS_PER_MEGABYTE * sum(sizes) / 1e6)
    peak = min(START_BYTES + round(weight * BYTES_PER_BYTE * max(sizes)), MOST_BYTES)
    basis = f"{len(tables)} tables of {sum(sizes):,} bytes"
    return Forecast(cpu_ms=cpu_ms, wall_ms=round(cpu_ms * 1.2), peak_bytes=peak, basis=basis)


class _Collected:
    """What the tables gave, one after the other."""

    def __init__(self) -> None:
        self.durations: list[Duration] = []
        self.backlogs: dict[str, Backlog] = {}
        self.coverage: tuple[Coverage, ...] = ()
        self.came_back: tuple[int, int] = (0, 0)
        self.rows: dict[str, int] = {}
        self.wrong: dict[str, int] = {}
        self.far_ahead: dict[str, int] = {}
        self.missing: list[str] = []
        self.columns: dict[str, Mapping[str, str]] = {}
        self.read_as: dict[str, Mapping[str, str]] = {}
        self.last: list[datetime] = []


def run(inputs: MetricsInput, context: RunContext) -> ToolResult:
    """Read each table, count, draw and write."""
    found = _Collected()
    now = context.now.astimezone(UTC).replace(tzinfo=None)
    rules = Rules(inputs.columns, inputs.severities, now, inputs.skip_wrong_rows, inputs.date_order)
    for number, kind in enumerate(("incidents", "patches", "coverage")):
        file: InputFile | None = getattr(inputs, kind)
        if file is not None:
            context.progress(0.05 + 0.25 * number, f"reading {kind}")
            path = context.path(file)
            with open_table(path, name=file.name, field=kind, numbers_repeats=True) as table:
                cases = lay_out(table, kind, path, rules)
                _take(table, cases, inputs, found)
    context.progress(0.8, "drawing")
    reading = _reading(inputs, found, context.now)
    figures, findings = all_figures(reading), find_all(reading)
    context.progress(0.9, "writing the result")
    headline = _headline(reading)
    return ToolResult(
        headline=headline,
        summary=_summary(reading),
        findings=findings,
        tables=all_tables(reading),
        figures=figures,
        artefacts=_artefacts(reading, headline, figures, findings, context),
        not_checked=(*_missing_told(reading), *NOT_CHECKED),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in ("duckdb", "PyYAML")},
        ),
    )


def _take(table: TableSource, cases: Cases, inputs: MetricsInput, found: _Collected) -> None:
    kind = cases.kind
    found.far_ahead[kind] = cases.far_ahead
    found.rows[kind], found.columns[kind], found.read_as[kind] = cases.rows, cases.columns, cases.read_as
    if kind == "coverage":
        found.coverage = coverage(table)
        return
    as_of = _as_of(inputs, cases)
    found.last.append(as_of)
    targets = read_targets(inputs.targets)
    measures = INCIDENT_MEASURES if kind == "incidents" else (PATCH_MEASURE,)
    for measure in measures:
        if not {measure.start, measure.end} <= cases.has:
            found.missing.append(f"{measure.short} ({measure.start} to {measure.end})")
            continue
        wrong = refuse_backwards(table, kind, measure, skip=inputs.skip_wrong_rows)
        found.wrong[kind] = found.wrong.get(kind, 0) + wrong
        one = duration(table, measure, targets.hours(measure.key), as_of, inputs.period)
        if one is not None:
            found.durations.append(one)
    last = measures[-1]
    if last.end in cases.has:
        found.backlogs[kind] = backlog(table, last, targets.hours(last.key), as_of, inputs.period)
    if kind == "incidents" and {"category", "asset", "resolved"} <= cases.has:
        found.came_back = came_back(table)


def _as_of(inputs: MetricsInput, cases: Cases) -> datetime:
    if inputs.as_of is not None:
        return datetime(inputs.as_of.year, inputs.as_of.month, inputs.as_of.day, 23, 59, 59)  # noqa: DTZ001  - UTC, as the session has it
    return cases.last or datetime.min  # noqa: DTZ901  - there is always one: a table without moments is refused


def _reading(inputs: MetricsInput, found: _Collected, now: datetime) -> Reading:
    return Reading(
        durations=tuple(found.durations),
        backlogs=found.backlogs,
        coverage=found.coverage,
        came_back=found.came_back,
        rows=found.rows,
        wrong=found.wrong,
        far_ahead=found.far_ahead,
        missing=tuple(found.missing),
        columns=found.columns,
        read_as=found.read_as,
        targets=read_targets(inputs.targets),
        as_of=max(found.last) if found.last else now.replace(tzinfo=None),
        period=inputs.period,
    )


def _headline(reading: Reading) -> str:
    parts = [
        f"{one.measure.short} {told_hours(one.whole.median)} (n = {one.whole.count:,})"
        for one in reading.durations
        if one.whole.median is not None
    ]
    parts += [
        f"{one.open_now:,} open {kind}, {one.overdue:,} over target" for kind, one in reading.backlogs.items()
    ]
    if reading.coverage:
        below = sum(1 for one in reading.coverage if 100 * one.share < reading.targets.coverage_percent)
        parts.append(
            f"{below} of {len(reading.coverage)} controls below {reading.targets.coverage_percent:g} % "
            "coverage"
        )
    return "; ".join(parts) or "Too few cases for any figure"


def _summary(reading: Reading) -> dict[str, JsonValue]:
    return {
        "as_of": f"{reading.as_of:%Y-%m-%dT%H:%M:%SZ}",
        "rows": dict(reading.rows),
        "median_hours": {
            one.measure.key: None if one.whole.median is None else round(one.whole.median, 2)
            for one in reading.durations
        },
        "target_met": {
            one.measure.key: round(sum(part.met for part in one.levels) / judged, 4)
            for one in reading.durations
            if (judged := sum(part.judged for part in one.levels))
        },
        "open": {kind: one.open_now for kind, one in reading.backlogs.items()},
        "over_target": {kind: one.overdue for kind, one in reading.backlogs.items()},
        "coverage": {one.control: round(one.share, 4) for one in reading.coverage[:50]},
        "signals": sum(len(one.trend.chart.signals) for one in reading.durations if one.trend.chart),
        "came_back": reading.came_back[0],
    }


def _missing_told(reading: Reading) -> tuple[str, ...]:
    return (f"No columns for: {', '.join(reading.missing)}.",) if reading.missing else ()


def _artefacts(
    reading: Reading,
    headline: str,
    figures: tuple[Figure, ...],
    findings: tuple[Finding, ...],
    context: RunContext,
) -> tuple[Artefact, ...]:
    keep = context.add_artefact
    page = exports.dashboard_html(reading, headline, figures, findings)
    metrics = exports.open_metrics(reading)
    return (
        keep("security-metrics.html", "text/html", page, title="Dashboard, without network"),
        keep("security-metrics.json", "application/json", exports.figures_json(reading), title="All figures"),
        keep("security-metrics.prom", "application/openmetrics-text", metrics, title="OpenMetrics"),
    )


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Security Metrics Dashboard",
    places=frozenset({"server"}),
    input_model=MetricsInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Reads tables of incidents or tickets, patches, and coverage, finds the columns by name, and "
        "returns time to "
        "detect, acknowledge, contain and resolve, patch latency, targets met by level, what is open "
        "and how old, what "
        "came back, and coverage, each with its number of cases; trends with control limits and "
        "signals; score cards, "
        "charts, a dashboard page, JSON and OpenMetrics. Open cases count in a median of their own, so "
        "that figures do "
        "not flatter. Times that cannot be compared are refused."
    ),
    libraries=("duckdb", "PyYAML"),
    examples=EXAMPLES,
)
