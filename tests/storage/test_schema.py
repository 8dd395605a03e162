"""Migrations: in order, once, unchanged, each as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from studio_server.storage import Database, MigrationRefused, schema
from studio_server.storage.engine import connect_writer
from studio_server.storage.schema import OBJECTS, Migration, expected_objects, migrate, packaged_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from studio_server.clock import FixedClock

FIRST = packaged_migrations()[0]
SECOND = Migration(9001, "9001_second.sql", "CREATE TABLE second (a); CREATE TABLE more (a);")
THIRD = Migration(9002, "9002_third.sql", "CREATE TABLE third (a);")
FAMILY = Migration(
    9001,
    "9001_family.sql",
    "CREATE TABLE parents (name TEXT PRIMARY KEY); CREATE TABLE children (parent TEXT REFERENCES parents);"
    " INSERT INTO parents VALUES ('ada'); INSERT INTO children VALUES ('ada');",
)
REBUILD = (
    "CREATE TABLE rebuilt (name TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO rebuilt SELECT name FROM parents"
    " WHERE name <> '{without}'; DROP TABLE parents; ALTER TABLE rebuilt RENAME TO parents;"
)


def _open(path: Path, clock: FixedClock, *migrations: Migration) -> list[int]:
    database = Database.open(path, clock=clock, migrations=migrations)
    applied = database.read(lambda tx: tx.execute("SELECT number FROM migrations ORDER BY number"))
    database.close()
    return [row[0] for row in applied]


def test_migrations_are_applied_in_number_order_and_once(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "store.db"
    assert _open(path, clock, FIRST, SECOND) == [1, 9001]
    assert _open(path, clock, FIRST, SECOND, THIRD) == [1, 9001, 9002]
    assert _open(path, clock, FIRST, SECOND, THIRD) == [1, 9001, 9002]


def test_a_script_that_changed_after_it_was_applied_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    _open(tmp_path / "store.db", clock, FIRST, SECOND)
    changed = Migration(9001, "9001_second.sql", "CREATE TABLE second (b);")
    with pytest.raises(MigrationRefused, match="changed"):
        _open(tmp_path / "store.db", clock, FIRST, changed)


def test_a_database_newer_than_the_program_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    _open(tmp_path / "store.db", clock, FIRST, SECOND)
    with pytest.raises(MigrationRefused, match="newer") as refused:
        _open(tmp_path / "store.db", clock, FIRST)
    assert refused.value.number == 9001


def test_a_script_that_comes_before_an_applied_one_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    _open(tmp_path / "store.db", clock, FIRST, THIRD)
    with pytest.raises(MigrationRefused, match="before"):
        _open(tmp_path / "store.db", clock, FIRST, SECOND, THIRD)


def test_a_script_that_fails_half_way_leaves_nothing_behind(tmp_path: Path, clock: FixedClock) -> None:
    broken = Migration(9001, "9001_second.sql", "CREATE TABLE second (a); CREATE TABLE second (a);")
    with pytest.raises(apsw.SQLError):
        _open(tmp_path / "store.db", clock, FIRST, broken)
    assert _open(tmp_path / "store.db", clock, FIRST, SECOND) == [1, 9001]


def test_a_script_that_ends_its_own_transaction_is_refused(tmp_path: Path, clock: FixedClock) -> None:
    ending = Migration(9001, "9001_second.sql", "CREATE TABLE second (a); COMMIT;")
    with pytest.raises(MigrationRefused, match="transaction"):
        _open(tmp_path / "store.db", clock, FIRST, ending)


def test_packaged_scripts_are_numbered_without_repetition() -> None:
    numbers = [migration.number for migration in packaged_migrations()]
    assert numbers[0] == 1
    assert len(numbers) == len(set(numbers))


def _rebuilding(without: str = "", *, first_line: str = schema.UNWATCHED) -> Migration:
    return Migration(9002, "9002_rebuild.sql", first_line + REBUILD.format(without=without))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[apsw.Connection]:
    """The connection that writes, as the server opens it."""
    connection = connect_writer(tmp_path / "store.db")
    yield connection
    connection.close()


def _watches(connection: apsw.Connection) -> bool:
    return connection.execute("PRAGMA foreign_keys").fetchall() == [(1,)]


def _rows_and_objects(connection: apsw.Connection, *tables: str) -> list[object]:
    return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables] + [
        sorted(connection.execute(OBJECTS).fetchall())
    ]


def test_a_script_that_says_so_rebuilds_a_table_that_others_point_at(
    writer: apsw.Connection, clock: FixedClock
) -> None:
    migrate(writer, [FIRST, FAMILY, _rebuilding()], clock.now())
    assert writer.execute("SELECT name FROM parents").fetchall() == [("ada",)]
    assert _watches(writer)
    with pytest.raises(apsw.ConstraintError, match="FOREIGN KEY"):
        writer.execute("INSERT INTO children VALUES ('bob')")


def test_without_saying_so_the_script_is_refused(writer: apsw.Connection, clock: FixedClock) -> None:
    with pytest.raises(apsw.ConstraintError, match="FOREIGN KEY"):
        migrate(writer, [FIRST, FAMILY, _rebuilding(first_line="")], clock.now())


def test_a_script_that_leaves_a_row_pointing_at_nothing_is_refused_and_changes_nothing(
    writer: apsw.Connection, clock: FixedClock
) -> None:
    migrate(writer, [FIRST, FAMILY], clock.now())
    before = _rows_and_objects(writer, "parents", "children", "migrations")
    with pytest.raises(MigrationRefused, match="a row of children that points at nothing in parents"):
        migrate(writer, [FIRST, FAMILY, _rebuilding(without="ada")], clock.now())
    assert _rows_and_objects(writer, "parents", "children", "migrations") == before
    assert _watches(writer)


def test_without_the_check_the_row_would_point_at_nothing(
    writer: apsw.Connection, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_check_foreign_keys", lambda *_: None)
    migrate(writer, [FIRST, FAMILY, _rebuilding(without="ada")], clock.now())
    assert len(writer.execute("PRAGMA foreign_key_check").fetchall()) == 1


@pytest.mark.parametrize("migration", [each for each in packaged_migrations() if each.unwatched])
def test_a_rebuild_stopped_at_any_statement_leaves_the_version_before_or_the_one_after_it(
    writer: apsw.Connection, clock: FixedClock, migration: Migration
) -> None:
    """It stops with an error; killed processes are the matter of `tests/laws`."""
    earlier = [each for each in packaged_migrations() if each.number < migration.number]
    migrate(writer, earlier, clock.now())
    statements, done = 0, False
    while not done:
        done = _stopped(writer, [*earlier, migration], clock, statements)
        applied = writer.execute("SELECT max(number) FROM migrations").fetchall() == [(migration.number,)]
        wanted = (*earlier, migration) if applied else tuple(earlier)
        assert dict(writer.execute(OBJECTS).fetchall()) == expected_objects(wanted)
        assert not writer.in_transaction
        assert applied or _watches(writer)
        statements += 1
    assert statements > 40
    assert applied


def _stopped(
    writer: apsw.Connection, migrations: list[Migration], clock: FixedClock, statements: int
) -> bool:
    """Migrate, but fail after so many statements, once; whether there were no more."""
    left = statements

    def go_on(*_: object) -> bool:
        nonlocal left
        left -= 1
        return left != -1

    writer.exec_trace = go_on
    try:
        migrate(writer, migrations, clock.now())
    except apsw.ExecTraceAbort:
        return False
    finally:
        writer.exec_trace = None
    return True
