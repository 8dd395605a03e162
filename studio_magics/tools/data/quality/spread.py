# ruff: noqa: S608  - the SQL given here was built from quoted names
"""How numbers and moments of one column are spread, counted exactly over all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.profile import DateFacts, NumberFacts
from studio_magics.tools.tabular import TableSource

if TYPE_CHECKING:
    from datetime import datetime

GAPS_SHOWN = 5
GAP_FACTOR = 4
MIN_DAYS = 10
"""Fewer days than this say nothing about a rhythm."""


def number_facts(table: TableSource, typed_sql: str) -> NumberFacts | None:
    """The spread of the finite values; None when there is none."""
    counted = table.query(
        "SELECT quantile_cont(v, [0.0, 0.25, 0.5, 0.75, 1.0]) FILTER (isfinite(v)), avg(v) "
        "FILTER (isfinite(v)),"
        " count(*) FILTER (isfinite(v) AND v < 0), count(*) FILTER (isfinite(v) AND v > 0),"
        " count(*) FILTER (NOT isfinite(v))"
        f" FROM (SELECT CAST({typed_sql} AS DOUBLE) AS v FROM {TableSource.relation}) WHERE v IS NOT NULL"
    )[0]
    quantiles, mean, negative, positive, infinite = counted
    if quantiles is None:
        return None
    low, lower, median, upper, high = quantiles
    return NumberFacts(low, lower, median, upper, high, mean, negative, positive, infinite)


def outside(table: TableSource, typed_sql: str, low: float, high: float) -> tuple[int, int, float, float]:
    """How many values lie below and above the bounds, and the two extremes."""
    row = table.query(
        f"SELECT count(*) FILTER (v < {low!r}), count(*) FILTER (v > {high!r}), min(v), max(v)"
        f" FROM (SELECT CAST({typed_sql} AS DOUBLE) AS v FROM {TableSource.relation}) WHERE isfinite(v)"
    )[0]
    return row[0], row[1], row[2], row[3]


def binned(table: TableSource, typed_sql: str, low: float, high: float, bins: int) -> list[int]:
    """How many values fall into each of equally wide bins; values outside count in the first and last."""
    width = (high - low) / bins or 1.0
    rows = table.query(
        f"SELECT greatest(0, least({bins - 1}, floor((v - {low!r}) / {width!r})::BIGINT)) AS bin, count(*)"
        f" FROM (SELECT CAST({typed_sql} AS DOUBLE) AS v FROM {TableSource.relation}) WHERE isfinite(v)"
        " GROUP BY 1"
    )
    counts = dict(rows)
    return [counts.get(place, 0) for place in range(bins)]


def date_facts(table: TableSource, typed_sql: str, now: datetime) -> DateFacts | None:
    """The span and rhythm of the moments in the years 1 to 9999; None when there is none."""
    moment = now.replace(tzinfo=None)
    values = (
        f"(SELECT v FROM (SELECT {typed_sql} AS v FROM {TableSource.relation})"
        " WHERE isfinite(v) AND year(v) BETWEEN 1 AND 9999)"
    )
    oldest, newest, past, future, readable = table.query(
        f"SELECT min(v), max(v), max(v) FILTER (v <= $1), count(*) FILTER (v > $1), count(*) FROM {values}",
        [moment],
    )[0]
    if oldest is None:
        return None
    days = (
        "SELECT day, lead(day) OVER (ORDER BY day) AS next"
        " FROM (SELECT DISTINCT date_trunc('day', v)::TIMESTAMP AS day"
        f" FROM {values} WHERE v <= $1)"
    )
    count, typical = table.query(
        f"SELECT count(*), median(date_diff('day', day, next)) FROM ({days})", [moment]
    )[0]
    gaps: list[tuple[datetime, datetime]] = []
    if count >= MIN_DAYS:
        longer = max(GAP_FACTOR * typical, typical + 3)
        gaps = [
            (row[0], row[1])
            for row in table.query(
                f"SELECT day, next FROM ({days}) WHERE date_diff('day', day, next) > {longer!r}"
                f" ORDER BY date_diff('day', day, next) DESC, day LIMIT {GAPS_SHOWN}",
                [moment],
            )
        ]
    return DateFacts(oldest, newest, past, readable, future, count, typical, tuple(gaps))
