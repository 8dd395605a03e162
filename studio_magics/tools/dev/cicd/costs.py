"""What a run will need; constants measured as a server meters, with zizmor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.cicd.inputs import PipelineInput

START_MS = 125
WORKFLOW_MS = 8
KB_MS = 10
START_BYTES = 36_000_000
GROWTH = 60


def forecast(inputs: PipelineInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files, size = 1, len(inputs.pipeline.encode())
    if inputs.workflow is not None:
        many = inputs.workflow.files if isinstance(inputs.workflow, InputFolder) else (inputs.workflow,)
        files, size = len(many), sum(one.size_bytes for one in many)
    elif inputs.repository is not None:
        files, size = 1, 0
    cpu_ms = START_MS + WORKFLOW_MS * files + KB_MS * size // 1000
    basis = f"{files} {'workflow' if files == 1 else 'workflows'}, {size_text(size)}"
    peak = START_BYTES + GROWTH * size
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)
