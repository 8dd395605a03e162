"""What a run will need; constants measured without the imports that a server has done before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.deployment.inputs import DeploymentInput

START_MS = 85
AWS_MS = 480
KB_MS = 3
START_BYTES = 20_000_000
AWS_BYTES = 81_000_000
GROWTH = 40
READ_BYTES = 200_000


def forecast(inputs: DeploymentInput) -> Forecast:
    """Expected CPU time and memory; cfn-lint is most of it, where AWS is named."""
    files = inputs.repository.files if inputs.repository is not None else ()
    size = len(inputs.app.encode()) + min(sum(one.size_bytes for one in files), READ_BYTES)
    has_aws = "aws" in inputs.app
    cpu_ms = START_MS + KB_MS * size // 1000 + (AWS_MS if has_aws else 0)
    peak = START_BYTES + GROWTH * size + (AWS_BYTES if has_aws else 0)
    basis = f"{size_text(size)} of description" + (", with CloudFormation" if has_aws else "")
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)
