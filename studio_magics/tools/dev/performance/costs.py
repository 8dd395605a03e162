"""What a run will need: nobody knows how long a script takes, so a short one is expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFolder

if TYPE_CHECKING:
    from studio_magics.tools.dev.performance.inputs import PerformanceInput

START_MS = 250
EXPECTED_SHARE = 0.3
"""Of the seconds a pass may take; limits are a few times the forecast, so that a longer script fits too."""
LOAD_SHARE = 1_100
"""CPU ms for a second of load: the server and the one that asks share the cores."""
START_BYTES = 65_000_000
LOAD_BYTES = 40_000_000
GROWTH = 2


def steps_of(most_users: int) -> tuple[int, ...]:
    """Numbers of users, doubled up to the most."""
    found = [1]
    while found[-1] < most_users:
        found.append(min(found[-1] * 2, most_users))
    return tuple(found)


def forecast(inputs: PerformanceInput) -> Forecast:
    """Expected CPU time and memory; a script that takes longer costs what it takes."""
    files = inputs.script.files if isinstance(inputs.script, InputFolder) else (inputs.script,)
    size = sum(one.size_bytes for one in files)
    if inputs.mode == "load":
        seconds = len(steps_of(inputs.most_users)) * inputs.step_seconds
        cpu_ms = START_MS // 2 + int(LOAD_SHARE * seconds)
        wall_ms, basis = int(seconds * 1_000) + 1_500, f"{seconds:g} s of load"
    else:
        passes = 2 if inputs.memory else 1
        cpu_ms = passes * (START_MS + int(1_000 * EXPECTED_SHARE * inputs.seconds)) + size // 20_000
        wall_ms, basis = cpu_ms * 3 // 2, f"{passes} passes of at most {inputs.seconds} s"
    peak = (LOAD_BYTES if inputs.mode == "load" else START_BYTES) + GROWTH * size
    return Forecast(cpu_ms=cpu_ms, wall_ms=wall_ms, peak_bytes=peak, basis=basis)
