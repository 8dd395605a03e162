"""What a run will need, from the size of the text alone; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.api_designer.inputs import ApiInput

MB = 1_000_000
START_MS = 115
FIRST_BYTES = 150_000
FIRST_MB_MS = 800
JSON_MB_MS = 260
YAML_MB_MS = 950
FIRST_YAML_MB_MS = 2_300
OLDER_SHARE = 2
"""An older version is read and compared only: it takes this part of the time."""
START_BYTES = 34 * MB
FIRST_GROWTH = 100
JSON_GROWTH = 22
YAML_GROWTH = 40
OLDER_GROWTH = 4


def forecast(inputs: ApiInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    main = len(inputs.description.encode()) if inputs.document is None else inputs.document.size_bytes
    is_json = inputs.document is not None and inputs.document.name.lower().endswith(".json")
    cpu_ms = START_MS + _reading_ms(main, is_json=is_json)
    first = min(main, FIRST_BYTES)
    peak = START_BYTES + FIRST_GROWTH * first + (JSON_GROWTH if is_json else YAML_GROWTH) * (main - first)
    basis = size_text(main)
    if inputs.previous:
        older = inputs.previous.size_bytes
        older_json = inputs.previous.name.lower().endswith(".json")
        cpu_ms += _reading_ms(older, is_json=older_json) // OLDER_SHARE
        peak += OLDER_GROWTH * older
        basis += f", compared with {size_text(older)}"
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)


def _reading_ms(size: int, *, is_json: bool) -> int:
    first = min(size, FIRST_BYTES)
    rest = (JSON_MB_MS if is_json else YAML_MB_MS) * (size - first)
    return ((FIRST_MB_MS if is_json else FIRST_YAML_MB_MS) * first + rest) // MB
