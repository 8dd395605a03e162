"""CPU and peak memory of a fresh Python process, whatever the size of the one that asks; and of metered runs.

The kernel's peak includes the parent's size at the fork, so a small process stands in between.
"""

import atexit
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Job

from studio_magics.contracts.catalogue import RunLimits
from studio_magics.contracts.inputs import InputFile
from studio_magics.tools.base import Forecast, ToolInput
from studio_magics.tools.data.quality import TOOL as QUALITY

LAUNCHER = """
import json, os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def measured(arguments: Sequence[str], **more: object) -> tuple[int, int]:
    """CPU milliseconds and peak bytes of `python ARGUMENTS`."""
    command = [sys.executable, "-I", "-S", "-c", LAUNCHER, sys.executable, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    assert answer.returncode == 0, answer.stderr
    code, seconds, kilobytes = json.loads(answer.stdout.splitlines()[-1])
    assert code == 0, answer.stderr
    return round(1000 * seconds), kilobytes * 1024


SLACK_BYTES = 8_000_000
"""What pages shared with the fork server add to the peak or not, from run to run."""
BUSY = 4
"""A quiet machine is within a factor of 2; processor time stretches where neighbours share the cores."""
LIMITS = RunLimits(cpu_ms=60_000, wall_ms=300_000, memory_bytes=2_000_000_000, output_bytes=100_000_000)


@cache
def _executor() -> LocalExecutor:
    """One for all tests of a process: its fork servers have the libraries imported, as on a server."""
    executor = LocalExecutor(capacity=1)
    atexit.register(executor.close)
    return executor


def warm_run(tool_id: str, inputs: ToolInput, path_of: Callable[[InputFile], Path]) -> tuple[int, int]:
    """CPU milliseconds, the least of three runs, and peak bytes, which samples can only miss: the most."""
    with tempfile.TemporaryDirectory(prefix="studio-measured-") as folder:
        files = {file.digest: path_of(file) for file in files_in(inputs)}
        runs = [_run(tool_id, inputs, files, Path(folder) / str(number)) for number in range(3)]
        return min(cpu_ms for cpu_ms, _ in runs), max(peak_bytes for _, peak_bytes in runs)


def assert_near(forecast: Forecast, cpu_ms: float, peak_bytes: int) -> None:
    """What a metered run used is near its forecast, on a machine as slow as it proves to be just now."""
    assert forecast.cpu_ms / BUSY <= cpu_ms
    most = forecast.cpu_ms * BUSY
    assert cpu_ms <= most or cpu_ms <= most * slowness()
    assert forecast.peak_bytes / 2 <= peak_bytes + SLACK_BYTES
    assert peak_bytes - SLACK_BYTES <= forecast.peak_bytes * 2


def slowness() -> float:
    """How many times its forecast a small run of another kind uses here now; 1 where it uses less."""
    content = b"a,b\n" + b"1,x\n2,y\n" * 20
    digest = f"sha256:{sha256(content).hexdigest()}"
    small = QUALITY.input_model(data=InputFile(digest=digest, name="small.csv", size_bytes=len(content)))
    with tempfile.TemporaryDirectory(prefix="studio-small-") as folder:
        path = Path(folder) / "small.csv"
        path.write_bytes(content)
        used_ms, _ = warm_run(QUALITY.id, small, lambda _: path)
    found = max(1.0, used_ms / QUALITY.forecast(small).cpu_ms)
    print(f"a small run uses {found:.2f} times its forecast here")
    return found


def _run(tool_id: str, inputs: ToolInput, files: dict[str, Path], folder: Path) -> tuple[int, int]:
    uploads = folder / "uploads"
    uploads.mkdir(parents=True)
    kept = {digest: uploads / str(number) for number, digest in enumerate(files)}
    for digest, path in kept.items():
        path.write_bytes(files[digest].read_bytes())
    job = Job(
        run_id=f"measured-{folder.name}",
        tool_id=tool_id,
        inputs=inputs.model_dump(mode="json"),
        files=kept,
        limits=LIMITS,
        now=datetime(2026, 3, 1, 12, tzinfo=UTC),
        workdir=folder / "work",
    )
    outcome = _executor().start(job, lambda _: None).wait(600)
    assert outcome.result is not None, f"{outcome.kind}: {outcome.message}"
    return outcome.measured.cpu_ms, outcome.measured.peak_bytes


def files_in(value: object) -> Iterator[InputFile]:
    """Every file that an input names."""
    if isinstance(value, InputFile):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from files_in(getattr(value, name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from files_in(one)
