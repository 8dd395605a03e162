"""The change that is asked about: which columns it names, and what depends on them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.lineage.model import Impact, impact_of
from studio_magics.tools.data.lineage.tracing import STAR, Field

if TYPE_CHECKING:
    from studio_magics.tools.data.lineage.model import Following, Lineage

MOST_RANKED = 400
SHOWN_NAMES = 8


@dataclass(frozen=True)
class Change:
    """What would change, and everything that depends on it."""

    name: str
    fields: tuple[Field, ...]
    impacts: tuple[Impact, ...]

    @property
    def datasets(self) -> tuple[str, ...]:
        """Datasets that depend on it, without those that change themselves."""
        own = {one.dataset for one in self.fields}
        return tuple(sorted({one.field.dataset for one in self.impacts} - own))

    @property
    def columns(self) -> tuple[Impact, ...]:
        """The columns among them."""
        return tuple(one for one in self.impacts if one.field.column != STAR)


def follow_change(wanted: str, lineage: Lineage, leaving: Following) -> Change | None:
    """What depends on the named column or dataset; None when nothing was asked.

    Raises:
        InputRejected: There is no such column or dataset; the closest names are given.
    """
    if not wanted.strip():
        return None
    fields = _named(wanted.strip(), lineage)
    if not fields:
        _refuse(wanted.strip(), lineage)
    return Change(wanted.strip(), tuple(fields), tuple(impact_of(lineage, leaving, fields)))


def _named(wanted: str, lineage: Lineage) -> list[Field]:
    folded = wanted.casefold()
    for name, columns in lineage.columns.items():
        if folded in {name.casefold(), name.casefold().rpartition(".")[2]}:
            return [Field(name, column) for column in [*columns, STAR]]
    table, _, column = folded.rpartition(".")
    for name, columns in lineage.columns.items():
        if table and (name.casefold() == table or name.casefold().endswith("." + table)):
            same = [one for one in columns if one.casefold() == column]
            if same:
                return [Field(name, same[0])]
    return []


def _refuse(wanted: str, lineage: Lineage) -> None:
    every = [str(Field(name, column)) for name, found in lineage.columns.items() for column in found]
    every += list(lineage.columns)
    close = get_close_matches(wanted.casefold(), every, n=SHOWN_NAMES, cutoff=0.5)
    named = ", ".join(close or sorted(every)[:SHOWN_NAMES]) or "none was found"
    raise InputRejected(
        "change",
        found=f"'{wanted[:100]}'",
        allowed=f"a column or a table of the input, for example {named}",
        action="name it as table.column",
    )


def most_depended_on(lineage: Lineage, leaving: Following) -> list[tuple[Field, int, int]]:
    """Columns of sources by how many columns depend on their value; with the number of datasets."""
    starts = [
        Field(name, column)
        for name, columns in lineage.columns.items()
        if lineage.kinds.get(name) == "source"
        for column in columns
        if Field(name, column) in leaving
    ]
    found: list[tuple[Field, int, int]] = []
    for start in starts[:MOST_RANKED]:
        reached = [one for one in impact_of(lineage, leaving, [start]) if one.is_direct]
        named = [one for one in reached if one.field.column != STAR]
        found.append((start, len(named), len({one.field.dataset for one in named})))
    return sorted(found, key=lambda one: (-one[1], -one[2], one[0]))
