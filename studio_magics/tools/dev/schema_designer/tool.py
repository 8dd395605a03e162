"""Wires the Database Schema Designer: input, forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.base import Example, ExampleFile, Tool
from studio_magics.tools.dev.schema_designer.costs import forecast
from studio_magics.tools.dev.schema_designer.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.schema_designer.inputs import SchemaDesignInput

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.tools.base import RunContext

EXAMPLE = """%%studio run schema-designer
schema: shop
tables:
  customer:
    columns:
      id: id
      email: string(254) required unique
      name: string(120) required - as on the letter
      created_at: timestamp required default now
  product:
    columns:
      id: id
      title: string(200) required indexed
      price: decimal(12,2) required
      stock: integer required default 0
    checks:
      price_positive: price >= 0
  purchase:
    columns:
      id: id
      customer_id: ref customer required indexed
      status: enum(new, paid, sent) required default new
      placed_at: timestamp required default now
    indexes: [[status, placed_at]]
  purchase_line:
    columns:
      purchase_id: ref purchase required on-delete cascade
      product_id: ref product required indexed
      quantity: integer required default 1
    key: [purchase_id, product_id]
    checks:
      quantity_positive: quantity > 0
"""
OLDER = b"""CREATE TABLE customer (id BIGSERIAL PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE);
CREATE TABLE purchase (
    id BIGSERIAL PRIMARY KEY,
    customer_id BIGINT NOT NULL REFERENCES customer (id),
    total NUMERIC(10, 2) NOT NULL DEFAULT 0 CHECK (total >= 0)
);
CREATE INDEX purchase_customer ON purchase (customer_id);
"""
NEWER = OLDER.replace(b"NUMERIC(10, 2)", b"NUMERIC(14, 2)").replace(b"VARCHAR(254)", b"VARCHAR(320)")
EXAMPLES = (
    Example("statements", {"document": ExampleFile("shop.sql", OLDER)}),
    Example(
        "two versions",
        {"document": ExampleFile("shop.sql", NEWER), "previous": ExampleFile("older.sql", OLDER)},
    ),
    Example("tables in YAML", {"tables": EXAMPLE.split("\n", 1)[1]}),
)


def _run(inputs: SchemaDesignInput, context: RunContext) -> ToolResult:
    """Read, write, compare, try; imports what it needs when it is asked to."""
    from studio_magics.tools.dev.schema_designer.run import run

    return run(inputs, context)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Database Schema Designer",
    places=frozenset({"kernel"}),
    input_model=SchemaDesignInput,
    forecast=forecast,
    run=_run,
    example=EXAMPLE,
    description=(
        "Turns tables described in YAML, or CREATE TABLE statements, into DDL for PostgreSQL, SQLite "
        "and MySQL "
        "with named keys, references, conditions and indexes. With the version before it writes "
        "migrations up and "
        "down for each, says where data would be lost, and tries them on a SQLite database in memory "
        "that has "
        "rows. Returns the scripts, schema.json (JSON Schema of the rows), schema.mmd and a diagram. "
        "Runs in the "
        "kernel for 0 and connects to no database."
    ),
    cell_field="tables",
    libraries=LIBRARIES,
    examples=EXAMPLES,
)
