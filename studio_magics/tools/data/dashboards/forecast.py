"""What a table of this size will need, before it is read; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.data.dashboards.inputs import DashboardInput

MEGABYTE = 1_000_000
GZIP_RATIO = 5
START_MS = 130
TEXT_MS = 56
PARQUET_MS = 34
START_BYTES = 61 * MEGABYTE
FIRST_MEGABYTES = 14
GROWTH_OF_FIRST = 4
GROWTH = 0.6
MOST_BYTES = 320 * MEGABYTE


def forecast(inputs: DashboardInput) -> Forecast:
    """The expected need, from the size and format of the file alone."""
    name = inputs.data.name.lower()
    is_parquet = name.endswith((".parquet", ".pq"))
    size = inputs.data.size_bytes / MEGABYTE * (GZIP_RATIO if name.endswith(".gz") else 1)
    cpu_ms = round(START_MS + (PARQUET_MS if is_parquet else TEXT_MS) * size)
    grown = GROWTH_OF_FIRST * min(size, FIRST_MEGABYTES) + GROWTH * size
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=round(cpu_ms * 1.2) + 50,
        peak_bytes=min(START_BYTES + round(grown * MEGABYTE), MOST_BYTES),
        basis=f"{size_text(round(size * MEGABYTE))} of {'Parquet' if is_parquet else 'CSV'}",
    )
