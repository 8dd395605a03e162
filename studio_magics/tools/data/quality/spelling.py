# ruff: noqa: S608  - the SQL here is built from constants and quoted names
"""How a text column is written: numbers and dates in disguise, mixed formats, variants of one spelling.

Reads the grouped values of one column (`value`, `n`, `present`), made by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.profile import Reading, TextFacts, TextShape, ValueCount
from studio_magics.tools.tabular import quoted, trimmed

if TYPE_CHECKING:
    from studio_magics.tools.tabular import TableColumn, TableSource

LEAST_SHARE = 0.8
"""Share of values that must be numbers (or dates) before the others are called misfits."""
SHOWN = 20
MAX_VARIANT_VALUES = 100_000
_VALUE = trimmed("value")
_PLAIN_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_COMMA_NUMBER = r"[+-]?[0-9]+,[0-9]+"
_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"
_CODE = r"0[0-9]+|\+[0-9]{7,}|[0-9]{19,}"
"""Digits that are no number: '007', a phone number, an identifier longer than numbers can be."""
_UNITS = "$€£¥% "
_UNIT_NUMBER = rf"[+-]?[$€£¥]? ?({_PLAIN_NUMBER}|{_THOUSANDS}) ?[%€$£¥]?"
_TIME = r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE_SHAPES: tuple[tuple[str, str], ...] = (
    ("2024-12-31", r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"),
    ("2024-12-31 23:59", rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{_TIME}"),
    ("2024-12-31T23:59Z", rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}{_TIME}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})"),
    ("2024/12/31", rf"[0-9]{{4}}/[0-9]{{1,2}}/[0-9]{{1,2}}({_TIME})?"),
    ("31/12/2024 or 12/31/2024", rf"[0-9]{{1,2}}/[0-9]{{1,2}}/([0-9]{{4}}|[0-9]{{2}})({_TIME})?"),
    ("31.12.2024", rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.([0-9]{{4}}|[0-9]{{2}})({_TIME})?"),
    ("31-12-2024 or 12-31-2024", rf"[0-9]{{1,2}}-[0-9]{{1,2}}-[0-9]{{4}}({_TIME})?"),
    ("31 Dec 2024", rf"(?i)[0-9]{{1,2}}[ -]{_MONTH}[ -][0-9]{{2,4}}({_TIME})?"),
    ("Dec 31, 2024", rf"(?i){_MONTH} [0-9]{{1,2}},? [0-9]{{4}}({_TIME})?"),
)
_SORTABLE = {"2024-12-31", "2024-12-31 23:59", "2024-12-31T23:59Z", "2024/12/31"}
"""Shapes that can be read as a moment without guessing which number is the month."""


@dataclass(frozen=True)
class TextReading:
    """What a column means, and SQL that reads it so (NULL for misfits)."""

    reading: Reading
    typed_sql: str
    fits_sql: str = ""
    """SQL condition over `value`: it is what nearly all values are; empty when nothing is expected."""
    shapes: tuple[TextShape, ...] = ()
    comma_count: int = 0


def read_text(table: TableSource, groups: str, column: TableColumn) -> TextReading:
    """Decide whether the texts are numbers or dates for the most part."""
    name = trimmed(quoted(column.name))
    present, plain, comma, thousands, codes = table.query(
        f"SELECT coalesce(sum(n), 0)::BIGINT, {_summed(_PLAIN_NUMBER)}, {_summed(_COMMA_NUMBER)},"
        f" {_summed(_THOUSANDS)}, {_summed(_CODE)} FROM {groups} WHERE present"
    )[0]
    if present and not codes and plain >= LEAST_SHARE * present:
        return TextReading("number", f"TRY_CAST({name} AS DOUBLE)", _matches(_PLAIN_NUMBER))
    if present and comma + plain >= LEAST_SHARE * present and comma > thousands and not codes:
        decimal = f"TRY_CAST(replace({name}, ',', '.') AS DOUBLE)"
        fits = f"({_matches(_PLAIN_NUMBER)} OR {_matches(_COMMA_NUMBER)})"
        return TextReading("number", decimal, fits, comma_count=comma)
    if present and thousands + plain >= LEAST_SHARE * present and thousands and not codes:
        grouped = f"TRY_CAST(replace({name}, ',', '') AS DOUBLE)"
        fits = f"({_matches(_PLAIN_NUMBER)} OR {_matches(_THOUSANDS)})"
        return TextReading("number", grouped, fits, comma_count=thousands)
    units = None if codes else _read_units(table, groups, name, present)
    return units or _read_dates(table, groups, quoted(column.name), present)


def _read_units(table: TableSource, groups: str, name: str, present: int) -> TextReading | None:
    """Numbers with a currency or per-cent sign."""
    fitting = table.query(f"SELECT {_summed(_UNIT_NUMBER)} FROM {groups} WHERE present")[0][0]
    if not present or fitting < LEAST_SHARE * present:
        return None
    bare = f"TRY_CAST(replace(translate({name}, '{_UNITS}', ''), ',', '') AS DOUBLE)"
    return TextReading("number", bare, _matches(_UNIT_NUMBER))


def _read_dates(table: TableSource, groups: str, name: str, present: int) -> TextReading:
    plain = TextReading("text", name)
    if not present or not _has_dates(table, groups):
        return plain
    shapes = _date_shapes(table, groups)
    if sum(shape.count for shape in shapes) < LEAST_SHARE * present:
        return plain
    fits = f"({_shape_sql()}) IS NOT NULL"
    sortable = " OR ".join(
        f"regexp_full_match({trimmed(name)}, '{pattern}')"
        for label, pattern in _DATE_SHAPES
        if label in _SORTABLE
    )
    moment = f"TRY_CAST(replace({trimmed(name)}, '/', '-') AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
    if any(shape.name in _SORTABLE for shape in shapes):
        fits = f"({fits} AND {_possible(sortable.replace(name, 'value'))})"
    timed = any(":" in shape.example for shape in shapes)
    return TextReading(
        "timestamp" if timed else "date", f"CASE WHEN {sortable} THEN {moment} END", fits, shapes=shapes
    )


def _possible(sortable_sql: str) -> str:
    """A date that exists: 2024-02-30 has the right shape and is none."""
    return f"(NOT ({sortable_sql}) OR TRY_CAST(replace({_VALUE}, '/', '-') AS TIMESTAMPTZ) IS NOT NULL)"


def _has_dates(table: TableSource, groups: str) -> bool:
    """Look at the thousand most frequent values before looking at all of them."""
    seen, dates = table.query(
        f"SELECT count(*), count({_shape_sql()}) FROM"
        f" (SELECT value FROM {groups} WHERE present ORDER BY n DESC, value LIMIT 1000)"
    )[0]
    return dates * 2 >= seen


def _shape_sql() -> str:
    cases = " ".join(
        f"WHEN regexp_full_match({_VALUE}, '{pattern}') THEN '{label}'" for label, pattern in _DATE_SHAPES
    )
    return f"CASE {cases} END"


def _date_shapes(table: TableSource, groups: str) -> tuple[TextShape, ...]:
    rows = table.query(
        f"SELECT shape, sum(n)::BIGINT, min(value) FROM (SELECT {_shape_sql()} AS shape, n, "
        f"value FROM {groups}"
        " WHERE present) WHERE shape IS NOT NULL GROUP BY shape ORDER BY 2 DESC, 1"
    )
    return tuple(TextShape(name, count, example) for name, count, example in rows)


def text_facts(table: TableSource, groups: str, reading: TextReading) -> TextFacts:
    """How the present values are written."""
    shortest, longest, padded = table.query(
        f"SELECT coalesce(min(length(value)), 0), coalesce(max(length(value)), 0),"
        f" coalesce(sum(n) FILTER (value <> {_VALUE}), 0)::BIGINT FROM {groups} WHERE present"
    )[0]
    groups_found, variant_count, variants = _variants(table, groups, reading)
    misfit = f"present AND NOT ({reading.fits_sql})" if reading.fits_sql else "false"
    misfit_count = table.query(f"SELECT coalesce(sum(n), 0)::BIGINT FROM {groups} WHERE {misfit}")[0][0]
    misfits = table.query(f"SELECT value, n FROM {groups} WHERE {misfit} ORDER BY n DESC, 1 LIMIT {SHOWN}")
    return TextFacts(
        shortest=shortest,
        longest=longest,
        padded_count=padded,
        variants=variants,
        variant_count=variant_count,
        variant_groups=groups_found,
        shapes=reading.shapes,
        guessed_count=sum(shape.count for shape in reading.shapes if shape.name not in _SORTABLE),
        misfit_count=misfit_count,
        misfits=tuple(ValueCount(text, count) for text, count in misfits),
    )


def _variants(
    table: TableSource, groups: str, reading: TextReading
) -> tuple[int, int, tuple[tuple[ValueCount, ...], ...]]:
    """Spellings that become equal when case, outer blanks and repeated blanks are ignored."""
    distinct, present = table.query(
        f"SELECT count(*), coalesce(sum(n), 0)::BIGINT FROM {groups} WHERE present"
    )[0]
    free_text = distinct > MAX_VARIANT_VALUES or (present > SHOWN and distinct > 0.9 * present)
    if reading.reading != "text" or free_text:
        return 0, 0, ()
    folded = f"lower(regexp_replace({trimmed('nfc_normalize(value)')}, '[\\s\\x{{A0}}]+', ' ', 'g'))"
    rows = table.query(
        "SELECT list(value ORDER BY n DESC, value), list(n ORDER BY n DESC, value), (sum(n) - max(n))::BIGINT"
        f" FROM {groups} WHERE present GROUP BY {folded} HAVING count(*) > 1 ORDER BY 3 DESC, 1"
    )
    shown = tuple(
        tuple(ValueCount(text, count) for text, count in zip(texts, counts, strict=True))
        for texts, counts, _ in rows[:SHOWN]
    )
    return len(rows), sum(row[2] for row in rows), shown


def _matches(pattern: str) -> str:
    return f"regexp_full_match({_VALUE}, '{pattern}')"


def _summed(pattern: str) -> str:
    return f"coalesce(sum(n) FILTER ({_matches(pattern)}), 0)::BIGINT"
