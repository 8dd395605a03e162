"""What a catalogue will need, from names and sizes of files; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.catalog.inputs import CatalogInput

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".pq")
DATABASES = (".db", ".sqlite", ".sqlite3", ".db3", ".duckdb", ".ddb")
MEGABYTE = 1_000_000
GZIP_RATIO = 5
START_MS = 100
FILE_MS = 45
TABLE_MEGABYTE_MS = 50
DATABASE_MEGABYTE_MS = 28
START_BYTES = 62 * MEGABYTE
GROWTH = 4
MOST_BYTES = 345 * MEGABYTE


def files_of(inputs: CatalogInput) -> tuple[InputFile, ...]:
    """All files that were given."""
    return inputs.source.files if isinstance(inputs.source, InputFolder) else (inputs.source,)


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table."""
    return name.lower().endswith(TABLES)


def is_database(name: str) -> bool:
    """Whether a file of this name is opened as a database."""
    return name.lower().endswith(DATABASES)


def forecast(inputs: CatalogInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = files_of(inputs)
    tables = [file for file in files if is_table(file.name)]
    databases = [file for file in files if is_database(file.name)]
    if not tables and not databases:
        raise InputRejected(
            "source",
            found=f"no table or database in '{inputs.source.name}'",
            allowed=", ".join((*TABLES, *DATABASES)),
            action="give a folder with data, or export it as CSV or Parquet",
        )
    size = sum(file.size_bytes * (GZIP_RATIO if file.name.lower().endswith(".gz") else 1) for file in tables)
    stored = sum(file.size_bytes for file in databases)
    cpu_ms = START_MS + FILE_MS * (len(tables) + len(databases))
    cpu_ms += (TABLE_MEGABYTE_MS * size + DATABASE_MEGABYTE_MS * stored) // MEGABYTE
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 5 // 4,
        peak_bytes=min(START_BYTES + GROWTH * size + stored // 4, MOST_BYTES),
        basis=f"{counted(len(tables), 'table')} and {counted(len(databases), 'database')}, "
        f"{size_text(size + stored)}",
    )
