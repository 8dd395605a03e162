"""The Data Lineage Mapper: which column comes from where, and what a change would break."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.lineage.forecast import forecast
from studio_magics.tools.data.lineage.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.lineage.inputs import LineageInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "LineageInput"]


def _run(inputs: LineageInput, context: RunContext) -> ToolResult:
    """Trace the columns; imports what it needs when it is asked to."""
    from studio_magics.tools.data.lineage.run import run

    return run(inputs, context)


EXAMPLE = """\
%%studio run lineage --change orders.amount
CREATE TABLE orders (id int, customer_id int, amount numeric, status text);
CREATE TABLE customers (id int, name text);
CREATE VIEW paid AS SELECT id, customer_id, amount FROM orders WHERE status = 'paid';
CREATE TABLE revenue AS
  SELECT c.name, sum(p.amount) AS total, count(*) AS orders
  FROM customers c JOIN paid p ON p.customer_id = c.id GROUP BY c.name;"""

TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"server"}),
    input_model=LineageInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Reads SQL files, a dbt project (or its manifest.json), notebooks, Python files, or a cell of SQL, "
        "and works out for every column of every table, view, model and query which columns it comes from: "
        "copied, computed, aggregated, or only used to filter, join, group or sort. Give DDL (CREATE TABLE "
        "statements anywhere in the folder count) and a change such as orders.amount to see everything that "
        "depends on it. Nothing is executed. Returns findings (statements that do not parse, columns that do "
        "not exist or cannot be placed), tables, a column graph, OpenLineage events with the column-lineage "
        "facet, a Mermaid diagram and a JSON model."
    ),
    cell_field="sql",
    libraries=LIBRARIES,
)
