"""Reads CREATE TABLE and CREATE INDEX statements of the three databases into a design."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.dev.schema_designer.conditions import ConditionRefused, check_condition
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    Design,
    OnDelete,
    Reference,
    TableDesign,
)

MAX_TABLES = 300
SQLITE_OPTIONS = re.compile(
    r"\)\s*(STRICT|WITHOUT\s+ROWID)(\s*,\s*(STRICT|WITHOUT\s+ROWID))?(?=\s*;)", re.IGNORECASE
)
KINDS = {
    "INT": "integer",
    "INTEGER": "integer",
    "MEDIUMINT": "integer",
    "BIGINT": "bigint",
    "SMALLINT": "smallint",
    "TINYINT": "smallint",
    "SERIAL": "id",
    "BIGSERIAL": "id",
    "SMALLSERIAL": "id",
    "VARCHAR": "string",
    "CHAR": "string",
    "NCHAR": "string",
    "NVARCHAR": "string",
    "TEXT": "text",
    "MEDIUMTEXT": "text",
    "LONGTEXT": "text",
    "TINYTEXT": "text",
    "DECIMAL": "decimal",
    "NUMERIC": "decimal",
    "MONEY": "decimal",
    "FLOAT": "float",
    "DOUBLE": "float",
    "REAL": "float",
    "BOOLEAN": "boolean",
    "BIT": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMPTZ": "timestamp",
    "DATETIME": "timestamp",
    "UUID": "uuid",
    "JSON": "json",
    "JSONB": "json",
    "BINARY": "binary",
    "VARBINARY": "binary",
    "BLOB": "binary",
    "BYTEA": "binary",
    "LONGBLOB": "binary",
    "MEDIUMBLOB": "binary",
    "ENUM": "enum",
}
ON_DELETE: dict[str, OnDelete] = {"CASCADE": "cascade", "SET NULL": "set-null"}


@dataclass
class _Reading:
    """A table while it is read."""

    columns: list[ColumnDesign] = field(default_factory=list[ColumnDesign])
    key: list[str] = field(default_factory=list[str])
    uniques: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    indexes: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    checks: dict[str, str] = field(default_factory=dict[str, str])
    notes: list[str] = field(default_factory=list[str])


def read_statements(text: str, field_name: str) -> Design:
    """The design that these statements create; other statements are noted and left out.

    Raises:
        InputRejected: Not SQL, too many tables, or none.
    """
    from sqlglot import exp

    reading: dict[str, _Reading] = {}
    notes: list[str] = []
    for statement in _parsed(text, field_name):
        kind = str(statement.args.get("kind", "")).upper() if isinstance(statement, exp.Create) else ""
        if kind == "TABLE" and isinstance(statement.this, exp.Schema):
            name = statement.this.this.name
            if name in reading:
                raise InputRejected(
                    field_name, found=f"the table '{shown(name)}' twice", allowed="each table once"
                )
            reading[name] = _table(statement.this)
        elif kind == "INDEX":
            _index(statement, reading, notes)
        elif statement is not None:
            notes.append(f"left out: {statement.key.upper()} {kind}".strip())
    if not reading or len(reading) > MAX_TABLES:
        found = f"{len(reading):,} CREATE TABLE statements with columns"
        raise InputRejected(field_name, found=found, allowed=f"1 to {MAX_TABLES}")
    tables = tuple(_finished(name, one) for name, one in reading.items())
    notes += [f"{name}: {note}" for name, one in reading.items() for note in one.notes]
    return Design("schema", tables, tuple(dict.fromkeys(notes)))


def _parsed(text: str, field_name: str) -> list[Any]:
    import sqlglot
    from sqlglot.errors import ErrorLevel, SqlglotError

    dialect = "mysql" if "`" in text or "AUTO_INCREMENT" in text.upper() else "postgres"
    if "AUTOINCREMENT" in text.upper() or "PRAGMA" in text.upper() or "STRICT" in text.upper():
        dialect = "sqlite"
    logger = logging.getLogger("sqlglot")
    was, logger.disabled = logger.disabled, True
    try:
        plain = SQLITE_OPTIONS.sub(")", text)
        return list(sqlglot.parse(plain, read=dialect, error_level=ErrorLevel.RAISE))
    except (SqlglotError, RecursionError) as error:
        lines = re.findall(r"Line (\d+)", str(error))
        where = f" in line {lines[0]}" if lines else ""
        raise InputRejected(
            field_name,
            found=f"a statement that cannot be read{where}",
            allowed="CREATE TABLE and CREATE INDEX of PostgreSQL, SQLite or MySQL",
            action="leave out triggers, functions and settings",
        ) from error
    finally:
        logger.disabled = was


def _table(schema: Any) -> _Reading:
    from sqlglot import exp

    found = _Reading()
    for part in schema.expressions:
        if isinstance(part, exp.ColumnDef):
            _column(part, found)
        else:
            _rule(part, "", found)
    return found


def _column(part: Any, found: _Reading) -> None:
    from sqlglot import exp

    kind, sizes, values = _type(part.args.get("kind"), part.name, found)
    column = ColumnDesign(part.name, kind, sizes, values)
    for constraint in part.args.get("constraints", ()):
        rule = constraint.args.get("kind")
        if isinstance(rule, exp.NotNullColumnConstraint):
            column = replace(column, required=not rule.args.get("allow_null"))
        elif isinstance(rule, exp.PrimaryKeyColumnConstraint):
            found.key.append(part.name)
            column = replace(column, required=True)
        elif isinstance(rule, exp.UniqueColumnConstraint):
            column = replace(column, unique=True)
        elif isinstance(rule, exp.DefaultColumnConstraint):
            column = replace(column, default=_default(rule.this, kind))
        elif isinstance(rule, exp.AutoIncrementColumnConstraint | exp.GeneratedAsIdentityColumnConstraint):
            column = replace(column, kind="id", sizes=(), required=True)
        elif isinstance(rule, exp.Reference):
            column = replace(column, reference=_reference(rule))
        elif isinstance(rule, exp.CheckColumnConstraint):
            _check(rule.this, f"{part.name}_check", found)
        else:
            found.notes.append(f"a rule of {part.name} was left out")
    found.columns.append(column)


def _type(kind: Any, name: str, found: _Reading) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    from sqlglot import exp

    if kind is None:
        return "text", (), ()
    written = kind.this.value if isinstance(kind.this, exp.DataType.Type) else str(kind.this)
    known = KINDS.get(str(written).upper())
    inside = [one.this.name if isinstance(one, exp.DataTypeParam) else one.name for one in kind.expressions]
    if known is None:
        found.notes.append(f"the type {str(written)[:40]} of {name} was taken as text")
        return "text", (), ()
    if known == "enum":
        return known, (), tuple(str(one) for one in inside)
    numbers = tuple(int(one) for one in inside if str(one).isdigit())
    if known == "decimal":
        return known, (*numbers, 0)[:2] if numbers else (18, 4), ()
    return known, numbers[:1] if known == "string" and numbers else ((255,) if known == "string" else ()), ()


def _default(value: Any, kind: str) -> str | None:
    from sqlglot import exp

    if isinstance(value, exp.CurrentTimestamp | exp.CurrentDate):
        return "now" if kind == "timestamp" else "today" if kind == "date" else None
    if isinstance(value, exp.Literal):
        return str(value.this)
    if isinstance(value, exp.Boolean):
        return "true" if value.this else "false"
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return f"-{value.this.this}"
    return None


def _reference(rule: Any) -> Reference:
    from sqlglot import exp

    target = rule.this
    table = target.this.name if isinstance(target, exp.Schema) else target.name
    columns = [one.name for one in target.expressions] if isinstance(target, exp.Schema) else []
    options = " ".join(str(one) for one in rule.args.get("options", ())).upper()
    reference = Reference(table, columns[0] if columns else "")
    chosen = next((ours for theirs, ours in ON_DELETE.items() if f"DELETE {theirs}" in options), None)
    return replace(reference, on_delete=chosen) if chosen else reference


def _rule(part: Any, name: str, found: _Reading) -> None:
    """A rule of the whole table."""
    from sqlglot import exp

    if isinstance(part, exp.Constraint):
        for inner in part.expressions:
            _rule(inner, part.name, found)
    elif isinstance(part, exp.PrimaryKey):
        found.key = _names(part.expressions)
    elif isinstance(part, exp.UniqueColumnConstraint):
        names = _names(part.this.expressions if isinstance(part.this, exp.Schema) else [part.this])
        found.uniques.append(tuple(names))
    elif isinstance(part, exp.CheckColumnConstraint):
        _check(part.this, name or f"check_{len(found.checks) + 1}", found)
    elif isinstance(part, exp.ForeignKey) and len(part.expressions) == 1:
        _add_reference(part, found)
    else:
        found.notes.append(f"a rule was left out: {part.key}")


def _names(parts: Any) -> list[str]:
    return [one.this.name if one.__class__.__name__ == "Ordered" else one.name for one in parts]


def _add_reference(part: Any, found: _Reading) -> None:
    rule = part.args.get("reference")
    name = part.expressions[0].name
    options = part.args.get("delete")
    reference = _reference(rule)
    if options:
        reference = replace(reference, on_delete=ON_DELETE.get(str(options).upper(), "restrict"))
    found.columns = [replace(one, reference=reference) if one.name == name else one for one in found.columns]


def _check(condition: Any, name: str, found: _Reading) -> None:
    names = {one.name for one in found.columns} | {node.name for node in condition.find_all(_column_type())}
    try:
        found.checks[name] = check_condition(condition.sql(dialect="postgres"), names)
    except ConditionRefused as refused:
        found.notes.append(f"the condition {name} was left out: {refused.found}")


def _column_type() -> Any:
    from sqlglot import exp

    return exp.Column


def _index(statement: Any, reading: dict[str, _Reading], notes: list[str]) -> None:
    from sqlglot import exp

    index = statement.this
    table = index.args.get("table")
    parameters = index.args.get("params")
    columns = parameters.args.get("columns") if parameters else None
    owner = reading.get(table.name) if table is not None else None
    plain = columns and all(
        isinstance(one.this if isinstance(one, exp.Ordered) else one, exp.Column) for one in columns
    )
    if owner is None or not plain or (parameters and parameters.args.get("where")):
        notes.append(f"left out: the index {index.name} (partial, or on an expression)")
        return
    names = tuple(_names(columns))
    (owner.uniques if statement.args.get("unique") else owner.indexes).append(names)


def _finished(name: str, found: _Reading) -> TableDesign:
    key = tuple(dict.fromkeys(found.key)) or tuple(one.name for one in found.columns if one.kind == "id")
    columns = tuple(_finished_column(one, key) for one in found.columns)
    return TableDesign(name, columns, key, tuple(found.uniques), tuple(found.indexes), found.checks)


def _finished_column(column: ColumnDesign, key: tuple[str, ...]) -> ColumnDesign:
    if column.reference is not None:
        return replace(column, kind="ref" if column.kind in {"integer", "bigint"} else column.kind)
    if key == (column.name,) and column.kind in {"integer", "bigint"}:
        return replace(column, kind="id", required=True)
    return replace(column, required=True) if column.name in key else column
