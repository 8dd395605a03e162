# ruff: noqa: S608  - every name and text of the user's is quoted, and the session is locked
"""Counts one column: its values are grouped once, everything else is read from the groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.profile import ColumnProfile, TextFacts, ValueCount
from studio_magics.tools.data.quality.spelling import TextReading, read_text, text_facts
from studio_magics.tools.data.quality.spread import date_facts, number_facts
from studio_magics.tools.tabular import TableSource, quoted, text_literal, trimmed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from studio_magics.tools.data.quality.profile import NumberFacts
    from studio_magics.tools.tabular import TableColumn

MISSING_TOKENS = (
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "(null)",
    "<null>",
    "none",
    "nil",
    "-",
    "--",
    "?",
    "missing",
    "undefined",
    "(blank)",
    "#null!",
    "#div/0!",
    "#value!",
    "#ref!",
    "\\n",
)
"""Texts (in any case, blanks around them ignored) that are counted as missing."""
TOP_VALUES = 10
SENTINELS = frozenset({-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999})
SENTINEL_DAYS = ("1900-01-01", "1970-01-01", "1899-12-30", "9999-12-31", "2099-12-31", "0001-01-01")
GROUPS = "column_groups"


@dataclass(frozen=True)
class Counter:
    """Counts columns of one table at one moment."""

    table: TableSource
    now: datetime
    missing_tokens: Sequence[str]

    def profile(self, column: TableColumn) -> ColumnProfile:
        """Everything that is counted about this column, exactly, over all rows."""
        tokens = self._tokens_of(column)
        self._group(column, tokens)
        empty, distinct = self.table.query(
            f"SELECT coalesce(sum(n) FILTER (value IS NULL OR blank), 0)::BIGINT, count(*) FILTER (present)"
            f" FROM {GROUPS}"
        )[0]
        disguised = self._values("NOT present AND NOT blank AND value IS NOT NULL")
        present = _present_sql(column, tokens)
        reading = self._reading(column)
        typed = f"CASE WHEN {present} THEN {reading.typed_sql} END"
        is_number, is_date = (
            reading.reading in {"integer", "number"},
            reading.reading in {"date", "timestamp"},
        )
        numbers = number_facts(self.table, typed) if is_number else None
        return ColumnProfile(
            name=column.name,
            type=column.type,
            kind=column.kind,
            declared=column.declared,
            reading=reading.reading,
            typed_sql=typed,
            present_sql=present,
            row_count=self.table.row_count,
            empty_count=empty,
            disguised=disguised,
            distinct_count=distinct,
            top=self._values("present", limit=TOP_VALUES),
            rare=self._rare(column, distinct),
            sentinels=self._sentinels(reading, numbers),
            numbers=numbers,
            dates=date_facts(self.table, typed, self.now) if is_date else None,
            text=self._text(column, reading),
        )

    def _tokens_of(self, column: TableColumn) -> list[str]:
        own = [token.strip().lower() for token in self.missing_tokens]
        if column.kind != "text":
            return own
        return [word for word in MISSING_TOKENS if word != "na" or not self._holds_codes(column)] + own

    def _holds_codes(self, column: TableColumn) -> bool:
        """True for a column of two-letter codes, where 'NA' is Namibia and not 'not available'."""
        name = quoted(column.name)
        codes, others = self.table.query(
            f"SELECT count(*) FILTER (regexp_full_match(v, '[A-Z]{{2}}')),"
            f" count(*) FILTER (NOT regexp_full_match(v, '[A-Z]{{2}}'))"
            f" FROM (SELECT DISTINCT {name} AS v FROM {TableSource.relation}"
            f" WHERE {name} IS NOT NULL AND length({name}) <= 4 LIMIT 1000)"
        )[0]
        return codes >= 5 and codes >= 9 * others  # noqa: PLR2004  - a handful of codes, and hardly anything else

    def _group(self, column: TableColumn, tokens: list[str]) -> None:
        value = _grouped_sql(column)
        blank = f"{trimmed('value')} = ''" if column.kind == "text" else "false"
        spelled = f"lower({trimmed('value::VARCHAR')}) IN ({_listed(tokens)})" if tokens else "false"
        self.table.query(
            f"CREATE OR REPLACE TEMP TABLE {GROUPS} AS SELECT value, n, coalesce({blank}, false) AS blank,"
            f" coalesce(value IS NOT NULL AND NOT ({blank}) AND NOT ({spelled}), false) AS present"
            f" FROM (SELECT {value} AS value, count(*) AS n FROM {TableSource.relation} GROUP BY 1)"
        )

    def _values(self, condition: str, limit: int = 1_000) -> tuple[ValueCount, ...]:
        rows = self.table.query(
            f"SELECT value::VARCHAR, n FROM {GROUPS} WHERE {condition} ORDER BY n DESC, 1 LIMIT {limit}"
        )
        return tuple(ValueCount(text, count) for text, count in rows)

    def _rare(self, column: TableColumn, distinct: int) -> tuple[ValueCount, ...]:
        """Values of a short list that hardly anyone uses; only for texts with at most 30 values."""
        if column.kind != "text" or not 2 <= distinct <= 30:  # noqa: PLR2004  - more values are not a short list
            return ()
        total = sum(value.count for value in self._values("present"))
        return self._values(f"present AND n <= {total // 1_000}")

    def _sentinels(self, reading: TextReading, facts: NumberFacts | None) -> tuple[ValueCount, ...]:
        """Magic values; among numbers only when one of them is the least or the greatest."""
        if facts and {facts.minimum, facts.maximum} & SENTINELS:
            numbers = ", ".join(str(number) for number in sorted(SENTINELS))
            return self._values(f"present AND TRY_CAST(value AS DOUBLE) IN ({numbers})")
        if reading.reading in {"date", "timestamp"}:
            return self._values(f"present AND left(value::VARCHAR, 10) IN ({_listed(SENTINEL_DAYS)})")
        return ()

    def _reading(self, column: TableColumn) -> TextReading:
        if column.kind == "text":
            return read_text(self.table, GROUPS, column)
        name = quoted(column.name)
        typed = (
            f"TRY_CAST({name} AS TIMESTAMP)" if column.kind in {"date", "timestamp"} else _grouped_sql(column)
        )
        return TextReading(reading=column.kind, typed_sql=typed)

    def _text(self, column: TableColumn, reading: TextReading) -> TextFacts | None:
        return text_facts(self.table, GROUPS, reading) if column.kind == "text" else None


def _grouped_sql(column: TableColumn) -> str:
    """The value, with 'not a number' as NULL and nested values as text."""
    name = quoted(column.name)
    if column.type in {"DOUBLE", "FLOAT"}:
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    return f"{name}::VARCHAR" if column.kind == "other" else name


def _present_sql(column: TableColumn, tokens: list[str]) -> str:
    name = quoted(column.name)
    parts = [f"{name} IS NOT NULL"]
    if column.type in {"DOUBLE", "FLOAT"}:
        parts.append(f"NOT isnan({name})")
    if column.kind == "text":
        parts.append(f"{trimmed(name)} <> ''")
    if tokens:
        parts.append(f"lower({trimmed(f'{name}::VARCHAR')}) NOT IN ({_listed(tokens)})")
    return f"({' AND '.join(parts)})"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(text_literal(text) for text in texts)
