"""What a pipeline will need, from the sizes of its tables and the number of its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.pipelines.inputs import wish_of
from studio_magics.tools.wording import counted, size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.pipelines.inputs import PipelineInput

TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".pq")
MEGABYTE = 1_000_000
GZIP_RATIO = 5
START_MS = 160
STEP_MS = 30
MEGABYTE_MS = 32
START_BYTES = 65 * MEGABYTE
GROWTH = 2.6
MOST_BYTES = 330 * MEGABYTE


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table."""
    return name.lower().endswith(TABLES)


def files_of(inputs: PipelineInput) -> tuple[InputFile, ...]:
    """All files that were given."""
    if inputs.data is None:
        return ()
    return inputs.data.files if isinstance(inputs.data, InputFolder) else (inputs.data,)


def forecast(inputs: PipelineInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = files_of(inputs)
    wish = wish_of(inputs.pipeline)
    tables = [file for file in files if is_table(file.name)]
    if not tables and not any(source.rows for source in wish.sources.values()):
        raise InputRejected(
            "data",
            found="no table" if inputs.data is None else f"no table in '{inputs.data.name}'",
            allowed="CSV, TSV or Parquet files, or sources with rows in the pipeline",
            action="add --data PATH, or write 'sources: {name: {rows: […]}}'",
        )
    size = sum(file.size_bytes * (GZIP_RATIO if file.name.lower().endswith(".gz") else 1) for file in tables)
    steps = len(wish.steps) or sum(file.name.lower().endswith(".sql") for file in files) or len(tables)
    megabytes = size / MEGABYTE
    cpu_ms = round(START_MS + STEP_MS * steps + MEGABYTE_MS * megabytes)
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 5 // 4,
        peak_bytes=min(START_BYTES + round(GROWTH * size), MOST_BYTES),
        basis=f"{counted(steps, 'step')} over {size_text(size)} in {counted(max(len(tables), 1), 'table')}",
    )
