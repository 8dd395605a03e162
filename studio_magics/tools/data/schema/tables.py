"""The tables of the result: tables, columns and relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, Table
from studio_magics.tools.data.schema.reference_checks import spoken

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import Inspection

MAX_COLUMN_ROWS = 400
MAX_RELATION_ROWS = 300


def all_tables(seen: Inspection) -> tuple[Table, ...]:
    """What is shown, in reading order; a table without rows is left out."""
    return tuple(table for table in (_overview(seen), _relations(seen), _columns(seen)) if table.rows)


def _named(*wanted: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column.model_validate({"name": name, "kind": kind}) for name, kind in wanted)


def _overview(seen: Inspection) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for table in seen.schema.tables:
        profile = seen.profiles[table.name]
        key = ", ".join(table.primary_key)
        if not key and profile.likely_keys:
            key = f"none; likely {profile.likely_keys[0]}"
        refers = sum(relation.child == table.name for relation in seen.relations)
        referred = sum(relation.parent == table.name for relation in seen.relations)
        rows.append(
            (
                table.name,
                profile.row_count,
                len(table.columns),
                key or "none",
                len(table.indexes),
                refers,
                referred,
            )
        )
    kinds = (("table", "text"), ("rows", "integer"), ("columns", "integer"), ("key", "text"))
    more = (("indexes", "integer"), ("refers to", "integer"), ("referred by", "integer"))
    views = f"Views, not counted: {', '.join(seen.schema.views)}." if seen.schema.views else ""
    return Table(title="Tables", columns=_named(*kinds, *more), rows=tuple(rows), note=views)


def _relations(seen: Inspection) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            f"{relation.child}.{spoken(relation.columns)}",
            f"{relation.parent}.{spoken(relation.parent_columns)}",
            "declared" if relation.is_declared else "inferred",
            relation.referring,
            relation.orphans,
            round(100 * relation.found_share, 2),
            relation.is_indexed if seen.schema.engine != "files" else None,
        )
        for relation in seen.relations[:MAX_RELATION_ROWS]
    ]
    kinds = (("from", "text"), ("to", "text"), ("how", "text"), ("rows with a value", "integer"))
    more = (("orphans", "integer"), ("found", "percent"), ("indexed", "flag"))
    left = len(seen.relations) - len(rows)
    note = f"{left} more are in schema.json." if left > 0 else ""
    return Table(title="References", columns=_named(*kinds, *more), rows=tuple(rows), note=note)


def _columns(seen: Inspection) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for table in seen.schema.tables:
        profile = seen.profiles[table.name]
        for column in table.columns:
            nulls = profile.row_count - profile.columns[column.name].filled
            share = round(100 * nulls / profile.row_count, 2) if profile.row_count else None
            rows.append((table.name, column.name, column.type, column.nullable, column.default, nulls, share))
    left = len(rows) - MAX_COLUMN_ROWS
    kinds = (
        ("table", "text"),
        ("column", "text"),
        ("type", "text"),
        ("nullable", "flag"),
        ("default", "text"),
    )
    return Table(
        title="Columns",
        columns=_named(*kinds, ("nulls", "integer"), ("null share", "percent")),
        rows=tuple(rows[:MAX_COLUMN_ROWS]),
        note=f"{left} more are in schema.json." if left > 0 else "",
    )
