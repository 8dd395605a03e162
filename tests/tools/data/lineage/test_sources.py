"""Files of every kind: SQL, dbt projects and manifests, notebooks, Python; and every refusal."""

import json
from pathlib import Path

import coverage
import pytest

from studio_magics.tools.base import InputRejected, RunCancelled

MIGRATIONS = Path(__file__).parents[4] / "server/studio_server/storage/migrations"
DBT = {
    "dbt_project.yml": "name: shop\n",
    "models/sources.yml": (
        "sources:\n  - name: raw\n    tables:\n      - name: orders\n        columns:\n"
        "          - name: id\n          - name: amount\n            data_type: numeric\n"
    ),
    "models/staging/stg_orders.sql": (
        "{{ config(materialized='view') }}\n{# a note #}\n"
        "select id as order_id, amount from {{ source('raw', 'orders') }}"
    ),
    "models/totals.sql": "select order_id, amount * 2 as double from {{ ref('stg_orders') }}",
    "models/loop.sql": "select {% for x in [1] %} {{ x }} as a{{ x }} {% endfor %} from {{ ref('totals') }}",
    "macros/helper.sql": "{% macro m() %} 1 {% endmacro %}",
    "readme.md": "# not SQL",
}


def test_a_dbt_project_is_read_without_rendering_templates(trace, context, comes_from, found):
    result = trace(source=context.put_folder(DBT), change="raw.orders.amount")
    assert comes_from(result, "stg_orders", "order_id") == "raw.orders.id copied"
    assert comes_from(result, "totals", "double") == "stg_orders.amount computed"
    assert result.summary["datasets"] == {"model": 2, "source": 1}
    [template] = found(result, "template-unread")
    assert template.where == "models/loop.sql, line 1"
    assert any("macros/helper.sql" in one and "readme.md" in one for one in result.not_checked)


MACROS = {
    "dbt_project.yml": "name: shop\n",
    "models/stg_sales.sql": (
        "select id, {{ cents('price') }} as price, {{- dbt.date_trunc('day', 'sold_at') -}} as sold_on,"
        " {{ keys.make(['id', 'shop']) }} as sale_key from {{ source('raw', 'sales') }}"
    ),
    "models/days.sql": "select sold_on, sum(price) as total from {{ ref('stg_sales') }} group by sold_on",
}


def test_a_macro_is_read_as_a_function_of_the_columns_it_names_and_told_as_assumed(
    trace, context, comes_from, found
):
    result = trace(source=context.put_folder(MACROS))
    assert comes_from(result, "stg_sales", "price") == "raw.sales.price computed"
    assert comes_from(result, "stg_sales", "sold_on") == "raw.sales.sold_at computed"
    assert comes_from(result, "stg_sales", "sale_key") == "raw.sales.id computed; raw.sales.shop computed"
    assert comes_from(result, "days", "total") == "stg_sales.price aggregated"
    [assumed] = found(result, "macro-assumed")
    assert (assumed.count, assumed.severity) == (3, "low")
    assert "dbt.date_trunc in models/stg_sales.sql" in assumed.detail
    assert found(result, "template-unread") == []


@pytest.mark.parametrize(
    "template",
    ["{{ m(x) }}", "{{ m('a') | upper }}", "{{ m(ref('a')) }}", "{{ m(a='b') }}", "{{ var('a') + 1 }}"],
)
def test_a_template_that_is_no_plain_call_is_still_not_read(trace, context, found, template):
    files = MACROS | {"models/odd.sql": f"select {template} as y from {{{{ ref('days') }}}}"}
    [unread] = found(trace(source=context.put_folder(files)), "template-unread")
    assert unread.where == "models/odd.sql, line 1"


def test_a_manifest_of_dbt_gives_compiled_models_and_the_dialect(trace, context, comes_from):
    manifest = {
        "metadata": {"adapter_type": "snowflake"},
        "nodes": {
            "model.shop.totals": {
                "unique_id": "model.shop.totals", "resource_type": "model", "name": "totals",
                "relation_name": "DB.MART.TOTALS", "original_file_path": "models/totals.sql",
                "compiled_code": "select id, amount:price::number as price from DB.RAW.ORDERS",
            },
            "test.shop.t": {"unique_id": "test.shop.t", "resource_type": "test", "compiled_code": "select 1"},
        },
        "sources": {
            "source.shop.raw.orders": {
                "unique_id": "source.shop.raw.orders", "resource_type": "source", "name": "orders",
                "source_name": "raw", "relation_name": "DB.RAW.ORDERS",
                "columns": {"ID": {"name": "ID", "data_type": "NUMBER"}, "AMOUNT": {"name": "AMOUNT"}},
            }
        },
    }  # fmt: skip
    result = trace(source=context.put("manifest.json", json.dumps(manifest)))
    assert result.summary["dialect"] == "snowflake"
    assert comes_from(result, "DB.MART.TOTALS", "PRICE") == "DB.RAW.ORDERS.AMOUNT computed"


def test_sql_in_notebooks_and_python_is_found_and_pieces_are_reported(trace, context, comes_from, found):
    cells = [
        {"cell_type": "markdown", "source": "# select a from b"},
        {"cell_type": "code", "source": ["%%sql --with x\n", "CREATE TABLE n AS SELECT t.a FROM t"]},
        {
            "cell_type": "code",
            "source": "%time 1\ndb.execute('''CREATE TABLE m AS SELECT n.a + 1 AS b FROM n''')",
        },
    ]
    python = (
        "SQL = 'INSERT INTO k (z) SELECT m.b FROM m'\ncon.execute(SQL)\ncon.execute(f'SELECT * FROM {SQL}')\n"
    )
    files = {"a.ipynb": json.dumps({"cells": cells, "nbformat": 4}), "b.py": python, "c.py": "def broken(:"}
    result = trace(source=context.put_folder(files))
    assert comes_from(result, "n", "a") == "t.a copied"
    assert comes_from(result, "m", "b") == "n.a computed"
    assert comes_from(result, "k", "z") == "m.b copied"
    assert [one.where for one in found(result, "template-unread")] == ["b.py, line 3"]
    assert [one.where for one in found(result, "file-unread")] == ["c.py"]
    statements = next(one for one in result.tables if one.title.startswith("Statements"))
    assert (statements.rows[0][2], statements.rows[2][2]) == ("a.ipynb, cell 2, line 2", "b.py, line 2")


def test_the_sql_of_a_real_program_is_followed(trace, context):
    """coverage.py keeps its data in SQLite; line 818 of its source joins four tables of two databases."""
    path = Path(coverage.__file__).parent / "sqldata.py"
    result = trace(source=context.put("sqldata.py", path.read_bytes()), dialect="sqlite")
    statements = next(one for one in result.tables if one.title.startswith("Statements"))
    reads = {row[0]: row[3] for row in statements.rows}
    arcs = [name for name, read in reads.items() if "other_db.arc" in read and "other_file_mapped" in read]
    assert arcs
    assert result.summary["unparsed"] == 0


def test_the_migrations_of_this_product_parse_in_both_dialects_and_carry_rows_over(
    trace, context, comes_from
):
    for engine, dialect in (("sqlite", "sqlite"), ("postgresql", "postgres")):
        files = {path.name: path.read_bytes() for path in sorted((MIGRATIONS / engine).glob("000[1-6]*.sql"))}
        result = trace(source=context.put_folder(files), dialect=dialect)
        assert result.summary["unparsed"] == 0
    files = {path.name: path.read_bytes() for path in sorted((MIGRATIONS / "sqlite").glob("000[1-6]*.sql"))}
    result = trace(source=context.put_folder(files), dialect="sqlite")
    assert comes_from(result, "windows_of_every_kind", "wallet_id") == "windows.wallet_id copied"


def test_a_real_migration_shows_which_new_columns_hold_the_old_one(trace, context):
    """0006 fills `subscriptions` and names plan_anchor for the columns 6, 7, 11 and 12 of the table."""
    folder = MIGRATIONS / "sqlite"
    result = trace(
        source=context.put("0006_plans.sql", (folder / "0006_plans.sql").read_bytes()),
        ddl=context.put("0002_accounts.sql", (folder / "0002_accounts.sql").read_bytes()),
        dialect="sqlite",
        change="users.plan_anchor",
    )
    reached = {row[1] for row in result.tables[0].rows}
    assert reached == {"joined_at", "anchor", "starts_at", "ends_at"}


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"sql": "CREATE TABLE t (a int)"}, "sql", "no statement that reads and writes columns"),
        ({"sql": "selec a from from b"}, "sql", "nothing parses as postgres"),
        ({"sql": "SELECT `a` FROM `b`.`c`"}, "dialect", "nothing parses as postgres"),
        ({"sql": "SELECT 'open"}, "sql", "cell, line 1"),
    ],
)
def test_sql_with_nothing_to_trace_is_refused_with_the_reason(trace, options, field, words):
    with pytest.raises(InputRejected) as refusal:
        trace(**options)
    assert refusal.value.field == field
    assert words in refusal.value.found
    assert refusal.value.action


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.sql", b"SELECT a \x00 FROM b", "zero byte"),
        ("a.sql", "SELECT a FROM b".encode("utf-16"), "UTF-16"),
        ("manifest.json", b'{"nodes": [1]}', "without 'nodes'"),
        ("a.ipynb", b"[1]", "without cells"),
        ("a.sql", b"SELECT {{ x }} FROM b", "a template that is not rendered"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_was_found(trace, context, name, content, words):
    with pytest.raises(InputRejected) as refusal:
        trace(source=context.put(name, content))
    assert words in refusal.value.found


def test_nothing_at_all_and_a_folder_without_sql_are_refused_when_the_price_is_asked(context):
    from studio_magics.tools.data.lineage import TOOL

    with pytest.raises(InputRejected, match="no SQL"):
        TOOL.forecast(TOOL.input_model())
    with pytest.raises(InputRejected, match="no file to read"):
        TOOL.forecast(TOOL.input_model(source=context.put_folder({"a.md": "x"})))


def test_a_bad_file_in_a_folder_is_listed_and_the_rest_goes_on(trace, context, found):
    result = trace(source=context.put_folder({"a.sql": b"\x00\x01", "b.sql": "SELECT t.a FROM t"}))
    assert [one.where for one in found(result, "file-unread")] == ["a.sql"]
    assert result.summary["statements"] == 1


def test_a_statement_that_does_not_parse_is_named_and_the_rest_goes_on(trace, found):
    result = trace("SELECT t.a FROM t;\n\nSELECT b c d FROM;\nSELECT u.b FROM u;")
    [fault] = found(result, "statement-unparsed")
    assert fault.where == "cell, line 3"
    assert result.summary["statements"] == 2


def test_another_dialect_is_suggested_when_it_reads_more(trace, found):
    result = trace("SELECT t.a FROM t; SELECT `u`.`b` FROM `u`; SELECT `v`.`b` FROM `v`;")
    [advice] = found(result, "dialect-unlikely")
    assert "spark" in advice.title


def test_a_run_can_be_cancelled_between_statements(trace, context, shop):
    context.cancel_at = 0.4
    with pytest.raises(RunCancelled):
        trace(shop)
