"""What changed between two schemas, each change named, and what it breaks.

- **Backward**: what was written under the earlier schema can be read and loaded under the new one.
- **Forward**: whoever knows the earlier schema can read what is written under the new one.

Both together are full compatibility. The words are those of schema registries; for tables, reading means a
query that names its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.data.schema.type_changes import takes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.schema.facts import (
        ColumnFacts,
        Engine,
        ForeignKey,
        IndexFacts,
        Schema,
        TableFacts,
    )

Verdict = Literal["full", "backward", "forward", "none"]


@dataclass(frozen=True)
class Change:
    """One change; `code` is its name, such as 'column-removed'."""

    code: str
    table: str
    column: str = ""
    before: str = ""
    now: str = ""
    breaks_backward: bool = False
    breaks_forward: bool = False
    why: str = ""
    hint: str = ""

    @property
    def is_breaking(self) -> bool:
        """Whether it breaks one of the two directions."""
        return self.breaks_backward or self.breaks_forward

    @property
    def breaks(self) -> str:
        """'backward', 'forward', 'backward and forward' or ''."""
        words = (("backward", self.breaks_backward), ("forward", self.breaks_forward))
        return " and ".join(word for word, is_broken in words if is_broken)


@dataclass(frozen=True)
class Comparison:
    """An earlier schema and what changed since, breaking changes first."""

    before: Schema
    changes: tuple[Change, ...]

    @property
    def is_backward(self) -> bool:
        """Whether earlier data fits the new schema."""
        return not any(one.breaks_backward for one in self.changes)

    @property
    def is_forward(self) -> bool:
        """Whether those who know the earlier schema can read new data."""
        return not any(one.breaks_forward for one in self.changes)

    @property
    def verdict(self) -> Verdict:
        """What the changes together leave."""
        if self.is_backward and self.is_forward:
            return "full"
        return "backward" if self.is_backward else "forward" if self.is_forward else "none"


def compare(before: Schema, now: Schema) -> Comparison:
    """All changes, breaking ones first; names are compared exactly, tables without case.

    Two engines write types and defaults in their own words, so between them only kinds are compared.
    """
    found = [*_tables(before, now)]
    for table in now.tables:
        earlier = before.table(table.name)
        if earlier is not None:
            found += _columns(earlier, table, now.engine if now.engine == before.engine else None)
            found += _keys(earlier, table, (before, now))
    order = {name: place for place, name in enumerate(table.name for table in now.tables)}
    ranked = sorted(
        found, key=lambda one: (-(one.breaks_backward + one.breaks_forward), order.get(one.table, -1))
    )
    return Comparison(before, tuple(ranked))


def _tables(before: Schema, now: Schema) -> Iterator[Change]:
    for table in before.tables:
        if now.table(table.name) is None:
            yield Change(
                "table-removed",
                table.name,
                before=f"{len(table.columns)} columns",
                breaks_forward=True,
                why="queries on it fail",
            )
    for table in now.tables:
        if before.table(table.name) is None:
            yield Change("table-added", table.name, now=f"{len(table.columns)} columns")


def _columns(before: TableFacts, now: TableFacts, engine: Engine | None) -> Iterator[Change]:
    new = [column for column in now.columns if before.column(column.name) is None]
    for column in before.columns:
        current = now.column(column.name)
        if current is None:
            yield Change(
                "column-removed",
                now.name,
                column.name,
                before=_shown(column),
                breaks_forward=True,
                why="queries that name it fail",
                hint=_renamed(column, before, now, new),
            )
        else:
            yield from _column(now.name, column, current, engine)
    for column in new:
        is_required = not column.nullable and column.default is None and not column.is_generated
        yield Change(
            "required-column-added" if is_required else "column-added",
            now.name,
            column.name,
            now=_shown(column),
            breaks_backward=is_required,
            why="earlier rows have no value for it" if is_required else "",
        )
    kept = [one.name for one in before.columns if now.column(one.name)]
    if kept != [one.name for one in now.columns if before.column(one.name)]:
        yield Change("columns-reordered", now.name, why="only readers that count positions notice")


def _renamed(gone: ColumnFacts, before: TableFacts, now: TableFacts, new: list[ColumnFacts]) -> str:
    """A column of the same type that is new at the same place may be the same one."""
    place = before.columns.index(gone)
    same = [one for one in new if one.type.casefold() == gone.type.casefold()]
    here = next((one for one in same if now.columns.index(one) == place), None)
    return f"perhaps renamed to '{here.name}'" if here else ""


def _column(table: str, before: ColumnFacts, now: ColumnFacts, engine: Engine | None) -> Iterator[Change]:
    is_other = before.kind != now.kind if engine is None else before.type.casefold() != now.type.casefold()
    if is_other:
        loses, surprises = not takes(before, now, engine), not takes(now, before, engine)
        code = "type-changed" if loses == surprises else "type-narrowed" if loses else "type-widened"
        why = [
            "earlier values may not fit" if loses else "",
            "new values may not fit where they are read" if surprises else "",
        ]
        yield Change(
            code,
            table,
            now.name,
            before.type,
            now.type,
            breaks_backward=loses,
            breaks_forward=surprises,
            why="; ".join(word for word in why if word),
        )
    if before.nullable and not now.nullable:
        yield Change(
            "became-required",
            table,
            now.name,
            "may be null",
            "not null",
            breaks_backward=True,
            why="earlier rows without a value cannot be loaded",
        )
    if now.nullable and not before.nullable:
        yield Change(
            "became-nullable",
            table,
            now.name,
            "not null",
            "may be null",
            breaks_forward=True,
            why="readers meet nulls they never had",
        )
    if before.default != now.default and engine is not None:
        yield Change("default-changed", table, now.name, before.default or "none", now.default or "none")


def _shown(column: ColumnFacts) -> str:
    return f"{column.type}{'' if column.nullable else ' not null'}"


def _keys(before: TableFacts, now: TableFacts, schemas: tuple[Schema, Schema]) -> Iterator[Change]:
    if _folded(before.primary_key) != _folded(now.primary_key):
        yield Change(
            "primary-key-changed" if before.primary_key and now.primary_key else
            "primary-key-added" if now.primary_key else "primary-key-removed",
            now.name,
            ", ".join(now.primary_key or before.primary_key),
            ", ".join(before.primary_key) or "none",
            ", ".join(now.primary_key) or "none",
            breaks_backward=bool(now.primary_key),
            breaks_forward=bool(before.primary_key),
            why="rows are told apart in another way",
        )  # fmt: skip
    yield from _uniques(before, now)
    yield from _references((before, schemas[0]), (now, schemas[1]))
    was, has = (
        {_folded(one.columns) for one in table.indexes if not one.is_unique and not one.is_partial}
        for table in (before, now)
    )
    for columns in sorted(was ^ has):
        added = columns in has
        yield Change(
            "index-added" if added else "index-removed",
            now.name,
            ", ".join(columns),
            "" if added else "indexed",
            "indexed" if added else "",
            why="" if added else "queries may be slower",
        )


def _uniques(before: TableFacts, now: TableFacts) -> Iterator[Change]:
    was, has = ({_folded(one.columns) for one in _unique(table)} for table in (before, now))
    for columns in sorted(has - was - {_folded(before.primary_key)}):
        why = "earlier rows may repeat"
        names = ", ".join(columns)
        yield Change("unique-added", now.name, names, "may repeat", "unique", breaks_backward=True, why=why)
    for columns in sorted(was - has - {_folded(now.primary_key)}):
        why = "readers meet repeats they never had"
        names = ", ".join(columns)
        yield Change("unique-removed", now.name, names, "unique", "may repeat", breaks_forward=True, why=why)


def _unique(table: TableFacts) -> list[IndexFacts]:
    return [one for one in table.indexes if one.is_unique and not one.is_partial]


def _references(before: tuple[TableFacts, Schema], now: tuple[TableFacts, Schema]) -> Iterator[Change]:
    was, has = ({_meaning(key, schema): key for key in table.foreign_keys} for table, schema in (before, now))
    name = now[0].name
    for pairs in sorted(has.keys() - was.keys()):
        yield Change(
            "reference-added",
            name,
            ", ".join(has[pairs].columns),
            now=f"to {_target(has[pairs])}",
            breaks_backward=True,
            why="earlier rows may have no parent",
        )
    for pairs in sorted(was.keys() - has.keys()):
        yield Change(
            "reference-removed",
            name,
            ", ".join(was[pairs].columns),
            before=f"to {_target(was[pairs])}",
            breaks_forward=True,
            why="readers meet rows without a parent",
        )
    for pairs in sorted(pair for pair in was.keys() & has.keys() if _acts_otherwise(was[pair], has[pair])):
        yield Change(
            "reference-action-changed",
            name,
            ", ".join(has[pairs].columns),
            was[pairs].actions or "nothing happens to rows that refer",
            has[pairs].actions or "nothing happens to rows that refer",
            why="changes in the other table do another thing to these rows",
        )


def _meaning(key: ForeignKey, schema: Schema) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The parent and which column refers to which, in an order of its own."""
    parent = schema.table(key.parent)
    their = key.parent_columns or (parent.primary_key if parent else ())
    pairs = zip_longest(_folded(key.columns), _folded(their), fillvalue="")
    return key.parent.casefold(), tuple(sorted(pairs))


def _acts_otherwise(before: ForeignKey, now: ForeignKey) -> bool:
    return None not in {before.actions, now.actions} and before.actions != now.actions


def _target(key: ForeignKey) -> str:
    several = len(key.columns) > 1 and key.parent_columns
    return f"{key.parent} ({', '.join(key.parent_columns)})" if several else key.parent


def _folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.casefold() for name in names)
