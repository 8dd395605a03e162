"""What a database is designed to hold: tables, columns, keys and rules, apart from any product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Dialect = Literal["postgresql", "sqlite", "mysql"]
DIALECTS: tuple[Dialect, ...] = ("postgresql", "sqlite", "mysql")
OnDelete = Literal["restrict", "cascade", "set-null"]
SIZED = frozenset({"string", "binary"})
KINDS = (
    "id", "integer", "bigint", "smallint", "string", "text", "decimal", "float", "boolean", "date", "time",
    "timestamp", "uuid", "json", "binary", "enum", "ref",
)  # fmt: skip
NOW, TODAY = "now", "today"


@dataclass(frozen=True)
class Reference:
    """A foreign key of one column to the key of another table."""

    table: str
    column: str
    on_delete: OnDelete = "restrict"


@dataclass(frozen=True)
class GroupReference:
    """A foreign key of the whole table: columns, together, to a key of another table."""

    columns: tuple[str, ...]
    table: str
    parent_columns: tuple[str, ...]
    """In the order of `columns`; empty while it is read: the key of the other table."""
    on_delete: OnDelete = "restrict"


@dataclass(frozen=True)
class ColumnDesign:
    """One column."""

    name: str
    kind: str
    sizes: tuple[int, ...] = ()
    """Length of a string, digits and decimals of a decimal."""
    values: tuple[str, ...] = ()
    """What an enum may hold."""
    required: bool = False
    unique: bool = False
    indexed: bool = False
    default: str | None = None
    """As a text without quotes; 'now' and 'today' are the time of writing."""
    fill: str | None = None
    """What rows that are there get when the column becomes required."""
    was: str = ""
    """Its name in the version before."""
    reference: Reference | None = None
    comment: str = ""

    @property
    def type_text(self) -> str:
        """'decimal(12,2)', 'enum(new, paid)'."""
        if self.kind == "enum":
            return f"enum({', '.join(self.values)})"
        return f"{self.kind}({','.join(map(str, self.sizes))})" if self.sizes else self.kind


@dataclass(frozen=True)
class TableDesign:
    """One table."""

    name: str
    columns: tuple[ColumnDesign, ...]
    key: tuple[str, ...]
    uniques: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    checks: dict[str, str] = field(default_factory=dict[str, str])
    """Name → condition in plain SQL."""
    references: tuple[GroupReference, ...] = ()
    was: str = ""
    comment: str = ""

    def column(self, name: str) -> ColumnDesign | None:
        """The column of this name."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def all_references(self) -> tuple[GroupReference, ...]:
        """References to other tables, those of single columns first."""
        single = (
            GroupReference((one.name,), one.reference.table, (one.reference.column,), one.reference.on_delete)
            for one in self.columns
            if one.reference
        )
        return (*single, *self.references)

    def requires(self, reference: GroupReference) -> bool:
        """Whether every row must refer: none of the columns may be empty."""
        return all(one.required for one in self.columns if one.name in reference.columns)

    @property
    def all_uniques(self) -> tuple[tuple[str, ...], ...]:
        """Unique groups of columns, those of single columns first."""
        return (*((one.name,) for one in self.columns if one.unique), *self.uniques)

    @property
    def all_indexes(self) -> tuple[tuple[str, ...], ...]:
        """Indexes, those of single columns first."""
        return (*((one.name,) for one in self.columns if one.indexed), *self.indexes)


@dataclass(frozen=True)
class Design:
    """The whole schema."""

    name: str
    tables: tuple[TableDesign, ...]
    notes: tuple[str, ...] = ()
    """Statements that were left out while reading."""
    lost: tuple[str, ...] = ()
    """What statements say of these tables and the design cannot keep."""

    def table(self, name: str) -> TableDesign | None:
        """The table of this name."""
        return next((one for one in self.tables if one.name == name), None)

    @property
    def by_name(self) -> dict[str, TableDesign]:
        """The tables by name."""
        return {one.name: one for one in self.tables}


def spoken(columns: tuple[str, ...]) -> str:
    """'a' or '(a, b)'."""
    return columns[0] if len(columns) == 1 else f"({', '.join(columns)})"


def in_order_of_references(design: Design) -> list[TableDesign]:
    """Tables so that each comes after those it refers to; in a circle the order written."""
    done: dict[str, TableDesign] = {}
    waiting = list(design.tables)
    names = design.by_name.keys()
    while waiting:
        ready = [one for one in waiting if _parents(one) & names <= done.keys() | {one.name}] or waiting[:1]
        done |= {one.name: one for one in ready}
        waiting = [one for one in waiting if one.name not in done]
    return list(done.values())


def _parents(table: TableDesign) -> set[str]:
    return {one.table for one in table.all_references}
