"""The dbt project and the DAG do what the run did: learned from dbt 1.11 and Airflow 3.1, which ran both."""

import io
import subprocess
import sys
import zipfile

import duckdb
import jinja2
import pytest
import yaml

ORDERS = b"id,customer_id,amount,status\n" + b"".join(
    f"{n},{n % 3},{n}.5,{'paid' if n % 2 else 'open'}\n".encode() for n in range(1, 31)
)
CUSTOMERS = b"id,name\n0,Ada\n1,Bo\n2,Cy\n"
BROKEN = """name: dbt
steps:
  - name: load
    description: "half a template {{ in {% words"
    sql: SELECT id, customer_id, status, amount AS "Total Amount" FROM orders
    tests:
      not_null: [id, "Total Amount"]
      unique: [status]
      key: [status, customer_id]
      accepted: {status: ["it's {{ x }}", paid], customer_id: [0, 1]}
      references: {customer_id: Customers.id, id: items.id, status: notes.text}
      expressions: ['"Total Amount" > 5', "status <> '{% raw %}open'"]
      rows: {min: 40, max: 2}
  - {name: test, kind: view, sql: SELECT count(*) AS n FROM Load}
sources:
  notes:
    rows:
      - {text: "{{ not jinja }} {% x %} {# c #}", n: 1}
"""


@pytest.fixture
def files(tmp_path):
    items = tmp_path / "items.parquet"
    duckdb.sql("SELECT range AS id, 'x' || range AS \"Item Name\" FROM range(20)").write_parquet(str(items))
    return {"orders.csv": ORDERS, "customers.csv": CUSTOMERS, "items.parquet": items.read_bytes()}


@pytest.fixture
def written(attempt, context, files):
    """Run the pipeline; its result, and the files of the dbt project by name."""

    def write(text, more=None):
        result = attempt(text, files={**files, **(more or {})})
        with zipfile.ZipFile(io.BytesIO(context.artefacts["dbt_project.zip"])) as archive:
            return result, {name: archive.read(name).decode() for name in archive.namelist()}

    return write


def rendered(text):
    """What dbt makes of a file: its own Jinja, with tables by their names."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)  # noqa: S701  - SQL, no page
    return template.render(
        ref=lambda name: f'"{name}"', source=lambda _, name: f'"{name}"', config=lambda **_: ""
    )


@pytest.fixture
def built(monkeypatch, tmp_path, files):
    """Make the models of a project in a database, sources first."""

    def build(project, order):
        place = tmp_path / "built"
        place.mkdir()
        for name, content in files.items():
            (place / name).write_bytes(content)
        monkeypatch.chdir(place)
        db = duckdb.connect()
        for table in yaml.safe_load(project["models/properties.yml"]).get("sources", [{"tables": []}])[0][
            "tables"
        ]:
            db.execute(f"CREATE VIEW \"{table['name']}\" AS FROM '{table['config']['external_location']}'")
        models = [name for name in project if name.startswith("models/") and name.endswith(".sql")]
        first = sorted(models, key=lambda name: name.removeprefix("models/").removesuffix(".sql") in order)
        for name in first:
            stem = name.removeprefix("models/").removesuffix(".sql")
            db.execute(f'CREATE TABLE "{stem}" AS {rendered(project[name])}')
        return db

    return build


def test_every_test_of_the_pipeline_is_one_of_the_project_and_breaks_as_often(written, built):
    result, project = written(BROKEN)
    by_tool = {row[1]: row[3] for row in next(one for one in result.tables if one.title == "Tests").rows}
    properties = yaml.safe_load(project["models/properties.yml"])
    generic = [one for column in properties["models"][0]["columns"] for one in column["data_tests"]]
    single = {name: text for name, text in project.items() if name.startswith("tests/")}
    assert len(generic) + len(single) == len(by_tool) == 13
    db = built(project, ["load", "test"])
    broken = {}
    for text in single.values():
        told = rendered(text).split("-- ", 1)[1].split("\n", 1)[0]
        rows = db.execute(rendered(text)).fetchall()
        broken[told] = rows[0][0] if rows else 0
    assert broken == {told: by_tool[told] for told in broken}
    # of 30 rows: 6 pairs of status and customer; 4 amounts from 1.5 to 4.5; half are 'paid'
    assert broken["status, customer_id identify a row"] == 24
    assert broken['"Total Amount" > 5'] == 4
    assert (broken["at least 40 rows"], broken["at most 2 rows"]) == (10, 28)
    assert broken["status is one of 2 values"] == 15


def test_tests_of_columns_are_written_so_that_dbt_quotes_names_and_values_as_it_must(written):
    _, project = written(BROKEN)
    [load, _] = yaml.safe_load(project["models/properties.yml"])["models"]
    columns = {one["name"]: one for one in load["columns"]}
    assert all(one["quote"] for one in columns.values())
    assert columns["customer_id"]["data_tests"] == [
        {"accepted_values": {"arguments": {"values": [0, 1], "quote": False}}},
        {"relationships": {"arguments": {"to": "ref('customers')", "field": '"id"'}}},
    ]
    reference = columns["id"]["data_tests"][1]["relationships"]["arguments"]
    assert reference["to"] == "source('raw', 'items')"
    assert {"accepted_values"} & {*map(str, columns["status"]["data_tests"])} == set()


def test_double_braces_of_the_user_are_text_to_dbt(written, built):
    _, project = written(BROKEN)
    [load, _] = yaml.safe_load(project["models/properties.yml"])["models"]
    assert rendered(load["description"]) == "half a template {{ in {% words"
    db = built(project, ["load", "test"])
    assert db.execute("SELECT text FROM notes").fetchall() == [("{{ not jinja }} {% x %} {# c #}",)]
    assert db.execute("SELECT n FROM test").fetchall() == [(30,)]


def test_a_project_is_not_called_as_a_package_that_every_project_has(written):
    _, project = written(BROKEN)
    assert yaml.safe_load(project["dbt_project.yml"])["name"] == "p_dbt"


def test_a_parquet_file_with_braces_in_its_name_is_a_model(written, files):
    text = "sources: {odd: {file: 'a {x}.parquet'}}\nsteps:\n  - {name: a, sql: SELECT * FROM odd}\n"
    _, project = written(text, {"a {x}.parquet": files["items.parquet"]})
    tables = yaml.safe_load(project["models/properties.yml"])["sources"][0]["tables"]
    assert [one["name"] for one in tables] == ["items"]
    assert "a {x}.parquet" in rendered(project["models/odd.sql"])


def test_a_reference_to_a_table_that_is_not_there_does_not_stop_the_project(written):
    _, project = written(
        "steps:\n  - {name: a, sql: SELECT * FROM orders, tests: {references: {id: nobody.id}}}\n"
    )
    assert "nobody" not in "".join(project.values())


AIRFLOW = """
class DAG:
    made = {}

    def __init__(self, dag_id, **fields):
        DAG.made, self.id, self.fields = {}, dag_id, fields

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class PythonOperator:
    def __init__(self, task_id, python_callable):
        if task_id in DAG.made:
            raise ValueError(f"duplicate {task_id}")
        DAG.made[task_id] = self
        self.id, self.work, self.before = task_id, python_callable, set()

    def __rshift__(self, other):
        other.before.add(self.id)
        return other
"""
RUN = """
import airflow_dag
made, done = airflow_dag.DAG.made, []
while len(done) < len(made):
    ready = [one for one in made.values() if one.id not in done and one.before <= set(done)]
    for one in ready:
        done.append(one.id)
        try:
            one.work()
        except ValueError as error:
            print(error)
print(done[0], done[-1], sorted(done))
"""


@pytest.mark.parametrize("place", ["airflow/sdk.py", "airflow/__init__.py"], ids=["Airflow 3", "Airflow 2"])
def test_the_dag_has_a_task_for_each_step_whatever_it_is_called_and_runs_them(
    written, context, files, tmp_path, place
):
    written(BROKEN)
    folder = tmp_path / "dags"
    operators = "airflow/providers/standard/operators" if place.endswith("sdk.py") else "airflow/operators"
    (folder / operators).mkdir(parents=True)
    (folder / operators / "python.py").write_text("from airflow_parts import PythonOperator")
    (folder / place).write_text("from airflow_parts import DAG")
    (folder / "airflow_parts.py").write_text(AIRFLOW)
    for name in ("pipeline.py", "airflow_dag.py"):
        (folder / name).write_bytes(context.artefacts[name])
    for name, content in files.items():
        (folder / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told, order = done.stdout.splitlines()[0], done.stdout.splitlines()[-1]
    assert "('load', 'status, customer_id identify a row', 24)" in told
    assert order == "load_all test_all ['load', 'load_all', 'test', 'test_all']"
