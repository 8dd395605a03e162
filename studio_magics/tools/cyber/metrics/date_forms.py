"""How dates of a column are written: one form for the whole column, told by patterns on every value."""

# ruff: noqa: S608  - names of users are quoted, the rest is our own text

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.month_names import MONTHS
from studio_magics.tools.tabular import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.tabular import TableColumn, TableSource

ISO = "iso"
OTHER = "other"
HALF_DAY = r"[0-9][ ]?[AaPp][. ]{0,2}[Mm]\.?\s*$"
"""The end of a time in halves of a day."""
TIME = (
    r"(?:(?:T| ?, ?| +| at |, at )([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}(?:[.,][0-9]{1,9})?))?"
    r"(?: ?([AaPp])[. ]{0,2}[Mm]\.?)?)?(?: ?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
TWO_OR_FOUR = r"([0-9]{2}|[0-9]{4})"
SIGN = "[^0-9 .,:/-]"
"""A letter: words are looked up afterwards, and letters of all languages cost seven times as much."""
WEEKDAY = rf"(?:{SIGN}{{2,10}}\.?,? )?"
OF = "(?:de )?"
MOST_WORDS = 60


@dataclass(frozen=True)
class Form:
    """One way to write a date."""

    pattern: str
    """Three groups of the date, then hour, minute, second, A or P, zone."""
    groups: tuple[str, str, str]
    """'y', 'm', 'd'; 'w' for the name of a month; 'a' and 'b' where the order is to be decided."""
    shown: str


def _numbers(sign: str) -> Form:
    return Form(f"([0-9]{{1,2}})[{sign}]([0-9]{{1,2}})[{sign}]{TWO_OR_FOUR}{TIME}", ("a", "b", "y"),
                f"31{sign}12{sign}2025")  # fmt: skip


FORMS: Mapping[str, Form] = {
    "numbers with /": _numbers("/"),
    "numbers with -": _numbers("-"),
    "numbers with .": _numbers("."),
    "day and name": Form(
        rf"{WEEKDAY}([0-9]{{1,2}})[./ -]{{1,2}}{OF}({SIGN}{{3,10}})\.?[,./ -]{{1,2}}{OF}{TWO_OR_FOUR}{TIME}",
        ("d", "w", "y"),
        "31/Dec/2025",
    ),
    "name and day": Form(
        rf"{WEEKDAY}({SIGN}{{3,10}})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? {TWO_OR_FOUR}{TIME}",
        ("w", "d", "y"),
        "Dec 31, 2025",
    ),
    "year first": Form(
        rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){TIME}", ("y", "m", "d"), "2025-12-31 3:04 PM"
    ),
}
"""Name → form; ISO 8601 is read by the engine itself."""


def plain(column: TableColumn) -> str:
    """SQL for a value with ordinary blanks."""
    blanks = f"replace(replace({quoted(column.name)}, chr(8239), ' '), chr(160), ' ')"
    return f"trim({blanks})"


def form_of(table: TableSource, kind: str, column: TableColumn) -> str | None:
    """The one form of all values; None where there is no value.

    Raises:
        InputRejected: Values that are no date, or dates of several forms.
    """
    value = plain(column)
    cases = " ".join(
        f"WHEN regexp_full_match({value}, {text_literal(form.pattern)}) THEN {text_literal(name)}"
        for name, form in FORMS.items()
    )
    iso = (
        f"regexp_matches({value}, '^[0-9]{{4}}[-/]')"
        f" AND NOT regexp_matches({value}, {text_literal(HALF_DAY)})"
        f" AND (TRY_CAST({value} AS TIMESTAMPTZ) IS NOT NULL OR TRY_CAST({value} AS TIMESTAMP) IS NOT NULL)"
    )
    rows = table.query(
        f"""SELECT CASE WHEN {iso} THEN '{ISO}' {cases} ELSE '{OTHER}' END AS form, count(*),
            min({table.row_number_sql}) FROM {table.relation} WHERE {value} <> ''
            GROUP BY 1 ORDER BY 2 DESC, 1"""
    )
    found = {str(name): (int(count), first) for name, count, first in rows}
    if OTHER in found:
        count, first = found[OTHER]
        raise InputRejected(
            kind,
            found=f"{count:,} values of '{column.name}' that are no time{_in_row(first)}",
            allowed="dates or times of one form, such as 2026-03-01 12:00, 31/12/2025 or 12/Mar/25 3:04 PM",
        )
    if len(found) > 1:
        _refuse_several(kind, column, found)
    return next(iter(found), None)


def _refuse_several(kind: str, column: TableColumn, found: Mapping[str, tuple[int, object]]) -> None:
    told = [
        f"{count:,} as {FORMS[name].shown if name in FORMS else '2025-12-31'}{_in_row(first)}"
        for name, (count, first) in found.items()
    ]
    raise InputRejected(
        kind,
        found=f"'{column.name}' has dates of several forms: {', '.join(told)}",
        allowed="one form in a column",
        action="export the column again, or write all as 2025-12-31 15:04",
    )


def _in_row(first: object) -> str:
    return f" (first in row {first})" if first is not None else ""


def parts(form: Form, value: str) -> str:
    """SQL for a struct of the groups of a value that is given as SQL."""
    names = ", ".join(f"'{name}'" for name in (*form.groups, "h", "i", "s", "p", "z"))
    return f"regexp_extract({value}, {text_literal(f'^{form.pattern}$')}, [{names}])"


def month_cases(table: TableSource, kind: str, column: TableColumn, form: Form) -> str:
    """SQL for the number of a month from its name 'w'.

    Raises:
        InputRejected: A word that is no month here.
    """
    sql = f"SELECT DISTINCT lower({parts(form, plain(column))}.w) FROM {table.relation} LIMIT {MOST_WORDS}"
    words = sorted(str(row[0]) for row in table.query(sql) if row[0])
    strange = next((word for word in words if word not in MONTHS), None)
    if strange is not None:
        raise InputRejected(
            kind,
            found=f"the month '{strange}' in '{column.name}'",
            allowed="months in English, German, French, Spanish, Portuguese, Italian, Dutch or Nordic",
            action="export with ISO dates, such as 2025-03-12 15:04",
        )
    cases = " ".join(f"WHEN {text_literal(word)} THEN {MONTHS[word]}" for word in words)
    return f"CASE lower(one.w) {cases} END" if cases else "NULL"
