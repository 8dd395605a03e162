"""What is said of a DuckDB file against what DuckDB itself says of it."""

import duckdb
import pytest
from fakes.odd_duckdb import VALUES, odd_duckdb

COLUMNS = """select table_name, column_name, data_type, is_nullable, column_default from duckdb_columns()
    where schema_name = 'main' and not internal and table_name <> 'v.2' order by 1, column_index"""
CONSTRAINTS = """select table_name, constraint_type, constraint_column_names, referenced_table,
    referenced_column_names from duckdb_constraints() where schema_name = 'main' order by all"""
INDEXES = """select table_name, index_name, is_unique, expressions from duckdb_indexes()
    where schema_name = 'main' and index_name <> 'of_lower' order by all"""


def once_cast(rows):
    """DuckDB wraps what is computed in a cast each time that it is declared."""
    twice = "CAST(CAST((a * 2) AS INTEGER) AS INTEGER)"
    return [tuple("CAST((a * 2) AS INTEGER)" if part == twice else part for part in row) for row in rows]


@pytest.fixture
def odd(tmp_path, context):
    content = odd_duckdb(tmp_path / "origin.duckdb")
    return context.keep("odd.duckdb", content), duckdb.connect(str(tmp_path / "origin.duckdb"))


def test_every_column_of_every_type_is_told_as_duckdb_tells_it(inspect, odd):
    file, origin = odd
    rows = next(one for one in inspect(file).tables if one.title == "Columns").rows
    assert [row[:5] for row in rows] == origin.execute(COLUMNS).fetchall()
    nulls = {row[1]: row[5] for row in rows if row[0] == "types"}
    assert nulls == {f"c{number}": 1 for number in range(len(VALUES))}


def test_the_statements_make_the_same_tables_in_a_new_duckdb(inspect, context, odd):
    file, origin = odd
    inspect(file)
    fresh = duckdb.connect()
    fresh.execute(context.artefacts["schema.sql"].decode())
    for question in (COLUMNS, CONSTRAINTS, INDEXES):
        assert once_cast(fresh.execute(question).fetchall()) == origin.execute(question).fetchall()


def test_an_index_over_columns_whose_names_need_quotes_is_one_and_one_over_an_expression_is_none(
    inspect, context, odd
):
    inspect(odd[0])
    made = context.artefacts["schema.sql"].decode()
    assert 'CREATE INDEX "ix ""a, b" ON "we""ird.na me" ("e,f", "sel[ect]");' in made
    assert "-- index of_lower on child is partial or over expressions" in made


def test_schemas_and_views_that_were_not_read_are_told_and_a_name_with_a_dot_is_no_schema(inspect, odd):
    result = inspect(odd[0])
    assert "Other schemas were not read: my.schema." in result.not_checked
    assert not any("were not followed" in line for line in result.not_checked)
    assert result.tables[0].note == "Views, not counted: v.2."
    named = inspect(odd[0], schema_name="my.schema")
    assert [row[:4] for row in named.tables[0].rows] == [("child", 0, 2, "none"), ("t.1", 40, 2, "id")]
    assert "Other schemas were not read: main." in named.not_checked


def test_a_key_of_type_uuid_is_found_and_never_compared_with_text(inspect, context, tmp_path):
    path = tmp_path / "uuid.duckdb"
    db = duckdb.connect(str(path))
    db.execute("create table customers as select uuid() as id, range as n from range(30)")
    db.execute("create table orders as select id as customer_id from customers, range(2)")
    db.execute("create table notes as select 'no uuid ' || range as customer_id from range(30)")
    db.close()
    result = inspect(context.keep("uuid.duckdb", path.read_bytes()))
    assert {row[0]: row[3] for row in result.tables[0].rows}["customers"] == "none; likely id"
    references = next(one for one in result.tables if one.title == "References")
    assert [row[:5] for row in references.rows] == [("orders.customer_id", "customers.id", "inferred", 60, 0)]
