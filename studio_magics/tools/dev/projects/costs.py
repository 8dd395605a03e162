"""What a run will need; constants measured as a server meters, with ruff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.dev.projects.inputs import ProjectInput

START_MS = 170
FILE_MS = 1
MB_MS = 3
START_BYTES = 33_000_000


def forecast(inputs: ProjectInput) -> Forecast:
    """Expected CPU time and memory; the start of a process and its imports are not billed."""
    files = len(inputs.existing.files) if inputs.existing else 0
    size = inputs.existing.size_bytes if inputs.existing else 0
    size += inputs.answers.size_bytes if inputs.answers else len(inputs.project.encode())
    cpu_ms = START_MS + FILE_MS * files + MB_MS * size // 1_000_000
    basis = "one project" + (f", beside {counted(files, 'file')}" if files else "")
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=START_BYTES, basis=basis)
