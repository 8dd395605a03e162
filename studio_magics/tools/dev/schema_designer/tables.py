"""The tables of the result: columns, what changes, and how the trial went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, Table

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.design import ColumnDesign, Design, TableDesign
    from studio_magics.tools.dev.schema_designer.differences import ColumnChange, Differences
    from studio_magics.tools.dev.schema_designer.proof import Proof

MAX_ROWS = 400


def all_tables(design: Design, found: Differences | None, proof: Proof) -> tuple[Table, ...]:
    """What is shown, in reading order."""
    changes = [_changes(found)] if found else []
    return (*changes, _trial(proof), _columns(design))


def _columns(design: Design) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            table.name,
            one.name,
            one.type_text,
            one.required,
            one.name in table.key or one.unique,
            _refers_to(table, one.name),
            one.default,
            one.comment,
        )
        for table in design.tables
        for one in table.columns
    ]
    kinds = {"required": "flag", "unique": "flag"}
    names = ("table", "column", "type", "required", "unique", "refers to", "default", "comment")
    left = len(rows) - MAX_ROWS
    return Table(
        title="Columns",
        columns=tuple(Column.model_validate({"name": one, "kind": kinds.get(one, "text")}) for one in names),
        rows=tuple(rows[:MAX_ROWS]),
        note=f"{left} more are in schema.json." if left > 0 else "",
    )


def _refers_to(table: TableDesign, column: str) -> str:
    """'customer.id', or 'line.number (with order_id)' where columns refer together."""
    found: list[str] = []
    for one in table.all_references:
        if column in one.columns:
            others = ", ".join(name for name in one.columns if name != column)
            target = f"{one.table}.{one.parent_columns[one.columns.index(column)]}"
            found.append(f"{target} (with {others})" if others else target)
    return "; ".join(found)


def _changes(found: Differences) -> Table:
    rows: list[tuple[Cell, ...]] = [("table", one.name, "new") for one in found.created]
    rows += [("table", one.name, "goes") for one in found.dropped]
    rows += [("table", new, f"was called {old}") for old, new in found.renamed]
    for change in found.changed:
        name = change.after.name
        rows += [("column", f"{name}.{one.name}", f"new, {one.type_text}") for one in change.added]
        rows += [("column", f"{name}.{one.name}", "goes") for one in change.dropped]
        rows += [("column", f"{name}.{new}", f"was called {old}") for old, new in change.renamed]
        rows += [("column", f"{name}.{one.after.name}", _change(one)) for one in change.changed]
        rows += [(one.kind, f"{name}: {one.name}", "goes") for one in change.rules_dropped]
        rows += [(one.kind, f"{name}: {one.name}", "new") for one in change.rules_added]
    names = ("what", "where", "change")
    return Table(
        title="Changes", columns=tuple(Column(name=one) for one in names), rows=tuple(rows[:MAX_ROWS])
    )


def _change(change: ColumnChange) -> str:
    return f"{_said(change.before)} → {_said(change.after)}"


def _said(column: ColumnDesign) -> str:
    default = f" default {column.default}" if column.default is not None else ""
    return f"{column.type_text}{' required' if column.required else ''}{default}"


def _trial(proof: Proof) -> Table:
    return Table(
        title="Tried on SQLite in memory",
        columns=(Column(name="step"), Column(name="passed", kind="flag"), Column(name="result")),
        rows=tuple((one.name, one.passed, one.told) for one in proof.steps),
    )
