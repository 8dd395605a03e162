"""SQL for moments of columns whose dates are written as people write them."""

# ruff: noqa: S608  - names of users are quoted, the rest is our own text

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.date_forms import FORMS, month_cases, parts, plain
from studio_magics.tools.tabular import text_literal

if TYPE_CHECKING:
    from studio_magics.tools.cyber.metrics.date_order import Seen
    from studio_magics.tools.tabular import TableColumn, TableSource

NAMED = {"day and name": "day, name of the month, year", "name and day": "name of the month, day, year"}
PIVOT = 69
"""Years of two digits from here on are of the last century."""
ZONED = "regexp_matches({0}, '(?:Z|UTC|GMT|[+-][0-9]{{2}}:?[0-9]{{2}})$') AND contains({0}, ':')"


def told(form: str, seen: Seen | None) -> str:
    """How a column was read, for people."""
    if seen is not None:
        order = "day, month, year" if seen.order == "day first" else "month, day, year"
        return f"{order} ({seen.because})"
    return NAMED.get(form, "year, month, day")


def moment(table: TableSource, kind: str, column: TableColumn, form: str, seen: Seen | None) -> str:
    """SQL for the moment in UTC.

    Raises:
        InputRejected: A value that is no day or time, such as 31/02/2025 or 13:00 PM; an unknown month.
    """
    quick = _quick(table, column, form, seen)
    if quick and not _wrong(table, column, quick)[0]:
        return quick
    chosen = FORMS[form]
    named = "w" in chosen.groups
    built = _built(month_cases(table, kind, column, chosen) if named else "", seen)
    expression = f"list_transform([{parts(chosen, plain(column))}], lambda one: {built})[1]"
    wrong, first, example = _wrong(table, column, expression)
    if wrong:
        raise InputRejected(
            kind,
            found=f"{wrong:,} values of '{column.name}' that are no time (first in row {first}: {example})",
            allowed="days and hours that exist",
        )
    return expression


def _wrong(table: TableSource, column: TableColumn, expression: str) -> tuple[int, object, object]:
    """How many values give no moment, the row of the first, and that value."""
    sql = f"""SELECT count(*), min(row), arg_min(v, row)
        FROM (SELECT {plain(column)} AS v, {table.row_number_sql} AS row, {expression} AS moment
            FROM {table.relation})
        WHERE v <> '' AND moment IS NULL"""
    wrong, first, example = table.query(sql)[0]
    return int(wrong), first, example


def _quick(table: TableSource, column: TableColumn, form: str, seen: Seen | None) -> str:
    """SQL that reads every value as the first is written, ten times as fast; empty where it cannot."""
    value = plain(column)
    rows = table.query(f"SELECT {value} FROM {table.relation} WHERE {value} <> '' LIMIT 1")
    written = _strptime(str(rows[0][0]), form, seen) if rows else ""
    return f"TRY_STRPTIME({value}, {text_literal(written)})" if written else ""


def _strptime(example: str, form: str, seen: Seen | None) -> str:
    """The format of this value; empty where it has a zone, a part of a second or a word before it."""
    found = re.fullmatch(FORMS[form].pattern, example)
    if found is None or found[8] or "%" in example or not example[:1].isalnum():
        return ""
    first, second = ("%d", "%m") if seen is None or seen.order == "day first" else ("%m", "%d")
    signs = {"a": first, "b": second, "d": "%d", "m": "%m", "w": "%b", "y": "%Y"}
    parts_of = [*(signs[name] for name in FORMS[form].groups), "%I" if found[7] else "%H", "%M", "%S", "%p"]
    text, end = "", 0
    for number, sign in enumerate(parts_of, 1):
        if found[number]:
            short = sign == "%Y" and len(found[number]) == len("25")
            text += example[end : found.start(number)] + ("%y" if short else sign)
            end = found.end(number) + (sign == "%p")
    return text + example[end:]


def _built(month: str, seen: Seen | None) -> str:
    """SQL for the moment from the groups in `one`; NULL where it is none."""
    day, number = "one.d", month or "one.m"
    if seen is not None:
        day, number = ("one.a", "one.b") if seen.order == "day first" else ("one.b", "one.a")
    century = f"CASE WHEN length(one.y) = 4 THEN '' WHEN one.y < '{PIVOT}' THEN '20' ELSE '19' END"
    late = "CASE lower(one.p) WHEN 'p' THEN 12 ELSE 0 END"
    hour = f"""CASE WHEN one.h = '' THEN '0' WHEN one.p = '' THEN one.h
        WHEN CAST(one.h AS INTEGER) BETWEEN 1 AND 12
        THEN CAST(CAST(one.h AS INTEGER) % 12 + {late} AS VARCHAR) END"""
    minute = "CASE one.i WHEN '' THEN '00' ELSE one.i END"
    second = "CASE one.s WHEN '' THEN '00' ELSE replace(one.s, ',', '.') END"
    zone = "CASE WHEN one.z IN ('', 'Z', 'UTC', 'GMT') THEN '+00' ELSE one.z END"
    date = f"({century}) || one.y || '-' || ({number}) || '-' || {day}"
    text = f"{date} || ' ' || ({hour}) || ':' || ({minute}) || ':' || ({second}) || ({zone})"
    return f"CASE WHEN one.y = '' THEN NULL ELSE CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP) END"


def zone_counts(table: TableSource, column: TableColumn) -> tuple[int, int]:
    """How many values have a zone, and how many a time without one."""
    value = plain(column)
    sql = f"""SELECT count(*) FILTER (WHERE {ZONED.format(value)}),
        count(*) FILTER (WHERE contains({value}, ':') AND NOT ({ZONED.format(value)}))
        FROM {table.relation} WHERE {value} <> ''"""
    with_zone, without = table.query(sql)[0]
    return int(with_zone), int(without)
