"""What a database is made of, whatever it runs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

Engine = Literal["sqlite", "duckdb", "postgresql", "files"]
Kind = Literal["integer", "number", "text", "boolean", "date", "timestamp", "binary", "other"]
ORDERED_KINDS: frozenset[Kind] = frozenset({"integer", "number", "text", "date", "timestamp"})
"""Kinds whose smallest and largest value every engine can tell."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column as declared; of files, as read."""

    name: str
    type: str
    kind: Kind
    nullable: bool
    default: str | None = None
    is_generated: bool = False


@dataclass(frozen=True)
class IndexFacts:
    """One index; `is_partial` also stands for indexes over expressions, which are never compared."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool
    is_partial: bool = False
    is_constraint: bool = False
    """Made by a constraint: it cannot be dropped on its own."""


@dataclass(frozen=True)
class ForeignKey:
    """A declared reference to another table."""

    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    """Empty: the parent's primary key."""
    actions: str | None = ""
    """'ON UPDATE CASCADE ON DELETE SET NULL'; empty: nothing happens to rows that refer; None: not told."""


def actions_of(on_update: str, on_delete: str) -> str:
    """What a database says happens to rows that refer, as SQL; nothing where it is the usual."""
    said = (("ON UPDATE", on_update), ("ON DELETE", on_delete))
    return " ".join(f"{word} {rule.upper()}" for word, rule in said if rule and rule.upper() != "NO ACTION")


@dataclass(frozen=True)
class TableFacts:
    """One table as declared."""

    name: str
    columns: tuple[ColumnFacts, ...]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[IndexFacts, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    reader: str = ""
    """Of a file: the SELECT that reads it in DuckDB as it was read here."""

    def column(self, name: str) -> ColumnFacts | None:
        """The column of this name; names are compared without case."""
        return next((column for column in self.columns if column.name.casefold() == name.casefold()), None)

    def is_unique(self, columns: Sequence[str]) -> bool:
        """Whether a key or unique index says that these columns together do not repeat."""
        wanted = {name.casefold() for name in columns}
        keys = [self.primary_key, *(x.columns for x in self.indexes if x.is_unique and not x.is_partial)]
        return any(key and {name.casefold() for name in key} <= wanted for key in keys)

    def is_indexed(self, columns: Sequence[str]) -> bool:
        """Whether some index or the key starts with these columns, in any order."""
        wanted = {name.casefold() for name in columns}
        keys = [self.primary_key, *(x.columns for x in self.indexes if not x.is_partial)]
        return any({name.casefold() for name in key[: len(wanted)]} == wanted for key in keys if key)


@dataclass(frozen=True)
class Schema:
    """Everything that is declared."""

    engine: Engine
    engine_version: str
    name: str
    tables: tuple[TableFacts, ...]
    views: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader of the result must know: not read, assumed, incomplete."""
    other_schemas: tuple[str, ...] = ()
    """Schemas of the same database with tables that were not read."""
    companion_missing: bool = False
    """SQLite in WAL mode without its '-wal' file: the last changes may be missing."""

    def table(self, name: str) -> TableFacts | None:
        """The table of this name; names are compared without case where the exact one is missing."""
        exact = next((table for table in self.tables if table.name == name), None)
        return exact or next((t for t in self.tables if t.name.casefold() == name.casefold()), None)


class Store(Protocol):
    """An open database that answers read-only statements."""

    def relation(self, table: str) -> str:
        """The quoted name to write after FROM."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        ...

    def close(self) -> None:
        """Let go of the database; harmless when done twice."""
        ...


@dataclass(frozen=True)
class Opened:
    """A schema and the store to ask about its rows."""

    schema: Schema
    store: Store


@dataclass(frozen=True)
class ColumnProfile:
    """What the rows say about a column."""

    filled: int
    """Values that are not null."""
    is_constant: bool
    text_values: int = 0
    """Text in a column declared as a number (SQLite keeps it)."""


@dataclass(frozen=True)
class TableProfile:
    """What the rows say about a table."""

    row_count: int
    columns: dict[str, ColumnProfile]
    sample_columns: tuple[str, ...] = ()
    sample: tuple[tuple[Any, ...], ...] = ()
    likely_keys: tuple[str, ...] = ()
    """Single columns without nulls and repeats, where no key is declared."""


@dataclass(frozen=True)
class Relation:
    """A reference between two tables, declared or inferred, with what the rows say of it."""

    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    is_declared: bool
    referring: int = 0
    """Child rows that name a parent."""
    orphans: int = 0
    samples: tuple[str, ...] = ()
    is_indexed: bool = True

    @property
    def found_share(self) -> float:
        """The share of referring rows whose parent exists, 0 to 1."""
        return 1.0 if not self.referring else 1 - self.orphans / self.referring


@dataclass(frozen=True)
class Inspection:
    """Schema, rows and relations together: what every check looks at."""

    schema: Schema
    profiles: dict[str, TableProfile]
    relations: tuple[Relation, ...]
    not_measured: tuple[str, ...] = field(default=())
