"""Order, rows, tests and findings of pipelines worked out by hand."""

import pytest

PAID = "SELECT * FROM orders WHERE status = 'paid'"


def test_steps_run_after_what_they_read_and_count_the_rows_counted_by_hand(attempt):
    result = attempt(
        {
            "total": "SELECT name, sum(amount) AS total FROM joined GROUP BY name",
            "joined": "SELECT p.id, c.name, p.amount FROM paid p JOIN customers c ON c.id = p.customer_id",
            "paid": PAID,
        }
    )
    assert result.summary["order"] == ["paid", "joined", "total"]
    # five paid orders; customer 9 is not there; Ada 20+12, Bo 1, Cy 30
    assert result.summary["rows"] == {"customers": 4, "orders": 6, "paid": 5, "joined": 4, "total": 3}
    preview = next(table for table in result.tables if table.title == "First rows of total")
    assert sorted(preview.rows) == [("Ada", "32"), ("Bo", "1"), ("Cy", "30")]


def test_every_kind_of_test_counts_the_rows_that_break_it(attempt):
    result = attempt(
        "steps:\n  - name: s\n    sql: SELECT *, nullif(amount, 7) AS a FROM orders\n    tests:\n"
        "      not_null: [a]\n      unique: [customer_id, id]\n      key: [customer_id, status]\n"
        "      accepted: {status: [paid]}\n      references: {customer_id: customers.id}\n"
        "      expressions: [amount < 30, id > 0]\n      rows: {min: 8, max: 5}\n"
    )
    tests = next(table for table in result.tables if table.title == "Tests")
    assert {row[1]: row[3] for row in tests.rows} == {
        "a is never empty": 1,
        "customer_id has no value twice": 2,  # 1 and 2 are there twice
        "id has no value twice": 0,
        "customer_id, status identify a row": 1,  # (1, paid) twice
        "status is one of 1 values": 1,
        "customer_id is found in customers.id": 1,  # customer 9
        "amount < 30": 1,
        "id > 0": 0,
        "at least 8 rows": 2,
        "at most 5 rows": 1,
    }
    assert result.summary["tests"] == {"kept": 2, "failed": 8, "unusable": 0}


def test_a_test_on_a_column_that_is_not_there_is_told_apart_from_one_that_fails(attempt, found):
    result = attempt("steps:\n  - name: s\n    sql: SELECT id FROM orders\n    tests: {not_null: [nope]}\n")
    assert [one.where for one in found(result, "test-unusable")] == ["s"]
    assert result.summary["tests"] == {"kept": 0, "failed": 0, "unusable": 1}


def test_a_step_that_breaks_on_the_data_stops_only_what_needs_it(attempt, found):
    result = attempt(
        {
            "broken": "SELECT id, status::INTEGER AS s FROM orders",
            "after": "SELECT * FROM broken",
            "other": "SELECT id FROM orders",
        }
    )
    [failure] = found(result, "step-fails")
    assert failure.where == "broken"
    assert "after" in failure.detail
    assert "paid" in failure.detail
    assert result.summary["rows"]["other"] == 6
    assert "broke" in result.headline


@pytest.mark.parametrize(
    ("code", "bad", "good"),
    [
        ("rows-multiplied", "SELECT a.id FROM orders a JOIN orders b ON a.status = b.status",
         "SELECT a.id FROM orders a JOIN customers c ON c.id = a.customer_id"),
        ("rows-lost", "SELECT a.id FROM orders a JOIN customers c ON c.id = a.customer_id",
         "SELECT a.id FROM orders a LEFT JOIN customers c ON c.id = a.customer_id"),
        ("step-empty", "SELECT id FROM orders WHERE amount > 99", "SELECT id FROM orders WHERE amount > 10"),
        ("join-without-condition", "SELECT a.id FROM orders a, customers c",
         "SELECT a.id FROM orders a, customers c WHERE a.customer_id = c.id"),
        ("outer-join-undone",
         "SELECT a.id FROM orders a LEFT JOIN customers c ON c.id = a.customer_id WHERE c.name = 'Ada'",
         "SELECT a.id FROM orders a LEFT JOIN customers c ON c.id = a.customer_id WHERE c.name IS NULL"),
        ("not-repeatable", "SELECT id, now() AS t FROM orders", "SELECT id, 'now()' AS t FROM orders"),
        ("not-repeatable", "SELECT id FROM orders ORDER BY random()", "SELECT id FROM orders ORDER BY id"),
        ("star-in-step", "SELECT * FROM orders", "SELECT id FROM orders"),
        ("column-empty", "SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.id + 100",
         "SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.id"),
    ],
)  # fmt: skip
def test_a_fault_is_found_and_its_repair_is_not(attempt, found, code, bad, good):
    assert found(attempt({"s": bad}), code)
    assert not found(attempt({"s": good}), code)


def test_a_sort_nobody_sees_is_told_and_the_last_one_is_not(attempt, found):
    result = attempt({"a": "SELECT id FROM orders ORDER BY id", "b": "SELECT id FROM a ORDER BY id"})
    assert [one.where for one in found(result, "order-without-use")] == ["a"]


def test_steps_and_sources_nobody_reads_are_told(attempt, found):
    same = "sql: SELECT id FROM orders"
    result = attempt(f"outputs: [b]\nsteps:\n  - {{name: a, {same}}}\n  - {{name: b, {same}}}\n")
    assert [one.where for one in found(result, "step-unused")] == ["a"]
    assert [one.detail for one in found(result, "source-unused")] == ["customers."]


def test_columns_are_traced_through_the_steps_with_their_types(attempt):
    result = attempt(
        {"paid": PAID, "sums": "SELECT customer_id, sum(amount) AS total FROM paid GROUP BY customer_id"}
    )
    table = next(one for one in result.tables if one.title == "Where each column comes from")
    rows = {row[:2]: row[2:] for row in table.rows}
    assert rows["sums", "total"][1] == "paid.amount aggregated"
    assert rows["paid", "amount"] == ("BIGINT", "orders.amount copied")


def test_only_the_first_rows_are_tried_and_that_is_said(attempt):
    rows = "".join(f"{n},{n % 7}\n" for n in range(5_000))
    result = attempt({"s": "SELECT id FROM big"}, files={"big.csv": "id,v\n" + rows}, sample_rows=100)
    assert result.summary["rows"] == {"big": 100, "s": 100}
    assert "first 100 rows were tried of big (5,000)" in result.not_checked[0]
    whole = attempt({"s": "SELECT id FROM big"}, files={"big.csv": "id,v\n" + rows}, sample_rows=0)
    assert whole.summary["rows"] == {"big": 5_000, "s": 5_000}


def test_sql_files_with_the_references_of_dbt_are_steps(attempt):
    files = {
        "raw.csv": "id,v\n1,2\n",
        "models/a.sql": "{{ config(materialized='table') }} select id, v from {{ source('s', 'raw') }}",
        "models/b.sql": "select id from {{ ref('a') }}",
    }
    assert attempt(files=files).summary["order"] == ["a", "b"]


def test_without_steps_a_cleaning_step_with_tests_is_designed_for_each_table(attempt, context):
    rows = "".join(f"{n},  x{n % 3} ,{'yes' if n % 2 else 'no'},\n" for n in range(1, 41))
    result = attempt(files={"Big Table.csv": "OrderId,Some Text,flag,group\n" + rows + rows})
    assert result.summary["designed"]
    assert result.summary["order"] == ["stg_Big_Table"]
    assert result.summary["rows"]["stg_Big_Table"] == 40  # each row was there twice
    assert result.summary["tests"] == {"kept": 6, "failed": 0, "unusable": 0}
    written = context.artefacts["pipeline.yaml"].decode()
    assert "AS order_id" in written
    assert "nullif(trim(\"Some Text\"), '') AS some_text" in written
    assert "group_" in written
