"""What rows get in a new or newly required column, when they are there already."""

# Alembic and SQLAlchemy are generic over values that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studio_magics.tools.dev.schema_designer.metadata import dialect_of, literal

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.design import ColumnDesign, Design, Dialect

NEUTRAL = {
    "string": "",
    "text": "",
    "boolean": "false",
    "date": "1970-01-01",
    "time": "00:00:00",
    "timestamp": "1970-01-01 00:00:00",
    "integer": "0",
    "bigint": "0",
    "smallint": "0",
    "decimal": "0",
    "float": "0",
}
"""What a required column holds that is brought back by a way back; its content is gone."""


def fill_of(column: ColumnDesign) -> str | None:
    """What rows get that are there already."""
    if column.fill is not None:
        return column.fill
    return column.default


def with_neutral_fills(design: Design) -> Design:
    """For a way back: required columns without default get a neutral value, or are brought back optional."""
    tables = tuple(
        replace(table, columns=tuple(_neutral(one) for one in table.columns)) for table in design.tables
    )
    return replace(design, tables=tables)


def _neutral(column: ColumnDesign) -> ColumnDesign:
    if not column.required or fill_of(column) is not None or column.kind == "id":
        return column
    value = column.values[0] if column.kind == "enum" else NEUTRAL.get(column.kind)
    return column if value is None else replace(column, fill=value)


def fill_statement(
    table: str, column: ColumnDesign, value: str, dialect: Dialect, *, everywhere: bool
) -> str:
    """The UPDATE that gives rows a value that have none."""
    quote = dialect_of(dialect).identifier_preparer.quote
    where = "" if everywhere else f" WHERE {quote(column.name)} IS NULL"
    written = literal(value, column.kind, dialect).replace("\\:", ":")
    return f"UPDATE {quote(table)} SET {quote(column.name)} = {written}{where}"  # noqa: S608  - names and values of a checked design
