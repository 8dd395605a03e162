"""Keys of several columns that other tables refer to: kept, written, migrated and judged as databases do."""

import sqlite3

import psycopg
import pytest
import sqlglot
import yaml
from sqlglot import exp

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.schema_designer.proof import shape_of
from tests.tools.dev.schema_designer.test_databases import postgres, postgres_shape

__all__ = ["postgres"]

BEFORE = """
tables:
  orders:
    columns: {shop: integer required, number: integer required, note: text}
    key: [shop, number]
  line:
    columns:
      id: id
      shop: integer required
      number: integer required
      amount: decimal(9,2)
    indexes: [[shop, number]]
    references:
      - shop, number to orders on-delete cascade
"""
AFTER = """
tables:
  purchase:
    was: orders
    columns:
      branch: integer required was shop
      number: integer required
      note: text
      code: string(20) required fill x
    key: [branch, number]
    unique: [[number, branch]]
  item:
    was: line
    columns:
      id: id
      branch: integer required was shop
      purchase: integer required was number
      amount: decimal(9,2)
    indexes: [[branch, purchase]]
    references:
      - {columns: [branch, purchase], to: purchase, their: [branch, number], on-delete: restrict}
  parcel:
    columns: {id: id, branch: integer, purchase: integer}
    indexes: [[branch, purchase]]
    references: ["branch, purchase to purchase on-delete set-null"]
"""
ROWS = (
    "insert into orders (shop, number) values (1, 7), (2, 7)",
    "insert into line (id, shop, number, amount) values (5, 2, 7, 1.5)",
)
KEYS = """select conrelid::regclass::text, conname,
    (select array_agg(attname::text order by place) from unnest(conkey) with ordinality as one (n, place)
        join pg_attribute on attrelid = conrelid and attnum = n),
    confrelid::regclass::text,
    (select array_agg(attname::text order by place) from unnest(confkey) with ordinality as one (n, place)
        join pg_attribute on attrelid = confrelid and attnum = n),
    confdeltype::text from pg_constraint where contype = 'f' order by 1, 2"""


@pytest.fixture
def scripts(design, context):
    design(BEFORE)
    begin = {f"begin.{name}": text.decode() for name, text in context.artefacts.items()}
    context.artefacts.clear()
    assert design(AFTER, previous=BEFORE).summary["tried"] is True
    return begin | {name: text.decode() for name, text in context.artefacts.items()}


def test_postgresql_says_that_the_columns_refer_together(scripts, postgres):
    database = postgres("together")
    database.execute(scripts["begin.schema.postgresql.sql"])
    rows = [("line", "fk_line_shop_number", ["shop", "number"], "orders", ["shop", "number"], "c")]
    assert database.execute(KEYS).fetchall() == rows
    for statement in ROWS:
        database.execute(statement)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.execute("insert into line (shop, number) values (1, 8)")
    database.execute("delete from orders where shop = 2")
    assert database.execute("select count(*) from line").fetchone() == (0,)


def test_sqlite_refuses_a_row_whose_columns_exist_apart_but_not_together(scripts, sqlite_with):
    database = sqlite_with(
        "pragma foreign_keys = on;" + scripts["begin.schema.sqlite.sql"],
        *ROWS,
        "insert into orders values (3, 9, '')",
    )
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("insert into line (shop, number) values (3, 7)")


def test_mysql_is_told_both_columns_of_both_sides(scripts):
    made = sqlglot.parse(scripts["begin.schema.mysql.sql"], read="mysql")
    key = next(one for statement in made if statement for one in statement.find_all(exp.ForeignKey))
    assert [one.name for one in key.expressions] == ["shop", "number"]
    target = key.args["reference"].this
    assert (target.this.name, [one.name for one in target.expressions]) == ("orders", ["shop", "number"])


def test_postgresql_goes_up_and_down_with_rows_that_refer(scripts, postgres):
    walked, fresh = postgres("group_walked"), postgres("group_fresh")
    walked.execute(scripts["begin.schema.postgresql.sql"])
    beginning = postgres_shape(walked)
    for statement in ROWS:
        walked.execute(statement)
    walked.execute(scripts["up.postgresql.sql"])
    fresh.execute(scripts["schema.postgresql.sql"])
    assert postgres_shape(walked) == postgres_shape(fresh)
    assert [(row[0], row[2], row[4], row[5]) for row in walked.execute(KEYS)] == [
        ("item", ["branch", "purchase"], ["branch", "number"], "r"),
        ("parcel", ["branch", "purchase"], ["branch", "number"], "n"),
    ]
    assert walked.execute("select branch, purchase from item").fetchall() == [(2, 7)]
    walked.execute(scripts["down.postgresql.sql"])
    assert postgres_shape(walked) == beginning
    assert walked.execute("select shop, number from line").fetchall() == [(2, 7)]


def test_sqlite_goes_up_and_down_with_rows_that_refer(scripts, sqlite_with):
    database = sqlite_with(scripts["begin.schema.sqlite.sql"], *ROWS)
    wanted = shape_of(database)
    database.executescript(scripts["up.sqlite.sql"])
    assert shape_of(database) == shape_of(sqlite_with(scripts["schema.sqlite.sql"]))
    assert database.execute("select branch, purchase from item").fetchall() == [(2, 7)]
    assert database.execute("pragma foreign_key_check").fetchall() == []
    database.executescript(scripts["down.sqlite.sql"])
    assert shape_of(database) == wanted


def test_the_trial_sees_two_pairs_where_there_was_one_key_of_two_columns(sqlite_with):
    database = sqlite_with(
        "create table p (a, b, unique (a, b), unique (a), unique (b));"
        "create table one (a, b, foreign key (a, b) references p (a, b));"
        "create table two (a, b, foreign key (a) references p (a), foreign key (b) references p (b));"
    )
    shape = shape_of(database)
    assert shape["one"]["references"] == [("p", [("a", "a"), ("b", "b")], "NO ACTION")]
    assert shape["two"]["references"] != shape["one"]["references"]


REHUNG_BEFORE = """
tables:
  base:
    columns: {id: id, a: integer required, b: integer required, e: string(9) required unique}
    unique: [[a, b]]
  child:
    columns: {id: id, a: integer required, b: integer required, e: string(9) required indexed}
    indexes: [[a, b]]
    references: ["a, b to base (a, b)", e to base (e)]
"""


RENAMED = {"  base:": "  ground:\n    was: base", "to base": "to ground"}
OTHER_KEY = {
    "  base:\n    columns: {id: id,": "  base:\n    columns: {id: bigint required,",
    "unique: [[a, b]]": "key: [a, b]",
}


@pytest.mark.parametrize("changes", [RENAMED, OTHER_KEY], ids=["the name of a unique", "the key itself"])
def test_a_key_that_is_made_anew_can_go_though_others_hang_on_it(design, context, postgres, changes):
    after = REHUNG_BEFORE
    for old, new in changes.items():
        assert old in after
        after = after.replace(old, new)
    design(REHUNG_BEFORE)
    begin = context.artefacts["schema.postgresql.sql"].decode()
    context.artefacts.clear()
    assert design(after, previous=REHUNG_BEFORE).summary["tried"] is True
    walked, fresh = postgres("rehung_walked"), postgres("rehung_fresh")
    walked.execute(begin)
    beginning = postgres_shape(walked)
    fresh.execute(context.artefacts["schema.postgresql.sql"].decode())
    walked.execute(context.artefacts["up.postgresql.sql"].decode())
    assert [set(one) for one in postgres_shape(walked)[1:]] == [set(one) for one in postgres_shape(fresh)[1:]]
    walked.execute(context.artefacts["down.postgresql.sql"].decode())
    assert [set(one) for one in postgres_shape(walked)[1:]] == [set(one) for one in beginning[1:]]


def test_two_references_of_the_same_columns_are_two(design, context, postgres):
    pair = "{columns: {a: integer required, b: integer required}, key: [a, b]}"
    child = "{columns: {a: integer required, b: integer required}, key: [a, b], references: "
    design(
        f"tables:\n  x: {pair}\n  y: {pair}\n  z: {child}['a, b to x', 'a, b to y', 'b, a to y (b, a)']}}\n"
    )
    database = postgres("two_of_them")
    database.execute(context.artefacts["schema.postgresql.sql"].decode())
    assert sorted((row[2], row[3]) for row in database.execute(KEYS)) == [
        (["a", "b"], "x"),
        (["a", "b"], "y"),
        (["b", "a"], "y"),
    ]


def tables(child="a, b to p", *, columns="a: integer required, b: integer required", **more):
    base = {"columns": {"a": "integer required", "b": "integer required", "c": "integer"}, "key": ["a", "b"]}
    other = {"columns": {"id": "id", **yaml.safe_load("{" + columns + "}")}, "references": [child], **more}
    return {"tables": {"p": base, "q": other}}


REFUSALS = [
    (tables("a to p"), "q.a refers to p.(a, b): 1 columns to 2"),
    (tables("a, b to p (a)"), "q.(a, b) refers to p.a: 2 columns to 1"),
    (tables("a, b to p (a, c)"), "q.(a, b) refers to p.(a, c), which are neither key nor unique"),
    (tables("a, b to p (a, x)"), "q.(a, b) refers to 'p.x', which is missing"),
    (tables("a, b to nobody"), "q.(a, b) refers to the table 'nobody', which is missing"),
    (tables("a, z to p"), "the column 'z'"),
    (tables("a, a to p"), "the columns (a, a)"),
    (tables("a, b of p"), "the reference 'a, b of p'"),
    (tables("a, b to p on-delete forget"), "on-delete 'forget'"),
    (tables("a, b to p on-delete set-null"), "'on-delete set-null' for a required column (a, b)"),
    (tables({"columns": ["a", "b"]}), "no 'to'"),
    (
        "CREATE TABLE p (a int, b int);CREATE TABLE q (a int, b int, FOREIGN KEY (a, b) REFERENCES p (a, b))",
        "q.(a, b) refers to p.(a, b), which are neither key nor unique",
    ),
    (
        {"tables": {
            one: {"columns": {"a": "integer required", "b": "integer required"}, "key": ["a", "b"],
                  "references": [f"a, b to {other}"]}
            for one, other in (("x", "y"), ("y", "x"))
        }},
        "a circle of required references: x → y → x",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "found"), REFUSALS, ids=[one[1][:40] for one in REFUSALS])
def test_a_wrong_reference_is_refused_before_anything_is_written(design, context, wrong, found):
    with pytest.raises(InputRejected) as refusal:
        design(wrong)
    assert found in refusal.value.found
    assert refusal.value.allowed
    assert context.artefacts == {}


def told(result):
    return {(one.code, one.where) for one in result.findings}


SOUND = tables(indexes=[["a", "b"]])
FAULTS = [
    (tables(), ("reference-not-indexed", "q.(a, b)")),
    (tables(columns="a: integer required, b: text required"), ("reference-of-other-type", "q.b")),
    (tables("b, a to p (b, a)"), ("reference-order-for-mysql", "q.(b, a)")),
    (tables(columns="a: integer required, b: integer"), ("reference-half-empty", "q.(a, b)")),
]


@pytest.mark.parametrize(("faulty", "wanted"), FAULTS, ids=[one[1][0] for one in FAULTS])
def test_each_fault_of_a_reference_is_found_and_not_where_there_is_none(design, faulty, wanted):
    assert wanted in told(design(faulty))
    assert told(design(SOUND)) == set()


def test_an_index_in_another_order_serves_a_reference(design):
    assert told(design(tables("b, a to p (b, a)", indexes=[["a", "b"]]))) == {
        ("reference-order-for-mysql", "q.(b, a)")
    }
    assert told(design(tables("b, a to p (a, b)", indexes=[["a", "b"]]))) == set()


def test_a_reference_of_two_columns_is_one_line_and_one_arrow(design):
    result = design(BEFORE)
    figure = result.figures[0]
    assert 'orders ||--o{ line : "shop, number"' in figure.mermaid
    assert figure.mermaid.count("||--o{") == 1
    assert "line.(shop, number) refers to orders" in figure.alt_text
    columns = {(row[0], row[1]): row[5] for row in result.tables[-1].rows}
    assert columns["line", "number"] == "orders.number (with shop)"
    assert result.summary["references"] == 1


DUMP = """
CREATE TABLE tenant (id serial PRIMARY KEY, region int NOT NULL, code int NOT NULL);
CREATE TABLE person (
    tenant int NOT NULL REFERENCES tenant, id int NOT NULL, boss int, PRIMARY KEY (tenant, id)
);
CREATE TABLE badge (id serial PRIMARY KEY, r int, c int, tenant int, person int, extra int);
ALTER TABLE ONLY tenant ADD CONSTRAINT u UNIQUE (code, region);
ALTER TABLE ONLY person ADD CONSTRAINT f1 FOREIGN KEY (tenant, boss) REFERENCES person (tenant, id);
ALTER TABLE badge ADD CONSTRAINT f2 FOREIGN KEY (R, C) REFERENCES TENANT (REGION, CODE) ON DELETE SET NULL,
    ADD FOREIGN KEY (tenant, person) REFERENCES person ON DELETE CASCADE;
ALTER TABLE badge ADD FOREIGN KEY (extra, person) REFERENCES person;
ALTER TABLE person RENAME COLUMN id TO number;
ALTER TABLE person RENAME TO member;
ALTER TABLE badge RENAME COLUMN r TO area;
ALTER TABLE badge DROP COLUMN extra;
"""
SAID = KEYS.replace("conname,", "").replace("confdeltype::text", "replace(confdeltype::text, 'a', 'r')")


def test_statements_leave_the_references_that_postgresql_says_they_leave(design, context, postgres):
    result = design(DUMP)
    assert "not-kept" not in {one.code for one in result.findings}
    walked, fresh = postgres("group_altered"), postgres("group_read")
    walked.execute(DUMP)
    fresh.execute(context.artefacts["schema.postgresql.sql"].decode())
    wanted = sorted(walked.execute(SAID).fetchall(), key=str)
    assert len(wanted) == 4
    assert sorted(fresh.execute(SAID).fetchall(), key=str) == wanted
    assert result.summary["tried"] is True


def test_whole_numbers_that_refer_to_a_numbered_key_are_as_wide_as_it(design, context):
    design(
        "CREATE TABLE p (t int NOT NULL, id serial PRIMARY KEY, UNIQUE (t, id));\n"
        "CREATE TABLE q (t int, p int, FOREIGN KEY (t, p) REFERENCES p (t, id));"
    )
    made = context.artefacts["schema.mysql.sql"].decode().split("CREATE TABLE q")[1]
    assert "p BIGINT" in made
    assert "t INTEGER" in made


def test_the_forms_of_a_reference_say_the_same(design, context):
    seen = []
    for one in (
        "a, b to p on-delete cascade",
        "(a, b) to p (a,b) on-delete cascade",
        {"columns": ["a", "b"], "to": "p", "their": ["a", "b"], "on-delete": "cascade"},
    ):
        context.artefacts.clear()
        design(tables(one, indexes=[["a", "b"]]))
        seen.append(dict(context.artefacts))
    assert seen[0] == seen[1] == seen[2]


def test_two_rules_that_would_have_one_name_are_both_there(design, context, postgres):
    columns = {
        "id": "id",
        "a_b": "integer unique",
        "a": "integer",
        "b": "integer",
        "kind": "enum(x, y) required",
    }
    checks = {"kind": "kind <> 'y'"}
    design({"tables": {"t": {"columns": columns, "unique": [["a", "b"]], "checks": checks}}})
    database = postgres("named_apart")
    database.execute(context.artefacts["schema.postgresql.sql"].decode())
    for refused in ("y", "z"):
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute("insert into t (kind) values (%s)", [refused])
    database.execute("insert into t (a, b, a_b, kind) values (1, 1, 1, 'x')")
    for columns, row in (("a, b", "1, 1"), ("a_b, a", "1, 2")):
        with pytest.raises(psycopg.errors.UniqueViolation):
            database.execute(f"insert into t ({columns}, kind) values ({row}, 'x')")
