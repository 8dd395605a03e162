"""What a table of this size will need, before it is read.

Measured in fresh processes, start and imports included, DuckDB 2.0, Python 3.11 (CPU seconds / peak MB):

| table                               | CSV MB | CSV        | Parquet MB | Parquet    |
|-------------------------------------|--------|------------|------------|------------|
| 3 rows × 3 columns                  | 0.0    | 0.23 / 97  | 0.0        | 0.22 / 98  |
| survey, 20,190 rows × 48 columns    | 4.2    | 0.73 / 136 | 1.0        | 0.44 / 111 |
| orders with texts, 28,000 × 7       | 5.6    | 0.47 / 117 | 4.0        | 0.40 / 116 |
| survey, 60,570 × 48                 | 12.7   | 1.06 / 148 | 2.3        | 0.56 / 143 |
| random numbers, 800,000 × 3         | 30.7   | 1.00 / 179 | 17.6       | 0.66 / 199 |
| orders with texts, 230,000 × 7      | 45.8   | 1.78 / 203 | 32.5       | 1.46 / 207 |
| survey, 484,560 × 48                | 101.8  | 4.67 / 266 | 12.1       | 1.82 / 196 |

The curves below stay within a factor of two of all of these. Hundreds of columns cost more than their bytes
say (300 columns × 2,000 rows, 2.3 MB: 2.05 / 178); the number of columns is not known before
the file is read. A metered run does not pay the start and the imports: 30 ms and 30 MB less than here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.data.quality.inputs import QualityInput

MEGABYTE = 1_000_000
GZIP_RATIO = 5
"""Text grows by about this when it is unpacked."""


@dataclass(frozen=True)
class Need:
    """A steep line for the first megabytes, where columns count, and a flat one for the rest."""

    base_cpu_ms: int
    first_cpu_ms: int
    first_cpu_megabytes: int
    cpu_ms: int
    first_megabytes: int
    """Megabytes of memory for each of the first megabytes of input."""
    base_megabytes: int = 70
    memory_knee: int = 12
    megabytes: float = 1.2

    def cpu_for(self, size: float) -> int:
        """CPU milliseconds for `size` megabytes."""
        return round(
            self.base_cpu_ms + self.first_cpu_ms * min(size, self.first_cpu_megabytes) + self.cpu_ms * size
        )

    def memory_for(self, size: float) -> int:
        """Peak bytes for `size` megabytes; DuckDB spills to disk, so it levels off."""
        grown = (
            self.base_megabytes + self.first_megabytes * min(size, self.memory_knee) + self.megabytes * size
        )
        return round(min(grown, 420) * MEGABYTE)


TEXT = Need(base_cpu_ms=220, first_cpu_ms=90, first_cpu_megabytes=4, cpu_ms=36, first_megabytes=4)
PARQUET = Need(base_cpu_ms=200, first_cpu_ms=100, first_cpu_megabytes=2, cpu_ms=45, first_megabytes=6)


def forecast(inputs: QualityInput) -> Forecast:
    """The expected need, from the size and format of the files alone."""
    need, size, kind = _need_of(inputs.data)
    cpu_ms, peak = need.cpu_for(size), need.memory_for(size)
    basis = f"{size_text(round(size * MEGABYTE))} of {kind}"
    if inputs.previous is not None:
        older, older_size, _ = _need_of(inputs.previous)
        cpu_ms += older.cpu_for(older_size)
        peak = max(peak, older.memory_for(older_size))
        basis += f", compared with {size_text(round(older_size * MEGABYTE))}"
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=round(cpu_ms * 1.2) + 50,
        peak_bytes=peak,
        basis=f"{basis}; measured on tables from 3 to 800,000 rows",
    )


def _need_of(file: InputFile) -> tuple[Need, float, str]:
    """What a file needs, its megabytes and its kind."""
    name = file.name.lower()
    need, kind = (PARQUET, "Parquet") if name.endswith((".parquet", ".pq")) else (TEXT, "CSV")
    return need, file.size_bytes / MEGABYTE * (GZIP_RATIO if name.endswith(".gz") else 1), kind
