"""Turns columns with times into moments in UTC; what cannot be compared is refused, never guessed."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.metrics.date_forms import ISO, form_of
from studio_magics.tools.cyber.metrics.date_order import orders
from studio_magics.tools.cyber.metrics.written_dates import moment, told, zone_counts
from studio_magics.tools.intake.compressed import unpacked
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.tabular import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from studio_magics.tools.cyber.metrics.date_order import DateOrder
    from studio_magics.tools.tabular import TableColumn, TableSource

ZONED = r"(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)\s*$"
HAS_TIME = r"[0-9]{1,2}:[0-9]{2}"
CELL = rb"[,;\t\n\"][0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?"
WITH_ZONE = re.compile(CELL + rb" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)[,;\t\r\n\"]")
WITHOUT_ZONE = re.compile(CELL + rb"[,;\t\r\n\"]")
MOST_BYTES = 1_000_000_000
PIECE_BYTES = 1 << 20
LONGEST_CELL = 80
ADVICE = "write all times in UTC, such as 2026-03-01T12:00:00Z"
ALLOWED = "all times with a zone, or all without (then UTC is taken)"


def refuse_mixed_zones(path: Path, kind: str, names: Mapping[str, str]) -> None:
    """Refuse a CSV whose times are partly with and partly without a zone; its reader would take both as UTC.

    Raises:
        InputRejected: Names the columns.
    """
    if path.suffix.lower() in {".parquet", ".pq"}:
        return
    if not _both_kinds(path, kind):
        return
    has: dict[str, set[bool]] = {}
    text = b"".join(_pieces(path, kind)).decode("utf-8-sig", errors="replace")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    for row in csv.DictReader(io.StringIO(text), delimiter=delimiter):
        for name in names.values():
            cell = (row.get(name) or "").strip()
            if re.search(HAS_TIME, cell):
                has.setdefault(name, set()).add(bool(re.search(ZONED, cell)))
    if len({one for found in has.values() for one in found}) > 1:
        mixed = sorted(name for name, found in has.items() if len(found) > 1)
        where = f"'{mixed[0]}' has times" if mixed else f"{' and '.join(sorted(has))} have times"
        raise InputRejected(kind, found=f"{where} with and without a zone", allowed=ALLOWED, action=ADVICE)


def _both_kinds(path: Path, kind: str) -> bool:
    """Whether cells with both kinds of times are in the file at all; looked at piece by piece."""
    with_zone = without = False
    kept = b""
    for piece in _pieces(path, kind):
        content = kept + piece
        with_zone = with_zone or WITH_ZONE.search(content) is not None
        without = without or WITHOUT_ZONE.search(content) is not None
        if with_zone and without:
            return True
        kept = content[-LONGEST_CELL:]
    return False


def _pieces(path: Path, kind: str) -> Iterator[bytes]:
    if path.suffix.lower() == ".gz":
        try:
            yield from unpacked(path, "gzip", most_bytes=MOST_BYTES)
        except IntakeRefused as refused:
            raise InputRejected(kind, found=refused.found, allowed=refused.allowed) from refused
    else:
        with path.open("rb") as stream:
            while piece := stream.read(PIECE_BYTES):
                yield piece
    yield b"\n"


@dataclass(frozen=True)
class Moments:
    """How the times of a table are read."""

    expressions: Mapping[str, str]
    """Meaning → SQL for the moment, a TIMESTAMP in UTC."""
    read_as: Mapping[str, str]
    """Meaning → how its dates were read, for people."""


def read_moments(
    table: TableSource, kind: str, columns: Mapping[str, TableColumn], said: DateOrder
) -> Moments:
    """How each column of times is read.

    Raises:
        InputRejected: A value is no time; forms, or times with and without a zone, are mixed; nothing decides
            whether the day or the month stands first.
    """
    texts = {meaning: column for meaning, column in columns.items() if column.kind == "text"}
    forms = {
        meaning: (column, form) for meaning, column in texts.items() if (form := form_of(table, kind, column))
    }
    seen = orders(table, kind, forms, said)
    found: dict[str, str] = {}
    read_as: dict[str, str] = {}
    zoned: dict[str, bool] = {}
    for meaning, column in columns.items():
        form = forms[meaning][1] if meaning in forms else ISO
        if form == ISO:
            found[meaning], has_zone = _moment(table, kind, column)
            read_as[meaning] = "year, month, day"
        else:
            found[meaning] = moment(table, kind, column, form, seen.get(meaning))
            has_zone = _has_zone(kind, column, zone_counts(table, column))
            read_as[meaning] = told(form, seen.get(meaning))
        if has_zone is not None:
            zoned[column.name] = has_zone
    _refuse_zones_of_some(kind, zoned)
    return Moments(found, read_as)


def _refuse_zones_of_some(kind: str, zoned: Mapping[str, bool]) -> None:
    if len(set(zoned.values())) > 1:
        with_zone = next(name for name, has in zoned.items() if has)
        without = next(name for name, has in zoned.items() if not has)
        raise InputRejected(
            kind,
            found=f"'{with_zone}' has time zones and '{without}' has none",
            allowed=ALLOWED,
            action=ADVICE,
        )


def _has_zone(kind: str, column: TableColumn, counts: tuple[int, int]) -> bool | None:
    """Whether the times have a zone; None where there is no time of day."""
    with_zone, without = counts
    if with_zone and without:
        raise InputRejected(
            kind,
            found=f"'{column.name}' has {with_zone:,} times with a zone and {without:,} without",
            allowed=ALLOWED,
            action=ADVICE,
        )
    return bool(with_zone) if with_zone or without else None


def _moment(table: TableSource, kind: str, column: TableColumn) -> tuple[str, bool | None]:
    """SQL, and whether its values have a zone; None where they have no time of day."""
    name = quoted(column.name)
    if column.kind == "date":
        return f"CAST({name} AS TIMESTAMP)", None
    if column.kind == "timestamp":
        return f"CAST({name} AS TIMESTAMP)", "ZONE" in column.type.upper()
    if column.kind != "text":
        raise InputRejected(
            kind,
            found=f"'{column.name}' holds {column.type}",
            allowed="dates or times, such as 2026-03-01 12:00",
        )
    has_zone = _has_zone(kind, column, _iso_counts(table, column))
    kind_of = "TIMESTAMPTZ" if has_zone else "TIMESTAMP"
    return f"CAST(TRY_CAST({name} AS {kind_of}) AS TIMESTAMP)", bool(has_zone)


def _iso_counts(table: TableSource, column: TableColumn) -> tuple[int, int]:
    name = quoted(column.name)
    has_zone = f"regexp_matches({name}, '{ZONED}') AND regexp_matches({name}, '{HAS_TIME}')"
    sql = f"""SELECT count(*) FILTER (WHERE {has_zone}), count(*) FILTER (WHERE NOT ({has_zone}))
        FROM {table.relation} WHERE trim({name}) <> ''"""  # noqa: S608  - names are quoted, the rest is constant text
    with_zone, without = table.query(sql)[0]
    return int(with_zone), int(without)
