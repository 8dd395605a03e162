"""Loads CSV and TSV: explicit columns, every value tried, and the row count compared with the bytes."""

# ruff: noqa: S608  - every name and text of the user's is quoted, and the session is locked

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.tools.tabular.dialect import Dialect, read_dialect
from studio_magics.tools.tabular.identifiers import quoted, text_literal
from studio_magics.tools.tabular.inference import WIDER, converted, guess, kind_of, misfits
from studio_magics.tools.tabular.source import TableColumn, TableSource
from studio_magics.tools.tabular.text import NotText, TextFacts, read_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_magics.tools.tabular.session import Session

GUESS_ROWS = 500
GUESSED_AT_ONCE = 12
CHECKED_AT_ONCE = 60
SHOWN_LINES = 5
MAX_REJECTS = 1_000


@dataclass(frozen=True)
class _CsvText:
    """The file, how it is cut, and the SQL that reads it as text."""

    path: Path
    facts: TextFacts
    dialect: Dialect

    def source(self, *, keep_rejects: bool = False) -> str:
        columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in self.dialect.names)
        options = [
            text_literal(str(self.path)),
            "auto_detect = false",
            "header = true",
            f"columns = {{{columns}}}",
            f"delim = {text_literal(self.dialect.delimiter)}",
            "quote = '\"'",
            "escape = '\"'",
            "nullstr = ''",
            f"encoding = '{self.facts.encoding}'",
            f"compression = '{'gzip' if self.path.suffix == '.gz' else 'none'}'",
        ]
        if keep_rejects:
            options += ["store_rejects = true", f"rejects_limit = {MAX_REJECTS}"]
        return f"read_csv({', '.join(options)})"


def load_csv(
    session: Session, path: Path, *, name: str, suffix: str, numbers_repeats: bool = False
) -> TableSource:
    """Read the text into the session, with types that fit every value.

    Raises:
        NotText: It is not a complete, rectangular table.
    """
    facts = read_facts(path)
    text = _CsvText(path, facts, read_dialect(facts, suffix=suffix, numbers_repeats=numbers_repeats))
    row_count, types = _checked(session, text)
    _compare_with_bytes(text, row_count)
    names = text.dialect.names
    selected = ", ".join(
        f"{converted(type_name, quoted(column))} AS {quoted(column)}"
        for column, type_name in zip(names, types, strict=True)
    )
    _reading(session, text, f"CREATE TABLE {TableSource.relation} AS SELECT {selected} FROM {text.source()}")
    columns = tuple(
        TableColumn(column, type_name, kind_of(type_name), declared=False)
        for column, type_name in zip(names, types, strict=True)
    )
    written = _CsvText(Path(name), facts, text.dialect).source()
    reader = f"SELECT {selected} FROM {written}"
    return TableSource(name, "csv", columns, row_count, _notes(text), session, reader)


def _checked(session: Session, text: _CsvText) -> tuple[int, list[str]]:
    """Try the guessed types on every row, widening what does not fit, until all fit."""
    types = _guessed(session, text)
    trying = dict(types)
    row_count = 0
    while trying:
        wrong: dict[str, int] = {}
        for part in _parts(trying, CHECKED_AT_ONCE):
            selected = {name: trying[name] for name in part}
            row_count, *counts = _reading(session, text, f"SELECT {misfits(selected)} FROM {text.source()}")[
                0
            ]
            wrong |= dict(zip(part, counts, strict=True))
        widened = {name: WIDER.get(trying[name], "VARCHAR") for name, count in wrong.items() if count}
        types |= widened
        trying = {name: type_name for name, type_name in widened.items() if type_name != "VARCHAR"}
    return row_count, [types[name] for name in text.dialect.names]


def _parts(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """The names in groups: an expression over hundreds of columns at once would hold them all in memory."""
    waiting = iter(names)
    while part := tuple(islice(waiting, size)):
        yield part


def _guessed(session: Session, text: _CsvText) -> dict[str, str]:
    """Guess from the first rows; a column that is empty there, from its first value wherever it is."""
    _reading(
        session, text, f"CREATE TEMP TABLE first_rows AS SELECT * FROM {text.source()} LIMIT {GUESS_ROWS}"
    )
    guessed: dict[str, str] = {}
    for part in _parts(text.dialect.names, GUESSED_AT_ONCE):
        guessed |= guess(part, lambda select: session.query(f"{select} FROM first_rows"))
    session.query("DROP TABLE first_rows")
    empty_so_far = [name for name in text.dialect.names if name not in guessed]
    for part in _parts(empty_so_far, CHECKED_AT_ONCE):
        guessed |= _guessed_from_first_values(session, text, part)
    return {name: guessed.get(name, "VARCHAR") for name in text.dialect.names}


def _guessed_from_first_values(session: Session, text: _CsvText, part: tuple[str, ...]) -> dict[str, str]:
    """Guess from the first value of each column, found in one pass over the whole file."""
    firsts = ", ".join(f"any_value({quoted(name)}) AS {quoted(name)}" for name in part)
    _reading(
        session, text, f"CREATE OR REPLACE TEMP TABLE first_values AS SELECT {firsts} FROM {text.source()}"
    )
    return guess(part, lambda select: session.query(f"{select} FROM first_values"))


def _reading(session: Session, text: _CsvText, sql: str) -> list[tuple[int, ...]]:
    import duckdb

    try:
        return session.query(sql)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise _explained(session, text, str(error)) from error


def _explained(session: Session, text: _CsvText, message: str) -> NotText:
    """Say which lines are not like the header, as many as are worth showing."""
    import duckdb

    try:
        session.query(f"SELECT count(*) FROM {text.source(keep_rejects=True)}")
        rejects = session.query(
            "SELECT line, min(error_type), min(error_message) FROM reject_errors GROUP BY line ORDER BY line"
        )
    except duckdb.Error:
        rejects = []
    if not rejects:
        cause = _plain(message).replace(str(text.path), "the file")
        return NotText(cause, "correct the line and send the file again")
    lines = "; ".join(f"line {line:,}: {_plain(cause)}" for line, _, cause in rejects[:SHOWN_LINES])
    more = f" and {len(rejects) - SHOWN_LINES:,} more" if len(rejects) > SHOWN_LINES else ""
    at_least = "at least " if len(rejects) >= MAX_REJECTS else ""
    rows = "row does" if len(rejects) == 1 else "rows do"
    return NotText(
        f"{at_least}{len(rejects):,} {rows} not fit the header of {len(text.dialect.names)} columns "
        f"({lines}{more})",
        "correct these lines, or quote cells that hold the delimiter",
    )


def _plain(message: str) -> str:
    counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if counts:
        return f"{counts[2]} cell{'' if counts[2] == '1' else 's'}"
    first, *rest = [line.strip() for line in message.splitlines() if line.strip()]
    line = re.search(r"Line: (\d+)", first)
    cause = next((text for text in rest if not text.startswith("Original Line")), first)
    return f"line {line[1]}: {cause}" if line and cause != first else cause


def _compare_with_bytes(text: _CsvText, row_count: int) -> None:
    """Refuse a table whose parser returned another number of rows than the bytes hold."""
    wide = len(text.dialect.names) > 1
    expected = text.facts.record_count - 1 - (text.facts.blank_count if wide else 0)
    if row_count == expected:
        return
    counted = _counted_by_csv(text) if text.facts.quoted else expected
    if row_count != counted:
        raise NotText(
            f"{row_count:,} rows could be read where the text has {counted:,} records",
            "look for stray quotes or mixed line ends, or export the table again",
        )


def _counted_by_csv(text: _CsvText) -> int:
    """Count records with Python's own parser; the judge where quotes stand inside unquoted cells."""
    import gzip

    opened = gzip.open if text.path.suffix == ".gz" else open
    with opened(text.path, "rt", encoding=text.facts.encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=text.dialect.delimiter)
        wide = len(text.dialect.names) > 1
        return sum(1 for row in reader if row or not wide) - 1


def _notes(text: _CsvText) -> tuple[str, ...]:
    notes: list[str] = []
    if text.facts.encoding == "latin-1":
        notes.append(
            "The text is not UTF-8; it was read as Latin-1. Save it as UTF-8 to be sure of accented letters."
        )
    if text.dialect.unnamed:
        notes.append(f"Columns without a name were called {', '.join(text.dialect.unnamed[:10])}.")
    return tuple(notes)
