"""Faults of references: missing tables, orphans, unequal types, parents without key, missing indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.data.schema.relations import parent_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.schema.facts import Inspection, Relation, TableFacts

INDEX_MATTERS = frozenset({"sqlite", "postgresql"})
"""Engines where an unindexed reference makes every delete and join read the whole table."""


def spoken(columns: tuple[str, ...]) -> str:
    """'a' or '(a, b)'."""
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def reference_findings(seen: Inspection) -> Iterator[Finding]:
    """All of them."""
    for table in seen.schema.tables:
        yield from _broken(table, seen)
    for relation in seen.relations:
        if relation.orphans:
            yield _orphans(relation)
        if relation.is_declared:
            yield from _parent_faults(relation, seen)
    if seen.schema.engine in INDEX_MATTERS:
        yield from (_unindexed(relation, seen) for relation in seen.relations if _lacks_index(relation))


def _broken(table: TableFacts, seen: Inspection) -> Iterator[Finding]:
    for key in table.foreign_keys:
        where = f"{table.name}.{spoken(key.columns)}"
        parent = seen.schema.table(key.parent)
        if parent is None and "." in key.parent:
            continue  # in another schema, which was not read; said in not_checked
        if parent is None:
            yield Finding(
                code="missing-table",
                severity="critical",
                title=f"{where} refers to the table '{key.parent}', which does not exist",
                where=where,
                detail="Every insert that needs this reference fails, or nothing is checked at all.",
                action=f"Create '{key.parent}' or drop the reference.",
            )
        elif parent_columns(key, parent) is None:
            target = spoken(key.parent_columns) if key.parent_columns else "its primary key"
            yield Finding(
                code="missing-column",
                severity="critical",
                title=f"{where} refers to {target} of '{parent.name}', which does not exist",
                where=where,
                action="Name columns that exist, as many as refer.",
            )


def _orphans(relation: Relation) -> Finding:
    where = f"{relation.child}.{spoken(relation.columns)}"
    target = f"{relation.parent}.{spoken(relation.parent_columns)}"
    rows = "row names" if relation.orphans == 1 else "rows name"
    how = (
        "declared"
        if relation.is_declared
        else f"inferred: {relation.found_share:.1%} of the values are there"
    )
    return Finding(
        code="orphans" if relation.is_declared else "orphans-inferred",
        severity="high" if relation.is_declared else "medium",
        title=f"{relation.orphans:,} {rows} a {target} that does not exist",
        where=where,
        detail=(
            f"{relation.orphans:,} of {relation.referring:,} rows with a value; reference {how}."
            f" For example: {', '.join(relation.samples)}."
        ),
        action="Add the missing rows, correct the values, or set them to null.",
        count=relation.orphans,
    )


def _parent_faults(relation: Relation, seen: Inspection) -> Iterator[Finding]:
    child, parent = seen.schema.table(relation.child), seen.schema.table(relation.parent)
    if child is None or parent is None:
        return
    where = f"{relation.child}.{spoken(relation.columns)}"
    if not parent.is_unique(relation.parent_columns):
        yield Finding(
            code="parent-not-unique",
            severity="high",
            title=f"{relation.parent}.{spoken(relation.parent_columns)} is referred to but may repeat",
            where=where,
            detail="A reference needs a key on the other side; SQLite refuses changes without one.",
            action=f"Add a unique index on {relation.parent}.{spoken(relation.parent_columns)}.",
        )
    for name, target in zip(relation.columns, relation.parent_columns, strict=True):
        mine, theirs = child.column(name), parent.column(target)
        if mine and theirs and mine.kind != theirs.kind:
            yield Finding(
                code="reference-type",
                severity="medium",
                title=f"{relation.child}.{name} is {mine.type or 'untyped'}, {relation.parent}.{target} is"
                f" {theirs.type or 'untyped'}",
                where=where,
                detail="Unequal types make comparisons slow or wrong.",
                action="Give both columns the same type.",
            )


def _lacks_index(relation: Relation) -> bool:
    return not relation.is_indexed


def _unindexed(relation: Relation, seen: Inspection) -> Finding:
    where = f"{relation.child}.{spoken(relation.columns)}"
    rows = seen.profiles[relation.child].row_count
    columns = ", ".join(relation.columns)
    return Finding(
        code="unindexed-reference",
        severity="medium" if relation.is_declared else "low",
        title=f"{where} refers to {relation.parent} without an index",
        where=where,
        detail=f"Each delete in {relation.parent} and each join reads all {rows:,} rows of {relation.child}.",
        action=f"CREATE INDEX ON {relation.child} ({columns})",
    )
