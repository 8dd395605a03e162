"""The Data Catalog Builder: what data there is, what it means, who owns it, and what fits together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.catalog.forecast import forecast
from studio_magics.tools.data.catalog.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.catalog.inputs import CatalogInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "CatalogInput"]

EXAMPLE = """\
import pandas as pd
orders = pd.DataFrame({"order_id": range(1, 41), "email": [f"p{n}@example.org" for n in range(40)],
                       "placed_on": pd.date_range("2026-01-01", periods=40),
                       "total": [n * 1.5 for n in range(40)]})
%studio run catalog --source orders --query "e-mail" --on kernel"""


def _run(inputs: CatalogInput, context: RunContext) -> ToolResult:
    """Build the catalogue; imports what it needs when it is asked to."""
    from studio_magics.tools.data.catalog.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"kernel", "server"}),
    input_model=CatalogInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Reads folders of CSV, TSV and Parquet files and SQLite or DuckDB databases, and catalogues every "
        "table: columns with types and statistics, likely keys, freshness, sensitivity by kind of personal "
        "data, tags, and which tables fit together. Owners, descriptions, tags and licences come from the "
        "cell body as YAML; what is missing is rated. A file that cannot be read is listed and left out. "
        "Returns a searchable HTML page and a SQLite index with full-text search, a Data Package and a "
        "Croissant description, a map of likely joins, and with a query the ranked matches."
    ),
    cell_field="about",
    libraries=LIBRARIES,
)
