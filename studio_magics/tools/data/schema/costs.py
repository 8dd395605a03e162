"""What a run will need, from names and sizes of the files alone; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.table_files import is_table
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.schema.inputs import SchemaInput

MB = 1_000_000
SQLITE_START_MS = 40
SQLITE_FIRST_MB_MS = 35
EARLIER_MS = 20
"""An earlier database or schema.json is only asked what it declares."""
SQLITE_FIRST_MB = 4
SQLITE_MB_MS = 16
SQLITE_BYTES = 13 * MB
SQLITE_GROWTH = 2
SQLITE_MOST_BYTES = 40 * MB
DUCKDB_START_MS = 110
DUCKDB_MB_MS = 2
DUCKDB_BYTES = 62 * MB
FILES_START_MS = 110
FILE_MS = 13
CSV_MB_MS = 17
CSV_GROWTH = 5
PARQUET_MB_MS = 22
PARQUET_GROWTH = 6
GZIP_RATIO = 5
SESSION_BYTES = 225 * MB
"""Where DuckDB starts to spill."""


def forecast(inputs: SchemaInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = files_of(inputs)
    if not files and inputs.url is None:
        raise InputRejected(
            "source",
            found="nothing",
            allowed="a database file, a table file or a folder of them; in the kernel also a url",
            action="add --source PATH",
        )
    size = sum(file.size_bytes for file in files)
    tables = [file for file in files if is_table(file.name)]
    if not files:
        cpu_ms, peak, basis = SQLITE_START_MS + DUCKDB_START_MS, DUCKDB_BYTES, "a database reached by its URL"
    elif tables:
        cpu_ms, peak = _of_tables(tables)
        basis = f"{len(tables)} table {'file' if len(tables) == 1 else 'files'}, {size_text(size)}"
    elif files[0].name.lower().endswith((".duckdb", ".ddb")):
        cpu_ms = DUCKDB_START_MS + DUCKDB_MB_MS * size // MB
        peak = min(DUCKDB_BYTES + size // 2, SESSION_BYTES)
        basis = f"a DuckDB file of {size_text(size)}"
    else:
        cpu_ms = _of_sqlite(size)
        peak = min(SQLITE_BYTES + SQLITE_GROWTH * size, SQLITE_MOST_BYTES)
        basis = f"a database file of {size_text(size)}"
    more_ms, other_peak = _earlier(inputs)
    cpu_ms, peak = cpu_ms + more_ms, max(peak, other_peak)
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)


def files_of(inputs: SchemaInput) -> tuple[InputFile, ...]:
    """The files of the source."""
    if inputs.source is None:
        return ()
    return inputs.source.files if isinstance(inputs.source, InputFolder) else (inputs.source,)


def _earlier(inputs: SchemaInput) -> tuple[int, int]:
    """CPU and bytes for opening the earlier source; its rows are loaded where they are in files."""
    if inputs.previous is None:
        return 0, 0
    earlier = inputs.previous.files if isinstance(inputs.previous, InputFolder) else (inputs.previous,)
    tables = [file for file in earlier if is_table(file.name)]
    return _of_tables(tables) if tables else (EARLIER_MS, SQLITE_BYTES)


def _of_sqlite(size: int) -> int:
    first = min(size, SQLITE_FIRST_MB * MB)
    return SQLITE_START_MS + (SQLITE_FIRST_MB_MS * first + SQLITE_MB_MS * (size - first)) // MB


def _of_tables(tables: list[InputFile]) -> tuple[int, int]:
    cpu_ms, grown = FILES_START_MS, 0
    for file in tables:
        name = file.name.lower()
        size = file.size_bytes * (GZIP_RATIO if name.endswith(".gz") else 1)
        is_parquet = name.endswith((".parquet", ".pq"))
        cpu_ms += FILE_MS + (PARQUET_MB_MS if is_parquet else CSV_MB_MS) * size // MB
        grown += (PARQUET_GROWTH if is_parquet else CSV_GROWTH) * size
    return cpu_ms, min(DUCKDB_BYTES + grown, SESSION_BYTES)
