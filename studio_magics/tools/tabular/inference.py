"""Types of CSV columns: guessed from the first records, tried on every value; one misfit and it stays text.

A type is taken only when it loses nothing: '007' and 20-digit numbers stay text, 'NaN' and '1_000' are not
numbers, '+442079460000' is somebody's phone, and a date with a time of day is a timestamp.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from studio_magics.tools.tabular.source import ColumnKind

WIDER: dict[str, str] = {"BIGINT": "DOUBLE", "DATE": "TIMESTAMP"}
"""What to try next when a value does not fit; then text."""
CANDIDATES = ("BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP")

_MOMENT = "TRY_CAST({0} AS TIMESTAMPTZ)"
_FITS: dict[str, str] = {
    "BIGINT": "TRY_CAST({0} AS BIGINT)::VARCHAR = {0}",
    "DOUBLE": (
        "isfinite(TRY_CAST({0} AS DOUBLE)) AND NOT contains({0}, '_') AND NOT contains({0}, 'x')"
        " AND NOT contains({0}, 'X')"
        " AND NOT (starts_with({0}, '0') AND length({0}) > 1 AND {0}[2] NOT IN ('.', 'e', 'E'))"
        " AND NOT (starts_with({0}, '+') AND length({0}) > 7 AND NOT contains({0}, '.')"
        " AND NOT contains(lower({0}), 'e'))"
        " AND NOT (length({0}) > 18 AND NOT contains({0}, '.') AND NOT contains(lower({0}), 'e'))"
    ),
    "BOOLEAN": "lower({0}) IN ('true', 'false')",
    "DATE": "length({0}) BETWEEN 8 AND 10 AND {0}[5] IN ('-', '/') AND TRY_CAST({0} AS DATE) IS NOT NULL",
    "TIMESTAMP": "length({0}) BETWEEN 8 AND 40 AND {0}[5] IN ('-', '/') AND " + _MOMENT + " IS NOT NULL"
    " AND ascii({0}[1]) BETWEEN 48 AND 57",
}
_CONVERSIONS: dict[str, str] = {
    "BIGINT": "CAST({0} AS BIGINT)",
    "DOUBLE": "CAST({0} AS DOUBLE)",
    "BOOLEAN": "lower({0}) = 'true'",
    "DATE": "CAST({0} AS DATE)",
    "TIMESTAMP": "CAST({0} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'",
}
_KINDS: dict[str, ColumnKind] = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "VARCHAR": "text",
    "FLOAT": "number",
    "DOUBLE": "number",
    "DECIMAL": "number",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "HUGEINT": "integer",
    "UTINYINT": "integer",
    "USMALLINT": "integer",
    "UINTEGER": "integer",
    "UBIGINT": "integer",
}


def kind_of(type_name: str) -> ColumnKind:
    """The kind of a DuckDB type; nested and binary types are 'other'."""
    if type_name.endswith("]"):
        return "other"
    if type_name.startswith("ENUM("):
        return "text"
    return _KINDS.get(type_name.split("(", 1)[0], "other")


def fits(type_name: str, value_sql: str) -> str:
    """A SQL condition: this text is a value of the type, without loss; not true where it is NULL."""
    return f"({_FITS[type_name].format(value_sql)})"


def converted(type_name: str, value_sql: str) -> str:
    """SQL that turns a fitting text into the type; text stays as it is."""
    return _CONVERSIONS[type_name].format(value_sql) if type_name in _CONVERSIONS else value_sql


def guess(names: Sequence[str], sample_query: Callable[[str], list[tuple[int, ...]]]) -> dict[str, str]:
    """The narrowest type that fits every sampled value, by column; columns without a value are left out."""
    parts: list[str] = []
    for name in names:
        parts.append(f"count({quoted(name)})")
        parts += [f"count(*) FILTER ({fits(type_name, quoted(name))})" for type_name in CANDIDATES]
    counts = iter(sample_query(f"SELECT {', '.join(parts)}")[0])
    guessed: dict[str, str] = {}
    for name in names:
        filled, *fitting = islice(counts, 1 + len(CANDIDATES))
        found = (kind for kind, count in zip(CANDIDATES, fitting, strict=True) if count == filled)
        if filled:
            guessed[name] = next(found, "VARCHAR")
    return guessed


def misfits(types: dict[str, str]) -> str:
    """SELECT list: the row count, then how many values do not fit, column by column."""
    parts = ["count(*)"]
    for name, type_name in types.items():
        if type_name == "VARCHAR":
            parts.append("0")
        else:
            column = quoted(name)
            parts.append(f"count(*) FILTER ({column} IS NOT NULL AND {fits(type_name, column)} IS NOT TRUE)")
    return ", ".join(parts)
