"""A locked session reads its own file and nothing else, and cannot be unlocked."""

from pathlib import Path

import duckdb
import pytest

from studio_magics.tools.tabular import locked_session, text_literal


@pytest.fixture(name="outside")
def _outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside" / "secret.csv"
    path.parent.mkdir()
    path.write_text("a\n1\n")
    return path


@pytest.fixture(name="inside")
def _inside(tmp_path: Path) -> Path:
    path = tmp_path / "inside.csv"
    path.write_text("a\n7\n")
    return path


def test_the_named_file_can_be_read(inside: Path) -> None:
    with locked_session(inside) as session:
        assert session.query(f"SELECT a FROM read_csv({text_literal(str(inside))})") == [(7,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv({outside})",
        "SELECT * FROM read_text({outside})",
        "SELECT * FROM glob({folder})",
        "ATTACH {database}",
        "COPY (SELECT 1) TO {database}",
        "COPY (SELECT 1) TO {inside}",
        "EXPORT DATABASE {folder}",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '8GB'",
        "SET allowed_directories = ['/']",
    ],
)
def test_nothing_outside_can_be_reached_or_unlocked(inside: Path, outside: Path, statement: str) -> None:
    places = {
        "inside": text_literal(str(inside)),
        "outside": text_literal(str(outside)),
        "folder": text_literal(str(outside.parent) + "/*"),
        "database": text_literal(str(outside.parent / "new.duckdb")),
    }
    with locked_session(inside) as session, pytest.raises(duckdb.Error):
        session.query(statement.format(**places))
    assert sorted(path.name for path in outside.parent.iterdir()) == ["secret.csv"]


def test_closing_deletes_the_scratch_folder_and_may_be_repeated() -> None:
    session = locked_session()
    folder = Path(session.scratch.name)
    session.query("CREATE TABLE t AS SELECT * FROM range(100000)")
    assert folder.exists()
    session.close()
    session.close()
    assert not folder.exists()


def test_too_much_memory_is_a_memory_error() -> None:
    with locked_session() as session, pytest.raises(MemoryError):
        session.query("SELECT length(string_agg(repeat('x', 1000), '')) FROM range(1000000)")
