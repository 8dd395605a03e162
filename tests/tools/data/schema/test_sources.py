"""Every kind of source, in kernel and on the server, and every refusal."""

import os
import sqlite3
from pathlib import Path

import duckdb
import pytest
import statsmodels

from studio_magics.tools.base import InputRejected, RunCancelled

CSVS = {
    "customers.csv": b"id,name\n1,Ada\n2,Bo\n3,Cy\n4,Di\n5,Ed\n6,Flo\n7,Gus\n8,Hal\n9,Ida\n10,Jo\n",
    "orders.csv": b"order_id,customer_id,total\n"
    + b"".join(f"{i},{i % 11 or 1},{i}.5\n".encode() for i in range(1, 23)),
    "notes.md": b"# not a table\n",
}
KEYED = "create table t(id integer primary key, v text); insert into t values(1, 'x');"


def test_a_folder_of_csv_files_becomes_tables_with_keys_and_references(inspect, context):
    result = inspect(context.keep_folder("shop", CSVS))
    overview, references = result.tables[:2]
    assert [row[:4] for row in overview.rows] == [
        ("customers", 10, 2, "none; likely id"),
        ("orders", 22, 3, "none; likely order_id"),
    ]
    # customer_id is i % 11: 1..10 and once more each, 11 and 22 give 1; all of them exist
    assert references.rows[0][:6] == ("orders.customer_id", "customers.id", "inferred", 22, 0, 100.0)
    assert "'notes.md' was not read" in result.not_checked[0]
    assert "stroke-dasharray" in result.figures[0].svg
    assert 'customers ||..o{ orders : "customer_id"' in result.figures[0].mermaid


@pytest.mark.parametrize(
    "name", ["fair/fair.csv", "star98/star98.csv", "grunfeld/grunfeld.csv", "anes96/anes96.csv"]
)
def test_a_real_public_table_is_inspected_completely(inspect, context, name):
    path = Path(statsmodels.__file__).parent / "datasets" / name
    content = path.read_bytes()
    result = inspect(context.keep(path.name, content))
    assert result.summary["rows"] == content.count(b"\n") - 1 + (not content.endswith(b"\n"))
    assert result.summary["tables"] == 1


def test_a_folder_of_real_public_tables_gives_no_reference_that_is_not_there(inspect, context):
    base = Path(statsmodels.__file__).parent / "datasets"
    names = ["fair/fair.csv", "nile/nile.csv", "sunspots/sunspots.csv", "statecrime/statecrime.csv"]
    folder = context.keep_folder("public", {name: (base / name).read_bytes() for name in names})
    result = inspect(folder)
    assert {row[0]: row[1] for row in result.tables[0].rows} == {
        "fair": 6366, "nile": 100, "statecrime": 51, "sunspots": 309
    }  # fmt: skip
    assert result.summary["references_inferred"] == 0


def test_parquet_and_csv_with_the_same_base_name_get_different_table_names(inspect, context, tmp_path):
    target = tmp_path / "t.parquet"
    duckdb.sql("select range as id, 'x' || range as v from range(20)").write_parquet(str(target))
    folder = context.keep_folder("both", {"a/t.parquet": target.read_bytes(), "b/t.csv": b"id,v\n1,x\n2,y\n"})
    assert [row[0] for row in inspect(folder).tables[0].rows] == ["a_t", "b_t"]


def test_a_table_named_like_the_loaders_own_relation_is_kept(inspect, context):
    folder = context.keep_folder("f", {"data.csv": b"id,v\n1,x\n2,y\n", "more.csv": b"id,w\n1,x\n2,y\n"})
    assert [row[:2] for row in inspect(folder).tables[0].rows] == [("data", 2), ("more", 2)]


@pytest.fixture
def duck(tmp_path, context):
    path = tmp_path / "origin.duckdb"
    db = duckdb.connect(str(path))
    db.execute("create table parent(id integer primary key, tag varchar unique)")
    columns = "id integer primary key, parent_id integer references parent(id), loose_id integer"
    db.execute(f"create table child({columns})")
    db.execute("create index on_tag on parent(tag)")
    db.execute("insert into parent select range, 'x' || range from range(30)")
    db.execute("insert into child select range, range % 30, null from range(90)")
    db.execute("create view outside as select 1 as a")
    db.execute("create schema side")
    db.execute("create table side.other(a integer)")
    db.close()
    return context.keep("made.duckdb", path.read_bytes())


def test_a_duckdb_file_gives_keys_references_and_redundant_indexes(inspect, duck):
    result = inspect(duck)
    assert [row[:4] for row in result.tables[0].rows] == [("child", 90, 3, "id"), ("parent", 30, 2, "id")]
    assert result.tables[1].rows[0][:5] == ("child.parent_id", "parent.id", "declared", 90, 0)
    assert [item.where for item in result.findings if item.code == "redundant-index"] == ["parent.on_tag"]
    assert [item for item in result.findings if item.code == "unindexed-reference"] == []


def test_another_schema_of_a_duckdb_file_is_read_when_named(inspect, duck):
    assert [row[0] for row in inspect(duck, schema_name="side").tables[0].rows] == ["other"]
    with pytest.raises(InputRejected, match="main, side"):
        inspect(duck, schema_name="nowhere")


def test_kernel_and_server_give_the_same_answer_for_the_same_content(inspect, context, sqlite, duck):
    for source in (sqlite(KEYED), duck, context.keep_folder("shop", CSVS)):
        context.place = "kernel"
        local, files = inspect(source), dict(context.artefacts)
        context.place = "server"
        assert inspect(source) == local
        assert context.artefacts == files


def test_the_source_is_not_changed_and_nothing_is_left_beside_it(inspect, context, sqlite, duck):
    sources = [sqlite(KEYED), duck]
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in context.folder.iterdir()
        if path.is_file()
    }
    for source in sources:
        inspect(source)
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in context.folder.iterdir()
        if path.is_file()
    }


def test_a_read_only_folder_is_no_hindrance_to_a_wal_mode_file(inspect, sqlite):
    result = inspect(sqlite(f"pragma journal_mode = wal; {KEYED}"))
    assert result.summary["rows"] == 1
    assert [item.code for item in result.findings if item.code == "wal-companion"] == ["wal-companion"]


@pytest.fixture
def wal_pair(tmp_path):
    """A database whose rows are all still in its companion."""
    path = tmp_path / "live.db"
    db = sqlite3.connect(path)
    db.executescript(f"pragma journal_mode = wal; pragma wal_autocheckpoint = 0; {KEYED}")
    yield path
    db.close()


def test_a_wal_mode_file_with_everything_in_its_companion_is_refused_with_the_way_out(
    inspect, context, wal_pair
):
    with pytest.raises(InputRejected, match=r"without its companion 'live\.db-wal'") as refusal:
        inspect(context.keep("live.db", wal_pair.read_bytes()))
    assert "wal_checkpoint" in refusal.value.action


def test_a_folder_with_database_and_companion_is_read_with_the_last_changes(inspect, context, wal_pair):
    folder = context.keep_folder(
        "live", {name: (wal_pair.parent / name).read_bytes() for name in ("live.db", "live.db-wal")}
    )
    result = inspect(folder)
    assert result.summary["rows"] == 1
    assert [item for item in result.findings if item.code == "wal-companion"] == []


def test_a_url_of_a_live_sqlite_file_sees_its_last_changes(inspect, wal_pair):
    assert inspect(url=f"sqlite:///{wal_pair}").summary["rows"] == 1


def test_a_schema_that_would_run_code_when_read_is_not_run(inspect, sqlite):
    script = (
        "create table t(id integer primary key, v text, g text generated always as (upper(v)) virtual);"
        "insert into t(id, v) values(1, 'a');"
        "create view bomb as with recursive r(n) as (select 1 union all select n + 1 from r) select n from r;"
    )
    result = inspect(sqlite(script))
    assert "bomb" in result.tables[0].note


def test_a_duckdb_view_that_reads_files_is_never_run(inspect, context, tmp_path):
    path = tmp_path / "v.duckdb"
    db = duckdb.connect(str(path))
    db.execute("create table t(id integer primary key)")
    db.execute("create view secrets as select * from read_text('/etc/hostname')")
    db.close()
    assert "secrets" in inspect(context.keep("v.duckdb", path.read_bytes())).tables[0].note


def test_more_than_thirty_tables_leave_the_least_connected_out_and_say_so(inspect, sqlite):
    script = "".join(f"create table hub_{i}(id integer primary key);" for i in range(3))
    script += "".join(
        f"create table leaf_{i:02}(id integer primary key, hub_id integer references hub_{i % 3}(id));"
        for i in range(36)
    )
    result = inspect(sqlite(script))
    figure = result.figures[0]
    assert "Left out: 9 tables" in figure.alt_text
    assert "9 tables with fewer references are left out: leaf_27" in figure.svg
    assert len(result.tables[0].rows) == 39


def test_a_ring_of_references_and_a_self_reference_can_be_drawn(inspect, sqlite):
    script = (
        "create table a(id integer primary key, b_id integer references b(id));"
        "create table b(id integer primary key, c_id integer references c(id));"
        "create table c(id integer primary key, a_id integer references a(id),"
        " parent_id integer references c(id));"
    )
    assert inspect(sqlite(script)).figures[0].svg.count("refers to") >= 4


def test_a_cancelled_run_stops_and_closes_the_database(inspect, context, sqlite):
    source = sqlite(KEYED)
    context.cancels_at = 0.4
    with pytest.raises(RunCancelled):
        inspect(source)
    os.remove(context.path(source))  # noqa: PTH107  - would fail on systems that lock open files
