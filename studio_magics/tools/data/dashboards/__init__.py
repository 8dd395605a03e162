"""Data Dashboards: charts chosen by the types of the columns and by what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.dashboards.forecast import forecast
from studio_magics.tools.data.dashboards.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.dashboards.inputs import DashboardInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "DashboardInput"]

EXAMPLE = """\
import pandas as pd
sales = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=180),
                      "region": ["north", "south", "west"] * 60,
                      "price": [20 + n % 7 + n / 30 for n in range(180)]})
%studio run dashboards --data sales --questions "average price by region; price over time" --on kernel"""


def _run(inputs: DashboardInput, context: RunContext) -> ToolResult:
    """Draw the dashboard; imports what it needs when it is asked to."""
    from studio_magics.tools.data.dashboards.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"kernel", "server"}),
    input_model=DashboardInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Turns a table (data frame, CSV, TSV or Parquet) into a dashboard. Charts are chosen by the types of "
        "the columns and by questions in plain English ('average price by region', 'sales over time'), or "
        "laid out exactly in YAML in the cell body. Rows are aggregated first and never shipped; bars start "
        "at zero, what is left out is said. Returns linked charts in one HTML page with filter and figures "
        "(no outside script, works offline), a Vega-Lite v5 specification, SVG pictures, the figures as "
        "tables, and findings such as an incomplete last period or spellings that split a bar."
    ),
    cell_field="layout",
    libraries=LIBRARIES,
)
