"""Whether day or month stands first: decided by a number over 12 in the whole column, or asked for."""

# ruff: noqa: S608  - names of users are quoted, the rest is our own text

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.date_forms import FORMS, parts, plain
from studio_magics.tools.tabular import text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.tabular import TableColumn, TableSource

DateOrder = Literal["decided by values", "day first", "month first"]
UNDECIDED: DateOrder = "decided by values"
OVER_FIRST = "^(1[3-9]|[2-9][0-9])"
OVER_SECOND = "^[0-9]{1,2}[-/.](1[3-9]|[2-9][0-9])"
"""Numbers that are no month, in the first and in the second place."""
MONTHS_A_YEAR = 12
ASK = "date_order='day first' or date_order='month first'"


@dataclass(frozen=True)
class Seen:
    """What the values of a column say of their order."""

    column: TableColumn
    order: DateOrder
    because: str
    """Such as '31/12/2025 in row 7'; empty while undecided."""
    example: str


def orders(
    table: TableSource, kind: str, forms: Mapping[str, tuple[TableColumn, str]], said: DateOrder
) -> dict[str, Seen]:
    """Meaning → order, for columns of numbers alone.

    Raises:
        InputRejected: Nothing decides it, values contradict each other or what was said.
    """
    seen = {
        meaning: _seen(table, kind, column, form)
        for meaning, (column, form) in forms.items()
        if form.startswith("numbers")
    }
    decided = [one for one in seen.values() if one.order != UNDECIDED]
    return {meaning: _settled(kind, one, decided, said) for meaning, one in seen.items()}


def _seen(table: TableSource, kind: str, column: TableColumn, form: str) -> Seen:
    first, second = (f"regexp_matches(v, {text_literal(pattern)})" for pattern in (OVER_FIRST, OVER_SECOND))
    sql = f"""SELECT count(*) FILTER (WHERE {first}), count(*) FILTER (WHERE {second}),
        arg_min(v, row) FILTER (WHERE {first}), min(row) FILTER (WHERE {first}),
        arg_min(v, row) FILTER (WHERE {second}), min(row) FILTER (WHERE {second}), any_value(v)
        FROM (SELECT {plain(column)} AS v, {table.row_number_sql} AS row FROM {table.relation})
        WHERE v <> ''"""
    days, months, day, day_row, month, month_row, example = table.query(sql)[0]
    by_day, by_month = f"{day} in row {day_row}", f"{month} in row {month_row}"
    if days and months:
        found = f"'{column.name}' has the day first ({by_day}) and the month first ({by_month})"
        raise InputRejected(kind, found=found, allowed="one order in a column", action="export it again")
    _refuse_year_first(table, kind, column, form)
    if form.endswith("."):
        return _of_dots(kind, column, by_month if months else "", str(example))
    order: DateOrder = "day first" if days else "month first" if months else UNDECIDED
    return Seen(column, order, by_day if days else by_month if months else "", str(example))


def _refuse_year_first(table: TableSource, kind: str, column: TableColumn, form: str) -> None:
    """Years change more seldom than days: where the last of two-digit numbers changes more, it is no year."""
    sql = f"""SELECT count(DISTINCT one.a), count(DISTINCT one.y), any_value(v)
        FROM (SELECT v, {parts(FORMS[form], "v")} AS one FROM (SELECT {plain(column)} AS v
            FROM {table.relation}) WHERE v <> '' AND NOT regexp_matches(v, '[0-9]{{4}}'))"""
    firsts, lasts, example = table.query(sql)[0]
    if firsts < lasts:
        found = f"'{column.name}' has dates such as {example}, whose year may stand first"
        raise InputRejected(kind, found=found, allowed="years of four digits", action="export it again")


def _of_dots(kind: str, column: TableColumn, against: str, example: str) -> Seen:
    """With dots the day stands first wherever people write so."""
    if against:
        found = f"'{column.name}' has {against}, where a month is expected"
        raise InputRejected(kind, found=found, allowed="day.month.year", action="export it again")
    return Seen(column, "day first", "dots are written so", example)


def _settled(kind: str, one: Seen, decided: list[Seen], said: DateOrder) -> Seen:
    if said not in {UNDECIDED, one.order} and one.order != UNDECIDED:
        found = f"'{one.column.name}' has the {one.order} ({one.because})"
        raise InputRejected("date_order", found=found, allowed=one.order, action="leave date_order out")
    if one.order != UNDECIDED:
        return one
    if said != UNDECIDED:
        return Seen(one.column, said, "date_order says so", one.example)
    known = {other.order for other in decided}
    if len(known) == 1:
        other = decided[0]
        because = f"as in '{other.column.name}': {other.because}"
        return Seen(one.column, other.order, because, one.example)
    raise InputRejected(
        kind,
        found=f"'{one.column.name}' has dates such as {one.example}: no value says whether the day or the "
        "month stands first",
        allowed=f"a number over {MONTHS_A_YEAR} in one of the two places of any date, or the order by name",
        action=ASK,
    )
