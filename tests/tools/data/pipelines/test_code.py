# ruff: noqa: S314  - the XML parsed here was written by the code under test
"""The code that is written does the same as the run, and the events are valid OpenLineage."""

import io
import json
import subprocess
import sys
import zipfile
from xml.etree import ElementTree as ET

import duckdb
import pytest
import yaml
from fakes.measuring import assert_near
from fakes.tool_context import metered_run
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated import column_lineage_dataset

from studio_magics.tools.data.pipelines import EXAMPLE, TOOL

PIPELINE = (
    "name: shop\nschedule: '@daily'\nsteps:\n"
    "  - name: paid\n    kind: view\n    sql: SELECT * FROM orders WHERE status = 'paid'\n"
    "    tests: {not_null: [id], unique: [id], accepted: {status: [paid]}}\n"
    "  - name: sums\n    sql: |-\n      -- it's a comment\n      SELECT c.name, sum(p.amount) AS total\n"
    "      FROM paid p JOIN customers c ON c.id = p.customer_id GROUP BY c.name\n"
    "    tests: {unique: [name], rows: {max: 2}}\n"
)
SUMS = [("Ada", 32), ("Bo", 1), ("Cy", 30)]


@pytest.fixture
def folder(attempt, context, tmp_path):
    """A folder with the tables and all that was written."""
    attempt(PIPELINE)
    place = tmp_path / "out"
    place.mkdir()
    for file in context.folder.glob("*.csv"):
        name = "orders.csv" if b"status" in file.read_bytes() else "customers.csv"
        (place / name).write_bytes(file.read_bytes())
    for name, content in context.artefacts.items():
        (place / name).write_bytes(content)
    return place


def test_the_program_makes_the_same_rows_and_names_the_failing_test(folder):
    command = [sys.executable, str(folder / "pipeline.py"), str(folder), str(folder / "made.duckdb")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "paid: 5 rows", "sums: 3 rows", "FAILED sums: at most 2 rows (1 rows)"
    ]  # fmt: skip
    with duckdb.connect(str(folder / "made.duckdb"), read_only=True) as db:
        assert db.execute("SELECT name, total FROM sums ORDER BY 1").fetchall() == SUMS


def test_the_script_makes_the_same_rows(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with duckdb.connect() as db:
        db.execute((folder / "pipeline.sql").read_text())
        assert db.execute("SELECT name, total FROM sums ORDER BY 1").fetchall() == SUMS


def test_the_result_is_kept_as_parquet(folder):
    rows = duckdb.sql(f"SELECT name, total FROM '{folder}/sums.parquet' ORDER BY 1").fetchall()
    assert rows == SUMS


def test_the_yaml_that_is_written_gives_the_same_result_when_it_is_read(attempt, context):
    first = attempt(PIPELINE)
    again = attempt(context.artefacts["pipeline.yaml"].decode())
    assert again.summary == first.summary


def test_the_models_of_dbt_say_ref_and_source_and_the_rest_still_parses(folder):
    with zipfile.ZipFile(folder / "dbt_project.zip") as archive:
        sums = archive.read("models/sums.sql").decode()
        customers = archive.read("models/customers.sql").decode()
        properties = yaml.safe_load(archive.read("models/properties.yml"))
        project = yaml.safe_load(archive.read("dbt_project.yml"))
    assert "{{ ref('paid') }} AS p" in sums
    assert "{{ ref('customers') }} AS c" in sums
    assert project["name"] == "shop"
    assert "sources" not in properties
    assert "read_csv('customers.csv'" in customers
    [paid, _] = properties["models"]
    assert {one["name"]: one["data_tests"] for one in paid["columns"]} == {
        "id": ["not_null", "unique"],
        "status": [{"accepted_values": {"arguments": {"values": ["paid"]}}}],
    }
    plain = sums.replace("{{ ref('paid') }}", "paid").replace("{{ ref('customers') }}", "customers")
    body = plain.split("\n\n", 1)[1]
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE paid (customer_id INT, amount INT); CREATE TABLE customers (id INT, name TEXT)"
        )
        assert db.execute(body).fetchall() == []


AWKWARD = {
    "an index without a name, as pandas and R write it": b",y,when\n1,2,2024-01-01\n2,3,2024-01-02\n",
    "semicolons and Latin-1": "Straße;n\nMünchen;1\nKöln;2\n".encode("latin-1"),
    "blanks around the names": b"a , b\n1,x\n2,y\n",
    "moments with an offset": b"at,n\n2024-01-01T10:00:00+02:00,1\n2024-01-01T10:00:00Z,2\n",
    "single quotes in names": b"'a','b'\n1,2\n3,4\n",
    "codes, truth, cells in quotes": b'code,ok,text\n007,true,"a,b"\n010,False,"say ""hi"""\n',
    "a late text in a column of numbers": b"v\n" + b"1\n" * 3000 + b"NA\n",
}


@pytest.mark.parametrize("content", AWKWARD.values(), ids=AWKWARD)
def test_the_script_and_the_program_read_an_awkward_file_as_the_run_did(
    attempt, context, tmp_path, monkeypatch, content
):
    attempt("", files={"people.csv": content})
    place = tmp_path / "place"
    place.mkdir()
    (place / "people.csv").write_bytes(content)
    (place / "pipeline.py").write_bytes(context.artefacts["pipeline.py"])
    (place / "kept.parquet").write_bytes(context.artefacts["stg_people.parquet"])
    monkeypatch.chdir(place)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    command = [sys.executable, "pipeline.py", ".", "made.duckdb"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with duckdb.connect("made.duckdb") as db:
        db.execute("SET TimeZone = 'Asia/Tokyo'")
        assert _apart(db) == 0
    with duckdb.connect() as db:
        db.execute(context.artefacts["pipeline.sql"].decode())
        assert _apart(db) == 0


def _apart(db):
    """Rows that only the result of the run or only that of the code has."""
    kept, made = "SELECT * FROM 'kept.parquet'", "SELECT * FROM stg_people"
    assert [row[:2] for row in db.execute(f"DESCRIBE {kept}").fetchall()] == [
        row[:2] for row in db.execute(f"DESCRIBE {made}").fetchall()
    ]
    parts = f"({kept} EXCEPT ALL {made}) UNION ALL ({made} EXCEPT ALL {kept})"
    return db.execute(f"SELECT count(*) FROM ({parts})").fetchone()[0]


def test_the_dag_is_python_with_the_order_and_the_schedule(folder):
    text = (folder / "airflow_dag.py").read_text()
    compile(text, "airflow_dag.py", "exec")
    assert "'sums': ['paid']" in text
    assert "schedule='0 0 * * *'" in text


def test_the_events_are_valid_openlineage_with_columns(folder):
    lines = [json.loads(line) for line in (folder / "openlineage.ndjson").read_text().splitlines()]
    events = [
        RunEvent(
            eventTime=one["eventTime"],
            producer=one["producer"],
            eventType=RunState[one["eventType"]],
            run=Run(**one["run"]),
            job=Job(**one["job"]),
            inputs=[InputDataset(**dataset) for dataset in one["inputs"]],
            outputs=[OutputDataset(**dataset) for dataset in one["outputs"]],
        )
        for one in lines
    ]
    assert [event.job.name for event in events] == ["paid", "sums"]
    facet = events[1].outputs[0].facets["columnLineage"]
    [field] = [column_lineage_dataset.InputField(**one) for one in facet["fields"]["total"]["inputFields"]]
    assert (field.name, field.field) == ("paid", "amount")


def test_hostile_names_in_texts_stay_text(attempt, context):
    hostile = "</title><script>alert(1)</script>"
    text = (
        f"name: \"{hostile}\"\nowner: \"' + __import__('os') + '\"\n"
        "steps:\n  - name: a\n    description: \"x\\n'''; import os\"\n"
        f'    sql: SELECT id AS "{hostile}" FROM orders\n'
    )
    result = attempt(text)
    for figure in result.figures:
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(figure.svg).iter()}
        assert "script" not in tags
        assert "<script" not in (figure.mermaid or "")
    for name in ("pipeline.py", "airflow_dag.py"):
        tree = compile(context.artefacts[name].decode(), name, "exec")
        assert "__import__" not in tree.co_names


def test_the_same_input_gives_the_same_bytes_in_kernel_and_on_the_server(attempt, context):
    context.place = "kernel"
    local, files = attempt(PIPELINE), dict(context.artefacts)
    context.place = "server"
    assert attempt(PIPELINE) == local
    assert context.artefacts == files


def test_the_documented_example_runs_and_keeps_its_tests(attempt):
    result = attempt(EXAMPLE.split("\n", 1)[1], files={})
    assert result.summary["rows"] == {"orders": 3, "paid": 2, "revenue": 1}
    assert result.summary["tests"] == {"kept": 5, "failed": 0, "unusable": 0}


def test_the_zip_has_no_time_of_its_own(folder):
    content = (folder / "dbt_project.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.measures_time
@pytest.mark.parametrize("rows", [3, 200_000])
def test_the_forecast_is_near_what_a_metered_run_uses(tmp_path, context, rows):
    path = tmp_path / "orders.csv"
    select = (
        f"SELECT range AS id, range % 977 AS customer_id, (range * 7919) % 1000 / 10.0 AS amount, "
        f"'note ' || range AS note FROM range({rows})"
    )
    duckdb.connect().execute(f"COPY ({select}) TO '{path}'")
    text = (
        "steps:\n  - {name: big, sql: SELECT * FROM orders WHERE amount > 10}\n"
        "  - {name: sums, sql: 'SELECT customer_id, sum(amount) AS s FROM big GROUP BY 1'}\n"
    )
    file = context.put("orders.csv", path.read_bytes())
    inputs = TOOL.input_model(data=file, pipeline=text, sample_rows=0)
    expected = TOOL.forecast(inputs)
    cpu_ms, peak_bytes = metered_run(TOOL.id, inputs, context)
    print(f"{file.size_bytes} bytes: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)
