"""One INSERT or UPDATE that is done once for every row of a list.

Written once for both engines: SQLite runs it for some rows at a time, PostgreSQL once over arrays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["text", "bigint", "bytea"]
NAMED = re.compile(r":([a-z]\w*)")


@dataclass(frozen=True)
class RowWrite:
    """A statement and the columns of the rows it is done for, in their order."""

    head: str
    """`INSERT INTO table (columns)`, or `UPDATE table SET …` with `:name` for a value of the row."""
    columns: dict[str, Kind]
    """The names of a row's values, and how PostgreSQL calls their type."""
    where: str = ""
    """Which row an UPDATE is for, with `:name` for a value of the row."""
    tail: str = ""
    """What follows the values of an INSERT."""

    def for_rows(self, count: int) -> str:
        """The statement for so many rows, with a `?` for each of their values, row after row."""
        return _for_rows(self.head, tuple(self.columns), self.where, self.tail, count)

    @cached_property
    def all_at_once(self) -> str:
        """The statement over arrays, with `?` for each of them, one per column.

        Each array is read by a query of its own: seen by the planner, each length would be planned anew.
        """
        arrays = ", ".join(f"(SELECT ?::{kind}[])" for kind in self.columns.values())
        places = {name: f"v.p{place}" for place, name in enumerate(self.columns, 1)}
        names = ", ".join(place.removeprefix("v.") for place in places.values())
        source = f"FROM unnest({arrays}) AS v({names})"
        if not self.where:
            return f"{self.head} SELECT {', '.join(places.values())} {source}{self.tail}"
        return f"{_filled(self.head, places)} {source} WHERE {_filled(self.where, places)}"


@cache
def _for_rows(head: str, names: tuple[str, ...], where: str, tail: str, count: int) -> str:
    row = f"({', '.join('?' * len(names))})"
    values = f"VALUES {', '.join([row] * count)}"
    if not where:
        return f"{head} {values}{tail}"
    places = {name: f"v.column{place}" for place, name in enumerate(names, 1)}
    return f"{_filled(head, places)} FROM ({values}) AS v WHERE {_filled(where, places)}"


RowWrites = tuple[RowWrite, "Sequence[tuple[Any, ...]]"]


def _filled(text: str, places: dict[str, str]) -> str:
    return NAMED.sub(lambda found: places[found[1]], text)
