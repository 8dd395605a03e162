"""Opens the tables and lays their rows out as cases with our names."""

# ruff: noqa: S608  - names of users are quoted, the rest is our own text

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.columns import MOMENTS, NAMES, find_columns
from studio_magics.tools.cyber.metrics.moments import read_moments, refuse_mixed_zones
from studio_magics.tools.cyber.metrics.severities import severity_expression
from studio_magics.tools.tabular import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from studio_magics.tools.cyber.metrics.date_order import DateOrder
    from studio_magics.tools.tabular import TableSource

FAR_AHEAD = timedelta(days=366)
"""Later than this after the run is no time at which something happened."""
YES = (
    "true",
    "yes",
    "y",
    "1",
    "covered",
    "present",
    "installed",
    "enabled",
    "done",
    "completed",
    "ok",
    "pass",
    "passed",
)
NO = (
    "false",
    "no",
    "n",
    "0",
    "missing",
    "absent",
    "disabled",
    "open",
    "fail",
    "failed",
    "not covered",
    "overdue",
)


@dataclass(frozen=True)
class Cases:
    """A table laid out as `cases`."""

    kind: str
    rows: int
    has: frozenset[str]
    """Meanings that have a column."""
    columns: Mapping[str, str]
    """Meaning → name of the column."""
    last: datetime | None
    """The latest moment in it."""
    far_ahead: int = 0
    """Moments far ahead of the run, which were left out."""
    read_as: Mapping[str, str] = field(default_factory=dict[str, str])
    """Meaning → how its dates were read."""


@dataclass(frozen=True)
class Rules:
    """What the person says of the tables, and the day of the run."""

    columns: Mapping[str, str]
    levels: Mapping[str, str]
    now: datetime
    skips_wrong: bool
    date_order: DateOrder


def lay_out(table: TableSource, kind: str, path: Path, rules: Rules) -> Cases:
    """Make the table `cases` from the rows.

    Raises:
        InputRejected: A column is missing, a time or severity cannot be read or lies far ahead, or there are
            no rows.
    """
    if not table.row_count:
        raise InputRejected(kind, found=f"{table.name} without rows", allowed="one row per case")
    columns = find_columns(table, kind, rules.columns)
    read_as: Mapping[str, str] = {}
    if kind == "coverage":
        _lay_out_coverage(table, {name: column.name for name, column in columns.items()})
        last, far_ahead = None, 0
    else:
        timed = {name: column for name, column in columns.items() if name in MOMENTS[kind]}
        refuse_mixed_zones(path, kind, {name: column.name for name, column in timed.items()})
        moments = read_moments(table, kind, timed, rules.date_order)
        read_as = moments.read_as
        level = severity_expression(table, kind, columns.get("severity"), rules.levels)
        names = {name: column.name for name, column in columns.items()}
        _lay_out(table, kind, moments.expressions, level, names)
        far_ahead = _refuse_far_ahead(table, kind, names, rules)
        last = _last(table, kind)
    used = {name: column.name for name, column in columns.items()}
    return Cases(kind, table.row_count, frozenset(columns), used, last, far_ahead, read_as)


def _lay_out(
    table: TableSource, kind: str, moments: Mapping[str, str], level: str, names: Mapping[str, str]
) -> None:
    picked = [f"{moments.get(name, 'CAST(NULL AS TIMESTAMP)')} AS {name}" for name in MOMENTS[kind]]
    texts = [name for name in NAMES[kind] if name in {"category", "asset"}]
    picked += [
        f"CAST({quoted(names[name])} AS VARCHAR) AS {name}"
        if name in names
        else f"CAST(NULL AS VARCHAR) AS {name}"
        for name in texts
    ]
    table.query(
        f"""CREATE TEMP TABLE cases AS SELECT {table.row_number_sql} AS place, {level} AS level,
            {", ".join(picked)} FROM {table.relation}"""
    )


def _refuse_far_ahead(table: TableSource, kind: str, names: Mapping[str, str], rules: Rules) -> int:
    """Count moments far ahead, such as 9999-12-31 for 'never'; with `skips_wrong` forget them."""
    until = f"TIMESTAMP '{rules.now + FAR_AHEAD:%Y-%m-%d %H:%M:%S}'"
    whole = 0
    for name in (one for one in MOMENTS[kind] if one in names):
        count, first, most = table.query(
            f"SELECT count(*), min(place), max({name}) FROM cases WHERE {name} > {until}"
        )[0]
        if count and not rules.skips_wrong:
            found = f"{count:,} times of '{names[name]}' over a year ahead, to {most:%Y-%m-%d}"
            raise InputRejected(
                kind,
                found=f"{found} (first in row {first})",
                allowed="times that have been; an empty cell while a case is open",
                action="correct them, or set skip_wrong_rows to take these cells as empty",
            )
        if count:
            table.query(f"UPDATE cases SET {name} = NULL WHERE {name} > {until}")
        whole += int(count)
    return whole


def _last(table: TableSource, kind: str) -> datetime:
    latest = ", ".join(f"max({name})" for name in MOMENTS[kind])
    found = [one for one in table.query(f"SELECT {latest} FROM cases")[0] if one is not None]
    if not found:
        raise InputRejected(kind, found="no moment at all in its columns of times", allowed="at least one")
    return max(found)


def _lay_out_coverage(table: TableSource, names: Mapping[str, str]) -> None:
    covered = f"lower(trim(CAST({quoted(names['covered'])} AS VARCHAR)))"
    yes, no = (", ".join(f"'{word}'" for word in words) for words in (YES, NO))
    wrong = table.query(
        f"""SELECT count(*), min({covered}) FROM {table.relation}
            WHERE {covered} IS NULL OR {covered} NOT IN ({yes}, {no})"""
    )[0]
    if wrong[0]:
        found = (
            f"{wrong[0]:,} values of '{names['covered']}' that say neither yes nor no: '{str(wrong[1])[:40]}'"
        )
        raise InputRejected(
            "coverage", found=found, allowed="yes or no, true or false, 1 or 0, covered or missing"
        )
    table.query(
        f"""CREATE TEMP TABLE cases AS SELECT CAST({quoted(names["control"])} AS VARCHAR) AS control,
            {covered} IN ({yes}) AS covered FROM {table.relation}
            WHERE {quoted(names["control"])} IS NOT NULL"""
    )
