"""What ALTER TABLE, DROP TABLE and COMMENT do to tables that were read before."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from studio_magics.tools.dev.schema_designer.conditions import columns_of, renamed_condition
from studio_magics.tools.dev.schema_designer.table_reading import (
    TableReading,
    add_column,
    add_rule,
    named,
    read_type,
    set_default,
)

IDENTITY = re.compile(
    r"^ALTER\s+TABLE\s+(?:ONLY\s+)?(?:IF\s+EXISTS\s+)?(?:\"?\w+\"?\.)?\"?(?P<table>\w+)\"?\s+ALTER\s+(?:COLUMN\s+)?"
    r"\"?(?P<column>\w+)\"?\s+ADD\s+GENERATED\b",
    re.IGNORECASE,
)
HARMLESS = re.compile(
    r"\b(OWNER\s+TO|CLUSTER\s+ON|SET\s+STATISTICS|SET\s+STORAGE|REPLICA\s+IDENTITY|DISABLE\s+KEYS|ENABLE\s+KEYS)\b",
    re.IGNORECASE,
)


def alter(statement: Any, text: str, reading: dict[str, TableReading]) -> bool:
    """Do it; False where the statement is about no table that was read."""
    from sqlglot import exp

    if isinstance(statement, exp.Alter):
        name = named(statement.this.name, reading)
        for action in statement.args.get("actions") or () if name in reading else ():
            _act(action, name, reading)
        return True
    if isinstance(statement, exp.Drop):
        names = [one.name for one in statement.args.get("tables") or (statement.this,) if one is not None]
        return [reading.pop(one, None) for one in names] != []
    if isinstance(statement, exp.Comment):
        return _comment(statement, reading)
    return HARMLESS.search(text) is not None or _by_text(text, reading)


def _by_text(text: str, reading: dict[str, TableReading]) -> bool:
    """What the parser hands back as text: a key that PostgreSQL counts itself."""
    hit = IDENTITY.match(text)
    table = reading.get(hit["table"]) if hit else None
    if hit is None or table is None:
        written = re.match(r"ALTER\s+TABLE\s+(?:ONLY\s+)?(?:\"?\w+\"?\.)?[\"`]?(\w+)", text, re.IGNORECASE)
        owner = reading.get(written[1]) if written else None
        if owner is not None:
            owner.lost.append(f"a change: {' '.join(text.split())[:80]}")
        return owner is not None
    return table.change(hit["column"], kind="id", sizes=(), required=True, default=None)


def _act(action: Any, name: str, reading: dict[str, TableReading]) -> None:
    from sqlglot import exp

    table = reading[name]
    if isinstance(action, exp.ColumnDef):
        add_column(action, table)
    elif isinstance(action, exp.AddConstraint):
        for one in action.expressions:
            add_rule(one, "", table)
    elif isinstance(action, exp.AlterColumn):
        _alter_column(action, table)
    elif isinstance(action, exp.RenameColumn):
        _rename_column(table, action.this.name, action.args["to"].name, name, reading)
    elif isinstance(action, exp.AlterRename):
        _rename_table(name, action.this.name, reading)
    elif isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
        for one in action.args.get("tables") or (action.this,):
            _drop_column(table, one.name)
    else:
        table.lost.append(f"a change: {action.sql()[:80]}")


def _alter_column(action: Any, table: TableReading) -> None:
    column = table.column(action.this.name)
    if column is None:
        table.lost.append(f"a change of a column that is not there: {action.sql()[:80]}")
        return
    if action.args.get("dtype"):
        kind, sizes, values = read_type(action.args["dtype"], column.name, table)
        table.change(column.name, kind=kind, sizes=sizes, values=values)
    if action.args.get("default"):
        set_default(column.name, action.args["default"], column.kind, table)
    elif action.args.get("drop") and action.args.get("allow_null") is None:
        table.change(column.name, default=None)
    if action.args.get("allow_null") is not None:
        table.change(column.name, required=not action.args["allow_null"])


def _rename_table(old: str, new: str, reading: dict[str, TableReading]) -> None:
    reading[new] = reading.pop(old)
    for table in reading.values():
        table.references = [replace(one, table=new) if one.table == old else one for one in table.references]
        for column in list(table.columns):
            if column.reference and column.reference.table == old:
                table.change(column.name, reference=replace(column.reference, table=new))


def _rename_column(
    table: TableReading, old: str, new: str, name: str, reading: dict[str, TableReading]
) -> None:
    def named(group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if one == old else one for one in group)

    table.change(old, name=new)
    table.key = list(named(tuple(table.key)))
    table.uniques = [named(one) for one in table.uniques]
    table.indexes = [named(one) for one in table.indexes]
    table.checks = {key: renamed_condition(one, {old: new}) for key, one in table.checks.items()}
    table.references = [replace(one, columns=named(one.columns)) for one in table.references]
    for other in reading.values():
        other.references = [
            replace(one, parent_columns=named(one.parent_columns)) if one.table == name else one
            for one in other.references
        ]
        for column in list(other.columns):
            reference = column.reference
            if reference and (reference.table, reference.column) == (name, old):
                other.change(column.name, reference=replace(reference, column=new))


def _drop_column(table: TableReading, name: str) -> None:
    """The column, and the rules that it took part in."""
    table.columns = [one for one in table.columns if one.name.lower() != name.lower()]
    table.key = [one for one in table.key if one != name]
    table.uniques = [one for one in table.uniques if name not in one]
    table.indexes = [one for one in table.indexes if name not in one]
    table.checks = {key: one for key, one in table.checks.items() if name not in columns_of(one)}
    table.references = [one for one in table.references if name not in one.columns]


def _comment(statement: Any, reading: dict[str, TableReading]) -> bool:
    """Keep the words; comments on other things say nothing of tables."""
    kind = str(statement.args.get("kind")).upper()
    said = statement.args["expression"].name if statement.args.get("expression") else ""
    if kind == "TABLE" and statement.this.name in reading:
        reading[statement.this.name].comment = said
    elif kind == "COLUMN" and statement.this.table in reading:
        reading[statement.this.table].change(statement.this.name, comment=said)
    return True
