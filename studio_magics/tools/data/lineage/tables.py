"""The tables of the result: impact, datasets, columns and statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.data.lineage.tracing import DIRECT, STAR

if TYPE_CHECKING:
    from studio_magics.tools.data.lineage.changing import Change
    from studio_magics.tools.data.lineage.model import Lineage
    from studio_magics.tools.data.lineage.tracing import Field, How, Use

MAX_ROWS = 400
UNPLACED = "unknown, columns of this statement could not be placed"
CONSTANT = "no column (a constant or a count of rows)"
WORDS: dict[How, str] = {
    "IDENTITY": "copied",
    "TRANSFORMATION": "computed",
    "AGGREGATION": "aggregated",
    "CONDITIONAL": "decides on a branch",
    "WINDOW": "orders or groups a window",
    "FILTER": "filters",
    "JOIN": "joins",
    "GROUP_BY": "groups",
    "SORT": "sorts",
}


def all_tables(
    lineage: Lineage, change: Change | None, ranked: list[tuple[Field, int, int]]
) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    found = (_impact(change), _columns(lineage), _datasets(lineage), _statements(lineage), _ranked(ranked))
    return tuple(table for table in found if table is not None and table.rows)


def _table(title: str, columns: tuple[tuple[str, ColumnKind], ...], rows: list[tuple[Cell, ...]]) -> Table:
    left = len(rows) - MAX_ROWS
    return Table(
        title=title,
        columns=tuple(Column(name=name, kind=kind) for name, kind in columns),
        rows=tuple(rows[:MAX_ROWS]),
        note=f"{left} more are in lineage.json." if left > 0 else "",
    )


def _impact(change: Change | None) -> Table | None:
    if change is None:
        return None
    rows: list[tuple[Cell, ...]] = [
        (
            one.field.dataset,
            "its rows" if one.field.column == STAR else one.field.column,
            "value" if one.is_direct else "choice",
            one.distance,
            " → ".join(str(step).removesuffix(f".{STAR}") for step in one.path),
        )
        for one in change.impacts
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"),
        ("column", "text"),
        ("takes", "text"),
        ("statements away", "integer"),
        ("way", "text"),
    )
    return _table(f"What depends on {change.name}", kinds, rows)


def origins(uses: frozenset[Use]) -> str:
    """'orders.amount aggregated; orders.status decides on a branch'."""
    ordered = sorted(uses, key=lambda use: (use.how not in DIRECT, use.field, use.how))
    return "; ".join(f"{use.field} {WORDS[use.how]}" for use in ordered)


def _columns(lineage: Lineage) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (step.target, name, origins(uses) or (UNPLACED if step.unplaced else CONSTANT), step.name)
        for step in lineage.steps
        for name, uses in step.outputs
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"), ("column", "text"), ("comes from", "text"), ("by", "text")
    )  # fmt: skip
    return _table("Where each column comes from", kinds, rows)


def _datasets(lineage: Lineage) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(lineage.kinds, key=lambda one: (lineage.kinds[one] != "source", one)):
        readers = sum(name in step.reads for step in lineage.steps)
        fillers = sum(step.target == name for step in lineage.steps)
        columns = len([one for one in lineage.columns.get(name, {}) if one != STAR])
        rows.append((name, lineage.kinds[name], columns, fillers, readers))
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("dataset", "text"),
        ("kind", "text"),
        ("columns", "integer"),
        ("filled by", "integer"),
        ("read by", "integer"),
    )
    return _table("Datasets", kinds, rows)


def _statements(lineage: Lineage) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for step in lineage.steps:
        shaped = origins(step.shaping)
        rows.append(
            (step.name, step.kind, str(step.place), ", ".join(sorted(step.reads)), len(step.outputs), shaped)
        )
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("statement", "text"),
        ("kind", "text"),
        ("where", "text"),
        ("reads", "text"),
        ("columns", "integer"),
        ("rows decided by", "text"),
    )
    return _table("Statements in the order they were traced", kinds, rows)


def _ranked(ranked: list[tuple[Field, int, int]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (str(one), columns, datasets) for one, columns, datasets in ranked if columns
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("source column", "text"), ("columns that take its value", "integer"), ("in datasets", "integer")
    )  # fmt: skip
    return _table("Source columns by what depends on them", kinds, rows)
