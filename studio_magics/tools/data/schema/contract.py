"""The schema as an Open Data Contract (ODCS 3.1.0), and of table files as a Frictionless Data Package."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import ColumnFacts, ForeignKey, Kind, Schema, TableFacts

LOGICAL: dict[Kind, str] = {
    "integer": "integer",
    "number": "number",
    "text": "string",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "binary": "string",
}
FIELD_TYPES: dict[Kind, str] = {
    "integer": "integer",
    "number": "number",
    "text": "string",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
}


def as_contract(schema: Schema, tool_id: str) -> bytes:
    """One contract with an object for every table; what only its owner knows is left for them to add."""
    import yaml

    contract = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": str(uuid5(NAMESPACE_URL, f"{tool_id}:{schema.name}")),
        "name": schema.name,
        "version": "1.0.0",
        "status": "draft",
        "schema": [_object(table, schema) for table in schema.tables],
    }
    text = yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=110)
    return str(text).encode("utf-8", "replace")


def _object(table: TableFacts, schema: Schema) -> dict[str, Any]:
    return {
        "name": table.name,
        "physicalName": table.name,
        "physicalType": "table",
        "logicalType": "object",
        "properties": [_property(column, table, schema) for column in table.columns],
        **({"relationships": together} if (together := _together(table, schema)) else {}),
    }


def _together(table: TableFacts, schema: Schema) -> list[dict[str, Any]]:
    """References of several columns; those of one stand with their column."""
    return [
        {
            "type": "foreignKey",
            "from": [f"{_reference(table.name)}.{_reference(name)}" for name in key.columns],
            "to": [f"{_reference(key.parent)}.{_reference(name)}" for name in their],
        }
        for key in table.foreign_keys
        if len(key.columns) > 1 and len(their := _their(key, schema)) == len(key.columns)
    ]


def _their(key: ForeignKey, schema: Schema) -> tuple[str, ...]:
    """The columns referred to; where none are named, the key of the other table."""
    parent = schema.table(key.parent)
    return key.parent_columns or (parent.primary_key if parent else ())


def _property(column: ColumnFacts, table: TableFacts, schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "physicalType": column.type or "any"}
    if column.kind in LOGICAL:
        found["logicalType"] = LOGICAL[column.kind]
    found["required"] = not column.nullable
    if column.name in table.primary_key:
        found["primaryKey"] = True
        found["primaryKeyPosition"] = table.primary_key.index(column.name) + 1
    elif table.is_unique((column.name,)):
        found["unique"] = True
    single = [
        {"type": "foreignKey", "to": f"{_reference(key.parent)}.{_reference(their[0])}"}
        for key in table.foreign_keys
        if key.columns == (column.name,) and len(their := _their(key, schema)) == 1
    ]
    return {**found, "relationships": single} if single else found


def _reference(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def as_data_package(schema: Schema, paths: dict[str, str]) -> bytes:
    """A Data Package (version 1) over the table files; `paths` is the file of each table."""
    names: dict[str, str] = {}
    for table in schema.tables:
        name = re.sub(r"[^a-z0-9._-]+", "-", table.name.lower()).strip("-") or "table"
        while name in names.values():
            name += "-2"
        names[table.name] = name
    package = {
        "profile": "data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", schema.name.lower()).strip("-") or "data",
        "resources": [
            {
                "name": names[table.name],
                "path": paths[table.name],
                "profile": "tabular-data-resource",
                "schema": {
                    "fields": [
                        {"name": column.name, "type": FIELD_TYPES.get(column.kind, "any")}
                        for column in table.columns
                    ]
                },
            }
            for table in schema.tables
        ],
    }
    return (json.dumps(package, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")
