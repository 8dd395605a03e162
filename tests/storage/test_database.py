"""Opening safely, one server per file, reading beside writing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest
from studio_server.storage import Database, DatabaseClosed, DatabaseInUse, UnsafeSqlite
from studio_server.storage.engine import check_library

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.clock import FixedClock
    from studio_server.storage import Store, Tx

HOLDER = """
import os, sys, time
from pathlib import Path
from studio_server.clock import SystemClock
from studio_server.storage import Database
database = Database.open(Path(sys.argv[1]), clock=SystemClock())
FORK
os.write(1, b"open\\n")
sys.stdin.read()
"""


@pytest.mark.parametrize("version", ["3.40.1", "3.44.5", "3.45.0", "3.50.6", "3.51.2"])
def test_a_library_that_can_corrupt_in_wal_mode_is_refused(version: str) -> None:
    with pytest.raises(UnsafeSqlite) as refused:
        check_library(version)
    assert refused.value.version == version


@pytest.mark.parametrize("version", ["3.44.6", "3.50.7", "3.51.3", "3.52.1", "3.54.1", "4.0.0"])
def test_a_repaired_library_is_accepted(version: str) -> None:
    check_library(version)


def test_the_writer_is_in_wal_mode_fully_synchronous_with_foreign_keys(sqlite: Database) -> None:
    def settings(tx: Tx) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        return [tx.execute(f"PRAGMA {name}")[0][0] for name in names]

    assert sqlite.write_blocking(settings) == ["wal", 2, 1, 1]


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "new" / "store.db"
    database = Database.open(path, clock=clock)
    database.write_blocking(lambda tx: tx.execute("CREATE TABLE t (a)"))
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    database.close()
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_server_in_this_process_is_refused(sqlite: Database, clock: FixedClock) -> None:
    with pytest.raises(DatabaseInUse) as refused:
        Database.open(sqlite.path, clock=clock)
    assert refused.value.holder_pid == os.getpid()
    sqlite.write_blocking(lambda tx: tx.execute("INSERT INTO notes VALUES ('still works')"))


def test_a_second_server_in_another_process_is_refused_until_the_first_is_killed(
    tmp_path: Path, clock: FixedClock
) -> None:
    path = tmp_path / "store.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER.replace("FORK", ""), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(DatabaseInUse) as refused:
            Database.open(path, clock=clock)
        holder.kill()
    assert refused.value.holder_pid == holder.pid
    Database.open(path, clock=clock).close()


def test_a_forked_child_does_not_keep_the_lock_of_its_dead_server(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "store.db"
    forking = HOLDER.replace("FORK", "if os.fork(): time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", forking, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"open\n"
        holder.kill()
        holder.wait()
        Database.open(path, clock=clock).close()
        holder.stdin.close()


def test_a_read_sees_every_write_that_was_answered(database: Store) -> None:
    for note in "abc":
        database.write_blocking(lambda tx, note=note: tx.execute("INSERT INTO notes VALUES (?)", (note,)))
        found = database.read(lambda tx: tx.execute("SELECT note FROM notes ORDER BY note"))
        assert found[-1] == (note,)


def test_a_read_keeps_its_snapshot_while_others_write(database: Store) -> None:
    def count_twice(tx: Tx) -> tuple[object, object]:
        before = tx.one("SELECT count(*) FROM notes")
        database.write_blocking(lambda inner: inner.execute("INSERT INTO notes VALUES ('meanwhile')"))
        return before, tx.one("SELECT count(*) FROM notes")

    assert database.read(count_twice) == ((0,), (0,))
    assert database.read(lambda tx: tx.one("SELECT count(*) FROM notes")) == (1,)


def test_a_read_cannot_write(database: Store) -> None:
    with pytest.raises((apsw.ReadOnlyError, psycopg.errors.ReadOnlySqlTransaction)):
        database.read(lambda tx: tx.execute("INSERT INTO notes VALUES ('x')"))
    assert database.read(lambda tx: tx.execute("SELECT * FROM notes")) == []


def test_many_threads_read_at_once(database: Store) -> None:
    database.write_blocking(lambda tx: tx.execute("INSERT INTO notes VALUES ('x')"))
    found: list[object] = []

    def read_often() -> None:
        found.extend(database.read(lambda tx: tx.one("SELECT note FROM notes")) for _ in range(50))

    threads = [threading.Thread(target=read_often) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [("x",)] * 800


def test_the_transactions_time_never_falls_when_the_clock_does(database: Store, clock: FixedClock) -> None:
    first = database.write_blocking(lambda tx: tx.now)
    clock.advance(timedelta(hours=-3))
    assert database.write_blocking(lambda tx: tx.now) == first
    assert database.read(lambda tx: tx.now) == first
    clock.advance(timedelta(hours=4))
    assert database.write_blocking(lambda tx: tx.now) == first + timedelta(hours=1)


def test_the_time_does_not_fall_across_a_restart(tmp_path: Path, clock: FixedClock) -> None:
    database = Database.open(tmp_path / "store.db", clock=clock)
    recorded = database.write_blocking(lambda tx: tx.now)
    database.close()
    clock.advance(timedelta(days=-1))
    database = Database.open(tmp_path / "store.db", clock=clock)
    assert database.write_blocking(lambda tx: tx.now) == recorded
    database.close()


def test_a_closed_database_answers_with_its_own_class(tmp_path: Path, clock: FixedClock) -> None:
    database = Database.open(tmp_path / "store.db", clock=clock)
    database.close()
    database.close()
    with pytest.raises(DatabaseClosed):
        database.write_blocking(lambda tx: tx.now)
    with pytest.raises(DatabaseClosed):
        database.read(lambda tx: tx.now)
