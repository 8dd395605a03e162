"""Risks from a CSV or Parquet table: one row per risk, ranges in columns such as frequency_low."""

# pyarrow has no types; every value is checked by the model of a risk.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nor has it stubs:
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = ("id", "title", "description", "category", "owner", "currency")
NUMBERS = ("likelihood", "impact")
RANGES = ("frequency_low", "frequency_likely", "frequency_high", "loss_low", "loss_high")
TREATMENT = ("strategy", "due", "note")
KNOWN = (*PLAIN, *NUMBERS, *RANGES, *TREATMENT)
MAX_ROWS = 200
MAX_BYTES = 2_000_000
FIELD = "table"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows as the mappings that the model of a risk takes.

    Raises:
        InputRejected: Not a table, an unknown column, or a cell that is no number; names row and column.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected(FIELD, found=f"more than {MAX_BYTES:,} bytes", allowed=f"up to {MAX_ROWS} risks")
    raw = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    if not raw:
        raise InputRejected(FIELD, found="a table without rows", allowed="one row per risk")
    if len(raw) > MAX_ROWS:
        raise InputRejected(FIELD, found=f"{len(raw)} rows", allowed=f"at most {MAX_ROWS} risks")
    unknown = [name for name in raw[0] if name not in KNOWN]
    if unknown:
        raise InputRejected(
            FIELD, found=f"unknown column '{unknown[0][:60]}'", allowed=nearest(unknown[0], KNOWN)
        )
    return [_row(row, number) for number, row in enumerate(raw, 1)]


def _csv(path: Path) -> list[dict[str, Any]]:
    try:
        text = decoded(path.read_bytes())
        reader = csv.DictReader(io.StringIO(text), strict=True)
        twice = [name for name, times in Counter(reader.fieldnames or ()).items() if times > 1]
        rows = [dict(row) for row in reader]
    except IntakeRefused as refused:
        raise InputRejected(
            FIELD, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused
    except csv.Error as error:
        raise InputRejected(
            FIELD, found=f"text that is not CSV ({error})", allowed="CSV with one header line"
        ) from error
    if twice:
        raise InputRejected(FIELD, found=f"the column '{twice[0][:60]}' twice", allowed="each column once")
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise InputRejected(
                FIELD, found=f"line {number} with more or fewer cells", allowed="as many as the header"
            )
    return cast("list[dict[str, Any]]", rows)


def _parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputRejected(FIELD, found="a file that is not Parquet", allowed="CSV or Parquet") from error
    return table.slice(0, MAX_ROWS + 1).to_pylist()


def _row(row: dict[str, Any], number: int) -> dict[str, Any]:
    said = {name: value for name, value in row.items() if not _is_blank(value)}
    risk: dict[str, Any] = {name: str(said[name]).strip() for name in PLAIN if name in said}
    for name in NUMBERS:
        if name in said:
            risk[name] = _rank(said[name], name, number)
    for group, parts in (("frequency", ("low", "likely", "high")), ("loss", ("low", "high"))):
        found = {
            part: _number(said[f"{group}_{part}"], f"{group}_{part}", number)
            for part in parts
            if f"{group}_{part}" in said
        }
        if found:
            risk[group] = found
    treatment = {
        name: str(said[name]).strip()[:10] if name == "due" else str(said[name]).strip()
        for name in TREATMENT
        if name in said
    }
    return {**risk, "treatment": treatment} if treatment else risk


def _is_blank(value: Any) -> bool:
    """Whether a cell says nothing; data frames write a missing number as nan."""
    return value is None or str(value).strip().lower() in {"", "nan"}


def _rank(value: Any, column: str, row: int) -> int:
    rank = _number(value, column, row)
    if not rank.is_integer():
        found = f"row {row}, column {column}: '{str(value)[:40]}'"
        raise InputRejected(FIELD, found=found, allowed="a whole number from 1 to 5")
    return int(rank)


def _number(value: Any, column: str, row: int) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        found = f"row {row}, column {column}: '{str(value)[:40]}'"
        raise InputRejected(FIELD, found=found, allowed="a plain number, such as 0.3 or 250000") from error
