"""Hints at tables that hold several things: numbered columns, lists in cells, columns that follow."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from studio_magics.tools.data.schema.facts import Inspection, TableFacts, TableProfile

MIN_REPEATED = 3
MIN_LIST_CELLS = 5
LIST_SHARE = 0.2
LIST_SIGNS = (",", ";", "|")
MAX_ITEM_CHARACTERS = 30
MIN_FD_ROWS = 30
MIN_FD_REPEATS = 20
MIN_FD_VALUES = 3
MAX_FD_COLUMNS = 30
_NUMBERED = re.compile(r"(.*?[^\d])_?(\d{1,2})$")


def normal_form_findings(seen: Inspection) -> Iterator[Finding]:
    """All of them."""
    for table in seen.schema.tables:
        profile = seen.profiles[table.name]
        yield from _repeating(table)
        yield from _lists(table, profile)
        yield from _dependencies(table, profile, seen)


def _repeating(table: TableFacts) -> Iterator[Finding]:
    numbered = [(match[1].rstrip("_"), int(match[2]), column)
                for column in table.columns if (match := _NUMBERED.match(column.name))]  # fmt: skip
    numbered.sort(key=lambda item: (item[0], item[1]))
    for stem, group in groupby(numbered, key=lambda item: item[0]):
        members = list(group)
        numbers = [number for _, number, _ in members]
        kinds = {column.kind for _, _, column in members}
        in_row = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        if len(members) >= MIN_REPEATED and in_row and numbers[0] in {0, 1} and len(kinds) == 1:
            names = [column.name for _, _, column in members]
            yield Finding(
                code="repeating-group",
                severity="medium",
                title=f"{table.name} repeats '{stem}' {len(names)} times as columns",
                where=f"{table.name}.{names[0]} … {names[-1]}",
                detail="A further value needs a further column, and a search must look in all of them.",
                action=f"Move them to a table of their own, one row for each {stem}.",
                count=len(names),
            )


def _lists(table: TableFacts, profile: TableProfile) -> Iterator[Finding]:
    for place, name in enumerate(profile.sample_columns):
        column = table.column(name)
        if column is None or column.kind != "text":
            continue
        values = [row[place] for row in profile.sample if isinstance(row[place], str) and row[place]]
        sign = next((sign for sign in LIST_SIGNS if is_list_column(values, sign)), None)
        if sign is not None:
            cells = sum(sign in value for value in values)
            example = next(value for value in values if sign in value)
            yield Finding(
                code="list-in-cell",
                severity="medium",
                title=f"{table.name}.{name} keeps lists joined by '{sign}'",
                where=f"{table.name}.{name}",
                detail=f"{cells:,} of {len(values):,} sampled values, for example '{example[:60]}'.",
                action="Move the items to a table of their own, one row each.",
                count=cells,
            )


def is_list_column(values: Sequence[str], sign: str) -> bool:
    """Whether these texts are lists: short items from a repeating vocabulary, in varying number."""
    listed = [value.split(sign) for value in values if sign in value]
    if len(listed) < max(MIN_LIST_CELLS, LIST_SHARE * len(values)):
        return False
    items = [item.strip() for items in listed for item in items]
    if any(not item or len(item) > MAX_ITEM_CHARACTERS for item in items):
        return False
    lengths = {len(parts) for parts in listed}
    if len(listed) < len(values):
        lengths.add(1)
    return len(lengths) > 1 and len(set(items)) * 2 <= len(items)


def _dependencies(table: TableFacts, profile: TableProfile, seen: Inspection) -> Iterator[Finding]:
    rows = profile.sample
    if len(rows) < MIN_FD_ROWS:
        return
    names = profile.sample_columns[:MAX_FD_COLUMNS]
    coded = {name: _codes([row[place] for row in rows]) for place, name in enumerate(names)}
    references = {r.columns[0] for r in seen.relations if r.child == table.name and len(r.columns) == 1}
    whole = len(rows) == profile.row_count
    explained: set[str] = set()
    for determinant in _determinants(table, coded, references, len(rows)):
        if determinant in explained:
            continue
        followers = [
            name
            for name in names
            if name not in {determinant, *table.primary_key, *profile.likely_keys}
            and (name not in references or determinant in references)
            and _follows(coded[determinant], coded[name])
        ]
        explained |= set(followers)
        if followers:
            extent = "all" if whole else "the first"
            yield Finding(
                code="transitive-dependency",
                severity="low",
                title=f"In {table.name}, {determinant} determines {', '.join(followers)}",
                where=f"{table.name}.{determinant}",
                detail=f"Exactly so in {extent} {len(rows):,} rows; every change must be made in many rows.",
                action=f"If it is a rule and not chance, keep them once, in a table keyed by {determinant}.",
                count=len(followers),
            )


def _codes(values: list[Any]) -> list[int]:
    """Each value as a small number, equal values alike; null is a value."""
    seen: dict[str, int] = {}
    return [seen.setdefault(f"{type(value).__name__}:{value}", len(seen)) for value in values]


def _determinants(
    table: TableFacts, coded: dict[str, list[int]], references: set[str], rows: int
) -> list[str]:
    """Columns that repeat enough to prove something; references first, then those with fewer values."""
    found: list[tuple[bool, int, str]] = []
    for name, codes in coded.items():
        column = table.column(name)
        values = max(codes) + 1
        repeats = rows - values
        usable = column is not None and column.kind in {"integer", "text", "other"}
        if usable and values >= MIN_FD_VALUES and repeats >= max(MIN_FD_REPEATS, rows // 2):
            found.append((name not in references, -values, name))
    return [name for _, _, name in sorted(found)]


def _follows(determinant: list[int], follower: list[int]) -> bool:
    values = max(follower) + 1
    if values < MIN_FD_VALUES or values > max(determinant) + 1:
        return False
    known: dict[int, int] = {}
    return all(known.setdefault(a, b) == b for a, b in zip(determinant, follower, strict=True))
