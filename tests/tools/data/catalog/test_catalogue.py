"""What the catalogue says of tables whose figures were counted by hand."""

import json
import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels
from pyarrow import parquet

from studio_magics.tools.base import InputRejected, RunCancelled
from studio_magics.tools.data.catalog import TOOL

ABOUT = (
    "name: Shop\nowner: data team\nlicence: internal use\ndatasets:\n  customers:\n    title: Customers\n"
    "    description: One row for each person who bought something\n    tags: [crm]\n"
    "    sensitivity: restricted\n    columns: {id: Number of the customer, name: Name, email: Address}\n"
)


def _rows(result, title):
    return next(table.rows for table in result.tables if table.title == title)


def test_tables_columns_keys_and_newest_dates_are_those_counted_by_hand(build):
    result = build()
    rows = {row[0]: row for row in _rows(result, "Datasets")}
    assert rows["customers"][2:4] == (30, 4)
    assert rows["orders"][2:4] == (60, 4)
    assert rows["orders"][9] == "2025-06-28"
    assert rows["customers"][8] == "id"
    columns = {(row[0], row[1]): row[2:] for row in _rows(result, "Columns")}
    assert columns["orders", "total"][1:5] == (100.0, 60, "1.5", "60.5")
    assert columns["customers", "country"][2] == 3


def test_a_likely_join_is_found_and_called_likely(build, found):
    result = build()
    assert _rows(result, "What fits together") == (("orders.customer_id", "customers.id", False, 100.0),)
    assert found(result, "likely-joins")


def test_personal_columns_make_a_table_sensitive_and_their_values_are_not_shown(build, context, found):
    result = build()
    rows = {row[0]: row[6] for row in _rows(result, "Datasets")}
    assert rows == {"customers": "restricted", "orders": "confidential"}
    understated = {one.where for one in found(result, "sensitivity-understated")}
    assert understated == {"customers", "orders"}
    everything = result.model_dump_json() + "".join(str(one) for one in context.artefacts.values())
    assert "p7@example.org" not in everything


def test_what_people_know_is_added_and_raises_the_score(build, found):
    bare, known = build(), build(about=ABOUT)
    assert known.score > bare.score
    rows = {row[0]: row for row in _rows(known, "Datasets")}
    assert rows["customers"][1] == "Customers"
    assert rows["orders"][5] == "data team"
    assert "crm" in rows["customers"][7]
    assert found(bare, "owner-missing")
    assert not found(known, "owner-missing")
    assert [one.where for one in found(known, "sensitivity-understated")] == ["orders"]
    # of 2 datasets: owner 2, licence 2, key 2, description 1, columns described 1, sensitivity 1
    assert known.score == round(100 * (1 + 1 + 1 + 0.5 + 0.5 + 0.5) / 6)


def test_a_search_ranks_names_before_descriptions_and_finds_word_stems(build):
    result = build(about=ABOUT, query="customers")
    matches = [tuple(one) for one in result.summary["matches"]]
    assert matches[0] == ("customers", "")
    assert ("orders", "customer_id") in matches
    assert build(query="nothing-like-this-zzz").summary["matches"] == []


def test_the_index_can_be_searched_by_itself(build, context, tmp_path):
    build(about=ABOUT)
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(context.artefacts["catalogue.sqlite"])
    with sqlite3.connect(path) as db:
        hits = db.execute("SELECT dataset FROM search WHERE search MATCH 'bought'").fetchall()
        owner = db.execute("SELECT owner FROM datasets WHERE name = 'orders'").fetchone()
    db.close()
    assert hits == [("customers",)]
    assert owner == ("data team",)


def test_databases_and_files_stand_in_one_catalogue(build, sqlite, tmp_path, found):
    duck = tmp_path / "made.duckdb"
    with duckdb.connect(str(duck)) as db:
        db.execute("CREATE TABLE facts AS SELECT range AS id, range * 2 AS v FROM range(50)")
    content = sqlite(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1), (2);"
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id REFERENCES parent (id));"
        "INSERT INTO child VALUES (1, 1), (2, 9);"
    )
    result = build({"a.csv": "id,v\n1,2\n", "b.db": content, "c.duckdb": duck.read_bytes()})
    assert sorted(row[0] for row in _rows(result, "Datasets")) == [
        "a", "b.db:child", "b.db:parent", "c.duckdb:facts"
    ]  # fmt: skip
    [broken] = found(result, "reference-broken")
    assert broken.count == 1
    assert ("b.db:child.parent_id", "b.db:parent.id", True, 50.0) in _rows(result, "What fits together")


def test_a_file_that_cannot_be_read_is_listed_and_the_rest_goes_on(build, found):
    result = build(
        {"bad.csv": "a,b\n1\n2,3,4\n", "data.csv": "a,b\n1,2\n", "broken.db": b"no database" * 100}
    )
    assert {one.where for one in found(result, "file-unread")} == {"bad.csv", "broken.db"}
    assert [row[0] for row in _rows(result, "Datasets")] == ["data"]


def test_copies_empty_columns_and_same_names_are_told(build, found):
    files = {"a/x.csv": "id,v,w\n1,2,\n2,3,\n", "b/x.csv": "id,other\n1,2\n", "c.csv": "id,v,w\n1,2,\n2,3,\n"}
    result = build(files)
    [copies] = found(result, "copies")
    assert copies.detail == "a/x.csv, c.csv."
    [same] = found(result, "same-name-other-columns")
    assert same.detail == "a/x.csv, b/x.csv."
    assert found(result, "columns-empty")[0].count == 2


@pytest.mark.parametrize(("days", "stale"), [(200, 1), (300, 0)])
def test_a_table_whose_newest_date_is_old_is_told(build, found, days, stale):
    # the newest order is of 28 June 2025, the run of 1 March 2026: 246 days
    assert len(found(build(stale_after_days=days), "stale")) == stale


def test_every_real_table_of_statsmodels_is_catalogued(build):
    base = Path(statsmodels.__file__).parent / "datasets"
    files = {str(path.relative_to(base)): path.read_bytes() for path in sorted(base.glob("*/*.csv"))}
    result = build(files)
    unread = [one.where for one in result.findings if one.code == "file-unread"]
    assert unread == ["interest_inflation/E6_jmulti.csv", "spector/spector.csv"]  # cells separated by blanks
    assert result.summary["datasets"] == len(files) - len(unread)
    rows = {row[0]: row for row in _rows(result, "Datasets")}
    assert rows["fair"][2:4] == (6366, 9)  # as its own documentation says
    assert rows["nile"][2:4] == (100, 2)


def test_accounts_and_cards_are_known_by_their_look_and_measures_are_not_by_their_name(build):
    lines = [f"DE89370400440532013000,4111111111111111.,{n},{n},{n}" for n in range(30)]
    files = {"t.csv": "x,card,city_mpg,email_count,region_id\n" + "\n".join(lines).replace(".,", ",") + "\n"}
    personal = {row[1]: row[7] for row in _rows(build(files), "Columns") if row[7]}
    assert personal == {"x": "Bank account (IBAN)", "region_id": "Town, district or region"}


def test_a_name_beside_an_address_is_a_persons_and_its_values_are_not_shown(build):
    rows = {row[:2]: row for row in _rows(build(), "Columns")}
    assert rows["customers", "name"][5:8] == (None, None, "Name of a person")
    goods = build({"goods.csv": "name,price\n" + "".join(f"bolt {n},{n}\n" for n in range(30))})
    assert [row[7] for row in _rows(goods, "Columns")] == [None, None]


def test_numbers_that_are_none_stay_out_of_figures_and_files(build, context, tmp_path):
    frame = pd.DataFrame({"x": [1.0, float("inf"), 3.0], "y": [float("-inf")] * 3})
    parquet.write_table(pa.Table.from_pandas(frame.assign(z=[1.0, 2.0, 3.0])), tmp_path / "t.parquet")
    nan = pa.table({"x": [1.0, float("nan"), 4.0], "n": [1, 2, 3]})
    parquet.write_table(nan, tmp_path / "u.parquet")
    files = {name: (tmp_path / name).read_bytes() for name in ("t.parquet", "u.parquet")}
    rows = {row[:2]: row[5:7] for row in _rows(build(files), "Columns")}
    assert rows["t", "x"] == ("1.0", "3.0")
    assert rows["u", "x"] == ("1.0", "4.0")
    for name in ("catalogue.json", "datapackage.json", "croissant.json"):
        json.loads(context.artefacts[name], parse_constant=pytest.fail)


def test_a_day_that_is_still_to_come_does_not_hide_that_a_table_is_old(build, found):
    lines = [f"{n},2019-03-{n % 28 + 1:02d},9999-12-31" for n in range(30)]
    result = build({"t.csv": "id,placed,valid_to\n" + "\n".join(lines) + "\n"})
    assert "2019-03-28" in found(result, "stale")[0].detail


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({"a.csv": "a,b\n1\n"}, {}, "a.csv"),
        ({"a.csv": "a\n1\n"}, {"about": "datasets:\n  b: {owner: x}\n"}, "no dataset 'b'"),
        ({"a.csv": "a\n1\n"}, {"about": "datasets:\n  a: {columns: {z: x}}\n"}, "no column 'z' of 'a'"),
    ],
)
def test_what_cannot_be_catalogued_is_refused(build, files, options, words):
    with pytest.raises(InputRejected) as refusal:
        build(files, **options)
    assert words in refusal.value.found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datasets:\n  a: {ower: x}\n", "line 2: unknown key 'ower'"),
        ("datasets:\n  a: {sensitivity: secret}\n", "sensitivity 'secret' is not known"),
        ("owner: [1]\n", "owner"),
    ],
)
def test_a_wrong_description_is_refused_when_the_price_is_asked(context, text, words):
    with pytest.raises(InputRejected) as refusal:
        TOOL.input_model(source=context.put("a.csv", "a\n1\n"), about=text)
    assert words in refusal.value.found


def test_a_folder_without_data_is_refused_when_the_price_is_asked(context):
    with pytest.raises(InputRejected, match="no table or database"):
        TOOL.forecast(TOOL.input_model(source=context.put_folder({"a.md": "x"})))


def test_a_run_can_be_cancelled_between_files(build, context):
    context.cancel_at = 0.2
    with pytest.raises(RunCancelled):
        build()
