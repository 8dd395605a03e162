"""The tables of the result: steps in order, tests, and where each column comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, ColumnKind, Table
from studio_magics.tools.data.lineage.tables import origins

if TYPE_CHECKING:
    from studio_magics.tools.data.pipelines.findings import Seen
    from studio_magics.tools.data.schema.facts import Store

MAX_ROWS = 300
PREVIEW_ROWS = 10
PREVIEW_COLUMNS = 12
SHOWN = 80


def all_tables(seen: Seen, store: Store) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    previews = [_preview(name, store) for name in seen.plan.outputs[:3] if name in seen.ran.rows]
    found = (_steps(seen), *previews, _tests(seen), _columns(seen))
    return tuple(table for table in found if table.rows)


def _table(title: str, columns: tuple[tuple[str, ColumnKind], ...], rows: list[tuple[Cell, ...]]) -> Table:
    left = len(rows) - MAX_ROWS
    return Table(
        title=title,
        columns=tuple(Column(name=name, kind=kind) for name, kind in columns),
        rows=tuple(rows[:MAX_ROWS]),
        note=f"{left} more are in openlineage.ndjson." if left > 0 else "",
    )


def _steps(seen: Seen) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, step in enumerate(seen.plan.steps, 1):
        own = [one for one in seen.ran.checks if one.check.step == step.name]
        kept = sum(one.broken == 0 for one in own)
        state = _state(step.name, seen)
        rows.append(
            (
                number,
                step.name,
                step.wish.kind,
                ", ".join(step.reads),
                state,
                seen.ran.rows.get(step.name),
                len(seen.ran.columns.get(step.name, {})) or None,
                f"{kept} of {len(own)}" if own else "none",
            )
        )
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("order", "integer"),
        ("step", "text"),
        ("kind", "text"),
        ("reads", "text"),
        ("state", "text"),
        ("rows", "integer"),
        ("columns", "integer"),
        ("tests kept", "text"),
    )
    return _table("Steps in their order", kinds, rows)


def _state(name: str, seen: Seen) -> str:
    if name in seen.ran.failed:
        return "fails"
    return f"waits for {seen.ran.skipped[name]}" if name in seen.ran.skipped else "ran"


def _preview(name: str, store: Store) -> Table:
    described = store.query(f"DESCRIBE {store.relation(name)}")
    columns = [str(row[0]) for row in described][:PREVIEW_COLUMNS]
    selected = ", ".join(f"{store.relation(column)}::VARCHAR" for column in columns)
    found = store.query(f"SELECT {selected} FROM {store.relation(name)} LIMIT {PREVIEW_ROWS}")  # noqa: S608  - quoted names
    rows: list[tuple[Cell, ...]] = [
        tuple(None if value is None else str(value)[:SHOWN] for value in row) for row in found
    ]
    return Table(
        title=f"First rows of {name}", columns=tuple(Column(name=one) for one in columns), rows=tuple(rows)
    )


def _tests(seen: Seen) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            one.check.step,
            one.check.title,
            "cannot be run" if one.broken is None else "kept" if not one.broken else "fails",
            one.broken,
        )
        for one in seen.ran.checks
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("step", "text"), ("test", "text"), ("outcome", "text"), ("rows that break it", "integer")
    )  # fmt: skip
    return _table("Tests", kinds, rows)


def _columns(seen: Seen) -> Table:
    kinds_of = {
        (table.casefold(), column.casefold()): kind
        for table, columns in seen.ran.columns.items()
        for column, kind in columns.items()
    }
    rows: list[tuple[Cell, ...]] = [
        (step.target, name, kinds_of.get((step.target.casefold(), name.casefold()), ""), origins(uses))
        for step in seen.lineage.steps
        for name, uses in step.outputs
    ]
    kinds: tuple[tuple[str, ColumnKind], ...] = (
        ("table", "text"), ("column", "text"), ("type", "text"), ("comes from", "text")
    )  # fmt: skip
    return _table("Where each column comes from", kinds, rows)
