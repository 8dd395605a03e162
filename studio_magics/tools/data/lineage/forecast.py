"""What a run will need, from the sizes of the texts; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.lineage.inputs import LineageInput

READ = (".sql", ".ddl", ".ipynb", ".py", ".yml", ".yaml", "manifest.json")
START_MS = 95
KILOBYTE_MS = 12
START_BYTES = 21_500_000
BYTES_FOR_EACH = 200
MOST_BYTES = 330_000_000


def is_read(name: str) -> bool:
    """Whether a file of this name holds something this tool reads."""
    return name.lower().endswith(READ)


def files_of(inputs: LineageInput) -> tuple[InputFile, ...]:
    """All files that were given, without the DDL."""
    if inputs.source is None:
        return ()
    return inputs.source.files if isinstance(inputs.source, InputFolder) else (inputs.source,)


def forecast(inputs: LineageInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = [file for file in files_of(inputs) if is_read(file.name)]
    if not files and not inputs.sql.strip():
        raise InputRejected(
            "source",
            found="no SQL" if inputs.source is None else f"no file to read in '{inputs.source.name}'",
            allowed="SQL in the cell body, .sql, .ipynb or .py files, or a dbt project",
            action="add --source PATH, or write SQL into the cell",
        )
    size = sum(file.size_bytes for file in files) + len(inputs.sql.encode())
    size += inputs.ddl.size_bytes if inputs.ddl else 0
    cpu_ms = START_MS + KILOBYTE_MS * size // 1000
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 5 // 4,
        peak_bytes=min(START_BYTES + BYTES_FOR_EACH * size, MOST_BYTES),
        basis=f"{size_text(size)} of SQL in {counted(len(files) + bool(inputs.sql.strip()), 'text')}",
    )
