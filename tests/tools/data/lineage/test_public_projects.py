"""Faults that a public dbt project, dbt's own manifest and common SQL showed, each in words of our own."""

import json

import pytest

TABLES = """CREATE TABLE a (id int, x int, y int, k int, t timestamp);
CREATE TABLE c (id int, p int, q int);
"""
PROJECT = {
    "dbt_project.yml": "name: shop\n",
    "models/sources.yml": "sources:\n  - name: raw\n"
    "    tables: [{name: Sales, columns: [{name: Id}, {name: cents}]}]\n",
    "models/stg_sales.sql": "with source as (select * from {{ source('raw', 'sales') }}),\n"
    "renamed as (select id as sale_id, cents / 100.0 as price from source)\nselect * from renamed\n",
    "models/sales.sql": "with s as (select * from {{ ref('stg_sales') }})\n"
    "select s.*, price * 2 as doubled from s\n",
}


@pytest.mark.parametrize(
    ("dialect", "names"), [("snowflake", str.upper), ("oracle", str.upper), ("postgres", str)]
)
def test_models_meet_their_references_however_the_database_folds_names(
    trace, context, comes_from, dialect, names
):
    result = trace(source=context.put_folder(PROJECT), dialect=dialect)
    assert comes_from(result, names("sales"), names("price")) == names("stg_sales.price") + " copied"
    assert comes_from(result, names("stg_sales"), names("sale_id")).endswith(names(".id") + " copied")
    assert "star-unknown" not in {one.code for one in result.findings}


def test_a_model_and_a_source_of_one_name_are_two(trace, context, comes_from):
    result = trace(source=context.put_folder(PROJECT))
    assert comes_from(result, "sales", "doubled") == "stg_sales.price computed"
    assert comes_from(result, "stg_sales", "price") == "raw.sales.cents computed"


def test_a_change_is_followed_through_names_in_capitals(trace, context):
    result = trace(source=context.put_folder(PROJECT), dialect="snowflake", change="raw.sales.cents")
    assert result.summary["impact"] == {"columns": 3, "datasets": ["SALES", "STG_SALES"]}


def manifest(adapter, relation, compiled):
    nodes = {
        f"model.shop.{name}": {
            "unique_id": f"model.shop.{name}",
            "resource_type": "model",
            "name": name,
            "relation_name": relation(name),
            "original_file_path": f"models/{name}.sql",
            "compiled_code": sql,
        }
        for name, sql in compiled.items()
    }
    return json.dumps({"metadata": {"adapter_type": adapter}, "nodes": nodes, "sources": {}}).encode()


RELATIONS = {
    "snowflake": (lambda name: f"analytics.prod.{name}", "ANALYTICS.PROD.{}", str.upper),
    "postgres": (lambda name: f'"db"."prod"."{name}"', "db.prod.{}", str),
    "bigquery": (lambda name: f"`db`.`prod`.`{name}`", "db.prod.{}", str),
}


@pytest.mark.parametrize("adapter", RELATIONS)
def test_models_of_a_manifest_meet_what_was_compiled_of_their_references(trace, context, comes_from, adapter):
    relation, name, fold = RELATIONS[adapter]
    compiled = {
        "first": "select 1 as id, 'x' as word",
        "second": f"with f as (select * from {relation('first')}) select f.*, word as twice from f",
    }
    result = trace(source=context.put("manifest.json", manifest(adapter, relation, compiled)))
    second, first = name.format(fold("second")), name.format(fold("first"))
    assert comes_from(result, second, fold("twice")) == f"{first}.{fold('word')} copied"


def test_a_name_in_quotes_keeps_its_capitals(trace, context, comes_from):
    quoted = {"Mixed": "select 1 as id", "reader": 'select id from "db"."prod"."Mixed"'}
    content = manifest("postgres", lambda name: f'"db"."prod"."{name}"', quoted)
    result = trace(source=context.put("manifest.json", content))
    assert comes_from(result, "db.prod.reader", "id") == "db.prod.Mixed.id copied"


def test_a_function_that_reads_a_file_is_no_circle(trace, comes_from, found):
    sql = (
        "CREATE VIEW v AS SELECT CAST(id AS BIGINT) AS id FROM read_csv('f.csv', header = true, delim = ',')"
    )
    result = trace(sql, dialect="duckdb")
    assert found(result, "statement-untraced") == []
    assert comes_from(result, "v", "id") == "no column (a constant or a count of rows)"


ORIGINS = [
    ("snowflake", "SELECT * FROM (SELECT k, x, y FROM a) PIVOT (sum(x) FOR y IN (1, 2))", "1",
     "A.X aggregated; A.Y decides on a branch"),
    ("snowflake", "SELECT * FROM (SELECT k, x, y FROM a) PIVOT (sum(x) FOR y IN (1, 2))", "K", "A.K copied"),
    ("snowflake", "SELECT id, val FROM c UNPIVOT (val FOR nm IN (p, q))", "VAL", "C.P copied; C.Q copied"),
    ("snowflake", "SELECT id, nm FROM c UNPIVOT (val FOR nm IN (p, q))", "NM",
     "no column (a constant or a count of rows)"),
    ("postgres", "SELECT sum(x) OVER w AS s FROM a WINDOW w AS (PARTITION BY k ORDER BY t)", "s",
     "a.x aggregated; a.k orders or groups a window; a.t orders or groups a window"),
    ("bigquery", "SELECT x.name.first AS n FROM a", "n", "a.x computed"),
    ("bigquery", "SELECT s.x.name AS n FROM a AS s JOIN c ON c.id = s.id", "n", "a.x computed"),
    ("postgres", "SELECT sum(y) FILTER (WHERE k = 1) AS s FROM a", "s",
     "a.y aggregated; a.k decides on a branch"),
    ("postgres", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS m FROM a", "m", "a.x aggregated"),
    ("postgres", "SELECT x - lag(x) OVER (ORDER BY t) AS d FROM a", "d",
     "a.x computed; a.t orders or groups a window"),
    ("snowflake", "SELECT decode(k, 1, x, y) AS d FROM a", "D",
     "A.X computed; A.Y computed; A.K decides on a branch"),
    ("snowflake", "SELECT decode(k, 1, x, 2, y) AS d FROM a", "D",
     "A.X computed; A.Y computed; A.K decides on a branch"),
    ("snowflake", "SELECT nvl2(k, x, y) AS d FROM a", "D",
     "A.X computed; A.Y computed; A.K decides on a branch"),
]  # fmt: skip


@pytest.mark.parametrize("case", ORIGINS, ids=[one[1][:50] for one in ORIGINS])
def test_where_a_column_comes_from_is_what_the_sql_says(trace, comes_from, case):
    dialect, select, column, origin = case
    result = trace(f"{TABLES}CREATE VIEW v AS {select}", dialect=dialect)
    assert comes_from(result, "V" if dialect == "snowflake" else "v", column) == origin


def test_a_merge_of_all_columns_goes_into_those_of_the_same_name(trace, comes_from):
    sql = (
        f"{TABLES}MERGE INTO c USING a AS s ON c.id = s.id "
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    result = trace(sql, dialect="databricks")
    assert comes_from(result, "c", "x") == "a.x copied"


def test_grouping_by_all_is_by_each_column_that_is_no_aggregate(trace):
    sql = f"{TABLES}CREATE VIEW v AS SELECT k, t::date AS day, sum(x) AS s FROM a GROUP BY ALL"
    result = trace(sql, dialect="duckdb")
    steps = next(one for one in result.tables if one.title.startswith("Statements"))
    assert steps.rows[0][5] == "a.k groups; a.t groups"


def test_a_table_that_a_variable_names_is_one_and_told_as_assumed(trace, context, comes_from, found):
    model = "with o as (select * from {{ var('orders') }}) select o.total * 2 as twice from o"
    result = trace(source=context.put_folder({"dbt_project.yml": "name: x\n", "models/m.sql": model}))
    assert comes_from(result, "m", "twice") == "var_orders.total computed"
    [assumed] = found(result, "macro-assumed")
    assert "var 'orders' in models/m.sql" in assumed.detail


def test_columns_of_a_macro_in_from_are_not_known_and_have_no_table_without_a_name(
    trace, context, comes_from
):
    model = "with o as (select * from {{ made_of('orders') }}) select o.total from o"
    result = trace(source=context.put_folder({"dbt_project.yml": "name: x\n", "models/m.sql": model}))
    assert comes_from(result, "m", "total").startswith("unknown")


def test_columns_that_are_named_by_a_pattern_are_not_called_a_constant(trace, comes_from):
    result = trace(f"{TABLES}CREATE VIEW v AS SELECT min(COLUMNS(*)) FROM c", dialect="duckdb")
    [row] = next(one for one in result.tables if one.title == "Where each column comes from").rows
    assert row[2].startswith("unknown")


def test_a_list_that_is_taken_apart_beside_a_table_decides_how_many_rows_there_are(trace):
    sql = f"{TABLES}CREATE VIEW v AS SELECT id, e FROM a LATERAL VIEW explode(x) t AS e"
    steps = next(one for one in trace(sql, dialect="spark").tables if one.title.startswith("Statements"))
    assert steps.rows[0][5] == "a.x joins"


INCREMENTAL = """select id, cents,
{% if is_incremental() %} 'later' {% else %} shop {% endif %} as place
from {{ source('raw', 'sales') }}
{%- if is_incremental() -%}
where sold_at > (select max(sold_at) from {{ this }})
{%- endif -%}
"""


def test_an_incremental_model_is_read_as_when_it_is_built_as_a_whole(trace, context, comes_from, found):
    result = trace(source=context.put_folder({"dbt_project.yml": "name: x\n", "models/m.sql": INCREMENTAL}))
    assert comes_from(result, "m", "place") == "raw.sales.shop copied"
    assert found(result, "template-unread") == []
    assert "is_incremental()" in found(result, "macro-assumed")[0].detail


def test_another_condition_in_a_template_is_still_not_read(trace, context, found):
    models = {
        "models/m.sql": INCREMENTAL,
        "models/n.sql": "select 1 as a {% if target.name == 'x' %} , 2 as b {% endif %}",
    }
    result = trace(source=context.put_folder({"dbt_project.yml": "name: x\n", **models}))
    assert found(result, "template-unread")[0].where == "models/n.sql, line 1"
