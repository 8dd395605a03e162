"""What a metered run costs in time beyond the tool's own work, next to starting Python with pandas."""

import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.books import checked_effects
from benchmarks.processes import ServerProcess, environment, serving
from benchmarks.results import Plan, Result, Yardstick, of_samples
from benchmarks.sampling import alternate

RUN, PANDAS = "metered run of nothing", "python -c 'import pandas'"
LONG_POLL_SECONDS = 20
OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out", "lost"})
NOTE = (
    "From the start request to the end of the run as a long poll sees it, minus the time inside the tool:"
    " price, hold, worker start, measuring, settle, receipt. Runs follow one another; workers start cold."
)


class RunFailed(RuntimeError):
    """The trivial run did not succeed."""


class Runs:
    """Starts runs one after the other over one connection."""

    def __init__(self, server: ServerProcess) -> None:
        self._http = http.client.HTTPConnection(server.address)
        self._headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        self.measured_wall_ms: list[float] = []

    def overhead_ms(self) -> float:
        """One run from its start to its end, without the tool's own time."""
        started = time.perf_counter()
        run = self._ask("POST", "/api/bench/trivial/run", {"inputs": {}})
        while run["state"] not in OVER:
            query = f"since={run['revision']}&wait_seconds={LONG_POLL_SECONDS}"
            run = self._ask("GET", f"/api/runs/{run['id']}?{query}")
        wall_ms = (time.perf_counter() - started) * 1_000
        if run["state"] != "succeeded":
            raise RunFailed(json.dumps(run["failure"]))
        self.measured_wall_ms.append(run["receipt"]["measured"]["wall_ms"])
        return wall_ms - run["result"]["summary"]["work_us"] / 1_000

    def close(self) -> None:
        """Give the socket back."""
        self._http.close()

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        self._http.request(method, path, None if body is None else json.dumps(body), self._headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status not in (200, 202):
            raise RunFailed(content.decode())
        return json.loads(content)


def run(plan: Plan) -> Result:
    """Runs and fresh interpreters in alternating rounds; the books are checked at the end."""
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.ExitStack() as opened:
            server = opened.enter_context(serving("benchmarks.credit_server", folder))
            runs = opened.enter_context(contextlib.closing(Runs(server)))
            runs.overhead_ms()
            fresh_pandas_ms()
            runs.measured_wall_ms.clear()
            samples = alternate(plan, {RUN: runs.overhead_ms, PANDAS: fresh_pandas_ms})
        effects = checked_effects(Path(folder))
    figures = (
        *of_samples(RUN, "overhead", "ms", samples[RUN]),
        *of_samples(RUN, "wall on the receipt", "ms", runs.measured_wall_ms),
        *of_samples(PANDAS, "wall", "ms", samples[PANDAS]),
    )
    overhead, pandas = figures[0].value, figures[4].value
    yardsticks = (
        Yardstick("K2", "overhead of a trivial run, p50", overhead, "ms", "lower", 30.0),
        Yardstick(
            "P13", "overhead of a trivial run over a fresh pandas", overhead / pandas, "x", "lower", 0.05, 0.1
        ),
    )
    return Result("run_overhead", figures, yardsticks, (NOTE,), violations=0, effects=effects)


def fresh_pandas_ms() -> float:
    """Start an interpreter that imports pandas, and wait for its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import pandas"], check=True, env=environment())
    return (time.perf_counter() - started) * 1_000
