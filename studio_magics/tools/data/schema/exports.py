"""The schema as files: a documented JSON form, DDL, and Mermaid text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import (
        ColumnFacts,
        Engine,
        Inspection,
        Kind,
        Relation,
        Schema,
        TableFacts,
    )

FORMAT = "studio-schema/1"
_NEXT = re.compile(r"nextval\('([^']+)'")
_PLAIN = re.compile(r'("[^"]*"|\w+)(\.("[^"]*"|\w+))*')
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
            {
                "columns": list(key.columns),
                "table": key.parent,
                "referred_columns": list(key.parent_columns),
                "actions": key.actions,
            }
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
    parts += _sequences(schema)
    for table in _parents_first(schema):
        parts.append(_create(table, schema.engine))
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


def _sequences(schema: Schema) -> list[str]:
    """The sequences that defaults count with: without them the tables could not be made."""
    columns = [column for table in schema.tables for column in table.columns]
    named = dict.fromkeys(hit[1] for one in columns if one.default and (hit := _NEXT.search(one.default)))
    return [f"CREATE SEQUENCE {name if _PLAIN.fullmatch(name) else quoted(name)};" for name in named]


def _parents_first(schema: Schema) -> list[TableFacts]:
    """The tables so that each comes after those it refers to; in a circle the order of their names."""
    done: list[TableFacts] = []
    waiting = list(schema.tables)
    while waiting:
        missing = {table.name: _parents(table, schema) - {one.name for one in done} for table in waiting}
        ready = [table for table in waiting if not missing[table.name]] or waiting[:1]
        done += ready
        waiting = [table for table in waiting if table not in ready]
    return done


def _parents(table: TableFacts, schema: Schema) -> set[str]:
    found = (schema.table(key.parent) for key in table.foreign_keys)
    return {one.name for one in found if one is not None and one.name != table.name}


def _create(table: TableFacts, engine: Engine) -> str:
    lines = [_column(column, engine) for column in table.columns]
    if table.primary_key:
        lines.append(f"PRIMARY KEY {_names(table.primary_key)}")
    lines += [
        f"UNIQUE {_names(i.columns)}"
        for i in table.indexes
        if i.is_unique and i.is_constraint and not i.is_partial
    ]
    for key in table.foreign_keys:
        target = f" {_names(key.parent_columns)}" if key.parent_columns else ""
        written = f"FOREIGN KEY {_names(key.columns)} REFERENCES {quoted(key.parent)}{target}"
        lines.append(f"{written} {key.actions}" if key.actions else written)
    return f"CREATE TABLE {quoted(table.name)} (\n    " + ",\n    ".join(lines) + "\n);"


def _column(column: ColumnFacts, engine: Engine) -> str:
    words = [quoted(column.name), column.type, "" if column.nullable else "NOT NULL"]
    if column.default is not None and not column.is_generated:
        words.append(f"DEFAULT ({column.default})")
    elif column.default is not None:
        kept = " STORED" if engine == "postgresql" else ""
        words.append(f"GENERATED ALWAYS AS ({column.default}){kept}")
    return " ".join(word for word in words if word)


def _create_index(table: TableFacts, name: str, columns: tuple[str, ...], is_unique: bool) -> str:
    unique = "UNIQUE " if is_unique else ""
    return f"CREATE {unique}INDEX {quoted(name)} ON {quoted(table.name)} {_names(columns)};"


def _names(columns: tuple[str, ...]) -> str:
    return f"({', '.join(quoted(name) for name in columns)})"


def _one_line(text: str) -> str:
    return " ".join(text.split())
