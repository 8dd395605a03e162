"""The pipeline as code: SQL for DuckDB, a program in Python, an Airflow DAG, and YAML to keep."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.pipelines.running import checks_of
from studio_magics.tools.tabular import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.data.pipelines.plan import Plan

HEAD = "Made by Studio's Data Pipeline Designer"
CRON_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def as_sql(plan: Plan, selects: Mapping[str, str]) -> bytes:
    """One script; `selects` reads each source or writes its rows out."""
    parts = [
        f"-- {_one_line(plan.wish.name)}. {HEAD}. Run it in the folder of the files: duckdb < pipeline.sql",
        "SET TimeZone = 'UTC';",
    ]
    parts += [f"CREATE OR REPLACE TABLE {quoted(name)} AS\n{selects[name]};" for name in plan.sources]
    for step in plan.steps:
        told = f"-- {_one_line(step.wish.description)}\n" if step.wish.description else ""
        kind = step.wish.kind.upper()
        parts.append(f"{told}CREATE OR REPLACE {kind} {quoted(step.name)} AS\n{step.sql}\n;")
    checks = [check for step in plan.steps for check in checks_of(step.name, step.wish.tests)]
    parts += [
        f"-- test: {_one_line(one.step)}: {_one_line(one.title)}, expected 0\n{one.sql};" for one in checks
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def as_program(plan: Plan, selects: Mapping[str, str]) -> bytes:
    """A program that needs DuckDB alone: `python pipeline.py FOLDER DATABASE`."""
    sources = [(name, selects[name]) for name in plan.sources]
    steps = [(step.name, step.wish.kind, step.sql) for step in plan.steps]
    tests = [
        (check.step, check.title, check.sql)
        for step in plan.steps
        for check in checks_of(step.name, step.wish.tests)
    ]
    return PROGRAM.format(
        title=json.dumps(f"{_one_line(plan.wish.name)}. {HEAD}."),
        sources=_listed(sources),
        steps=_listed(steps),
        tests=_listed(tests),
    ).encode("utf-8", "replace")


def _listed(entries: list[Any]) -> str:
    return "[\n" + "".join(f"    {entry!r},\n" for entry in entries) + "]"


PROGRAM = '''\
{title}

import os
import sys

import duckdb

SOURCES = {sources}
STEPS = {steps}
TESTS = {tests}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def load(db):
    """Read the files of the current folder."""
    db.execute("SET TimeZone = 'UTC'")
    for name, sql in SOURCES:
        db.execute(f"CREATE OR REPLACE TABLE {{quoted(name)}} AS {{sql}}")


def run_step(db, wanted):
    """Make the table or view of one step again."""
    for name, kind, sql in STEPS:
        if name == wanted:
            db.execute(f"DROP {{kind}} IF EXISTS {{quoted(name)}}")
            db.execute(f"CREATE {{kind}} {{quoted(name)}} AS (\\n{{sql}}\\n)")


def run_tests(db):
    """The tests that fail, with the number of rows that break them."""
    found = [(step, title, db.execute(sql).fetchone()[0]) for step, title, sql in TESTS]
    return [one for one in found if one[2]]


def main(folder=".", database="pipeline.duckdb"):
    """Load, run every step, and test; 1 when a test fails."""
    db = duckdb.connect(os.path.abspath(database))
    os.chdir(folder)
    load(db)
    for name, _, _ in STEPS:
        run_step(db, name)
        print(f"{{name}}: {{db.execute(f'SELECT count(*) FROM {{quoted(name)}}').fetchone()[0]}} rows")
    failed = run_tests(db)
    for step, title, rows in failed:
        print(f"FAILED {{step}}: {{title}} ({{rows}} rows)")
    db.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
'''


def as_airflow(plan: Plan) -> bytes:
    """A DAG with a task for each step; it runs `pipeline.py`, which has to stand beside it."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", plan.wish.name).strip("_") or "pipeline"
    schedule = CRON_WORDS.get(plan.wish.schedule, plan.wish.schedule) or None
    order = {step.name: [read for read in step.reads if plan.step(read)] for step in plan.steps}
    return AIRFLOW.format(
        title=json.dumps(f"{_one_line(plan.wish.name)}. {HEAD}."),
        name=name,
        owner=plan.wish.owner or "data",
        schedule=schedule,
        load=_free("load", order),
        test=_free("test", order),
        order=_mapping(order),
    ).encode("utf-8", "replace")


def _free(word: str, taken: Mapping[str, Any]) -> str:
    """A name for a task that no step has: 'load', else 'load_all', 'load_all_all'."""
    return word if word not in taken else _free(f"{word}_all", taken)


def _mapping(entries: Mapping[str, list[str]]) -> str:
    return "{\n" + "".join(f"    {name!r}: {reads!r},\n" for name, reads in entries.items()) + "}"


AIRFLOW = """\
{title}

import os
from datetime import datetime

import duckdb
import pipeline

try:  # Airflow 3
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.python import PythonOperator

DATABASE = os.path.abspath(os.environ.get("PIPELINE_DATABASE", "pipeline.duckdb"))
FOLDER = os.path.abspath(os.environ.get("PIPELINE_FOLDER", "."))
READS = {order}


def with_database(work):
    db = duckdb.connect(DATABASE)
    os.chdir(FOLDER)
    try:
        return work(db)
    finally:
        db.close()


def tested(db):
    failed = pipeline.run_tests(db)
    if failed:
        raise ValueError(f"tests fail: {{failed}}")


with DAG(
    dag_id={name!r},
    schedule={schedule!r},
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_tasks=1,
    default_args={{"owner": {owner!r}}},
) as dag:
    load = PythonOperator(task_id={load!r}, python_callable=lambda: with_database(pipeline.load))
    test = PythonOperator(task_id={test!r}, python_callable=lambda: with_database(tested))
    tasks = {{}}
    for name, reads in READS.items():
        tasks[name] = PythonOperator(
            task_id=name,
            python_callable=lambda step=name: with_database(lambda db: pipeline.run_step(db, step)),
        )
        for read in reads:
            tasks[read] >> tasks[name]
        load >> tasks[name] >> test
"""


def as_yaml(plan: Plan) -> bytes:
    """The pipeline in the form the tool reads."""
    import yaml

    written = plan.wish.model_dump(mode="json", exclude_defaults=True)
    written["steps"] = [
        {**step.wish.model_dump(mode="json", exclude_defaults=True), "sql": step.sql} for step in plan.steps
    ]
    text: Any = yaml.dump(written, Dumper=_block_dumper(), sort_keys=False, allow_unicode=True, width=110)
    return str(text).encode("utf-8", "replace")


def _block_dumper() -> Any:
    """A dumper that writes texts of several lines as blocks."""
    import yaml

    class BlockDumper(yaml.SafeDumper):
        """SafeDumper with readable SQL."""

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    BlockDumper.add_representer(str, text)  # pyright: ignore[reportUnknownMemberType]  - PyYAML is typed in part
    return BlockDumper
