"""Answers from a CSV or Parquet table: one row for each practice or control."""

# pyarrow has no types; every value is checked by the model of an answer.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nor has it stubs:
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = ("item", "status", "evidence", "note", "owner", "due")
MAX_ROWS = 700
MAX_BYTES = 4_000_000
FIELD = "answers"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows as mappings: `item`, and what the model of an answer takes.

    Raises:
        InputRejected: Not a table, an unknown column, or a row without item or status.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected(
            FIELD, found=f"more than {MAX_BYTES:,} bytes", allowed=f"up to {MAX_ROWS} answers"
        )
    raw = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    if not raw or len(raw) > MAX_ROWS:
        raise InputRejected(FIELD, found=f"{len(raw)} rows", allowed=f"1 to {MAX_ROWS} answers")
    unknown = [name for name in raw[0] if name not in KNOWN]
    if unknown:
        found = f"unknown column '{str(unknown[0])[:60]}'"
        raise InputRejected(FIELD, found=found, allowed=nearest(str(unknown[0]), KNOWN))
    return [_row(row, number) for number, row in enumerate(raw, 1)]


def _csv(path: Path) -> list[dict[str, Any]]:
    try:
        rows = [dict(row) for row in csv.DictReader(io.StringIO(decoded(path.read_bytes())), strict=True)]
    except IntakeRefused as refused:
        raise InputRejected(
            FIELD, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused
    except csv.Error as error:
        found = f"text that is not CSV ({error})"
        raise InputRejected(FIELD, found=found, allowed="CSV with one header line") from error
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            found = f"line {number} with more or fewer cells"
            raise InputRejected(FIELD, found=found, allowed="as many as the header")
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
    said = {
        name: str(value).strip()
        for name, value in row.items()
        if value is not None and str(value).strip() not in {"", "nan", "None", "NaT"}
    }
    for name in ("item", "status"):
        if name not in said:
            raise InputRejected(
                FIELD, found=f"row {number} without {name}", allowed="item and status in each"
            )
    answer: dict[str, Any] = {**said, "status": said["status"].lower().replace(" ", "-")}
    if "evidence" in said:
        answer["evidence"] = [
            one for one in said["evidence"].replace(",", ";").replace(" ", "").split(";") if one
        ]
    if "due" in said:
        answer["due"] = said["due"][:10]
    return answer
