"""What a run will need, from the size of the text; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.inputs import SchemaDesignInput

START_MS = 170
KB_MS = 36
COMPARED_KB_MS = 60
SQUARED_KB_MS = 2.5
"""Every table of the older version is looked for among all of the newer."""
START_BYTES = 32_000_000
COMPARED_BYTES = 2_000_000
GROWTH = 2_500


def forecast(inputs: SchemaDesignInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    size = len(inputs.tables.encode()) if inputs.document is None else inputs.document.size_bytes
    older = inputs.previous.size_bytes if inputs.previous else 0
    kb, older_kb = size / 1000, older / 1000
    cpu_ms = int(START_MS + KB_MS * kb + (COMPARED_KB_MS + SQUARED_KB_MS * older_kb) * older_kb)
    peak = START_BYTES + GROWTH * size + (COMPARED_BYTES if older else 0)
    basis = size_text(size) + (f", compared with {size_text(older)}" if older else "")
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)
