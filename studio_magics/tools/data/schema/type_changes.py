"""Whether a column's new type still takes the old values, and the old type the new ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import ColumnFacts, Engine, Kind

SIZED = re.compile(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")
WIDTHS = {
    "tinyint": 1, "smallint": 2, "int2": 2, "integer": 4, "int": 4, "int4": 4, "bigint": 8, "int8": 8,
    "hugeint": 16, "real": 4, "float4": 4, "float": 4, "double": 8, "double precision": 8, "float8": 8,
}  # fmt: skip
"""Bytes of the types whose width is in their name."""
WIDENS: frozenset[tuple[Kind, Kind]] = frozenset(
    {
        ("integer", "number"),
        ("date", "timestamp"),
        ("boolean", "integer"),
        ("boolean", "number"),
        ("integer", "text"),
        ("number", "text"),
        ("boolean", "text"),
        ("date", "text"),
        ("timestamp", "text"),
    }
)
"""Kinds of which every value of the first has a place in the second."""


def takes(before: ColumnFacts, now: ColumnFacts, engine: Engine | None) -> bool:
    """Whether every value that the type of `before` allows fits into the type of `now`; None: two engines."""
    if before.kind != now.kind:
        return (before.kind, now.kind) in WIDENS
    if engine in {"sqlite", None}:  # SQLite keeps any length and width
        return True
    return _fits(_sizes(before.type), _sizes(now.type)) and _width(before.type) <= _width(now.type)


def _sizes(type_name: str) -> tuple[int, ...] | None:
    """(20,) of VARCHAR(20), (10, 2) of DECIMAL(10,2); None where nothing bounds it."""
    match = SIZED.search(type_name)
    return None if match is None else tuple(int(part) for part in match.groups() if part is not None)


def _fits(before: tuple[int, ...] | None, now: tuple[int, ...] | None) -> bool:
    if now is None or before == now:
        return True
    if before is None:
        return False
    if len(before) == len(now) == 2:  # noqa: PLR2004  - precision and scale
        return now[1] >= before[1] and now[0] - now[1] >= before[0] - before[1]
    return now[0] >= before[0]


def _width(type_name: str) -> int:
    return WIDTHS.get(SIZED.sub("", type_name).strip().lower(), 0)
