"""What an assessment will need, from the sizes of the files; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.privacy.inputs import PrivacyInput

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".pq")
TEXTS = (".txt", ".md", ".log", ".json", ".jsonl", ".eml", ".html", ".xml", ".yaml", ".yml")
MEGABYTE = 1_000_000
GZIP_RATIO = 5
START_MS = 125
FILE_MS = 40
TABLE_MEGABYTE_MS = 90
FIRST_TEXT_MEGABYTE_MS = 9_000
FIRST_TEXT_BYTES = 330_000
TEXT_MEGABYTE_MS = 300
START_BYTES = 64 * MEGABYTE
GROWTH = 2.2
MOST_BYTES = 380 * MEGABYTE


def files_of(inputs: PrivacyInput) -> tuple[InputFile, ...]:
    """All files that were given."""
    return inputs.data.files if isinstance(inputs.data, InputFolder) else (inputs.data,)


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table."""
    return name.lower().endswith(TABLES)


def is_text(name: str) -> bool:
    """Whether a file of this name is searched as text."""
    return name.lower().endswith(TEXTS)


def forecast(inputs: PrivacyInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = files_of(inputs)
    tables = [file for file in files if is_table(file.name)]
    texts = [file for file in files if is_text(file.name)]
    if not tables and not texts:
        raise InputRejected(
            "data",
            found=f"no table or text in '{inputs.data.name}'",
            allowed=", ".join((*TABLES, *TEXTS)),
            action="export the data as CSV, Parquet or text",
        )
    size = sum(file.size_bytes * (GZIP_RATIO if file.name.lower().endswith(".gz") else 1) for file in tables)
    written = sum(file.size_bytes for file in texts)
    cpu_ms = START_MS + FILE_MS * len(files)
    first = min(written, FIRST_TEXT_BYTES)
    cpu_ms += (
        TABLE_MEGABYTE_MS * size + FIRST_TEXT_MEGABYTE_MS * first + TEXT_MEGABYTE_MS * written
    ) // MEGABYTE
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 5 // 4,
        peak_bytes=min(START_BYTES + round(GROWTH * size), MOST_BYTES),
        basis=f"{counted(len(tables), 'table')} of {size_text(size)} and {counted(len(texts), 'text')}",
    )
