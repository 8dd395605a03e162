"""The schema as files: a documented JSON form, DDL, and Mermaid text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import ColumnFacts, Inspection, Kind, Relation, TableFacts

FORMAT = "studio-schema/1"
_JSON_TYPES: dict[Kind, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "other": {},
}


def as_json(seen: Inspection) -> bytes:
    """Tables with columns, keys, indexes and row counts, a JSON Schema of each row, and all relations."""
    schema = seen.schema
    document = {
        "format": FORMAT,
        "engine": schema.engine,
        "name": schema.name,
        "tables": [_table(table, seen) for table in schema.tables],
        "views": list(schema.views),
        "relations": [_relation(relation) for relation in seen.relations],
        "notes": list(schema.notes),
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _table(table: TableFacts, seen: Inspection) -> dict[str, Any]:
    profile = seen.profiles[table.name]
    return {
        "name": table.name,
        "row_count": profile.row_count,
        "primary_key": list(table.primary_key),
        "likely_keys": list(profile.likely_keys),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "kind": column.kind,
                "nullable": column.nullable,
                "default": column.default,
                "generated": column.is_generated,
                "nulls": profile.row_count - profile.columns[column.name].filled,
            }
            for column in table.columns
        ],
        "indexes": [
            {"name": i.name, "columns": list(i.columns), "unique": i.is_unique, "partial": i.is_partial}
            for i in table.indexes
        ],
        "foreign_keys": [
            {"columns": list(key.columns), "table": key.parent, "referred_columns": list(key.parent_columns)}
            for key in table.foreign_keys
        ],
        "row_schema": _row_schema(table),
    }


def _row_schema(table: TableFacts) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "type": "object",
        "properties": {column.name: _property(column) for column in table.columns},
        "required": [
            c.name for c in table.columns if not c.nullable and c.default is None and not c.is_generated
        ],
        "additionalProperties": False,
    }


def _property(column: ColumnFacts) -> dict[str, Any]:
    found = dict(_JSON_TYPES[column.kind])
    if column.nullable and "type" in found:
        found["type"] = [found["type"], "null"]
    return found


def _relation(relation: Relation) -> dict[str, Any]:
    return {
        "child": relation.child,
        "columns": list(relation.columns),
        "parent": relation.parent,
        "parent_columns": list(relation.parent_columns),
        "declared": relation.is_declared,
        "referring_rows": relation.referring,
        "orphans": relation.orphans,
        "indexed": relation.is_indexed,
    }


def as_ddl(seen: Inspection) -> bytes:
    """CREATE statements of what was found; references nobody declared stand as comments."""
    schema = seen.schema
    parts = [f"-- Schema of {_one_line(schema.name)} ({schema.engine})"]
    for table in schema.tables:
        parts.append(_create(table))
        parts += [_create_index(table, index.name, index.columns, index.is_unique) for index in table.indexes
                  if not index.is_partial and not index.is_constraint]  # fmt: skip
        parts += [
            f"-- index {_one_line(index.name)} on {_one_line(table.name)} is partial or over expressions"
            for index in table.indexes
            if index.is_partial
        ]
    parts += [
        f"-- inferred: {_one_line(r.child)} {_names(r.columns)} refers to {_one_line(r.parent)}"
        f" {_names(r.parent_columns)} ({r.orphans} of {r.referring} rows without)"
        for r in seen.relations
        if not r.is_declared
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _create(table: TableFacts) -> str:
    lines = [_column(column) for column in table.columns]
    if table.primary_key:
        lines.append(f"PRIMARY KEY {_names(table.primary_key)}")
    lines += [
        f"UNIQUE {_names(i.columns)}"
        for i in table.indexes
        if i.is_unique and i.is_constraint and not i.is_partial
    ]
    for key in table.foreign_keys:
        target = f" {_names(key.parent_columns)}" if key.parent_columns else ""
        lines.append(f"FOREIGN KEY {_names(key.columns)} REFERENCES {quoted(key.parent)}{target}")
    return f"CREATE TABLE {quoted(table.name)} (\n    " + ",\n    ".join(lines) + "\n);"


def _column(column: ColumnFacts) -> str:
    words = [quoted(column.name), column.type, "" if column.nullable else "NOT NULL"]
    if column.default is not None and not column.is_generated:
        words.append(f"DEFAULT ({column.default})")
    return " ".join(word for word in words if word)


def _create_index(table: TableFacts, name: str, columns: tuple[str, ...], is_unique: bool) -> str:
    unique = "UNIQUE " if is_unique else ""
    return f"CREATE {unique}INDEX {quoted(name)} ON {quoted(table.name)} {_names(columns)};"


def _names(columns: tuple[str, ...]) -> str:
    return f"({', '.join(quoted(name) for name in columns)})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
