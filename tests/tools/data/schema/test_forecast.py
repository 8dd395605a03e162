"""The forecast against what a server meters."""

import duckdb
import pytest
from fakes.measuring import assert_near, warm_run

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


@pytest.mark.measures_time
@pytest.mark.parametrize("kind", ["sqlite", "files", "duckdb"])
def test_the_forecast_is_near_what_a_metered_run_uses(context, sqlite, duck, kind):
    rows = ",".join(f"({i}, 'note number {i}', {i}.25)" for i in range(20_000))
    script = f"create table t(id integer primary key, v text, w real); insert into t values {rows}"
    sources = {
        "sqlite": lambda: sqlite(script),
        "duckdb": lambda: duck,
        "files": lambda: _folder(context),
    }
    inputs = SchemaInput(source=sources[kind]())
    forecast = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = warm_run(TOOL.id, inputs, context.path)
    print(f"{kind}: forecast {forecast.cpu_ms} ms, {forecast.peak_bytes}; used {cpu_ms:.0f} ms, {peak_bytes}")
    assert_near(forecast, cpu_ms, peak_bytes)


def _folder(context) -> InputFolder:
    lines = b"".join(f"{i},note number {i},{i}.25\n".encode() for i in range(20_000))
    return context.keep_folder("f", {"a.csv": b"id,v,w\n" + lines, "b.csv": b"id,name\n1,Ada\n2,Bo\n"})
