"""`%load_ext studio_magics` in a fresh interpreter: light, and without anything heavy."""

import json
import subprocess
import sys

import pytest

HEAVY = [
    "anywidget",
    "duckdb",
    "httpx",
    "ipywidgets",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "studio_server",
    "yaml",
]
PROGRAM = """
import json, sys, time
from traitlets.config import Config
from IPython.core.interactiveshell import InteractiveShell
config = Config(); config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
before = set(sys.modules)
started = time.perf_counter()
shell.run_line_magic("load_ext", "studio_magics")
took = time.perf_counter() - started
print(json.dumps({"new": sorted(set(sys.modules) - before), "seconds": took}))
"""


def load_once() -> dict:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_loading_imports_nothing_heavy():
    new = load_once()["new"]
    assert "studio_magics.magics.extension" in new
    loaded = {name.partition(".")[0] for name in new}
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.measures_time
def test_loading_stays_within_its_gate():
    """The gate is 50 ms, best of three; the benchmark holds the goal of 15 ms."""
    assert min(load_once()["seconds"] for _ in range(3)) < 0.05


def test_importing_the_package_imports_nothing_heavy():
    program = "import sys, studio_magics; print(' '.join(sorted({m.partition('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()).isdisjoint({*HEAVY, "IPython"})
