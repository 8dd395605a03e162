"""`%load_ext studio_magics` against an extension that does nothing, each in a kernel started for it alone."""

import os
import subprocess
from typing import Any

from jupyter_client.manager import start_new_kernel

from benchmarks.catalogue import TOYS
from benchmarks.kernels import answer_of
from benchmarks.processes import environment
from benchmarks.results import Plan, Result, Yardstick, of_samples
from benchmarks.sampling import Sample, alternate

STUDIO, EMPTY = "studio_magics", "studio_empty"
HEAVY = (
    *("anywidget", "duckdb", "httpx", "ipywidgets", "matplotlib", "numpy", "pandas", "polars"),
    *("pyarrow", "pydantic", "sqlalchemy", "starlette", "studio_server", "yaml"),
)
WARM = "import json, sys, time\nprint(json.dumps(len(sys.modules)))"
CELL = """
before = set(sys.modules)
started = time.perf_counter()
get_ipython().run_line_magic("load_ext", {name!r})
took = (time.perf_counter() - started) * 1_000
new = set(sys.modules) - before
print(json.dumps({{"ms": took, "modules": len(new), "heavy": sorted(new & {heavy!r})}}))
"""
NOTE = (
    "One kernel per sample, IPython loaded, one cell executed before; heavy libraries imported by it: none."
)


class HeavyImport(RuntimeError):
    """`%load_ext` imported something that a notebook should not wait for."""


class Kernels:
    """A fresh kernel for every sample."""

    def __init__(self) -> None:
        folders = [environment()["PYTHONPATH"], str(TOYS)]
        self._environment = environment() | {"PYTHONPATH": os.pathsep.join(folders)}
        self.modules = 0

    def loading(self, name: str) -> Sample:
        """How long `%load_ext name` takes in a fresh kernel, in milliseconds."""

        def sample() -> float:
            found = self._ask(CELL.format(name=name, heavy=set(HEAVY)))
            if found["heavy"]:
                raise HeavyImport(f"%load_ext {name} imports {', '.join(found['heavy'])}")
            self.modules = max(self.modules, found["modules"])
            return found["ms"]

        return sample

    def _ask(self, cell: str) -> Any:
        manager, client = start_new_kernel(
            kernel_name="python3", env=self._environment, stderr=subprocess.DEVNULL
        )
        try:
            answer_of(client, WARM)
            return answer_of(client, cell)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def run(plan: Plan) -> Result:
    """Load both in alternating rounds. No server, so no books."""
    kernels = Kernels()
    kernels.loading(STUDIO)()
    samples = alternate(plan, {name: kernels.loading(name) for name in (STUDIO, EMPTY)})
    figures = tuple(
        figure for name in samples for figure in of_samples(name, "%load_ext", "ms", samples[name])
    )
    yardsticks = (
        Yardstick("K1", "%load_ext studio_magics, median", figures[0].value, "ms", "lower", 15.0, 50.0),
        Yardstick("K1 least", "%load_ext studio_magics, least", figures[0].least, "ms", "lower"),
    )
    return Result("load_ext", figures, yardsticks, (f"{NOTE} New modules: at most {kernels.modules}.",))
