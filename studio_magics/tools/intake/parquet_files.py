"""Parquet: what the footer declares, read before a native parser allocates anything for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.thrift import Reader, damaged

if TYPE_CHECKING:
    from pathlib import Path

MAGIC, ENCRYPTED = b"PAR1", b"PARE"
TAIL_BYTES = 8
MAX_FOOTER_BYTES = 16_000_000
MAX_COLUMNS = 10_000
MAX_CELLS = 20_000_000_000
FREE_CELLS = 50_000_000
MAX_CELLS_A_BYTE = 50_000
"""A column of one value takes some 150 bytes a million rows; a bomb says far more in far less."""
FREE_BYTES = 256_000_000
MAX_RATIO = 1_000
ALLOWED = "a whole Parquet file"
ACTION = "write the file again"
# Field numbers of the format's own definition.
SCHEMA, ROWS, GROUPS, ENCRYPTION = 2, 3, 4, 8
COLUMNS, GROUP_ROWS = 1, 3
ELSEWHERE, META = 1, 3
VALUES, UNPACKED, PACKED, PAGE_AT, DICTIONARY_AT = 5, 6, 7, 9, 11


def check_parquet(path: Path) -> None:
    """Look at the footer.

    Raises:
        IntakeRefused: It is damaged or encrypted, points outside of the file, or declares a bomb.
    """
    size = path.stat().st_size
    footer = Reader(_footer(path, size)).struct()
    if ENCRYPTION in footer:
        raise IntakeRefused("an encrypted Parquet file", "a file without encryption", ACTION)
    groups: list[dict[int, Any]] = _list(footer, GROUPS)
    chunks: list[dict[int, Any]] = [chunk for group in groups for chunk in _list(group, COLUMNS)]
    rows = _whole(footer, ROWS)
    if rows != sum(_whole(group, GROUP_ROWS) for group in groups):
        raise IntakeRefused("a Parquet file that counts its rows in two ways", ALLOWED, ACTION)
    _check_cells(rows, len(_list(footer, SCHEMA)) - 1, size)
    for chunk in chunks:
        _check_chunk(chunk, size)
    _check_growth(chunks, size)


def _footer(path: Path, size: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, size - TAIL_BYTES))
        tail = stream.read(TAIL_BYTES)
        if tail.endswith(ENCRYPTED):
            raise IntakeRefused("an encrypted Parquet file", "a file without encryption", ACTION)
        if not tail.endswith(MAGIC) or len(tail) < TAIL_BYTES:
            raise IntakeRefused("a Parquet file that was cut off", ALLOWED, "send it again")
        length = int.from_bytes(tail[:4], "little")
        if length > min(MAX_FOOTER_BYTES, size - TAIL_BYTES - len(MAGIC)):
            raise IntakeRefused("a Parquet file with an impossible footer", ALLOWED, ACTION)
        stream.seek(size - TAIL_BYTES - length)
        return stream.read(length)


def _check_cells(rows: int, columns: int, size: int) -> None:
    if columns > MAX_COLUMNS:
        found = f"a Parquet file of {columns:,} columns"
        raise IntakeRefused(found, f"at most {MAX_COLUMNS:,}", "send fewer columns")
    cells = rows * max(columns, 1)
    if cells > MAX_CELLS or (cells > FREE_CELLS and cells > size * MAX_CELLS_A_BYTE):
        found = f"a Parquet file of {size:,} bytes that declares {rows:,} rows"
        raise IntakeRefused(found, "rows that the file can hold", "send a part of it, or write it again")


def _check_chunk(chunk: dict[int, Any], size: int) -> None:
    if chunk.get(ELSEWHERE):
        raise IntakeRefused("a Parquet file that points to other files", "all columns in one file", ACTION)
    about: Any = chunk.get(META)
    if not isinstance(about, dict):
        raise damaged()
    found: dict[int, Any] = about  # pyright: ignore[reportUnknownVariableType]  - the reader makes dicts of numbers
    start = _whole(found, DICTIONARY_AT) or _whole(found, PAGE_AT)
    if start + _whole(found, PACKED) > size:
        raise IntakeRefused("a Parquet file that points behind its end", ALLOWED, "send it again")


def _check_growth(chunks: list[dict[int, Any]], size: int) -> None:
    unpacked = sum(_whole(chunk[META], UNPACKED) for chunk in chunks)
    if unpacked > FREE_BYTES and unpacked > size * MAX_RATIO:
        found = f"a Parquet file that grows more than {MAX_RATIO:,} times when it is unpacked"
        raise IntakeRefused(found, f"at most {MAX_RATIO:,} times", "send a part of it")


def _whole(fields: dict[int, Any], number: int) -> int:
    value = fields.get(number, 0)
    if not isinstance(value, int) or value < 0:
        raise damaged()
    return value


def _list(fields: dict[int, Any], number: int) -> list[Any]:
    value: Any = fields.get(number, [])
    if not isinstance(value, list):
        raise damaged()
    return value  # pyright: ignore[reportUnknownVariableType]  - the reader makes lists of anything
