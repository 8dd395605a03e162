"""The Data Pipeline Designer: design, check and try a pipeline, and write it out as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Tool
from studio_magics.tools.data.pipelines.forecast import forecast
from studio_magics.tools.data.pipelines.identity import LIBRARIES, TITLE, TOOL_ID, VERSION
from studio_magics.tools.data.pipelines.inputs import PipelineInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

__all__ = ["TOOL", "PipelineInput"]

EXAMPLE = """\
%%studio run pipelines --on kernel
name: revenue
schedule: "0 3 * * *"
sources:
  orders:
    rows:
      - {id: 1, customer: ada, amount: 20.5, status: paid}
      - {id: 2, customer: bo, amount: 7.0, status: open}
      - {id: 3, customer: ada, amount: 12.0, status: paid}
steps:
  - name: paid
    sql: SELECT id, customer, amount FROM orders WHERE status = 'paid'
    tests: {not_null: [id, amount], unique: [id]}
  - name: revenue
    sql: SELECT customer, sum(amount) AS total FROM paid GROUP BY customer
    tests: {unique: [customer], expressions: [total >= 0]}"""


def _run(inputs: PipelineInput, context: RunContext) -> ToolResult:
    """Check and run the pipeline; imports what it needs when it is asked to."""
    from studio_magics.tools.data.pipelines.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title=TITLE,
    places=frozenset({"kernel", "server"}),
    input_model=PipelineInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Takes steps written in SQL (YAML in the cell body, or a folder of .sql models) over tables in CSV, "
        "TSV or Parquet, finds the order, refuses cycles and unknown tables and columns, and runs everything "
        "on a sample in DuckDB, closed off from files and network. Tests of each step are counted; joins "
        "that multiply or lose rows, filters that undo an outer join, results that change from run to run "
        "and steps nobody reads are found. Without steps it designs a cleaning step with tests for each. "
        "Returns the results as Parquet, OpenLineage events down to columns, and the pipeline as code: a "
        "script for DuckDB, a program in Python, a dbt project and an Airflow DAG."
    ),
    cell_field="pipeline",
    libraries=LIBRARIES,
)
