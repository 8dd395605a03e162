"""References of several columns and what they do on delete, through every file that is written."""

import json
import sqlite3
from importlib.resources import files

import jsonschema
import psycopg
import pytest
import yaml

PARENT = "create table z_parent (a integer not null, b text not null, c integer unique, primary key (a, b));"
CHILD = (
    "create table child (x integer, y text, c integer references z_parent (c) on delete set null, "
    "foreign key (x, y) references z_parent on update cascade on delete cascade);"
    "create index on_xy on child (x, y); create index on_c on child (c);"
)
ROWS = """insert into z_parent values (1, 'p', 5), (2, 'q', 6);
insert into child values (1, 'p', 5), (1, 'q', null);"""
KEYS = """select id, seq, "table", "from", coalesce("to", ''), on_update, on_delete
    from pragma_foreign_key_list(?)"""


def test_rows_whose_columns_exist_apart_but_not_together_are_orphans(inspect, sqlite):
    result = inspect(sqlite(PARENT + CHILD + ROWS))
    row = next(one for one in result.tables[1].rows if one[0] == "child.(x, y)")
    assert row[:5] == ("child.(x, y)", "z_parent.(a, b)", "declared", 2, 1)
    told = next(one for one in result.findings if one.code == "orphans")
    assert (told.where, told.count, "1, q" in told.detail) == ("child.(x, y)", 1, True)


def test_the_statements_keep_what_happens_on_delete_and_make_parents_first(
    inspect, context, sqlite, tmp_path
):
    inspect(sqlite(PARENT + CHILD))
    made = context.artefacts["schema.sql"].decode()
    assert made.index('CREATE TABLE "z_parent"') < made.index('CREATE TABLE "child"')
    origin, fresh = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    origin.executescript(PARENT + CHILD)
    fresh.executescript(made)
    rows = [sorted(one.execute(KEYS, ["child"]).fetchall()) for one in (origin, fresh)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 3


def test_the_contract_says_that_columns_refer_together(inspect, context, sqlite):
    inspect(sqlite(PARENT + CHILD))
    contract = yaml.safe_load(context.artefacts["schema.odcs.yaml"])
    child = next(one for one in contract["schema"] if one["name"] == "child")
    assert child["relationships"] == [
        {"type": "foreignKey", "from": ["child.x", "child.y"], "to": ["z_parent.a", "z_parent.b"]}
    ]
    columns = {one["name"]: one.get("relationships") for one in child["properties"]}
    assert columns == {"x": None, "y": None, "c": [{"type": "foreignKey", "to": "z_parent.c"}]}
    schema = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(contract)] == []
    child["relationships"][0]["to"] = "z_parent.a"
    assert list(validator.iter_errors(contract))


BASE = "create table p (a integer, b integer, c integer, primary key (a, b), unique (b, a), unique (a, c));"
CASES = [
    ("(x, y) references p (a, b)", "(y, x) references p (b, a)", set()),
    ("(x, y) references p (a, b)", "(x, y) references p", set()),
    ("(x, y) references p (a, b)", "(x, y) references p (b, a)", {"reference-added", "reference-removed"}),
    ("(x, y) references p (a, b)", "(x, y) references p (a, c)", {"reference-added", "reference-removed"}),
    ("(x, y) references p", "(x, y) references p on delete cascade", {"reference-action-changed"}),
]


@pytest.mark.parametrize("case", CASES)
def test_a_reference_changes_where_pairs_of_columns_do(inspect, context, sqlite, case):
    before, now, codes = case

    def made(key, name="now.db"):
        return sqlite(f"{BASE} create table q (x integer, y integer, foreign key {key});", name)

    inspect(made(now), previous=made(before, "before.db"))
    changes = json.loads(context.artefacts["schema-changes.json"])["changes"]
    assert {one["code"] for one in changes} == codes


def test_an_earlier_json_keeps_what_happens_on_delete(inspect, context, sqlite):
    file = sqlite(PARENT + CHILD)
    inspect(file)
    kept = context.keep("schema.json", context.artefacts["schema.json"])
    inspect(file, previous=kept)
    assert json.loads(context.artefacts["schema-changes.json"])["changes"] == []


def test_an_older_json_that_does_not_say_what_happens_on_delete_is_no_change(inspect, context, sqlite):
    file = sqlite(PARENT + CHILD)
    inspect(file)
    older = json.loads(context.artefacts["schema.json"])
    for table in older["tables"]:
        for key in table["foreign_keys"]:
            del key["actions"]
    inspect(file, previous=context.keep("older.json", json.dumps(older).encode()))
    assert json.loads(context.artefacts["schema-changes.json"])["changes"] == []


def test_statements_of_postgresql_run_and_leave_the_same_references(inspect, context, postgres_socket):
    question = """select conrelid::regclass::text, conkey, confrelid::regclass::text, confkey, confdeltype,
        confupdtype from pg_constraint where contype = 'f' order by 1, 2"""
    owner = psycopg.connect(host=postgres_socket, user="studio", dbname="postgres", autocommit=True)
    for name in ("kept_origin", "kept_fresh"):
        owner.execute(f"drop database if exists {name}")
        owner.execute(f"create database {name}")
    script = (
        PARENT
        + CHILD
        + "create table made (a integer, id serial, b integer generated always as (a * 2) stored);"
    )
    with psycopg.connect(
        host=postgres_socket, user="studio", dbname="kept_origin", autocommit=True
    ) as origin:
        origin.execute(script)
        wanted = origin.execute(question).fetchall()
    inspect(url=f"postgresql://studio@/kept_origin?host={postgres_socket}")
    with psycopg.connect(host=postgres_socket, user="studio", dbname="kept_fresh", autocommit=True) as fresh:
        fresh.execute(context.artefacts["schema.sql"].decode())
        assert fresh.execute(question).fetchall() == wanted
        fresh.execute("insert into made (a) values (4)")
        assert fresh.execute("select id, b from made").fetchall() == [(1, 8)]
    owner.close()
