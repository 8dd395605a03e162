"""What a confined, measured worker costs in time beyond the tool's own work.

Next to a fresh Python that imports pandas, and to Dask handing a task to a worker process that is there
already and that neither confines nor measures what it runs.
"""

import contextlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Job

from benchmarks.catalogue import TOYS
from benchmarks.processes import environment
from benchmarks.results import Plan, Result, Yardstick, of_samples
from benchmarks.runs.dask_dispatch import CANDIDATE, dask_dispatch
from benchmarks.sampling import alternate
from studio_magics.contracts.catalogue import RunLimits

WORKER, PANDAS = "confined worker, warm", "python -c 'import pandas'"
LIMITS = RunLimits(cpu_ms=10_000, wall_ms=30_000, memory_bytes=1 << 29, output_bytes=1 << 20)
PATIENCE_SECONDS = 60.0
NOTE = (
    "From `Executor.start` to the outcome, minus the time inside the tool: folder, hand-over, filter, answer,"
    " end of the tree. Dask's figure is `submit` to `result` with one worker process on this machine."
)


class RunFailed(RuntimeError):
    """The trivial run did not succeed."""


class Workers:
    """Runs of nothing, one after the other."""

    def __init__(self, executor: LocalExecutor, folder: Path) -> None:
        self._executor = executor
        self._folder = folder
        self._numbers = itertools.count()

    def overhead_ms(self) -> float:
        """One run from its start to its outcome, without the tool's own time."""
        job = self._job(next(self._numbers))
        started = time.perf_counter()
        outcome = self._executor.start(job, lambda _: None).wait(PATIENCE_SECONDS)
        wall_ms = (time.perf_counter() - started) * 1_000
        if outcome.result is None:
            raise RunFailed(outcome.message)
        return wall_ms - int(json.dumps(outcome.result.summary["work_us"])) / 1_000

    def _job(self, number: int) -> Job:
        return Job(
            run_id=f"run_{number}",
            tool_id="bench-studio-trivial",
            inputs={},
            files={},
            limits=LIMITS,
            now=datetime.now(UTC),
            workdir=self._folder / f"run-{number}",
            tool_reference="studio_trivial:TOOL",
        )


def run(plan: Plan) -> Result:
    """All candidates in alternating rounds; without `distributed`, Dask is left out."""
    with contextlib.ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        executor = LocalExecutor(capacity=2, extra_path=TOYS)
        opened.callback(executor.close)
        workers = Workers(executor, folder)
        workers.overhead_ms()
        candidates = {WORKER: workers.overhead_ms, PANDAS: fresh_pandas_ms}
        if find_spec("distributed") is not None:
            candidates[CANDIDATE] = opened.enter_context(dask_dispatch())
        samples = alternate(plan, candidates)
    figures = tuple(
        figure for name, values in samples.items() for figure in of_samples(name, "wall", "ms", values)
    )
    values = {(figure.candidate, figure.measure): figure.value for figure in figures}
    overhead, pandas = values[WORKER, "wall p50"], values[PANDAS, "wall p50"]
    return Result(
        "worker",
        figures,
        (
            Yardstick("start", "overhead of a trivial run, p50", overhead, "ms", "lower", 30.0),
            Yardstick("ratio", "the same over a fresh pandas", overhead / pandas, "x", "lower", 0.05, 0.1),
        ),
        (NOTE,),
    )


def fresh_pandas_ms() -> float:
    """Start an interpreter that imports pandas, and wait for its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pandas"], check=True, env=environment())
    return (time.perf_counter() - started) * 1_000
