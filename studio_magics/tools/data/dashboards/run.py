"""Runs the tool: read, choose, count, draw, and put the answer together."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.dashboards import vega
from studio_magics.tools.data.dashboards.choosing import Chooser
from studio_magics.tools.data.dashboards.columns import MAX_COLUMNS, chart_columns
from studio_magics.tools.data.dashboards.counting import MAX_FILTER, Counter
from studio_magics.tools.data.dashboards.drawing import figure_of
from studio_magics.tools.data.dashboards.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.dashboards.inputs import layout_of
from studio_magics.tools.data.dashboards.insights import SEVERITIES, all_findings
from studio_magics.tools.data.dashboards.page import page
from studio_magics.tools.data.dashboards.tables import all_tables
from studio_magics.tools.data.dashboards.tiles import tiles_of
from studio_magics.tools.tabular import open_table
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Artefact, Figure, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.dashboards.columns import ChartColumn
    from studio_magics.tools.data.dashboards.counting import ChartData
    from studio_magics.tools.data.dashboards.inputs import DashboardInput, LayoutWish
    from studio_magics.tools.data.dashboards.tiles import FigureTile
    from studio_magics.tools.tabular import TableSource


def run(inputs: DashboardInput, context: RunContext) -> ToolResult:
    """Draw the dashboard of one table.

    Raises:
        InputRejected: The file is no complete table, it has no rows, or a column does not fit.
        MemoryError: The table needs more memory than a run has.
    """
    layout = layout_of(inputs.layout)
    context.progress(0.02, "reading the table")
    with open_table(context.path(inputs.data), name=inputs.data.name) as table:
        return _run(table, inputs, layout, context)


def _run(table: TableSource, inputs: DashboardInput, layout: LayoutWish, context: RunContext) -> ToolResult:
    if not table.row_count:
        raise InputRejected("data", found=f"'{table.name}' without rows", allowed="at least one row")
    context.progress(0.4, "looking at the columns")
    columns = chart_columns(table)
    chooser = Chooser(columns)
    plans = chooser.plans(inputs, layout)
    counter = Counter(table, _filter(inputs, layout, chooser))
    charts: list[ChartData] = []
    for number, plan in enumerate(plans):
        context.progress(0.5 + 0.35 * number / len(plans), f"counting {plan.title}")
        charts.append(counter.count(plan))
    tiles = tiles_of(table, chooser, layout.tiles, charts)
    context.progress(0.88, "drawing")
    figures = tuple(figure_of(one) for one in charts)
    findings = all_findings(table, columns, charts, chooser.not_understood)
    title = layout.title or f"{TITLE}: {table.name}"
    filter_name = counter.filter_column.name if counter.filter_column else ""
    facts = f"{counted(table.row_count, 'row')} of {table.name}, {context.now:%Y-%m-%d %H:%M} UTC"
    html = page(title, charts, figures, tiles, findings, filter_name=filter_name, facts=facts)
    return ToolResult(
        headline=_headline(table, charts, filter_name, findings),
        summary=_summary(table, charts, tiles, filter_name, findings),
        findings=findings,
        tables=all_tables(charts, tiles, columns),
        figures=figures,
        artefacts=_artefacts(context, html, vega.dashboard(title, charts, filter_name), figures),
        not_checked=_not_checked(table, columns, charts),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            input_digest=inputs.data.digest,
        ),
    )


def _filter(inputs: DashboardInput, layout: LayoutWish, chooser: Chooser) -> ChartColumn | None:
    """The column of the filter: the wanted one, else the best category with few values."""
    wanted = inputs.filter or layout.filter
    if not wanted:
        return next((one for one in chooser.categories if one.distinct <= MAX_FILTER), None)
    column = chooser.column(wanted, "filter")
    if column.role in {"measure", "time"}:
        raise InputRejected(
            "filter",
            found=f"'{column.name}', which is a {column.role}",
            allowed="a column of categories",
            action="choose a text column, or leave it out",
        )
    return column


def _headline(
    table: TableSource, charts: Sequence[ChartData], filter_name: str, findings: Sequence[Finding]
) -> str:
    text = f"{table.name}: {counted(len(charts), 'chart')} of {counted(table.row_count, 'row')}"
    if filter_name:
        text += f", filtered by {filter_name}"
    told = next((one for one in findings if one.code in {"trend", "largest-group"}), None)
    return f"{text}; {told.title[0].lower() + told.title[1:]}" if told else text


def _summary(
    table: TableSource,
    charts: Sequence[ChartData],
    tiles: Sequence[FigureTile],
    filter_name: str,
    findings: Sequence[Finding],
) -> dict[str, Any]:
    return {
        "rows": table.row_count,
        "filter": filter_name,
        "filter_values": vega.filter_values(charts),
        "charts": [
            {
                "title": one.plan.title,
                "kind": one.plan.kind,
                "x": one.plan.x.name,
                "measure": one.plan.measure.key,
                "second": one.plan.second.name if one.plan.second else "",
                "parts": len(one.rows),
            }
            for one in charts
        ],
        "tiles": {one.title: one.value for one in tiles},
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _artefacts(
    context: RunContext, html: str, spec: dict[str, Any], figures: Sequence[Figure]
) -> tuple[Artefact, ...]:
    written = json.dumps(spec, indent=1, ensure_ascii=False).encode("utf-8", "replace")
    made = [
        context.add_artefact(
            "dashboard.html", "text/html", html.encode("utf-8", "replace"), title="Dashboard"
        ),
        context.add_artefact(
            "dashboard.vl.json", "application/vnd.vegalite.v5+json", written, title="Vega-Lite v5"
        ),
    ]
    for number, figure in enumerate(figures, 1):
        content = figure.svg.encode("utf-8", "replace")
        made.append(context.add_artefact(f"chart-{number}.svg", "image/svg+xml", content, title=figure.title))
    return tuple(made)


def _not_checked(
    table: TableSource, columns: Sequence[ChartColumn], charts: Sequence[ChartData]
) -> tuple[str, ...]:
    said = ["Whether the values are right was not judged; %studio run quality does."]
    if len(table.columns) > MAX_COLUMNS:
        said.append(f"Only the first {MAX_COLUMNS} of {len(table.columns)} columns were looked at.")
    unused = [one.name for one in columns if one.role == "identifier"]
    if unused:
        said.append(f"Taken for identifiers and not charted by themselves: {', '.join(unused[:12])}.")
    if not any(one.is_filtered for one in charts):
        said.append("There is no filter: no column has few values.")
    said += list(table.notes)
    return tuple(said)
