"""The figures: durations by level and period, targets met, what is open, what came back, what is covered."""

# ruff: noqa: S608  - the names in these statements are our own, values of users are parameters or literals

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.control import Control, control
from studio_magics.tools.cyber.metrics.survival import median_with_open, wilson
from studio_magics.tools.tabular import text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from studio_magics.tools.tabular import TableSource

LEAST_CASES = 5
"""Fewer cases have no mean and no percentile that means anything."""
LEAST_A_PERIOD = 3
RETURN_DAYS = 90
MAX_PERIODS = 120
EXACT_CASES = 20_000
"""Up to so many durations are taken as they are; of more, to a tenth of an hour."""


@dataclass(frozen=True)
class Measure:
    """One duration: from one moment to another."""

    key: str
    short: str
    title: str
    start: str
    end: str


INCIDENT_MEASURES = (
    Measure("detect", "MTTD", "Time to detect", "occurred", "detected"),
    Measure("acknowledge", "MTTA", "Time to acknowledge", "detected", "acknowledged"),
    Measure("contain", "MTTC", "Time to contain", "detected", "contained"),
    Measure("resolve", "MTTR", "Time to resolve", "detected", "resolved"),
)
PATCH_MEASURE = Measure("patch", "patch latency", "Time to patch", "found", "fixed")


@dataclass(frozen=True)
class Spread:
    """Durations of one level in hours; None where there are too few cases."""

    level: str
    count: int
    mean: float | None
    median: float | None
    p90: float | None
    most: float
    target: float | None
    met: int
    judged: int
    """Cases that met or missed the target; open ones that still have time are not judged."""
    still_open: int

    @property
    def met_share(self) -> float | None:
        """Share of the judged that met it."""
        return self.met / self.judged if self.judged else None


@dataclass(frozen=True)
class Period:
    """One period of a trend."""

    start: datetime
    count: int
    median: float


@dataclass(frozen=True)
class Trend:
    """Medians by period; periods with very few cases are left out."""

    periods: tuple[Period, ...]
    left_out: int
    chart: Control | None


@dataclass(frozen=True)
class Duration:
    """Everything about one measure."""

    measure: Measure
    whole: Spread
    levels: tuple[Spread, ...]
    trend: Trend
    median_with_open: float | None
    """Half of all, open ones included, end within this; None when it is not known yet."""


@dataclass(frozen=True)
class Backlog:
    """What is open, and how that moved."""

    open_now: int
    by_level: Mapping[str, int]
    overdue: int
    oldest_hours: float
    median_age_hours: float
    history: tuple[tuple[datetime, int, int, int], ...]
    """(start of the period, opened, ended, open at its end)."""


@dataclass(frozen=True)
class Coverage:
    """How much of one control is there."""

    control: str
    covered: int
    count: int

    @property
    def share(self) -> float:
        """Covered of all."""
        return self.covered / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share, if these are a sample."""
        return wilson(self.covered, self.count)


def refuse_backwards(table: TableSource, kind: str, measure: Measure, *, skip: bool) -> int:
    """Count cases that end before they start; with `skip` they are in no figure of this measure.

    Raises:
        InputRejected: There are some and they are not to be skipped.
    """
    wrong = f"{measure.end} < {measure.start}"
    count, first = table.query(f"SELECT count(*), min(place) FROM cases WHERE {wrong}")[0]
    if count and not skip:
        raise InputRejected(
            kind,
            found=f"{count:,} rows in which {measure.end} is before {measure.start} (first in row {first})",
            allowed=f"{measure.start} before {measure.end}",
            action="correct them, or set skip_wrong_rows to leave these times out",
        )
    return int(count)


def _in_order(measure: Measure) -> str:
    """Cases that have begun and do not end before that."""
    start, end = measure.start, measure.end
    return f"{start} IS NOT NULL AND ({end} IS NULL OR {end} >= {start})"


def duration(
    table: TableSource, measure: Measure, targets: Mapping[str, float], as_of: datetime, period: str
) -> Duration | None:
    """The figures of one measure; None when no case has both moments."""
    hours = f"(epoch({measure.end}) - epoch({measure.start})) / 3600"
    age = f"(epoch(TIMESTAMP '{as_of:%Y-%m-%d %H:%M:%S}') - epoch({measure.start})) / 3600"
    table.query("DROP TABLE IF EXISTS spans")
    table.query(
        f"""CREATE TEMP TABLE spans AS SELECT level, {measure.end} AS ended, {hours} AS hours, {age} AS age,
            {_case(targets)} AS target FROM cases
            WHERE {_in_order(measure)}"""
    )
    whole = _spreads(table, "'all'", "NULL")
    if not whole or not whole[0].count:
        return None
    order = {"critical": 0, "high": 1, "medium": 2, "low": 3}
    levels = sorted(_spreads(table, "level", "min(target)"), key=lambda one: order.get(one.level, 4))
    return Duration(measure, whole[0], tuple(levels), _trend(table, period), _median_with_open(table))


def _case(targets: Mapping[str, float]) -> str:
    cases = " ".join(f"WHEN {text_literal(level)} THEN {hours!r}" for level, hours in sorted(targets.items()))
    return f"CASE level {cases} END" if cases else "CAST(NULL AS DOUBLE)"


def _spreads(table: TableSource, group: str, target: str) -> list[Spread]:
    rows = table.query(
        f"""SELECT {group}, count(hours), avg(hours), median(hours), quantile_cont(hours, 0.9), max(hours),
            {target}, count(*) FILTER (WHERE hours <= target),
            count(*) FILTER (WHERE (hours IS NOT NULL AND target IS NOT NULL)
                OR (hours IS NULL AND age > target)),
            count(*) FILTER (WHERE ended IS NULL)
            FROM spans GROUP BY 1"""
    )
    return [
        Spread(
            level=str(level),
            count=int(count),
            mean=float(mean) if count >= LEAST_CASES else None,
            median=float(median) if count >= LEAST_CASES else None,
            p90=float(p90) if count >= 2 * LEAST_CASES else None,
            most=float(most or 0),
            target=None if goal is None else float(goal),
            met=int(met),
            judged=int(judged),
            still_open=int(still),
        )
        for level, count, mean, median, p90, most, goal, met, judged, still in rows
    ]


def _trend(table: TableSource, period: str) -> Trend:
    rows = table.query(
        f"""SELECT date_trunc('{period}', ended), count(*), median(hours) FROM spans
            WHERE hours IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT {MAX_PERIODS}"""
    )
    kept = tuple(
        Period(start, int(n), float(median)) for start, n, median in reversed(rows) if n >= LEAST_A_PERIOD
    )
    return Trend(kept, len(rows) - len(kept), control([one.median for one in kept]))


def _median_with_open(table: TableSource) -> float | None:
    places = 4 if table.query("SELECT count(*) FROM spans")[0][0] <= EXACT_CASES else 1
    rows = table.query(
        f"""SELECT round(coalesce(hours, age), {places}), count(hours), count(*) - count(hours) FROM spans
           WHERE coalesce(hours, age) >= 0 GROUP BY 1"""
    )
    return median_with_open([(float(time), int(done), int(still)) for time, done, still in rows])


def backlog(
    table: TableSource, measure: Measure, targets: Mapping[str, float], as_of: datetime, period: str
) -> Backlog:
    """What is open at `as_of`, and what was opened and ended in each period."""
    age = f"(epoch(TIMESTAMP '{as_of:%Y-%m-%d %H:%M:%S}') - epoch({measure.start})) / 3600"
    is_open = f"{measure.start} IS NOT NULL AND {measure.end} IS NULL"
    counted, overdue, oldest, median = table.query(
        f"""SELECT count(*), count(*) FILTER (WHERE {age} > {_case(targets)}), max({age}), median({age})
            FROM cases WHERE {is_open}"""
    )[0]
    levels = table.query(f"SELECT level, count(*) FROM cases WHERE {is_open} GROUP BY 1 ORDER BY 1")
    rows = table.query(
        f"""WITH moved AS (
            SELECT date_trunc('{period}', {measure.start}) AS start, 1 AS opened, 0 AS ended FROM cases
            WHERE {_in_order(measure)}
            UNION ALL SELECT date_trunc('{period}', {measure.end}), 0, 1 FROM cases
            WHERE {measure.end} >= {measure.start}),
            sums AS (SELECT start, sum(opened) AS opened, sum(ended) AS ended FROM moved GROUP BY 1)
            SELECT start, opened, ended, sum(opened - ended) OVER (ORDER BY start)
            FROM sums ORDER BY start"""
    )
    return Backlog(
        open_now=int(counted),
        by_level={str(level): int(count) for level, count in levels},
        overdue=int(overdue),
        oldest_hours=float(oldest or 0),
        median_age_hours=float(median or 0),
        history=tuple((start, int(a), int(b), int(c)) for start, a, b, c in rows[-MAX_PERIODS:]),
    )


def came_back(table: TableSource) -> tuple[int, int]:
    """Cases of one kind on one asset within 90 days after the last was resolved; and of how many."""
    rows = table.query(
        f"""WITH lined AS (SELECT detected,
            lag(CASE WHEN resolved >= detected THEN resolved END)
                OVER (PARTITION BY category, asset ORDER BY detected) AS before
            FROM cases WHERE category IS NOT NULL AND asset IS NOT NULL AND detected IS NOT NULL)
            SELECT count(*) FILTER (
                WHERE before <= detected AND detected - before <= INTERVAL {RETURN_DAYS} DAY
            ), count(*) FROM lined"""
    )
    return int(rows[0][0]), int(rows[0][1])


def coverage(table: TableSource) -> tuple[Coverage, ...]:
    """Share covered of each control, least covered first."""
    rows = table.query("SELECT control, count(*) FILTER (WHERE covered), count(*) FROM cases GROUP BY 1")
    found = [Coverage(str(name), int(hits), int(count)) for name, hits, count in rows]
    return tuple(sorted(found, key=lambda one: (one.share, one.control)))
