"""SQLite changes little in place: what it cannot, is copied into a new table, as its makers advise."""

# SQLAlchemy is generic over values that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.schema_designer.design import in_order_of_references
from studio_magics.tools.dev.schema_designer.filling import fill_of, fill_statement
from studio_magics.tools.dev.schema_designer.metadata import dialect_of, metadata_of

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from studio_magics.tools.dev.schema_designer.differences import Differences, TableChange
    from studio_magics.tools.dev.schema_designer.rules import Rule

COPY = "copy_of_"


def sqlite_steps(found: Differences) -> list[str]:
    """The statements in order; references must be switched off around them."""
    steps: list[str] = []
    metadata = metadata_of(found.after, "sqlite")
    quote = dialect_of("sqlite").identifier_preparer.quote
    for change in found.changed:
        steps += [f"DROP INDEX {quote(one.name)}" for one in change.rules_dropped if one.kind == "index"]
    steps += [f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}" for old, new in found.renamed]
    for table in in_order_of_references(replace(found.after, tables=found.created)):
        steps += _create(metadata, table.name)
    for change in found.changed:
        steps += _changed(change, metadata)
    for table in reversed(in_order_of_references(replace(found.before, tables=found.dropped))):
        steps.append(f"DROP TABLE {quote(table.name)}")
    return steps


def _create(metadata: MetaData, name: str) -> list[str]:
    from sqlalchemy.schema import CreateTable

    table = metadata.tables[name]
    return [_written(CreateTable(table)), *_indexes(table)]


def _indexes(table: Any) -> list[str]:
    from sqlalchemy.schema import CreateIndex

    return [_written(CreateIndex(one)) for one in sorted(table.indexes, key=lambda one: str(one.name))]


def _written(statement: Any) -> str:
    return str(statement.compile(dialect=dialect_of("sqlite"))).strip()


def _changed(change: TableChange, metadata: MetaData) -> list[str]:
    table = change.after.name
    quote = dialect_of("sqlite").identifier_preparer.quote
    steps = [
        f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(old)} TO {quote(new)}"
        for old, new in change.renamed
    ]
    for one in change.changed:
        fill = fill_of(one.after)
        if one.becomes_required and fill is not None:
            steps.append(fill_statement(table, one.after, fill, "sqlite", everywhere=False))
    if _must_copy(change):
        return steps + _copied(change, metadata)
    new = [one for one in change.rules_added if one.kind == "index"]
    return steps + [one for one in _indexes(metadata.tables[table]) if _is_of(one, new)]


def _is_of(statement: str, rules: list[Rule]) -> bool:
    quote = dialect_of("sqlite").identifier_preparer.quote
    return any(f"INDEX {quote(rule.name)} ON" in statement for rule in rules)


def _must_copy(change: TableChange) -> bool:
    """Whether anything but names and indexes changes."""
    rules = (*change.rules_dropped, *change.rules_added)
    columns = change.added or change.dropped or change.changed
    return bool(columns) or change.key_changed or any(one.kind != "index" for one in rules)


def _copied(change: TableChange, metadata: MetaData) -> list[str]:
    """Make the table anew beside the old one, copy the rows, and put it into its place."""
    from sqlalchemy.schema import CreateTable

    name = change.after.name
    quote = dialect_of("sqlite").identifier_preparer.quote
    table = metadata.tables[name]
    written = _written(CreateTable(table))
    created = written.replace(f"CREATE TABLE {quote(name)}", f"CREATE TABLE {quote(COPY + name)}", 1)
    pairs = _values(change)
    columns = ", ".join(quote(one) for one, _ in pairs)
    values = ", ".join(value for _, value in pairs)
    return [
        created,
        f"INSERT INTO {quote(COPY + name)} ({columns})\nSELECT {values} FROM {quote(name)}",
        f"DROP TABLE {quote(name)}",
        f"ALTER TABLE {quote(COPY + name)} RENAME TO {quote(name)}",
        *_indexes(table),
    ]


def _values(change: TableChange) -> list[tuple[str, str]]:
    """Column of the new table and what it gets, for each row of the old one."""
    from studio_magics.tools.dev.schema_designer.metadata import literal

    quote = dialect_of("sqlite").identifier_preparer.quote
    added = {one.name for one in change.added}
    found: list[tuple[str, str]] = []
    for column in change.after.columns:
        if column.name not in added:
            found.append((column.name, quote(column.name)))
            continue
        fill = fill_of(column)
        if fill is not None:
            found.append((column.name, literal(fill, column.kind, "sqlite").replace("\\:", ":")))
    return found
