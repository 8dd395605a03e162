"""The design in standard forms: JSON Schema of the rows, and Mermaid."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.schema_designer.rules import storage_of

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.design import ColumnDesign, Design, TableDesign

TYPES: dict[str, dict[str, Any]] = {
    "id": {"type": "integer"},
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "bigint": {"type": "integer"},
    "smallint": {"type": "integer", "minimum": -(2**15), "maximum": 2**15 - 1},
    "decimal": {"type": "number"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "timestamp": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "json": {},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "text": {"type": "string"},
    "string": {"type": "string"},
}


def json_schema(design: Design) -> bytes:
    """One definition for the rows of each table, as JSON Schema 2020-12."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": design.name,
        "$defs": {one.name: _row(one, design) for one in design.tables},
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def _row(table: TableDesign, design: Design) -> dict[str, Any]:
    return {
        "type": "object",
        **({"description": table.comment} if table.comment else {}),
        "required": [one.name for one in table.columns if one.required],
        "properties": {one.name: _property(one, design) for one in table.columns},
        "additionalProperties": False,
    }


def _property(column: ColumnDesign, design: Design) -> dict[str, Any]:
    kind, sizes = storage_of(column, design)
    found: dict[str, Any] = dict(TYPES[kind])
    if kind == "string" and sizes:
        found["maxLength"] = sizes[0]
    if column.kind == "enum":
        found = {"type": "string", "enum": list(column.values)}
    if not column.required and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return {**found, "description": column.comment} if column.comment else found


def mermaid(design: Design) -> str:
    """The diagram as Mermaid's erDiagram."""
    lines = ["erDiagram"]
    names = {one.name: _word(one.name, f"t{number}") for number, one in enumerate(design.tables)}
    for table in design.tables:
        lines.append(f"    {names[table.name]} {{")
        referring = {name for one in table.all_references for name in one.columns}
        for column in table.columns:
            mark = " PK" if column.name in table.key else " FK" if column.name in referring else ""
            kind = re.sub(r"[^A-Za-z0-9_]+", "_", column.type_text).strip("_")[:40]
            lines.append(f"        {kind} {_word(column.name, 'column')}{mark}")
        lines.append("    }")
    for table in design.tables:
        for one in table.all_references:
            parent = "||" if table.requires(one) else "|o"
            ends = f"{names[one.table]} {parent}--o{{ {names[table.name]}"
            told = ", ".join(_word(name, "column") for name in one.columns)
            lines.append(f'    {ends} : "{told}"')
    return "\n".join(lines) + "\n"


def _word(name: str, otherwise: str) -> str:
    """The name as Mermaid can read it."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")
    return word if word[:1].isalpha() else f"{otherwise}_{word}".rstrip("_")
