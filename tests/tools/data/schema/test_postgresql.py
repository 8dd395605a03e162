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
