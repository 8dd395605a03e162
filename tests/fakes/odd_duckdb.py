"""A DuckDB file with every type, names that need quotes, several schemas, and values Python has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

VALUES: dict[str, tuple[str, str]] = {
    "boolean": ("true", "false"),
    "tinyint": ("-128", "127"),
    "utinyint": ("0", "255"),
    "smallint": ("-32768", "1"),
    "integer": ("1", "2"),
    "uinteger": ("4294967295", "1"),
    "bigint": ("9223372036854775807", "1"),
    "ubigint": ("18446744073709551615", "1"),
    "hugeint": ("170141183460469231731687303715884105727", "-1"),
    "uhugeint": ("340282366920938463463374607431768211455", "1"),
    "bignum": ("123456789012345678901234567890123456789012::bignum", "1::bignum"),
    "float": ("1.5", "-2"),
    "double": ("2.5", "1e300"),
    "decimal(4,1)": ("999.9", "-1"),
    "decimal(38,10)": ("1234567890123456789012345678.0123456789", "0"),
    "varchar": ("'a'", "'it''s'"),
    "blob": ("'\\xAA'::blob", "''::blob"),
    "bit": ("'0101'::bit", "'1'::bit"),
    "date": ("'2020-01-01'", "'1999-12-31'"),
    "time": ("'12:00:00'", "'00:00:00'"),
    "timetz": ("'12:00:00+02'", "'00:00:00+00'"),
    "timestamp": ("'2020-01-01 00:00:00'", "'1999-12-31 23:59:59.5'"),
    "timestamp_s": ("'2020-01-01'", "'2020-01-02'"),
    "timestamp_ms": ("'2020-01-01'", "'2020-01-02'"),
    "timestamp_ns": ("'2020-01-01 00:00:00.123456789'", "'2020-01-02'"),
    "timestamptz": ("'2020-06-01 12:00:00+02'", "'294247-01-01 00:00:00+00'"),
    "interval": ("'1 month 2 days'", "'-1 day'"),
    "uuid": ("'eeccb8c5-9943-b2bb-bb5e-222f4e14b687'", "'eeccb8c5-9943-b2bb-bb5e-222f4e14b688'"),
    "mood": ("'sad'", "'it''s, ok'"),
    "integer[]": ("[1, 2, null]", "[]"),
    "integer[3]": ("[1, 2, 3]", "[4, 5, 6]"),
    "struct(a integer, b varchar)": ("{'a': 1, 'b': 'x'}", "{'a': null, 'b': null}"),
    "map(varchar, integer)": ("map {'k': 1}", "map {}"),
    "union(num integer, str varchar)": ("union_value(num := 1)", "union_value(str := 'x')"),
    "struct(x integer, y decimal(10,2)[])[]": ("[{'x': 1, 'y': [1.5]}]", "[]"),
}
NAMED = """create table "we""ird.na me" ("id" integer primary key, "a.b" integer, "c""d" varchar,
    "e,f" varchar not null default 'x,"y', "sel[ect]" integer, unique ("a.b", "c""d"))"""
CHILD = (
    'create table child (x integer, y varchar, foreign key (x, y) references "we""ird.na me" ("a.b", "c""d"))'
)


def odd_duckdb(path: Path) -> bytes:
    """The content of the file."""
    connection = duckdb.connect(str(path))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("create type mood as enum ('sad', 'ok', 'it''s, ok')")
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(VALUES))
    connection.execute(f"create table types ({columns})")
    for place in (0, 1):
        connection.execute(f"insert into types values ({', '.join(one[place] for one in VALUES.values())})")
    connection.execute(f"insert into types values ({', '.join(['null'] * len(VALUES))})")
    connection.execute(NAMED)
    connection.execute(CHILD)
    connection.execute("""insert into "we""ird.na me" values (1, 5, 'q', 'z', 3), (2, 6, 'r', 'z', 3)""")
    connection.execute("insert into child values (5, 'q'), (null, 'r'), (6, null)")
    connection.execute('create index "ix ""a, b" on "we""ird.na me" ("e,f", "sel[ect]")')
    connection.execute("create unique index of_lower on child (lower(y))")
    connection.execute("create sequence counter")
    connection.execute(
        "create table made (a integer, b integer generated always as (a * 2) virtual, "
        "s bigint default nextval('counter'))"
    )
    connection.execute("insert into made (a) values (1), (2)")
    connection.execute("create table days (day date, at_time timestamp)")
    connection.execute(
        "insert into days values ('2024-05-01', '2024-05-02'), ('infinity', 'infinity'), ('-infinity', null)"
    )
    connection.execute('create view "v.2" as select * from types')
    connection.execute('create schema "my.schema"')
    connection.execute('create table "my.schema"."t.1" (id integer primary key, n integer)')
    connection.execute('insert into "my.schema"."t.1" select range, range % 7 from range(40)')
    connection.execute('create table "my.schema".child (id integer, t uuid)')
    connection.close()
    return path.read_bytes()
