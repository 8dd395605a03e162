"""Pieces of SQL with their place of origin, and what could not be read as SQL."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SqlText:
    """One piece of SQL: a whole file, a cell, a string in Python, or a model of dbt."""

    name: str
    """The file it is from."""
    sql: str
    first_line: int = 1
    cell: int | None = None
    """The cell of a notebook, from 1."""
    target: str = ""
    """What a plain SELECT in it makes: the model of dbt or the stem of the file."""
    is_model: bool = False
    """A file of its own that holds one SELECT: its result has a name that others read."""

    @property
    def place(self) -> str:
        """The file, and the cell in a notebook."""
        return self.name if self.cell is None else f"{self.name}, cell {self.cell}"


@dataclass(frozen=True)
class Unread:
    """A piece that was not read, and why."""

    where: str
    why: str
    is_template: bool = False


@dataclass
class Gathered:
    """All that was found in the input."""

    texts: list[SqlText] = field(default_factory=list[SqlText])
    unread: list[Unread] = field(default_factory=list[Unread])
    declared: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Columns of tables known from dbt: dataset to column to type."""
    dialect: str | None = None
    """What dbt's manifest says."""
    assumed: list[str] = field(default_factory=list[str])
    """Calls of macros that were read as functions of what they name, with their files."""
    skipped: list[str] = field(default_factory=list[str])
    """Files of the folder that hold no SQL."""
    is_dbt: bool = False
