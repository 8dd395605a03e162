"""Which sign separates the columns, and what the header line says."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from itertools import islice

from studio_magics.tools.tabular.text import NotText, TextFacts

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_RECORDS = 2_000
MAX_COLUMNS = 500
MOST = 0.9
MAX_NAME_CHARACTERS = 200
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


@dataclass(frozen=True)
class Dialect:
    """How the text is cut into cells, with the column names and the first records."""

    delimiter: str
    names: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    unnamed: tuple[str, ...] = ()
    """Names given here to columns whose header cell is empty."""


class BadHeader(NotText):
    """The first line cannot be the header of a table."""


def read_dialect(facts: TextFacts, *, suffix: str, numbers_repeats: bool = False) -> Dialect:
    """Choose the delimiter by the header and the first records; a `.tsv` file is cut at tabs only.

    With `numbers_repeats` a second column 'Labels' is called 'Labels 2'.

    Raises:
        BadHeader: No header, a repeated name, too many columns, or a name that is too long.
    """
    candidates = ("\t",) if suffix == ".tsv" else DELIMITERS
    delimiter = max(candidates, key=lambda sign: _fitness(facts, sign))
    header, *records = _records(facts, delimiter) or [()]
    if len(header) == 1:
        _refuse_uncut(facts, candidates)
    names, unnamed = _named(header)
    if numbers_repeats:
        names = _numbered(names)
    _refuse_repeats(names)
    return Dialect(delimiter, names, tuple(records), unnamed)


def _records(facts: TextFacts, delimiter: str) -> list[tuple[str, ...]]:
    reader = csv.reader(StringIO(facts.head, newline=""), delimiter=delimiter)
    usual = csv.field_size_limit(max(len(facts.head), csv.field_size_limit()))
    try:
        rows = [tuple(row) for row in islice(reader, SAMPLE_RECORDS + 1) if row]
    except csv.Error as error:
        raise BadHeader(f"the first lines are not CSV ({error})", "export the table again as CSV") from error
    finally:
        csv.field_size_limit(usual)
    cut_short = not facts.head_complete and len(rows) <= SAMPLE_RECORDS
    return rows[:-1] if cut_short and len(rows) > 1 else rows


def _fitness(facts: TextFacts, delimiter: str) -> tuple[bool, float, int]:
    """More than one column beats one; then agreement with the header on the number of cells; then width."""
    rows = _records(facts, delimiter)
    if not rows:
        return (False, 0.0, 0)
    width = len(rows[0])
    agreeing = Counter(len(row) for row in rows)[width]
    return (width > 1, agreeing / len(rows) if len(rows) > 1 else 1.0, width)


def _refuse_uncut(facts: TextFacts, candidates: tuple[str, ...]) -> None:
    """A single column whose lines are a wider table's: a comment on top, or blanks between the cells."""
    for sign in candidates:
        header, *records = _records(facts, sign) or [()]
        width, count = Counter(len(row) for row in records).most_common(1)[0] if records else (0, 0)
        if len(header) == 1 < width and count >= MOST * len(records):
            raise BadHeader(
                f"the first line is one cell where the lines below it have {width}, "
                f"separated by {NAMES[sign]}s",
                "put the column names into the first line, and remove comments above it",
            )
    lines = [row[0].split() for row in _records(facts, candidates[0]) if row]
    cells = [cell for row in lines[1:] for cell in row]
    same = len({len(row) for row in lines}) == 1 < len(lines[0])
    if same and sum(_is_number(cell) for cell in cells) >= MOST * len(cells) > 0:
        raise BadHeader(
            f"the cells are separated by blanks ({len(lines[0])} in every line)",
            "separate them by commas or tabs: `pandas.read_csv(path, sep=r'\\s+').to_csv(...)`",
        )


def _named(header: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not any(cell.strip() for cell in header):
        raise BadHeader("the first line has no column names", "put the column names into the first line")
    if len(header) > MAX_COLUMNS:
        raise BadHeader(f"{len(header):,} columns", f"send at most {MAX_COLUMNS} columns")
    if all(_is_number(cell) for cell in header):
        raise BadHeader(
            f"the first line holds numbers ({', '.join(header[:3])} …), so there is no header",
            "put the column names into the first line",
        )
    names = tuple(cell.strip() or f"column_{place}" for place, cell in enumerate(header, start=1))
    long = next((name for name in names if len(name) > MAX_NAME_CHARACTERS), None)
    if long is not None:
        raise BadHeader(f"a column name of {len(long):,} characters", f"use at most {MAX_NAME_CHARACTERS}")
    return names, tuple(name for name, cell in zip(names, header, strict=True) if not cell.strip())


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return not cell.strip()
    return True


def _numbered(names: tuple[str, ...]) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    found: list[str] = []
    for name in names:
        seen[name.casefold()] += 1
        count = seen[name.casefold()]
        found.append(name if count == 1 else f"{name} {count}")
    return tuple(found)


def _refuse_repeats(names: tuple[str, ...]) -> None:
    counts = Counter(name.casefold() for name in names)
    repeated = [name for name in dict.fromkeys(names) if counts[name.casefold()] > 1]
    if repeated:
        raise BadHeader(
            f"the header repeats {', '.join(repr(name) for name in repeated[:5])}"
            " (upper and lower case count as equal)",
            "give every column its own name",
        )
