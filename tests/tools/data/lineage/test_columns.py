"""Where columns come from, worked out by hand for each statement."""

import pytest

ORDERS = "CREATE TABLE orders (id int, customer_id int, amount int, status text, placed_at date);"
PEOPLE = "CREATE TABLE customers (id int, name text);"


def test_a_view_a_common_table_expression_and_an_insert_are_followed_to_the_tables(trace, shop, comes_from):
    result = trace(shop)
    assert comes_from(result, "paid", "amount") == "shop.orders.amount copied"
    assert comes_from(result, "by_customer", "total") == "paid.amount aggregated"
    assert comes_from(result, "by_customer", "orders") == "no column (a constant or a count of rows)"
    assert comes_from(result, "report", "money") == "by_customer.total computed"
    assert comes_from(result, "report", "who") == "by_customer.name copied"
    assert result.summary["statements"] == 3
    assert result.summary["datasets"] == {"source": 2, "table": 2, "view": 1}


@pytest.mark.parametrize(
    ("select", "column", "origin"),
    [
        ("amount + 1 AS v", "v", "orders.amount computed"),
        ("CASE WHEN status = 'x' THEN amount ELSE 0 END AS v", "v",
         "orders.amount computed; orders.status decides on a branch"),
        ("row_number() OVER (PARTITION BY customer_id ORDER BY placed_at) AS v", "v",
         "orders.customer_id orders or groups a window; orders.placed_at orders or groups a window"),
        ("(SELECT max(name) FROM customers c WHERE c.id = o.customer_id) AS v", "v",
         "customers.name aggregated"),
        ("coalesce(status, upper(status)) AS v", "v", "orders.status computed"),
        ("(amount) AS v", "v", "orders.amount copied"),
    ],
)  # fmt: skip
def test_how_a_column_goes_in_is_told(trace, comes_from, select, column, origin):
    result = trace(f"{ORDERS}{PEOPLE}CREATE VIEW made AS SELECT {select} FROM orders o;")
    assert comes_from(result, "made", column) == origin


def test_a_star_is_written_out_where_the_columns_are_declared(trace, comes_from):
    result = trace(f"{PEOPLE}CREATE VIEW made AS SELECT *, 1 AS one FROM customers;")
    assert comes_from(result, "made", "name") == "customers.name copied"
    assert [row[1] for row in result.tables[0].rows] == ["id", "name", "one"]


def test_a_union_takes_each_column_from_both_sides_by_its_place(trace, comes_from):
    result = trace("CREATE TABLE u AS SELECT a.x AS k FROM a UNION ALL SELECT b.y FROM b;")
    assert comes_from(result, "u", "k") == "a.x copied; b.y copied"


def test_a_recursive_query_ends_and_names_its_base(trace, comes_from):
    sql = (
        "CREATE TABLE tree (id int, parent int); CREATE VIEW r AS WITH RECURSIVE t(a, b) AS "
        "(SELECT id, parent FROM tree UNION ALL SELECT x.id, t.b FROM tree x JOIN t ON x.parent = t.a) "
        "SELECT a, b FROM t;"
    )
    result = trace(sql)
    assert comes_from(result, "r", "a") == "tree.id copied"
    assert comes_from(result, "r", "b") == "tree.parent copied"


def test_update_and_merge_are_followed_like_queries(trace, comes_from):
    result = trace(
        f"{ORDERS}{PEOPLE}CREATE TABLE report (who text, money int);"
        "UPDATE report SET money = o.amount + 1 FROM orders o WHERE o.status = report.who;"
        "MERGE INTO customers c USING orders o ON c.id = o.id WHEN MATCHED THEN UPDATE SET name = o.status"
        " WHEN NOT MATCHED THEN INSERT (id, name) VALUES (o.customer_id, o.status);"
    )
    assert comes_from(result, "report", "money") == "orders.amount computed"
    assert comes_from(result, "customers", "id") == "orders.customer_id copied"
    assert comes_from(result, "customers", "name") == "orders.status copied"


def test_an_insert_without_a_list_goes_to_the_declared_columns_in_order(trace, comes_from, found):
    result = trace(f"{PEOPLE}INSERT INTO customers SELECT b.k, b.n FROM b;")
    assert comes_from(result, "customers", "id") == "b.k copied"
    assert comes_from(result, "customers", "name") == "b.n copied"
    assert len(found(result, "insert-without-columns")) == 1
    assert not found(
        trace(f"{PEOPLE}INSERT INTO customers (id) SELECT b.k FROM b;"), "insert-without-columns"
    )


def test_statements_are_traced_after_what_they_read_whatever_their_order(trace, comes_from):
    result = trace(
        f"CREATE VIEW later AS SELECT * FROM sooner;{PEOPLE}CREATE VIEW sooner AS SELECT * FROM customers;"
    )
    assert comes_from(result, "later", "name") == "sooner.name copied"


def test_tables_of_the_same_name_in_two_schemas_stay_apart(trace, comes_from):
    result = trace("CREATE VIEW v AS SELECT s1.t.a, s2.t.b FROM s1.t JOIN s2.t ON s1.t.id = s2.t.id;")
    assert comes_from(result, "v", "a") == "s1.t.a copied"
    assert comes_from(result, "v", "b") == "s2.t.b copied"


def test_the_only_table_without_declared_columns_gets_what_no_other_has(trace, comes_from):
    result = trace(
        f"{PEOPLE}CREATE VIEW v AS SELECT name, mystery FROM customers JOIN other ON other.k = id;"
    )
    assert comes_from(result, "v", "mystery") == "other.mystery copied"


def test_a_column_that_may_be_of_two_tables_is_reported_not_guessed(trace, comes_from, found):
    result = trace("CREATE VIEW v AS SELECT mystery FROM a JOIN b ON a.x = b.x;")
    assert comes_from(result, "v", "mystery").startswith("unknown")
    assert [one.title for one in found(result, "column-unplaced")] == [
        "Nobody can say which table 'mystery' is of"
    ]


def test_a_column_the_table_does_not_have_is_named_with_file_and_line(trace, context, found):
    files = {"a.sql": ORDERS, "b.sql": "-- first line\nSELECT o.nope, o.id FROM orders o;"}
    [missing] = found(trace(source=context.put_folder(files)), "column-missing")
    assert missing.title == "'orders' has no column 'nope'"
    assert missing.where == "b.sql, line 2"


def test_a_star_over_an_undeclared_table_asks_for_its_columns(trace, found, context):
    sql = "CREATE VIEW v AS SELECT * FROM elsewhere;"
    assert [one.where for one in found(trace(sql), "star-unknown")] == ["elsewhere"]
    ddl = context.put("ddl.sql", "CREATE TABLE elsewhere (a int);")
    assert not found(trace(sql, ddl=ddl), "star-unknown")


def test_the_body_of_a_trigger_is_no_statement_of_its_own(trace, found):
    trigger = (
        "CREATE TRIGGER t BEFORE UPDATE ON orders WHEN CASE WHEN 1 THEN 2 END = 2 "
        "BEGIN SELECT RAISE(ABORT, 'no'); UPDATE x SET y = 1; END;"
    )
    result = trace(f"{ORDERS}{trigger}SELECT id FROM orders;", dialect="sqlite")
    assert not found(result, "statement-unparsed")
    assert result.summary["statements"] == 1


def test_columns_of_a_create_table_with_unknown_clauses_are_still_read(trace, comes_from):
    columns = "a TEXT NOT NULL REFERENCES x, b INTEGER CHECK (b > 0), UNIQUE (a, b)"
    ddl = f"CREATE TABLE odd ({columns}) STRICT, WITHOUT ROWID;"
    result = trace(f"{ddl}CREATE VIEW v AS SELECT * FROM odd;", dialect="sqlite")
    assert comes_from(result, "v", "a") == "odd.a copied"
    assert comes_from(result, "v", "b") == "odd.b copied"
