"""What cannot be inspected is refused before any work, and no password is ever repeated."""

import random
import sqlite3

import duckdb
import pytest
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.inputs import SchemaInput

KEYED = "create table t(id integer primary key, v text); insert into t values(1, 'x');"


def test_a_url_of_a_missing_file_is_refused_and_makes_no_file(inspect, tmp_path):
    missing = tmp_path / "not-there.db"
    for scheme in ("sqlite", "duckdb"):
        with pytest.raises(InputRejected, match="no file"):
            inspect(url=f"{scheme}:///{missing}")
    assert not missing.exists()


def test_a_url_on_the_server_is_refused_without_connecting(inspect, context, tmp_path, sqlite):
    context.place = "server"
    with pytest.raises(InputRejected, match="on the server") as refusal:
        inspect(url=f"sqlite:///{context.path(sqlite(KEYED))}")
    assert "locally for 0" in refusal.value.action


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@host:port-hunter2/db",
        "mysql://u:hunter2@host/db",
        "postgresql://u:hunter2@/db?host=/nowhere/hunter2",
        "sqlite://u:hunter2@host/x.db",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=rwc",
        "hunter2 is no url",
        "",
        "sqlite:///" + "hunter2" * 1000,
        "postgresql://u:hunter2@[::bad/db",
    ],
)
def test_a_bad_url_is_refused_and_no_password_is_repeated(inspect, url):
    with pytest.raises(InputRejected) as refusal:
        inspect(url=url)
    told = f"{refusal.value.found} {refusal.value.allowed} {refusal.value.action} {refusal.value}"
    assert "hunter2" not in told
    assert refusal.value.__cause__ is None


def test_the_input_model_hides_the_url_when_shown_and_when_refused():
    assert "hunter2" not in repr(SchemaInput(url="postgresql://u:hunter2@h/d"))
    with pytest.raises(ValidationError) as refusal:
        SchemaInput(url="postgresql://u:hunter2@h/d", sample_rows=1, colour="hunter2")
    assert "hunter2" not in str(refusal.value)


NOISE = bytes((i * 197 + (i >> 3) * 83 + i * i * 31) % 256 for i in range(8192))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.db", b"", "is empty"),
        ("a.csv", b"", "is empty"),
        ("a.db", b"hello, this is text\n" * 100, "does not start like"),
        ("a.db", NOISE, "encrypted"),
        ("a.sqlite", b"SQLite format 3\x00" + b"\x00" * 5000, "cannot be read"),
        ("a.db", b"\x37\x7f\x06\x82" + b"\x00" * 60, "'-wal' companion"),
        ("a.db-wal", b"\x37\x7f\x06\x82" + b"\x00" * 60, "'-wal' companion"),
        ("a.xlsx", b"PK\x03\x04", "'a.xlsx'"),
        ("a.db-shm", b"\x00" * 60, "'a.db-shm'"),
        ("a.duckdb", b"\x00" * 8 + b"DUCK" + b"\x00" * 5000, "not a DuckDB database|another version"),
        ("a.csv", b"a,b\n1\n2,3,4\n", "a.csv"),
        ("a.parquet", b"PAR1 no", "Parquet"),
    ],
)
def test_a_file_that_is_no_database_or_table_is_refused_with_its_reason(
    inspect, context, name, content, words
):
    with pytest.raises(InputRejected, match=words):
        inspect(context.keep(name, content))


def test_a_database_cut_off_in_the_middle_is_refused(inspect, context, tmp_path):
    path = tmp_path / "whole.db"
    db = sqlite3.connect(path)
    db.execute("create table t(id integer primary key, v text)")
    db.executemany("insert into t values(?, ?)", ((i, "x" * 500) for i in range(2_000)))
    db.commit()
    db.close()
    with pytest.raises(InputRejected, match="cannot be read"):
        inspect(context.keep("cut.db", path.read_bytes()[:200_000]))


def test_random_damage_is_refused_or_read_but_never_breaks_the_tool(inspect, context, tmp_path):
    seed = 20250701
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311  - damage, not secrets
    path = tmp_path / "whole.db"
    db = sqlite3.connect(path)
    db.executescript(f"{KEYED} create table c(id integer primary key, t_id integer references t(id));")
    db.close()
    whole, outcomes = path.read_bytes(), set()
    for number in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 5, 50])):
            damaged[chance.randrange(16, len(damaged))] = chance.randrange(256)
        try:
            inspect(context.keep(f"{number}.db", bytes(damaged)))
            outcomes.add("read")
        except InputRejected:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_an_encrypted_duckdb_file_is_named_as_such(inspect, context, tmp_path):
    path = tmp_path / "locked.duckdb"
    db = duckdb.connect()
    db.execute("set force_mbedtls_unsafe = true")
    db.execute(f"attach '{path}' as locked (encryption_key 'k')")
    db.execute("create table locked.t(a integer)")
    db.execute("detach locked")
    db.close()
    with pytest.raises(InputRejected, match="encrypted"):
        inspect(context.keep("locked.duckdb", path.read_bytes()))


def test_no_tables_or_no_source_or_two_sources_are_refused(inspect, context, sqlite):
    with pytest.raises(InputRejected, match="no tables"):
        inspect(sqlite("create view v as select 1;"))
    with pytest.raises(InputRejected, match="neither source nor url"):
        inspect()
    with pytest.raises(InputRejected, match="both"):
        inspect(sqlite(KEYED, "b.db"), url="sqlite:///x.db")
    with pytest.raises(InputRejected, match="no table or database"):
        inspect(context.keep_folder("f", {"a.md": b"x"}))
    with pytest.raises(InputRejected, match="several sources"):
        inspect(context.keep_folder("f", {"a.db": b"x", "b.csv": b"a\n1\n"}))
