"""What each column is good for on a chart: a time, a measure, a category, a label, or nothing."""
# ruff: noqa: S608  - names are quoted, formats are constants, and the session is locked

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.tabular import quoted, text_literal

if TYPE_CHECKING:
    from studio_magics.tools.tabular import TableColumn, TableSource

Role = Literal["time", "measure", "category", "label", "identifier", "empty"]
MAX_COLUMNS = 60
MAX_CATEGORIES = 50
FEW_CODES = 8
FEWEST_DATES = 3
LIKELY_DATES = 0.95
TRIED_VALUES = 500
ALL_DIFFERENT = 0.95
DENSE = 1.5
"""A column of different whole numbers without large gaps numbers the rows."""
YEARS = (1700, 2200)
LARGEST = "1e300"
"""The spread of larger numbers is no number any more."""
DATE_FORMATS = (
    "%b %d %Y", "%d %b %Y", "%B %d, %Y", "%d.%m.%Y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%Y%m%d", "%b %Y",
    "%Y-%m", "%Y/%m",
)  # fmt: skip
SLASHED = ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y")
"""In pairs of which only one can be right."""
FIRST_YEAR = 1000
"""The engine reads '24' as the year 24 where four digits are asked for."""
_YEAR = re.compile(r"(^|_)(year|yr|jahr)s?$", re.IGNORECASE)
_IDENTIFIER = re.compile(r"(^|[_ ])(id|key|uuid|guid|zip|zipcode|postcode|phone|iata|isbn)$|Id$|ID$")
_ADDITIVE = re.compile(
    r"amount|total|count|qty|quantit|sales|revenue|cost|volume|number|num_|units|spend|precip|hours|visits",
    re.IGNORECASE,
)
WRITTEN_NUMBER = (
    r"[(-]?\s*[€$£¥]?\s*-?(0|[1-9]\d{0,14}|[1-9]\d{0,2}([.,'\x{00A0} ]\d{3})+)([.,]\d+)?"
    r"\s*(%|€|\$|£|¥|EUR|USD|GBP|CHF)?\)?"
)
"""A number as people write it, whole; not a code with leading zeros, nor a phone number."""
_PLACE = re.compile(r"^(lat|latitude|lon|lng|long|longitude)$", re.IGNORECASE)


@dataclass(frozen=True)
class ChartColumn:
    """One column and its role."""

    name: str
    role: Role
    sql: str
    """The expression that gives its value: a date for a time, a number for a measure, text for the rest."""
    filled: int
    distinct: int
    low: str | float | None = None
    high: str | float | None = None
    is_code: bool = False
    """A category or identifier of whole numbers that can be measured too."""
    note: str = ""
    numbers_as_text: int = 0
    """Of a text, how many values are numbers as people write them: '1.234,50', '$5', '12 %'."""

    @property
    def is_additive(self) -> bool:
        """Whether a total makes sense, told from the name: amounts and counts do, prices and ages do not."""
        return bool(_ADDITIVE.search(self.name))

    @property
    def is_place(self) -> bool:
        """Whether it is a latitude or longitude."""
        return bool(_PLACE.match(self.name))


def chart_columns(table: TableSource) -> list[ChartColumn]:
    """All columns with their roles; at most `MAX_COLUMNS` are looked at."""
    return [_column(column, table) for column in table.columns[:MAX_COLUMNS]]


def _drawable(column: TableColumn) -> str:
    """SQL of the values that have a place on an axis: finite, and of days not the 9999-12-31 for 'never'."""
    name = quoted(column.name)
    if column.type in {"DOUBLE", "FLOAT"}:
        return f"CASE WHEN isfinite({name}) AND abs({name}) < {LARGEST} THEN {name} END"
    if column.kind in {"date", "timestamp"}:
        return f"CASE WHEN isfinite({name}) AND year({name}) BETWEEN 1 AND 9998 THEN {name} END"
    return name


def _column(column: TableColumn, table: TableSource) -> ChartColumn:
    name = _drawable(column)
    [(filled, distinct, low, high)] = table.query(
        f"SELECT count({name}), count(DISTINCT {name}), min({name}), max({name}) FROM data"
        if column.kind != "other"
        else f"SELECT count({name}), 0, NULL, NULL FROM data"
    )
    if not filled or column.kind == "other":
        return ChartColumn(column.name, "empty", name, int(filled), int(distinct))
    if column.kind in {"date", "timestamp"}:
        return ChartColumn(
            column.name, "time", f"({name})::DATE", filled, distinct, str(low)[:10], str(high)[:10]
        )
    if column.kind in {"integer", "number"}:
        return _number(column, (filled, distinct), (float(low), float(high)), table.row_count)
    return _text(column, table, filled, distinct)


def _number(
    column: TableColumn, counts: tuple[int, int], bounds: tuple[float, float], rows: int
) -> ChartColumn:
    (filled, distinct), (low, high) = counts, bounds
    name = quoted(column.name)
    measured = f"({_drawable(column)})::DOUBLE"
    if _YEAR.search(column.name) and column.kind == "integer" and YEARS[0] <= low <= high <= YEARS[1]:
        sql = f"make_date({name}, 1, 1)"
        return ChartColumn(
            column.name, "time", sql, filled, distinct, f"{low:.0f}-01-01", f"{high:.0f}-01-01"
        )
    whole = column.kind == "integer"
    counts_up = whole and distinct > ALL_DIFFERENT * rows > FEW_CODES and high - low < DENSE * rows
    if _IDENTIFIER.search(column.name) or (counts_up and not _ADDITIVE.search(column.name)):
        sql = f"{name}::VARCHAR"
        return ChartColumn(column.name, "identifier", sql, filled, distinct, low, high, is_code=whole)
    if whole and distinct <= FEW_CODES and not _ADDITIVE.search(column.name):
        sql = f"{name}::VARCHAR"
        return ChartColumn(column.name, "category", sql, filled, distinct, low, high, is_code=True)
    return ChartColumn(column.name, "measure", measured, filled, distinct, low, high)


def _text(column: TableColumn, table: TableSource, filled: int, distinct: int) -> ChartColumn:
    name = quoted(column.name)
    text = f"{name}::VARCHAR"
    role: Role = "category"
    if distinct > MAX_CATEGORIES:
        role = "identifier" if distinct > ALL_DIFFERENT * filled else "label"
    dated = _dated(column.name, table, filled) if distinct >= FEWEST_DATES else None
    if dated is not None:
        return dated
    numbers = 0
    if distinct > FEW_CODES and not _IDENTIFIER.search(column.name):
        written = f"regexp_full_match({text}, {text_literal(WRITTEN_NUMBER)})"
        [(numbers,)] = table.query(f"SELECT count(*) FILTER ({written}) FROM data")
    return ChartColumn(column.name, role, text, filled, distinct, numbers_as_text=int(numbers))


def _dated(name: str, table: TableSource, filled: int) -> ChartColumn | None:
    """The column as a time when its text follows one way of writing dates."""
    written = f"{quoted(name)}::VARCHAR"
    for form in (*DATE_FORMATS, *SLASHED):
        if not _may_be(written, form, table):
            continue
        [(read,)] = table.query(f"SELECT count({_read_as(written, form)}) FROM data")
        if read < LIKELY_DATES * filled:
            continue
        other = SLASHED[SLASHED.index(form) ^ 1] if form in SLASHED else None
        if other is not None:
            [(both,)] = table.query(f"SELECT count({_read_as(written, other)}) FROM data")
            if both == read:
                return None  # nobody can say which is the day and which the month
        sql = f"({_read_as(written, form)})::DATE"
        [(low, high, distinct)] = table.query(
            f"SELECT min({sql}), max({sql}), count(DISTINCT {sql}) FROM data"
        )
        note = f"'{name}' was read as dates written like '{form}'"
        if read < filled:
            note += f"; {filled - read:,} of {filled:,} values are none"
        return ChartColumn(name, "time", sql, read, distinct, str(low), str(high), note=note)
    return None


def _may_be(written: str, form: str, table: TableSource) -> bool:
    """Whether some of the first values are dates of this form; the others need not be read for it."""
    sample = f"SELECT {written} AS v FROM data WHERE {written} IS NOT NULL LIMIT {TRIED_VALUES}"
    [(read,)] = table.query(f"SELECT count({_read_as('v', form)}) FROM ({sample})")
    return bool(read)


def _read_as(written: str, form: str) -> str:
    """SQL of the moment that a text is in this form; nothing where it is none."""
    moment = f"try_strptime({written}, '{form}')"
    return f"CASE WHEN year({moment}) >= {FIRST_YEAR} THEN {moment} END"
