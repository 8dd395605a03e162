"""References between tables: the declared ones counted, others inferred by name, type and inclusion."""
# ruff: noqa: S608  - every name is quoted, and every store is read-only

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studio_magics.tools.data.schema.facts import ColumnFacts, Relation, Schema, TableFacts, TableProfile
from studio_magics.tools.data.schema.words import singular, words_of
from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_magics.tools.data.schema.facts import ForeignKey, Store

SHOWN_ORPHANS = 5
INFERRED_SHARE = 0.9
"""An undeclared reference counts as one when at least this share of its values exists in the other table."""
MAX_INFERENCES = 200
GENERIC = frozenset(
    {"id", "name", "code", "key", "type", "status", "value", "date", "year", "month", "index"}
)


def declared_relations(schema: Schema, store: Store) -> Iterator[Relation]:
    """Every declared reference whose other side exists, with exact counts of orphans."""
    for table in schema.tables:
        for key in table.foreign_keys:
            parent = schema.table(key.parent)
            target = parent_columns(key, parent)
            if parent is None or target is None:
                continue
            yield _measured(
                Relation(
                    table.name,
                    key.columns,
                    parent.name,
                    target,
                    is_declared=True,
                    is_indexed=table.is_indexed(key.columns),
                ),
                store,
            )


def parent_columns(key: ForeignKey, parent: TableFacts | None) -> tuple[str, ...] | None:
    """The columns referred to, by their own names; None when they do not exist."""
    if parent is None:
        return None
    wanted = key.parent_columns or parent.primary_key
    found = [parent.column(name) for name in wanted]
    if len(wanted) != len(key.columns) or not all(found):
        return None
    return tuple(column.name for column in found if column is not None)


def inferred_relations(
    schema: Schema, profiles: dict[str, TableProfile], store: Store, tick: Callable[[], None]
) -> Iterator[Relation]:
    """References nobody declared: the name points to a table, the type fits, and the values are there."""
    taken = {(table.name, key.columns) for table in schema.tables for key in table.foreign_keys}
    tried = 0
    for child in schema.tables:
        for column in child.columns:
            if (child.name, (column.name,)) in taken or not profiles[child.name].columns[column.name].filled:
                continue
            for parent, target in _candidates(child, column, schema, profiles):
                tried += 1
                if tried > MAX_INFERENCES:
                    return
                tick()
                found = _measured(
                    Relation(
                        child.name,
                        (column.name,),
                        parent.name,
                        (target.name,),
                        is_declared=False,
                        is_indexed=child.is_indexed((column.name,)),
                    ),
                    store,
                )
                if found.referring and found.found_share >= INFERRED_SHARE:
                    yield found
                    break


def key_column(table: TableFacts, profile: TableProfile) -> ColumnFacts | None:
    """The one column that names a row of this table: its key, or the likeliest one."""
    if len(table.primary_key) == 1:
        return table.column(table.primary_key[0])
    if table.primary_key or not profile.likely_keys:
        return None
    return table.column(profile.likely_keys[0])


def _candidates(
    child: TableFacts, column: ColumnFacts, schema: Schema, profiles: dict[str, TableProfile]
) -> Iterator[tuple[TableFacts, ColumnFacts]]:
    for parent in schema.tables:
        target = key_column(parent, profiles[parent.name])
        if target is None or not _compares(column, target) or not profiles[parent.name].row_count:
            continue
        if parent.name == child.name:
            is_self = words_of(column.name)[:1] == ["parent"] and column.name != target.name
            if is_self:
                yield parent, target
        elif name_points_to(column.name, parent.name, target.name) and not _is_own_key(
            child, column, profiles
        ):
            yield parent, target


def _compares(column: ColumnFacts, target: ColumnFacts) -> bool:
    """Whether the two can be compared: an identifier of type UUID is not compared with other texts."""
    if "UUID" in {column.type.upper(), target.type.upper()}:
        return column.type.upper() == target.type.upper()
    return target.kind == column.kind


def _is_own_key(child: TableFacts, column: ColumnFacts, profiles: dict[str, TableProfile]) -> bool:
    own = key_column(child, profiles[child.name])
    return own is not None and own.name == column.name


def name_points_to(column: str, table: str, key: str) -> bool:
    """Whether 'customer_id' or 'customerId' can mean the key of 'customers', or is the key's own name."""
    said, owner, key_words = words_of(column), [*words_of(table)], words_of(key)
    owner[-1:] = [singular(owner[-1])] if owner else []
    bare = key_words[len(owner) :] if key_words[: len(owner)] == owner else key_words
    if said in ([*owner, *(bare or ["id"])], [*owner, "id"]):
        return True
    return said == key_words and len(key_words) > 1 and not set(key_words) <= GENERIC


def _measured(relation: Relation, store: Store) -> Relation:
    """The same relation with its referring rows, orphans and a few of their values."""
    child, parent = store.relation(relation.child), store.relation(relation.parent)
    filled = " AND ".join(f"c.{quoted(name)} IS NOT NULL" for name in relation.columns)
    pairs = zip(relation.columns, relation.parent_columns, strict=True)
    match = " AND ".join(f"p.{quoted(target)} = c.{quoted(name)}" for name, target in pairs)
    missing = f"{filled} AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE {match})"
    referring = int(store.query(f"SELECT count(*) FROM {child} c WHERE {filled}")[0][0])
    orphans = int(store.query(f"SELECT count(*) FROM {child} c WHERE {missing}")[0][0]) if referring else 0
    samples: tuple[str, ...] = ()
    if orphans:
        values = ", ".join(f"c.{quoted(name)}" for name in relation.columns)
        order = ", ".join(str(place) for place in range(1, len(relation.columns) + 1))
        rows = store.query(
            f"SELECT DISTINCT {values} FROM {child} c WHERE {missing} ORDER BY {order} LIMIT {SHOWN_ORPHANS}"
        )
        samples = tuple(", ".join(str(value)[:60] for value in row) for row in rows)
    return replace(relation, referring=referring, orphans=orphans, samples=samples)
