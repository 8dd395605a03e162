"""The forecast against what fresh processes used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio_magics.tools.dev.api_designer import TOOL
from studio_magics.tools.dev.api_designer.inputs import ApiInput

BUSY = 4
"""A quiet machine is within a factor of 2; CPU time stretches where neighbours share the cores."""
SURROUNDINGS = Path(__file__).parents[2] / "data" / "schema"
OWN_DOCUMENT = Path(__file__).parents[4] / "docs" / "openapi.json"
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from bare_context import FolderContext
from studio_magics.tools.dev.api_designer import TOOL
TOOL.run(TOOL.input_model.model_validate_json(sys.argv[1]), FolderContext(Path(sys.argv[2])))
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("kind", ["short", "document", "compared"])
def test_the_forecast_is_near_what_a_fresh_process_uses(context, kind):
    document = context.keep("openapi.json", OWN_DOCUMENT.read_bytes())
    inputs = {
        "short": lambda: ApiInput(description=TOOL.example.split("\n", 1)[1]),
        "document": lambda: ApiInput(document=document),
        "compared": lambda: ApiInput(document=document, previous=document),
    }[kind]()
    forecast = TOOL.forecast(inputs)
    arguments = [
        sys.executable,
        "-c",
        CHILD,
        inputs.model_dump_json(),
        str(context.folder),
        str(SURROUNDINGS),
    ]
    cpu_ms, peak_bytes = min(_used(arguments) for _ in range(2))  # the second has all bytecode
    print(f"{kind}: forecast {forecast.cpu_ms} ms, {forecast.peak_bytes}; used {cpu_ms:.0f} ms, {peak_bytes}")
    assert forecast.cpu_ms / BUSY <= cpu_ms <= forecast.cpu_ms * BUSY
    assert forecast.peak_bytes / 2 <= peak_bytes <= forecast.peak_bytes * 2


def _used(arguments) -> tuple[float, int]:
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    with child.stdout:
        peak_bytes = int(child.stdout.read()) * 1024
    _, child.returncode, used = os.wait4(child.pid, 0)
    return (used.ru_utime + used.ru_stime) * 1000, peak_bytes
