"""The Data Quality Monitor: missing values, duplicates, outliers, freshness and the user's own rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.quality.forecast import forecast
from studio_magics.tools.data.quality.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.quality.inputs import QualityInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "QualityInput"]


def _run(inputs: QualityInput, context: RunContext) -> ToolResult:
    """Assess the table; imports what it needs when it is asked to."""
    from studio_magics.tools.data.quality.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"server"}),
    input_model=QualityInput,
    forecast=forecast,
    run=_run,
    example="%studio run quality --data orders",
    description=(
        "Reads a whole table (data frame, CSV, TSV or Parquet) and counts exactly: missing "
        "values, also those "
        "written as 'N/A' or '-', repeated rows and keys, values of the wrong type, dates in mixed formats, "
        "spellings that differ only in case or blanks, outliers, future dates, gaps and "
        "staleness. Rules of your "
        "own go into the cell body as YAML; without them it suggests some. Returns a score with its formula, "
        "ranked findings with what to do next, pictures, an HTML page, a JSON report and suggested rules. "
        "With an earlier table it tells what changed (columns, types, missing values, ranges, categories, "
        "spread by PSI and KS); alerts in the same YAML watch figures and pass, warn or fail."
    ),
    cell_field="expectations",
    libraries=LIBRARIES,
)
