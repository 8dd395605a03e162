# ruff: noqa: S608  - every name of the user's is quoted, and the session is locked
"""What concerns the table as a whole: repeated rows, keys, freshness."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.observations import (
    Observation,
    percent,
    rows,
    severity_of_share,
    shortened,
)
from studio_magics.tools.tabular import TableSource, quoted
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from studio_magics.tools.data.quality.profile import ColumnProfile

LEAST_COLUMNS = 4
"""Fewer columns beside an identifier repeat by nature."""


@dataclass(frozen=True)
class Repeats:
    """Rows beyond the first of each group of equal rows."""

    extra_count: int
    group_count: int


def repeated_rows(table: TableSource, names: Sequence[str]) -> Repeats:
    """Count rows that are equal in all these columns, exactly; hashes only narrow the search."""
    columns = ", ".join(quoted(name) for name in names)
    suspects = f"SELECT hash({columns}) FROM {TableSource.relation} GROUP BY 1 HAVING count(*) > 1"
    extra, groups = table.query(
        "SELECT coalesce(sum(n - 1), 0)::BIGINT, count(*) FROM (SELECT count(*) AS n FROM "
        f"{TableSource.relation}"
        f" WHERE hash({columns}) IN ({suspects}) GROUP BY {columns} HAVING count(*) > 1)"
    )[0]
    return Repeats(extra, groups)


def duplicate_observations(table: TableSource, columns: Sequence[ColumnProfile]) -> Iterator[Observation]:
    """Rows that repeat another row, entirely or in everything but an identifier."""
    if len(columns) < 2:  # noqa: PLR2004  - the values of one column repeat by nature
        return
    whole = repeated_rows(table, [column.name for column in columns])
    if whole.extra_count:
        share = whole.extra_count / table.row_count
        yield Observation(
            "duplicate-rows",
            severity_of_share(share, high=0.05, medium=0.0),
            f"{rows(whole.extra_count)} equal to another row in every column",
            detail=f"Occurring more than once: {rows(whole.group_count)}; {percent(share)} is counted "
            "double in every sum.",
            action="Find out where rows are appended twice; remove the copies.",
            count=whole.extra_count,
            share=share,
            dimension="uniqueness",
        )
    identifiers = [column for column in columns if _is_identifier(column)]
    others = [column.name for column in columns if column not in identifiers]
    if not identifiers or len(others) < LEAST_COLUMNS:
        return
    alike = repeated_rows(table, others)
    if alike.extra_count:
        share = alike.extra_count / table.row_count
        names = ", ".join(f"'{column.name}'" for column in identifiers[:3])
        yield Observation(
            "same-but-for-identifier",
            "low",
            f"{rows(alike.extra_count)} equal to another row in everything but {names}",
            detail=f"{percent(share)} of the rows. They may have been loaded twice under new identifiers.",
            action="Check whether such rows can be two real events.",
            count=alike.extra_count,
            share=share,
        )


def _is_identifier(column: ColumnProfile) -> bool:
    whole = column.kind in {"integer", "text"} and column.reading in {"integer", "text"}
    return whole and not column.missing_count and column.distinct_count == column.row_count > 1


def key_observations(table: TableSource, key: Sequence[str], sample_rows: int) -> Iterator[Observation]:
    """Rows whose key is missing, or is the key of another row."""
    names = ", ".join(f"'{name}'" for name in key)
    columns = ", ".join(quoted(name) for name in key)
    empty = " OR ".join(f"{quoted(name)} IS NULL" for name in key)
    missing = table.query(f"SELECT count(*) FILTER ({empty}) FROM {TableSource.relation}")[0][0]
    if missing:
        yield Observation(
            "key-missing",
            "high",
            f"{rows(missing)} without a complete key ({names})",
            ", ".join(key),
            detail="Such a row cannot be found, joined or updated.",
            action="Fill the key at the source or set these rows aside.",
            count=missing,
            share=missing / table.row_count,
            dimension="uniqueness",
        )
    groups = (
        f"SELECT {columns}, count(*) AS n FROM {TableSource.relation} WHERE NOT ({empty})"
        f" GROUP BY {columns} HAVING count(*) > 1"
    )
    extra, keys = table.query(f"SELECT coalesce(sum(n - 1), 0)::BIGINT, count(*) FROM ({groups})")[0]
    if not extra:
        return
    shown = table.query(f"{groups} ORDER BY n DESC, {columns} LIMIT {sample_rows}") if sample_rows else []
    found = "; ".join(
        f"{', '.join(shortened(str(part)) for part in row[:-1])} ({row[-1]:,} times)" for row in shown
    )
    yield Observation(
        "duplicate-keys",
        "critical",
        f"{counted(keys, 'key')} ({names}) in more than one row",
        ", ".join(key),
        detail=f"{rows(extra)} with a key that another row has{': ' + found if found else ''}. "
        "Joins multiply them.",
        action="Decide which row counts, and make the source refuse the second.",
        count=extra,
        share=extra / table.row_count,
        dimension="uniqueness",
    )


def age_text(age: timedelta) -> str:
    """'3 days', '5 hours', 'in the future'."""
    hours = age.total_seconds() / 3600
    if hours < 0:
        return "in the future"
    return f"{hours / 24:,.1f} days" if hours >= 48 else f"{hours:,.1f} hours"  # noqa: PLR2004  - two days


def staleness(column: ColumnProfile, now: datetime, max_age_days: float) -> Observation | None:
    """The newest value that is not in the future, against the age that is allowed."""
    newest = column.dates.newest_past if column.dates else None
    if newest is None:
        return None
    age = now.replace(tzinfo=None) - newest
    if age <= timedelta(days=max_age_days):
        return None
    days = age.total_seconds() / 86_400
    return Observation(
        "stale-data",
        "high" if days > 2 * max_age_days else "medium",
        f"The newest '{column.name}' is {age_text(age)} old",
        column.name,
        detail=f"It is {newest:%Y-%m-%d %H:%M} UTC; at most {max_age_days:g} days are allowed.",
        action="Check whether the last delivery arrived.",
        share=1 - max_age_days / days,
        dimension="timeliness",
    )
