"""Opening PostgreSQL: what is refused and how it is said, the schema, and a crash of the server."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg
import pytest
from studio_server.clock import SystemClock
from studio_server.settings import Settings
from studio_server.storage import (
    AddressInvalid,
    Database,
    MigrationRefused,
    StorageError,
    StoreUnreachable,
    StoreUnsuited,
    open_database,
)
from studio_server.storage.drift import changed_objects
from studio_server.storage.postgres import connection as connections
from studio_server.storage.postgres.address import address_of
from studio_server.storage.postgres.database import PostgresDatabase
from studio_server.storage.postgres.line import LONGEST_PAUSE_SECONDS, Line
from studio_server.storage.postgres.readers import snapshot
from studio_server.storage.schema import Migration, packaged_migrations

from tests.fakes.postgres import cluster, initialised, migrated
from tests.storage.test_writer import note, notes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from studio_server.clock import FixedClock
    from studio_server.storage import Tx

    from tests.fakes.postgres import Cluster

FIRST = packaged_migrations("postgresql")[0]
SECOND = Migration(9001, "9001_second.sql", "CREATE TABLE second (a bigint); CREATE TABLE more (a bigint);")
THIRD = Migration(9002, "9002_third.sql", "CREATE TABLE third (a bigint);")
PASSWORD = "s3cret%2Fword"  # noqa: S105  - the password that must not be shown


@pytest.fixture
def empty() -> str:
    """The address of a database with nothing in it."""
    return cluster().new_database()


def _open(url: str, clock: FixedClock, *migrations: Migration) -> list[int]:
    database = PostgresDatabase.open(url, clock=clock, migrations=migrations)
    applied = database.read(lambda tx: tx.execute("SELECT number FROM migrations ORDER BY number"))
    database.close()
    return [row[0] for row in applied]


def test_migrations_are_applied_in_number_order_and_once(empty: str, clock: FixedClock) -> None:
    assert _open(empty, clock, FIRST, SECOND) == [1, 9001]
    assert _open(empty, clock, FIRST, SECOND, THIRD) == [1, 9001, 9002]
    assert _open(empty, clock, FIRST, SECOND, THIRD) == [1, 9001, 9002]


def test_a_script_that_changed_after_it_was_applied_is_refused(empty: str, clock: FixedClock) -> None:
    _open(empty, clock, FIRST, SECOND)
    changed = Migration(9001, "9001_second.sql", "CREATE TABLE second (b bigint);")
    with pytest.raises(MigrationRefused, match="changed"):
        _open(empty, clock, FIRST, changed)


def test_a_database_newer_than_the_program_is_refused(empty: str, clock: FixedClock) -> None:
    _open(empty, clock, FIRST, SECOND)
    with pytest.raises(MigrationRefused, match="newer"):
        _open(empty, clock, FIRST)


def test_a_script_that_comes_before_an_applied_one_is_refused(empty: str, clock: FixedClock) -> None:
    _open(empty, clock, FIRST, THIRD)
    with pytest.raises(MigrationRefused, match="before"):
        _open(empty, clock, FIRST, SECOND, THIRD)


def test_a_script_that_fails_half_way_leaves_nothing_behind(empty: str, clock: FixedClock) -> None:
    broken = Migration(
        9001, "9001_second.sql", "CREATE TABLE second (a bigint); CREATE TABLE second (a bigint);"
    )
    with pytest.raises(psycopg.errors.DuplicateTable):
        _open(empty, clock, FIRST, broken)
    assert _open(empty, clock, FIRST, SECOND) == [1, 9001]


def test_a_script_that_ends_its_own_transaction_is_refused(empty: str, clock: FixedClock) -> None:
    ending = Migration(9001, "9001_second.sql", "CREATE TABLE second (a bigint); COMMIT;")
    with pytest.raises(MigrationRefused, match="transaction"):
        _open(empty, clock, FIRST, ending)


def test_servers_that_start_together_apply_each_script_once(empty: str, clock: FixedClock) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: _open(empty, clock, FIRST, SECOND, THIRD), range(4)))
    assert told == [[1, 9001, 9002]] * 4


def test_both_engines_have_the_same_scripts_tables_and_columns(tmp_path: Path, clock: FixedClock) -> None:
    sqlite_scripts, postgres_scripts = packaged_migrations("sqlite"), packaged_migrations("postgresql")
    assert [script.name for script in sqlite_scripts] == [script.name for script in postgres_scripts]
    sqlite = Database.open(tmp_path / "store.db", clock=clock)
    postgres = PostgresDatabase.open(cluster().new_database(migrated), clock=clock)
    assert sqlite.read(_columns_of_sqlite) == postgres.read(_columns_of_postgres)
    assert sqlite.read(_triggers_of_sqlite) == postgres.read(_triggers_of_postgres)
    sqlite.close()
    postgres.close()


OF_SQLITE_ALONE = {
    *("lots_tell_when_used_up", "lots_used_up_is_true", "lots_open_as_they_are"),
    *("entries_move_their_account", "accounts_move_by_entries", "hold_lots_pin_once"),
    *("effects_continue_their_wallet", "effect_links_follow_effects", "effect_links_never_updated"),
    *("effect_links_never_deleted", "accounts_follow_effects", "accounts_open_without_effects"),
}
CHAIN_OF_SQLITE = {
    *(("effect_links", "sequence", "bigint"), ("effect_links", "previous", "bigint")),
    ("accounts", "latest_effect", "bigint"),
}
"""PostgreSQL finds the effects of a wallet by an index."""


def _columns_of_sqlite(tx: Tx) -> list[object]:
    names = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}
    rows = tx.execute(
        "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_xinfo(t.name) c"
        " WHERE t.type = 'table'"
    )
    return sorted({(table, column, names[kind]) for table, column, kind in rows} - CHAIN_OF_SQLITE)


def _columns_of_postgres(tx: Tx) -> list[object]:
    rows = tx.execute(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema = 'studio' AND table_type = 'BASE TABLE'"
    )
    return sorted(rows)


def _triggers_of_sqlite(tx: Tx) -> set[str]:
    """Without those that do what a computed column, guarded updates and indexes do in PostgreSQL."""
    names = tx.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return {row[0] for row in names} - OF_SQLITE_ALONE


def _triggers_of_postgres(tx: Tx) -> set[str]:
    """Without those that SQLite does not need, because it has no TRUNCATE."""
    names = tx.execute("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal")
    return {row[0] for row in names if not row[0].endswith("_truncated")}


@pytest.mark.parametrize(
    ("damage", "changed"),
    [
        ("SELECT 1", None),
        ("DROP TRIGGER entries_never_updated ON entries", "trigger entries_never_updated"),
        ("ALTER TABLE audit DISABLE TRIGGER audit_never_deleted", "trigger audit_never_deleted"),
        ("ALTER TABLE lots DISABLE TRIGGER ALL", "constraint lots.lots_grant_id_fkey"),
        ("ALTER TABLE lots DROP CONSTRAINT lots_available_check", "constraint lots.lots_available_check"),
        ("DROP INDEX lots_to_expire", "index lots_to_expire"),
        (
            "CREATE OR REPLACE VIEW latest_effects AS SELECT wallet_id, 1::bigint AS sequence FROM wallets",
            "view latest_effects",
        ),
        ("ALTER TABLE windows ALTER cap TYPE numeric", "table windows"),
        (
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
            "function refuse",
        ),
    ],
)
def test_a_change_of_the_schema_behind_our_back_is_found(
    postgres: PostgresDatabase, address: str, clock: FixedClock, damage: str, changed: str | None
) -> None:
    postgres.write_blocking(lambda tx: tx.execute(damage))
    found = {name for name, _ in postgres.read(lambda tx: list(changed_objects(tx)))}
    with snapshot(address, clock) as tx:
        assert {name for name, _ in changed_objects(tx)} == found
    assert changed in found if changed else not found


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://ada:{PASSWORD}@host/studio",
        f"postgresql://ada:{PASSWORD}@host:port/studio?bogus=1",
        f"postgresql://ada:{PASSWORD}@127.0.0.1:1/studio",
        f"postgresql://ada:{PASSWORD}@/studio?host=/nowhere",
    ],
)
def test_a_password_is_never_shown(
    url: str, tmp_path: Path, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StorageError) as refused:
        open_database(url, tmp_path / "studio.db", clock)
    settings = Settings.from_environment({"STUDIO_DATABASE_URL": url, "STUDIO_OWNER": "ada"})
    assert settings.database_url == url
    causes = [refused.value, refused.value.__cause__, refused.value.__context__]
    shown = f"{settings} {causes} {[vars(cause) for cause in causes if cause]} {caplog.text}"
    assert not re.search(r"s3cret|word@", shown)


def test_an_address_that_is_usable_is_shown_without_its_password() -> None:
    address = address_of(f"postgresql://ada:{PASSWORD}@db.example:5433/studio?sslmode=require")
    assert address.name == "postgresql://ada@db.example:5433/studio"
    assert address.parameters["password"] == "s3cret/word"  # noqa: S105  - decoded, for the driver alone
    assert "s3cret" not in repr(address)


def test_a_server_that_is_not_there_is_named_with_a_next_step(clock: FixedClock) -> None:
    with pytest.raises(StoreUnreachable, match="check that it runs"):
        PostgresDatabase.open("postgresql://ada@127.0.0.1:1/studio", clock=clock)


def test_a_database_that_is_not_there_is_named(clock: FixedClock) -> None:
    with pytest.raises(StoreUnreachable, match="does not exist"):
        PostgresDatabase.open(cluster().url("nowhere"), clock=clock)


def test_a_role_that_may_create_nothing_is_told_what_to_grant(empty: str, clock: FixedClock) -> None:
    role = f"guest_of_{empty.partition('/test_')[2].partition('?')[0]}"
    cluster().command(f"CREATE ROLE {role} LOGIN")
    with pytest.raises(StoreUnsuited, match="GRANT CREATE ON DATABASE"):
        PostgresDatabase.open(empty.replace("keeper@", f"{role}@"), clock=clock)


def test_a_server_that_is_too_old_is_refused(
    empty: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OLDEST_VERSION", 990_000)
    with pytest.raises(StoreUnsuited, match="13 or later"):
        PostgresDatabase.open(empty, clock=clock)


@pytest.fixture
def standby() -> Iterator[str]:
    """The address of a server that only follows another one."""
    made = initialised()
    made.start()
    url = made.new_database(migrated)
    made.stop()
    (made.folder / "data" / "standby.signal").touch()
    made.start()
    yield url
    made.remove()


def test_a_read_only_standby_is_refused_with_a_next_step(standby: str, clock: FixedClock) -> None:
    with pytest.raises(StoreUnsuited, match=r"read-only standby.*primary"):
        PostgresDatabase.open(standby, clock=clock)


def test_books_in_sqlite_need_no_driver_for_postgresql() -> None:
    script = "import sys; sys.modules['psycopg'] = None; import studio_server.storage, studio_server.wiring"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_without_an_address_the_books_are_in_the_sqlite_file(tmp_path: Path, clock: FixedClock) -> None:
    for url, path in ((None, tmp_path / "a.db"), (f"sqlite:///{tmp_path / 'b.db'}", tmp_path / "b.db")):
        database = open_database(url, tmp_path / "a.db", clock)
        database.close()
        assert isinstance(database, Database)
        assert database.path == path
    with pytest.raises(AddressInvalid):
        open_database("mysql://host/x", tmp_path / "a.db", clock)


def test_a_connection_that_cannot_be_had_is_not_asked_for_in_a_busy_loop() -> None:
    asked_at: list[float] = []
    now = [0.0]

    def refuse() -> connections.Connection:
        asked_at.append(now[0])
        raise StoreUnreachable("postgresql:///studio", "refused")

    line = Line("postgresql:///studio", refuse, lambda: now[0])
    for step in range(4_000):
        now[0] = step / 100
        with pytest.raises(StoreUnreachable):
            line.begin(b"BEGIN")
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses == sorted(pauses)
    assert max(pauses) == pytest.approx(LONGEST_PAUSE_SECONDS, abs=0.02)
    assert len(asked_at) < 20


@pytest.fixture
def fragile() -> Iterator[Cluster]:
    """A server of our own, with everything flushed, that may be killed."""
    made = initialised(durable=True)
    made.start()
    yield made
    made.remove()


def test_what_was_acknowledged_survives_a_crash_of_the_server_and_writing_goes_on(fragile: Cluster) -> None:
    database = PostgresDatabase.open(fragile.new_database(), clock=SystemClock())
    database.write_blocking(lambda tx: tx.execute("CREATE TABLE notes (note TEXT PRIMARY KEY)"))
    acknowledged: list[str] = []
    enough = threading.Event()

    def write_until_it_fails() -> StorageError:
        while True:
            try:
                acknowledged.append(database.write_blocking(note(f"{len(acknowledged):06d}")))
            except StorageError as failed:
                return failed
            if len(acknowledged) == 20:
                enough.set()

    with ThreadPoolExecutor(1) as pool:
        failed = pool.submit(write_until_it_fails)
        assert enough.wait(20)
        fragile.stop(signal.SIGQUIT)
        assert isinstance(failed.result(20), StorageError)
    with pytest.raises(StoreUnreachable):
        database.read(lambda tx: tx.now)
    fragile.start()
    reopened = PostgresDatabase.open(database_url(database), clock=SystemClock())
    found = notes(reopened)
    assert set(acknowledged) <= set(found)
    assert len(found) <= len(acknowledged) + 1
    _until_it_answers(database)
    assert notes(reopened)[-1] == "zzz"
    database.close()
    reopened.close()


def database_url(database: PostgresDatabase) -> str:
    parameters = database._address.parameters
    return f"postgresql://{parameters['user']}@/{parameters['dbname']}?host={parameters['host']}"


def _until_it_answers(database: PostgresDatabase) -> None:
    for _ in range(1_000_000):
        try:
            database.write_blocking(note("zzz"))
        except StoreUnreachable:
            continue
        return
