"""Migrations: in order, once, unchanged, each as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apsw
import pytest
from studio_server.storage import Database, MigrationRefused
from studio_server.storage.schema import Migration, packaged_migrations

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.clock import FixedClock

FIRST = packaged_migrations()[0]
SECOND = Migration(9001, "9001_second.sql", "CREATE TABLE second (a); CREATE TABLE more (a);")
THIRD = Migration(9002, "9002_third.sql", "CREATE TABLE third (a);")


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
