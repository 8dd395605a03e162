# ruff: noqa: S608  - every name of the user's is quoted, and the session is locked
"""What is kept of the earlier table, so that the current one can be counted in the same buckets."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality.counting import Counter
from studio_magics.tools.data.quality.drift_measures import bucket_counts
from studio_magics.tools.tabular import TableSource, open_table, quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.quality.inputs import QualityInput
    from studio_magics.tools.data.quality.profile import ColumnProfile

MAX_COLUMNS = 300
QUANTILES = tuple(place / 100 for place in range(1, 100))
MOST_CATEGORIES = 50
"""Of a column with more different values the categories are not compared."""
FEW_NUMBERS = 200
"""So few different numbers that one of them may be more than a hundredth of all."""
MOST_CODES = 20
"""So few different numbers are compared value by value: what lies between them is no part of a bucket."""
LEAST_OF_EACH = 5
"""As often each of them has to be there on average: Cochran's rule for counts that are compared."""
MANY_NUMBERS = 20_000
"""More different numbers than that are counted by the engine, which takes longer for few."""
LEAST_ROWS = 20
"""Fewer values say nothing about a spread."""


@dataclass(frozen=True)
class Spread:
    """The values of one column, counted in buckets; of numbers up to each edge, of texts by value."""

    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    """One for each bucket: below and at each edge and above the last, or each category and all others."""
    fine: tuple[int, ...] = ()
    """Of few different numbers, what lies between the edges and what lies on them, in turn; else empty."""
    codes: tuple[float, ...] = ()
    """Of very few different numbers, which they are; else empty."""
    code_counts: tuple[int, ...] = ()
    """One for each of the codes, and one for all others."""


@dataclass(frozen=True)
class Snapshot:
    """The earlier table: its profiles, and the buckets of the columns that have a spread to compare."""

    name: str
    row_count: int
    columns: Mapping[str, ColumnProfile]
    spreads: Mapping[str, Spread]


def take_snapshot(inputs: QualityInput, context: RunContext) -> Snapshot | None:
    """Read the earlier table and keep what a comparison needs; None when none was given.

    Raises:
        InputRejected: The earlier file is not a complete table, or has too many columns.
    """
    if inputs.previous is None:
        return None
    path = context.path(inputs.previous)
    with open_table(path, name=inputs.previous.name, field="previous") as table:
        if len(table.columns) > MAX_COLUMNS:
            found = f"{len(table.columns)} columns"
            raise InputRejected("previous", found=found, allowed=f"at most {MAX_COLUMNS}")
        counter = Counter(table, context.now, inputs.missing_tokens)
        columns = {column.name: counter.profile(column) for column in table.columns}
        spreads = {name: _spread(table, column) for name, column in columns.items()}
        found = {name: spread for name, spread in spreads.items() if spread is not None}
        return Snapshot(table.name, table.row_count, columns, found)


def kind_of(column: ColumnProfile) -> str:
    """'numbers', 'categories', 'key' or 'other': what of this column can be compared."""
    if column.present_count >= LEAST_ROWS and column.distinct_count == column.present_count:
        return "numbers" if column.reading == "number" else "key"
    if column.reading in {"integer", "number"} and column.numbers is not None:
        return "numbers"
    if column.reading in {"text", "boolean"} and 0 < column.distinct_count <= MOST_CATEGORIES:
        return "categories"
    return "other"


def _spread(table: TableSource, column: ColumnProfile) -> Spread | None:
    kind = kind_of(column)
    if kind == "numbers":
        edges = _edges(table, column)
        if not edges:
            return None
        fine = finely_in(table, column, edges) if column.distinct_count <= FEW_NUMBERS else ()
        codes = _codes(table, column)
        return Spread(
            edges=edges,
            counts=numbers_in(table, column, edges),
            fine=fine,
            codes=codes,
            code_counts=codes_in(table, column, codes) if codes else (),
        )
    if kind == "categories":
        categories = tuple(sorted(_by_value(table, column)))
        return Spread(categories=categories, counts=categories_in(table, column, categories))
    return None


def _codes(table: TableSource, column: ColumnProfile) -> tuple[float, ...]:
    """The different numbers of a column that has few, each of them often; else none."""
    few = column.distinct_count <= MOST_CODES
    if not few or column.present_count < LEAST_OF_EACH * column.distinct_count:
        return ()
    return tuple(row[0] for row in table.query(f"SELECT DISTINCT v FROM ({_numbers_sql(column)}) ORDER BY 1"))


def codes_in(table: TableSource, column: ColumnProfile, codes: tuple[float, ...]) -> tuple[int, ...]:
    """How often each of these numbers is there, and how often any other."""
    listed = ", ".join(map(repr, codes))
    rows = table.query(
        f"SELECT CASE WHEN v IN ({listed}) THEN v END AS code, count(*) FROM ({_numbers_sql(column)})"
        " GROUP BY 1"
    )
    counts = dict(rows)
    return (*(counts.get(one, 0) for one in codes), counts.get(None, 0))


def new_codes(table: TableSource, column: ColumnProfile, codes: tuple[float, ...]) -> list[tuple[str, int]]:
    """The numbers that are not among these, most frequent first."""
    listed = ", ".join(map(repr, codes))
    rows = table.query(
        f"SELECT v, count(*) FROM ({_numbers_sql(column)}) WHERE v NOT IN ({listed})"
        " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    )
    return [(code_text(value), count) for value, count in rows]


def code_text(code: float) -> str:
    """'3', '2.5'."""
    return f"{code:.15g}"


def _edges(table: TableSource, column: ColumnProfile) -> tuple[float, ...]:
    listed = ", ".join(map(repr, QUANTILES))
    found = table.query(f"SELECT quantile_disc(v, [{listed}]) FROM ({_numbers_sql(column)})")[0][0]
    return tuple(sorted(set(found or ())))


def _numbers_sql(column: ColumnProfile) -> str:
    typed = f"SELECT CAST({column.typed_sql} AS DOUBLE) AS v FROM {TableSource.relation}"
    return f"SELECT v FROM ({typed}) WHERE isfinite(v)"


def numbers_in(table: TableSource, column: ColumnProfile, edges: tuple[float, ...]) -> tuple[int, ...]:
    """How many values fall into each bucket between these edges."""
    up_to = ", ".join(f"count(*) FILTER (v <= {edge!r})" for edge in edges)
    *counts, total = table.query(f"SELECT {up_to}, count(*) FROM ({_numbers_sql(column)})")[0]
    return bucket_counts(counts, total)


def finely_in(table: TableSource, column: ColumnProfile, edges: tuple[float, ...]) -> tuple[int, ...]:
    """How many values lie between the edges and how many on each: new codes hide between old ones."""
    if column.distinct_count > MANY_NUMBERS:
        both = (f"count(*) FILTER (v {sign} {edge!r})" for edge in edges for sign in ("<", "<="))
        up_to = ", ".join(both)
        *found, total = table.query(f"SELECT {up_to}, count(*) FROM ({_numbers_sql(column)})")[0]
        return bucket_counts(found, total)
    values = table.query(f"SELECT v, count(*) FROM ({_numbers_sql(column)}) GROUP BY v")
    counts = [0] * (2 * len(edges) + 1)
    for value, count in values:
        counts[bisect_left(edges, value) + bisect_right(edges, value)] += count
    return tuple(counts)


def outside_of(table: TableSource, column: ColumnProfile, low: float, high: float) -> int:
    """How many finite values lie below or above."""
    return table.query(f"SELECT count(*) FILTER (v < {low!r} OR v > {high!r}) FROM ({_numbers_sql(column)})")[
        0
    ][0]


def categories_in(table: TableSource, column: ColumnProfile, categories: tuple[str, ...]) -> tuple[int, ...]:
    """How often each of these values is there, and how often any other."""
    listed = ", ".join(text_literal(one) for one in categories)
    value = f"{quoted(column.name)}::VARCHAR"
    rows = table.query(
        f"SELECT CASE WHEN {value} IN ({listed}) THEN {value} END AS value, count(*)"
        f" FROM {TableSource.relation} WHERE {column.present_sql} GROUP BY 1"
    )
    counts = dict(rows)
    return (*(counts.get(one, 0) for one in categories), counts.get(None, 0))


def _by_value(table: TableSource, column: ColumnProfile) -> list[str]:
    value = f"{quoted(column.name)}::VARCHAR"
    rows = table.query(
        f"SELECT DISTINCT {value} FROM {TableSource.relation} WHERE {column.present_sql}"
        f" LIMIT {MOST_CATEGORIES}"
    )
    return [row[0] for row in rows]


def new_values(
    table: TableSource, column: ColumnProfile, categories: tuple[str, ...]
) -> list[tuple[str, int]]:
    """The values that are not among these, most frequent first."""
    listed = ", ".join(text_literal(one) for one in categories)
    value = f"{quoted(column.name)}::VARCHAR"
    return table.query(
        f"SELECT {value}, count(*) FROM {TableSource.relation}"
        f" WHERE {column.present_sql} AND {value} NOT IN ({listed}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20"
    )
