"""The scripts on real databases: SQLite and PostgreSQL run them; MySQL's are parsed."""

import psycopg
import pytest
import sqlglot

from studio_magics.tools.dev.schema_designer.proof import shape_of
from tests.tools.dev.schema_designer.conftest import AFTER, BEFORE

INSERTS = (
    "insert into customer (id, email, name) values (7, 'ada@example.org', 'Ada')",
    "insert into product (id, title, price) values (3, 'Lamp', 12.50)",
    "insert into purchase (id, customer_id, status) values (9, 7, 'paid')",
    "insert into purchase_line (purchase_id, product_id, quantity) values (9, 3, 2)",
)


@pytest.fixture
def scripts(design, context):
    """Every script of the way from BEFORE to AFTER, and of the beginning."""
    design(BEFORE)
    begin = {f"begin.{name}": text for name, text in context.artefacts.items()}
    context.artefacts.clear()
    result = design(AFTER, previous=BEFORE)
    assert result.summary["tried"] is True
    return {name: text.decode() for name, text in (begin | context.artefacts).items()}


def test_sqlite_goes_up_to_the_new_version_and_keeps_every_row(scripts, sqlite_with):
    database = sqlite_with(scripts["begin.schema.sqlite.sql"], *INSERTS)
    database.executescript(scripts["up.sqlite.sql"])
    assert shape_of(database) == shape_of(sqlite_with(scripts["schema.sqlite.sql"]))
    assert database.execute("select full_name, phone from client").fetchall() == [("Ada", None)]
    assert database.execute("select client_id, status from purchase").fetchall() == [(7, "paid")]
    assert database.execute("select sku, price from product").fetchall() == [("unknown", 12.5)]
    assert database.execute("pragma foreign_key_check").fetchall() == []


def test_sqlite_goes_down_again_and_leaves_no_difference(scripts, sqlite_with):
    database = sqlite_with(scripts["begin.schema.sqlite.sql"], *INSERTS)
    wanted = shape_of(database)
    rows = database.execute("select * from customer").fetchall()
    database.executescript(scripts["up.sqlite.sql"])
    assert shape_of(database) != wanted
    database.executescript(scripts["down.sqlite.sql"])
    assert shape_of(database) == wanted
    assert database.execute("select * from customer").fetchall() == rows
    assert database.execute("select quantity from purchase_line").fetchall() == [(2,)]


PARTS = (
    """select table_name, column_name, data_type, is_nullable, column_default, character_maximum_length,
    numeric_precision, numeric_scale, is_identity from information_schema.columns
    where table_schema = 'public' order by 1, 2""",
    """select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c') order by 1, 2""",
    "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2",
)


def postgres_shape(connection):
    return [connection.execute(part).fetchall() for part in PARTS]


@pytest.fixture
def postgres(postgres_socket):
    """Makes empty databases."""
    made = []
    owner = psycopg.connect(host=postgres_socket, user="studio", dbname="postgres", autocommit=True)

    def make(name):
        owner.execute(f"create database {name}")
        made.append(
            (name, psycopg.connect(host=postgres_socket, user="studio", dbname=name, autocommit=True))
        )
        return made[-1][1]

    yield make
    for name, connection in made:
        connection.close()
        owner.execute(f"drop database {name}")
    owner.close()


def test_postgresql_goes_up_and_down_and_its_own_catalogue_says_so(scripts, postgres):
    walked, fresh = postgres("walked"), postgres("fresh")
    walked.execute(scripts["begin.schema.postgresql.sql"])
    beginning = postgres_shape(walked)
    for statement in INSERTS:
        walked.execute(statement)
    walked.execute(scripts["up.postgresql.sql"])
    fresh.execute(scripts["schema.postgresql.sql"])
    assert postgres_shape(walked) == postgres_shape(fresh)
    assert walked.execute("select full_name from client").fetchall() == [("Ada",)]
    assert walked.execute("select sku from product").fetchall() == [("unknown",)]
    walked.execute(scripts["down.postgresql.sql"])
    assert postgres_shape(walked) == beginning
    assert walked.execute("select name from customer").fetchall() == [("Ada",)]


def test_postgresql_refuses_what_the_conditions_forbid(scripts, postgres):
    database = postgres("guarded")
    database.execute(scripts["begin.schema.postgresql.sql"])
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute("insert into product (title, price) values ('Lamp', -1)")
    with pytest.raises(psycopg.errors.CheckViolation):
        database.execute(
            "insert into customer (id, email, name) values (1, 'a', 'b');"
            "insert into purchase (customer_id, status) values (1, 'lost')"
        )


@pytest.mark.parametrize(
    "name", ["begin.schema.mysql.sql", "schema.mysql.sql", "up.mysql.sql", "down.mysql.sql"]
)
def test_every_statement_for_mysql_is_readable_to_a_mysql_parser(scripts, name):
    statements = sqlglot.parse(scripts[name], read="mysql", error_level=sqlglot.ErrorLevel.RAISE)
    assert len([one for one in statements if one is not None]) >= 4


def test_mysql_gets_its_own_words_for_keys_and_changes(scripts):
    assert "BIGINT NOT NULL AUTO_INCREMENT" in scripts["begin.schema.mysql.sql"]
    assert "MODIFY price NUMERIC(14, 4) NOT NULL" in scripts["up.mysql.sql"]
    assert "DROP FOREIGN KEY fk_purchase_customer_id" in scripts["up.mysql.sql"]


KINDS = """
tables:
  thing:
    columns:
      id: id
      a: integer default -5
      b: bigint
      c: smallint
      d: string(10) default 'it''s'
      e: text
      f: decimal(10,3) default 1.250
      g: float
      h: boolean required default true
      i: date default today
      j: time
      k: timestamp default 2026-01-31 09:00:00
      l: uuid
      m: json
      n: binary(16)
      o: enum(x, "it is") default x
      p: ref thing
"""


def test_every_type_is_created_and_filled_by_its_default_on_both_databases(
    design, context, postgres, sqlite_with
):
    text = KINDS.replace("default 'it''s'", "default hey").replace(
        "default 2026-01-31 09:00:00", "default now"
    )
    design(text)
    database = postgres("kinds")
    database.execute(context.artefacts["schema.postgresql.sql"].decode())
    database.execute("insert into thing default values")
    row = database.execute("select a, d, f::text, h, o from thing").fetchone()
    assert row == (-5, "hey", "1.250", True, "x")
    lite = sqlite_with(context.artefacts["schema.sqlite.sql"].decode(), "insert into thing default values")
    assert lite.execute("select a, d, f, h, o from thing").fetchone() == (-5, "hey", 1.25, 1, "x")


def test_two_tables_that_refer_to_each_other_can_be_made_on_postgresql(design, context, postgres):
    design(
        "tables:\n  a:\n    columns: {id: id, b_id: ref b indexed}\n  b:\n    columns: {id: id, a_id: "
        "ref a indexed}\n"
    )
    database = postgres("circle")
    database.execute(context.artefacts["schema.postgresql.sql"].decode())
    assert database.execute("select count(*) from pg_constraint where contype = 'f'").fetchone()[0] >= 2
