"""The same faults in a real PostgreSQL of its own, reached by its socket."""

import psycopg
import pytest

from studio_magics.tools.base import InputRejected

SETUP = """
create table customers(id bigint primary key, name text not null, email varchar(80) unique,
    joined timestamptz);
create table orders(id bigint primary key, customer_id bigint, total numeric(10,2), placed date);
create table lines(order_id bigint references orders(id), position int, sku text,
    primary key(order_id, position));
create index orders_customer on orders(customer_id);
create index orders_customer_placed on orders(customer_id, placed);
create index orders_big on orders(total) where total > 100;
create index customers_lower on customers(lower(name));
create index customers_mail on customers(email);
create table notes(body text, kind uuid, meta jsonb, shot bytea, flag boolean);
create view recent as select * from orders;
create schema side;
create table side.other(a int primary key);
insert into customers select i, 'n' || i, 'm' || i, now() from generate_series(1, 40) i;
insert into orders select i, i % 42 + 1, i, date '2025-01-01' + i from generate_series(1, 84) i;
insert into lines select i, 1, 'S' || i from generate_series(1, 84) i;
alter table orders add foreign key (customer_id) references customers(id) not valid;
"""


@pytest.fixture(scope="session")
def shop_url(postgres_socket):
    with psycopg.connect(f"postgresql://studio@/postgres?host={postgres_socket}", autocommit=True) as admin:
        admin.execute("create database shop")
    with psycopg.connect(f"postgresql://studio@/shop?host={postgres_socket}") as db:
        db.execute(SETUP)
    return f"postgresql://studio:hunter2@/shop?host={postgres_socket}"


def found(result, code):
    return [item.where for item in result.findings if item.code == code]


def test_tables_keys_orphans_and_indexes_are_found(inspect, shop_url):
    result = inspect(url=shop_url)
    assert [row[:4] for row in result.tables[0].rows] == [
        ("customers", 40, 4, "id"),
        ("lines", 84, 3, "order_id, position"),
        ("notes", 0, 5, "none"),
        ("orders", 84, 4, "id"),
    ]
    # i % 42 + 1 is 41 or 42 four times in 1..84
    assert result.tables[1].rows[1][:6] == ("orders.customer_id", "customers.id", "declared", 84, 4, 95.24)
    assert found(result, "orphans") == ["orders.customer_id"]
    assert found(result, "redundant-index") == ["customers.customers_mail", "orders.orders_customer"]
    assert found(result, "no-key") == ["notes"]
    assert found(result, "unindexed-reference") == []
    assert result.summary["engine"] == "postgresql"


def test_the_password_is_nowhere_in_the_answer(inspect, shop_url, context):
    result = inspect(url=shop_url)
    assert "hunter2" not in result.model_dump_json()
    assert all(b"hunter2" not in content for content in context.artefacts.values())


def test_a_missing_database_is_refused_without_the_password(inspect, postgres_socket):
    with pytest.raises(InputRejected, match="PostgreSQL answered") as refusal:
        inspect(url=f"postgresql://studio:hunter2@/hunter2x?host={postgres_socket}")
    assert "hunter2" not in f"{refusal.value.found}{refusal.value}"


def test_another_schema_is_read_when_named_and_an_unknown_one_refused(inspect, shop_url):
    assert [row[0] for row in inspect(url=shop_url, schema_name="side").tables[0].rows] == ["other"]
    with pytest.raises(InputRejected, match="public, side"):
        inspect(url=shop_url, schema_name="nowhere")


def test_the_transaction_refuses_to_write(shop_url):
    from studio_magics.tools.data.schema.opening import open_url

    opened = open_url(shop_url, on_server=False, schema=None)
    try:
        with pytest.raises(InputRejected, match="read-only"):
            opened.store.query("insert into public.notes(body) values ('x') returning 1")
    finally:
        opened.store.close()


def test_a_statement_beyond_the_limit_is_stopped_by_the_server(shop_url):
    from studio_magics.tools.data.schema.opening import open_url

    opened = open_url(shop_url, on_server=False, schema=None)
    try:
        opened.store.query("select set_config('statement_timeout', '50', true)")
        with pytest.raises(InputRejected, match="statement timeout"):
            opened.store.query("select count(*) from generate_series(1, 100000000)")
    finally:
        opened.store.close()


def test_two_runs_give_the_same_answer(inspect, shop_url):
    assert inspect(url=shop_url) == inspect(url=shop_url)


ODD = """
create type mood as enum ('ok', 'bad');
create domain zip as text check (value <> '');
create table visits(id int primary key, note text, valid_to date, seen timestamptz, tags text[], m mood,
    z zip, place point, doc xml, price numeric(10,2), code char(3), short varchar(7), at timestamp(3));
insert into visits select i, 'n' || i, 'infinity', '4713-01-01 BC' from generate_series(1, 40) i;
create table part(id int, day date, primary key(id, day)) partition by range(day);
create table part_2024 partition of part for values from ('2024-01-01') to ('2025-01-01');
create table part_2025 partition of part for values from ('2025-01-01') to ('2026-01-01');
insert into part select i, date '2024-06-01' + i from generate_series(1, 300) i;
"""


@pytest.fixture(scope="session")
def odd_url(postgres_socket):
    with psycopg.connect(f"postgresql://studio@/postgres?host={postgres_socket}", autocommit=True) as admin:
        admin.execute("create database odd")
    url = f"postgresql://studio@/odd?host={postgres_socket}"
    with psycopg.connect(url) as db:
        db.execute(ODD)
    return url


@pytest.mark.filterwarnings("error")
def test_dates_without_end_and_types_of_its_own_are_read(inspect, odd_url):
    result = inspect(url=odd_url)
    types = {row[1]: row[2] for row in result.tables[-1].rows if row[0] == "visits"}
    with psycopg.connect(odd_url) as db:
        told = dict(
            db.execute(
                "select column_name, coalesce(domain_name, udt_name) from information_schema.columns"
                " where table_name = 'visits'"
            ).fetchall()
        )
    assert {name: told[name].upper() for name in ("m", "z", "place", "doc", "note")} == {
        name: types[name] for name in ("m", "z", "place", "doc", "note")
    }
    assert types["seen"] == "TIMESTAMP WITH TIME ZONE"
    assert [types[name] for name in ("tags", "price", "code", "short", "at")] == [
        "TEXT[]", "NUMERIC(10,2)", "CHAR(3)", "VARCHAR(7)", "TIMESTAMP(3)",
    ]  # fmt: skip


def test_the_rows_of_partitions_are_counted_once(inspect, odd_url):
    result = inspect(url=odd_url)
    assert [row[:2] for row in result.tables[0].rows] == [("part", 300), ("visits", 40)]
    assert any("part_2024, part_2025" in note for note in result.not_checked)
