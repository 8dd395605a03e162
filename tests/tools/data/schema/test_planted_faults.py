"""Faults planted in small databases, with counts worked out by hand; and sound databases that stay silent."""

import json
import sqlite3

import pytest

SHOP = """
create table customers(id integer primary key, name text not null, city text, city_code text, tags text,
    phone1 text, phone2 text, phone3 text, fax text);
create table orders(id integer primary key, customer_id integer references customers(id),
    status_id integer references statuses(id), "placedOn" text, amount integer, "order" text);
create table order_line(order_id integer references orders(id), product_sku text references products(sku),
    qty STRING, primary key(order_id, product_sku));
create table products(sku text, name text, price text);
create table log(at text, message text);
create index ix_a on orders(customer_id, "placedOn");
create index ix_b on orders(customer_id);
create index ix_c on orders(customer_id);
create view recent as select * from orders;
"""


@pytest.fixture
def shop(tmp_path, context):
    """100 orders over customers 1-62 of which 60 exist; 80 lines over 11 products of which 10 exist."""
    path = tmp_path / "shop.sqlite"
    db = sqlite3.connect(path)
    db.executescript(SHOP)
    for i in range(1, 61):
        tags = ",".join(["red", "blue", "green"][: 1 + i % 3])
        db.execute(
            "insert into customers values(?,?,?,?,?,?,?,?,null)",
            (i, f"n{i}", f"City{i % 5}", f"C{i % 5}", tags, f"+{i}", f"-{i}x", f"{i}y"),
        )
    for i in range(1, 101):
        amount = i if i % 20 else "many"
        db.execute(
            "insert into orders values(?,?,null,?,?,?)",
            (i, i % 62 + 1, f"2025-01-{i % 28 + 1:02}", amount, f"o{i}"),
        )
    for i in range(1, 11):
        db.execute("insert into products values(?,?,?)", (f"S{i}", f"P{i}", str(i * 1.5)))
    for i in range(1, 81):
        db.execute("insert into order_line values(?,?,?)", (i, f"S{i % 11 + 1}", i))
    db.commit()
    db.close()
    return context.keep("shop.db", path.read_bytes())


def found(result, code):
    return [item for item in result.findings if item.code == code]


def test_a_reference_to_a_table_that_is_missing_is_critical_and_comes_first(inspect, shop):
    first = inspect(shop).findings[0]
    assert (first.code, first.severity, first.where) == ("missing-table", "critical", "orders.status_id")
    assert "'statuses'" in first.title


def test_orphans_are_counted_exactly_with_samples(inspect, shop):
    orphans = {item.where: item for item in found(inspect(shop), "orphans")}
    # i % 62 + 1 in 61, 62 for i = 60, 61; i % 11 + 1 = 11 for i = 10, 21, ... 76
    assert orphans["orders.customer_id"].count == 2
    assert "For example: 61, 62." in orphans["orders.customer_id"].detail
    assert orphans["order_line.product_sku"].count == 7
    assert "7 of 80 rows" in orphans["order_line.product_sku"].detail


def test_a_reference_without_index_is_found_and_one_inside_a_key_prefix_is_not(inspect, shop):
    assert [item.where for item in found(inspect(shop), "unindexed-reference")] == ["order_line.product_sku"]


def test_of_three_overlapping_indexes_two_are_superfluous_and_never_all(inspect, shop):
    found_ = found(inspect(shop), "redundant-index")
    assert [item.where for item in found_] == ["orders.ix_b", "orders.ix_c"]


def test_of_two_equal_indexes_only_the_second_by_name_is_superfluous(inspect, sqlite):
    script = "create table t(a integer primary key, b text); create index z on t(b); create index y on t(b);"
    assert [item.where for item in found(inspect(sqlite(script)), "redundant-index")] == ["t.z"]


def test_a_unique_index_stays_beside_a_longer_or_plain_one(inspect, sqlite):
    script = (
        "create table t(a integer primary key, b text, c text);"
        "create unique index u on t(b); create index l on t(b, c); create index p on t(b);"
        "create index part on t(b) where c is not null; create index ex on t(lower(b));"
    )
    assert [item.where for item in found(inspect(sqlite(script)), "redundant-index")] == ["t.p"]


def test_text_in_a_number_column_is_counted_and_shown(inspect, shop):
    finding = found(inspect(shop), "text-in-number")[0]
    assert (finding.where, finding.count) == ("orders.amount", 5)
    assert "'many'" in finding.detail


def test_declared_types_that_sqlite_reads_otherwise_are_found(inspect, sqlite):
    script = "create table t(a STRING primary key, b 'FLOATING POINT', c VARCHAR(9), d INTEGER)"
    assert [item.where for item in found(inspect(sqlite(script)), "type-affinity")] == ["t.a", "t.b"]


def test_structure_hints_name_the_columns_and_nothing_else(inspect, shop):
    result = inspect(shop)
    assert [item.where for item in found(result, "repeating-group")] == ["customers.phone1 … phone3"]
    assert [item.where for item in found(result, "list-in-cell")] == ["customers.tags"]
    assert [item.where for item in found(result, "empty-column")] == ["orders.status_id", "customers.fax"]
    assert [item.where for item in found(result, "numbers-as-text")] == ["products.price"]
    assert [item.where for item in found(result, "reserved-word")] == ["orders.order"]
    assert [item.where for item in found(result, "empty-table")] == ["log"]
    dependency = found(result, "transitive-dependency")
    assert [item.title for item in dependency] == ["In customers, city determines city_code"]


def test_a_table_without_key_names_the_column_that_could_be_one(inspect, shop):
    result = inspect(shop)
    assert found(result, "likely-key")[0].title == "products declares no key; sku would be one"
    assert [item.where for item in found(result, "no-key")] == ["log"]


def test_a_referenced_column_that_may_repeat_is_serious(inspect, shop):
    assert found(inspect(shop), "parent-not-unique")[0].where == "order_line.product_sku"


def test_names_off_the_convention_are_listed_with_the_name_they_should_have(inspect, shop):
    finding = found(inspect(shop), "column-naming")[0]
    assert (finding.count, finding.detail) == (
        1,
        "snake_case is the commonest here. orders.placedOn → placed_on",
    )
    asked = found(inspect(shop, naming="camelCase"), "column-naming")[0]
    assert "customers.city_code → cityCode" in asked.detail


def test_a_sound_database_has_no_finding_at_all(inspect, sqlite):
    rows = ",".join(f"({i}, 'n{i}', {i % 7 + 1})" for i in range(1, 60))
    script = (
        "create table regions(id integer primary key, label text not null unique);"
        "create table shops(id integer primary key, name text not null, region_id integer not null"
        " references regions(id)); create index shops_region on shops(region_id);"
        "insert into regions values(1,'a'),(2,'b'),(3,'c'),(4,'d'),(5,'e'),(6,'f'),(7,'g');"
        f"insert into shops values {rows};"
    )
    result = inspect(sqlite(script))
    assert result.findings == ()
    assert result.headline == "made.db: 2 tables, 66 rows, 1 reference; no serious fault, 0 findings"


def test_undeclared_references_are_inferred_by_name_and_values_with_their_share(inspect, sqlite):
    lines = ",".join(f"({i}, {i % 50 + 1})" for i in range(1, 101))
    script = (
        "create table customers(id integer primary key, parent_id integer);"
        "create table orders(id integer primary key, customer_id integer, warehouse_id integer);"
        "create table warehouses(id integer primary key);"
        f"insert into customers select value, nullif(value - 1, 0) from generate_series(1, 48);"
        f"insert into orders select *, 1000 from (values {lines});"
        "insert into warehouses values(1),(2);"
    ).replace("generate_series(1, 48)", "json_each('" + json.dumps(list(range(1, 49))) + "')")
    result = inspect(sqlite(script))
    table = next(table for table in result.tables if table.title == "References")
    # 4 of 100 orders name customers 49 and 50; warehouse 1000 is nowhere, so that is no reference
    assert [row[:6] for row in table.rows] == [
        ("customers.parent_id", "customers.id", "inferred", 47, 0, 100.0),
        ("orders.customer_id", "customers.id", "inferred", 100, 4, 96.0),
    ]
    assert found(result, "orphans-inferred")[0].count == 4


def test_references_of_two_columns_and_without_named_target_are_followed(inspect, sqlite):
    script = (
        "create table p(a integer, b integer, primary key(a, b));"
        "create table c(id integer primary key, x integer, y integer, foreign key(x, y) references p);"
        "create index cx on c(y, x); insert into p values(1,1),(1,2);"
        "insert into c values(1,1,1),(2,2,1),(3,null,9),(4,1,3);"
    )
    result = inspect(sqlite(script))
    orphan = found(result, "orphans")[0]
    assert (orphan.where, orphan.count) == ("c.(x, y)", 2)
    assert "For example: 1, 3, 2, 1." in orphan.detail
    assert found(result, "unindexed-reference") == []


def test_the_counts_of_orphans_agree_with_sqlite_itself(inspect, shop, context):
    db = sqlite3.connect(context.path(shop))
    own = [row for row in db.execute("pragma foreign_key_check(orders)") if row[2] == "customers"]
    db.close()
    assert (
        len(own) == next(i for i in found(inspect(shop), "orphans") if i.where == "orders.customer_id").count
    )


def test_prose_and_names_with_commas_are_not_called_lists(inspect, sqlite):
    rows = ",".join(
        f"({i}, 'Smith, Jo{i}', 'It rained, then it stopped. Day {i}, all in all.')" for i in range(40)
    )
    script = f"create table t(id integer primary key, n text, p text); insert into t values {rows}"
    assert found(inspect(sqlite(script)), "list-in-cell") == []


def test_a_dependency_broken_by_one_row_is_not_reported(inspect, sqlite):
    def script(last):
        rows = ",".join(f"({i}, 'c{i % 6}', 'z{i % 6}')" for i in range(80))
        table = "create table t(id integer primary key, city text, zone text);"
        return f"{table} insert into t values {rows}, (99, 'c1', '{last}')"

    assert found(inspect(sqlite(script("z1"))), "transitive-dependency")
    assert found(inspect(sqlite(script("z2"), "b.db")), "transitive-dependency") == []


def test_a_virtual_table_is_not_run_but_named(inspect, sqlite):
    result = inspect(sqlite("create virtual table v using fts5(x); create table t(id integer primary key);"))
    assert "Virtual table 'v' was not read" in result.not_checked[0]
    assert [row[0] for row in result.tables[0].rows] == ["t"]


def test_odd_names_are_quoted_everywhere(inspect, sqlite, context):
    script = (
        'create table "a ""b"" -- ;<x>"("id; drop table x" integer primary key, "sp ace" text, "数" text);'
        'insert into "a ""b"" -- ;<x>" values(1, null, null);'
    )
    result = inspect(sqlite(script))
    assert found(result, "name-needs-quotes")[0].count == 4
    assert "<x>" not in result.figures[0].svg
    assert "<x>" not in result.figures[0].mermaid.replace('"', "")
    again = sqlite3.connect(":memory:")
    again.executescript(context.artefacts["schema.sql"].decode())
    assert again.execute("select count(*) from sqlite_master").fetchone() == (1,)
    again.close()


def test_the_ddl_makes_the_same_tables_again(inspect, shop, context):
    inspect(shop)
    again = sqlite3.connect(":memory:")
    again.executescript(context.artefacts["schema.sql"].decode())
    made = again.execute(
        "select type, count(*) from sqlite_master where name not like 'sqlite_%' group by 1"
    ).fetchall()
    again.close()
    assert made == [("index", 3), ("table", 5)]


def test_the_json_form_holds_a_row_schema_that_accepts_a_row(inspect, shop, context):
    from jsonschema import Draft202012Validator

    inspect(shop)
    document = json.loads(context.artefacts["schema.json"])
    products = next(table for table in document["tables"] if table["name"] == "products")
    check = Draft202012Validator(products["row_schema"])
    assert check.is_valid({"sku": "S1", "name": "x", "price": None})
    assert not check.is_valid({"sku": 1})
