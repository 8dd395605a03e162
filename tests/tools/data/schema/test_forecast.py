"""The forecast against what fresh processes used."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.data.schema import TOOL
from studio_magics.tools.data.schema.inputs import SchemaInput


@pytest.fixture
def duck(tmp_path, context):
    """30 parents, 20,000 children."""
    path = tmp_path / "origin.duckdb"
    db = duckdb.connect(str(path))
    db.execute("create table parent(id integer primary key, tag varchar)")
    db.execute("create table child(id integer primary key, parent_id integer references parent(id))")
    db.execute("insert into parent select range, 'x' || range from range(30)")
    db.execute("insert into child select range, range % 30 from range(20000)")
    db.close()
    return context.keep("made.duckdb", path.read_bytes())


BUSY = 4
"""A quiet machine is within a factor of 2; CPU time stretches where neighbours share the cores."""
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from bare_context import FolderContext
from studio_magics.tools.catalog import load
from studio_magics.tools.data.schema.inputs import SchemaInput
tool = load("data-studio-schema")
tool.run(SchemaInput.model_validate_json(sys.argv[1]), FolderContext(Path(sys.argv[2])))
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("kind", ["sqlite", "files", "duckdb"])
def test_the_forecast_is_near_what_a_fresh_process_uses(context, sqlite, duck, kind):
    rows = ",".join(f"({i}, 'note number {i}', {i}.25)" for i in range(20_000))
    script = f"create table t(id integer primary key, v text, w real); insert into t values {rows}"
    sources = {
        "sqlite": lambda: sqlite(script),
        "duckdb": lambda: duck,
        "files": lambda: _folder(context),
    }
    inputs = SchemaInput(source=sources[kind]())
    forecast = TOOL.forecast(inputs)
    here = str(Path(__file__).parent)
    arguments = [sys.executable, "-c", CHILD, inputs.model_dump_json(), str(context.folder), here]
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


def _folder(context) -> InputFolder:
    lines = b"".join(f"{i},note number {i},{i}.25\n".encode() for i in range(20_000))
    return context.keep_folder("f", {"a.csv": b"id,v,w\n" + lines, "b.csv": b"id,name\n1,Ada\n2,Bo\n"})
