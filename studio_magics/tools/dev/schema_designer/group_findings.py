"""What a reviewer would say of references of several columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.schema_designer.design import spoken
from studio_magics.tools.dev.schema_designer.rules import storage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.schema_designer.design import (
        ColumnDesign,
        Design,
        Dialect,
        GroupReference,
        TableDesign,
    )

EXACT = frozenset({"decimal"})
"""Kinds whose sizes must be the same on both sides, too."""


def group_findings(
    table: TableDesign, reference: GroupReference, design: Design, dialects: tuple[Dialect, ...]
) -> Iterator[Finding]:
    """No index, other types, another order than MySQL takes, and rows that are not checked."""
    where = f"{table.name}.{spoken(reference.columns)}"
    parent = design.by_name[reference.table]
    if not _begins(table, reference.columns):
        yield Finding(
            code="reference-not-indexed",
            severity="medium",
            title=f"{where} refers to {reference.table} without an index",
            where=where,
            detail="Joins, and every delete in the other table, read this whole table.",
            action=f"Add 'indexes: [[{', '.join(reference.columns)}]]'",
        )
    yield from _types(table, reference, parent, design)
    if "mysql" in dialects and not _begins_in_order(parent, reference.parent_columns):
        yield Finding(
            code="reference-order-for-mysql",
            severity="high",
            title=f"{where} names the key of {parent.name} in another order",
            where=where,
            detail="MySQL takes only columns that a key or index of that table begins with, in its order.",
            action=f"Write the columns in the order of the key: {', '.join(_key_of(parent, reference))}",
        )
    optional = [one for one in reference.columns if (own := table.column(one)) and not own.required]
    if optional and len(optional) < len(reference.columns):
        yield Finding(
            code="reference-half-empty",
            severity="info",
            title=f"{where} is not checked where {', '.join(optional)} is empty",
            where=where,
            detail="A row with one empty column refers to nothing, whatever its other columns hold.",
            action="Make all of them required, or see that this is meant",
        )


def _types(
    table: TableDesign, reference: GroupReference, parent: TableDesign, design: Design
) -> Iterator[Finding]:
    for name, target in zip(reference.columns, reference.parent_columns, strict=True):
        own, their = table.column(name), parent.column(target)
        if own and their and _stored(own, design) != _stored(their, design):
            yield Finding(
                code="reference-of-other-type",
                severity="high",
                title=f"{table.name}.{name} has another type than what it refers to",
                where=f"{table.name}.{name}",
                detail=f"{own.type_text} here, {their.type_text} in {parent.name}.{target}. PostgreSQL and "
                "MySQL refuse it, or cannot use the index.",
                action=f"Give both the same type: {'bigint' if their.kind == 'id' else their.type_text}",
            )


def _stored(column: ColumnDesign, design: Design) -> tuple[str, tuple[int, ...]]:
    kind, sizes = storage_of(column, design)
    return "bigint" if kind == "id" else kind, sizes if kind in EXACT else ()


def _begins(table: TableDesign, columns: tuple[str, ...]) -> bool:
    """Whether some index, unique or key begins with these columns, in any order."""
    groups = (table.key, *table.all_uniques, *table.all_indexes)
    return any(set(one[: len(columns)]) == set(columns) for one in groups)


def _begins_in_order(table: TableDesign, columns: tuple[str, ...]) -> bool:
    groups = (table.key, *table.all_uniques, *table.all_indexes)
    return any(one[: len(columns)] == columns for one in groups)


def _key_of(parent: TableDesign, reference: GroupReference) -> tuple[str, ...]:
    """The columns that refer, in the order of the key that they refer to."""
    names = dict(zip(reference.parent_columns, reference.columns, strict=True))
    keys = (one for one in (parent.key, *parent.all_uniques) if set(one) == set(names))
    return tuple(names[one] for one in next(keys, reference.parent_columns))
