"""What a scan will need, from names and sizes alone; constants measured with the scanners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.wording import size_text

if TYPE_CHECKING:
    from studio_magics.tools.dev.security.inputs import SecurityInput

MB = 1_000_000
START_MS = 95
BANDIT_START_MS = 210
FILE_MS = 1
TEXT_MB_MS = 300
BANDIT_MB_MS = 2_000
BANDIT_LIMIT_BYTES = 2_200_000
"""About 60,000 lines; above, Bandit does not run on 'auto'."""
ARCHIVE_GROWTH = 4
PLAIN_BYTES = 16 * MB
"""Without Python no scanner is started."""
START_BYTES = 45 * MB
BANDIT_BYTES = 50 * MB
GROWTH = 3
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")


def forecast(inputs: SecurityInput) -> Forecast:
    """Expected CPU time and memory, with the start of the scanners; that of the worker is not billed."""
    files = inputs.code.files if isinstance(inputs.code, InputFolder) else (inputs.code,)
    size = sum(_text_bytes(one) for one in files)
    python = sum(_text_bytes(one) for one in files if one.name.endswith((".py", ".ipynb", *ARCHIVES)))
    deep = bool(python) and (
        inputs.depth == "deep" or (inputs.depth == "auto" and python <= BANDIT_LIMIT_BYTES)
    )
    cpu_ms = START_MS + FILE_MS * len(files) + TEXT_MB_MS * size // MB
    if deep:
        cpu_ms += BANDIT_START_MS + BANDIT_MB_MS * python // MB
    peak = (BANDIT_BYTES if deep else START_BYTES if python else PLAIN_BYTES) + GROWTH * size
    basis = f"{len(files):,} {'file' if len(files) == 1 else 'files'}, {size_text(size)} of text"
    basis += ", with Bandit" if deep else ""
    return Forecast(cpu_ms=cpu_ms, wall_ms=cpu_ms * 5 // 4, peak_bytes=peak, basis=basis)


def _text_bytes(file: InputFile) -> int:
    return file.size_bytes * (ARCHIVE_GROWTH if file.name.lower().endswith(ARCHIVES) else 1)
