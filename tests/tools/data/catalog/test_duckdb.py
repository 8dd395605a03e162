"""A catalogue of a DuckDB file against DuckDB's own SUMMARIZE."""

import duckdb
import pytest
from fakes.odd_duckdb import odd_duckdb

NESTED = ("[]", "[3]", "STRUCT", "MAP", "UNION", "BLOB", "BIT", "TIME", "INTERVAL", "BOOLEAN")


@pytest.fixture
def odd(tmp_path):
    content = odd_duckdb(tmp_path / "origin.duckdb")
    return content, duckdb.connect(str(tmp_path / "origin.duckdb"), read_only=True)


def rows_of(result, title):
    return next(one for one in result.tables if one.title == title).rows


def is_plain(kind):
    return not (kind.endswith(NESTED[:2]) or kind.split("(")[0].split(" WITH")[0] in NESTED[2:])


def test_least_and_greatest_are_those_of_summarize(build, odd):
    content, origin = odd
    told = {
        row[1]: row for row in rows_of(build({"odd.duckdb": content}), "Columns") if row[0].endswith(":types")
    }
    origin.execute("set TimeZone = 'UTC'")
    kinds = origin.execute("select column_name, data_type from duckdb_columns() where table_name = 'types'")
    names = ", ".join(name for name, kind in kinds.fetchall() if is_plain(kind))
    question = f"select column_name, column_type, min, max from (summarize select {names} from types)"
    plain = origin.execute(question).fetchall()
    assert len(plain) > 20
    for name, kind, least, greatest in plain:
        if kind in {"FLOAT", "DOUBLE", "BIGNUM"} or kind.startswith("ENUM"):
            continue  # written or ordered in another way
        assert (told[name][5], told[name][6]) == (least, greatest), kind


def test_every_schema_is_catalogued_under_its_name_and_views_are_told(build, odd):
    result = build({"odd.duckdb": odd[0]})
    names = {row[0].split(":", 1)[1]: row[2] for row in rows_of(result, "Datasets")}
    assert names == {
        "types": 3, 'we"ird.na me': 2, "child": 3, "made": 2, "days": 3, "my.schema.t.1": 40,
        "my.schema.child": 0
    }  # fmt: skip
    assert "odd.duckdb: Views were not listed: v.2." in result.not_checked


def test_a_reference_of_two_columns_stays_within_its_schema(build, odd):
    fits = rows_of(build({"odd.duckdb": odd[0]}), "What fits together")
    assert fits[0][:3] == ("odd.duckdb:child.x, y", 'odd.duckdb:we"ird.na me.a.b, c"d', True)
    assert len(fits) == 1


def test_an_endless_day_is_not_the_newest_one(build, odd):
    days = next(row for row in rows_of(build({"odd.duckdb": odd[0]}), "Datasets") if row[0].endswith(":days"))
    assert days[-1] == "2024-05-02"


def test_decimals_whose_sum_is_beyond_every_number_have_a_mean(build, tmp_path):
    path = tmp_path / "large.parquet"
    duckdb.sql("select 9999999999999999999999999999.5::decimal(38,10) as d from range(90)").write_parquet(
        str(path)
    )
    result = build({"large.parquet": path.read_bytes()})
    assert rows_of(result, "Columns")[0][5:7] == ("9999999999999999999999999999.5000000000",) * 2
