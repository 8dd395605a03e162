"""What a check will need, from the sizes of the texts; constants measured as a server meters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.base import InputRejected
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.data.governance.inputs import GovernanceInput

MEGABYTE = 1_000_000
START_MS = 85
TEXT_KILOBYTE_MS = 12
FILE_MEGABYTE_MS = 5_000
START_BYTES = 24 * MEGABYTE
BYTES_FOR_EACH = 150


def forecast(inputs: GovernanceInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    if not inputs.policies.strip() and inputs.catalogue is None:
        raise InputRejected(
            "policies",
            found="nothing",
            allowed="datasets and rules in the cell body, or a catalogue",
            action="write the framework into the cell, or add --catalogue catalogue.json",
        )
    files = [one for one in (inputs.catalogue, inputs.access_list, inputs.cedar, inputs.previous) if one]
    size = sum(one.size_bytes for one in files)
    text = len(inputs.policies.encode())
    cpu_ms = START_MS + (TEXT_KILOBYTE_MS * text) // 1000 + FILE_MEGABYTE_MS * size // MEGABYTE
    return Forecast(
        cpu_ms=cpu_ms,
        wall_ms=cpu_ms * 5 // 4,
        peak_bytes=START_BYTES + BYTES_FOR_EACH * (text + size),
        basis=f"{size_text(text + size)} of policies, catalogue and access",
    )
