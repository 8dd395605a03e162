"""Several servers on one PostgreSQL database: in turns, without gaps, and back by themselves."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.pq import ConnStatus
from studio_server.clock import SystemClock
from studio_server.storage import CommitFailed, StoreBusy, StoreUnreachable, TransactionBroken, WritesStopped
from studio_server.storage.audit_chain import Act, append, first_broken, head
from studio_server.storage.postgres import session as sessions
from studio_server.storage.postgres import sleepers
from studio_server.storage.postgres.database import PostgresDatabase

from tests.storage.test_writer import HeldWriter, note, notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from studio_server.clock import FixedClock
    from studio_server.storage import Store, Tx

WRITES = 40
THREADS = 8


@pytest.fixture
def second(postgres: PostgresDatabase, address: str, clock: FixedClock) -> Iterator[PostgresDatabase]:
    """Another server on the same database."""
    opened = PostgresDatabase.open(address, clock=clock)
    yield opened
    opened.close()


def backend(database: PostgresDatabase) -> int:
    """The server process that the writer talks to."""
    return database.write_blocking(lambda tx: tx.execute("SELECT pg_backend_pid()"))[0][0]


def kill(address: str, process: int) -> None:
    """End a server process and wait until it is gone."""
    with psycopg.connect(address, autocommit=True) as operator:
        operator.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))


def killing(address: str) -> Callable[[Tx], None]:
    """Work that loses its own connection."""

    def work(tx: Tx) -> None:
        tx.execute("INSERT INTO notes VALUES ('lost with its connection')")
        kill(address, tx.execute("SELECT pg_backend_pid()")[0][0])

    return work


def act(number: int) -> Callable[[Tx], int]:
    return lambda tx: append(tx, Act("usr_ada", "did", f"thing {number}", ""))


def test_two_servers_write_one_chain_without_gap_or_fork(
    postgres: PostgresDatabase, second: PostgresDatabase
) -> None:
    with ThreadPoolExecutor(2 * THREADS) as pool:
        told = list(
            pool.map(
                lambda number: (postgres, second)[number % 2].write_blocking(act(number)),
                range(2 * THREADS * WRITES),
            )
        )
    assert sorted(told) == list(range(1, 2 * THREADS * WRITES + 1))
    assert postgres.read(first_broken) is None
    assert second.read(head).count == 2 * THREADS * WRITES


def test_without_the_lock_two_servers_do_count_on_from_the_same_number(
    address: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = sessions.BEGIN.replace(b"FOR UPDATE", b"")
    assert unlocked != sessions.BEGIN
    monkeypatch.setattr(sessions, "BEGIN", unlocked)
    first, other = (PostgresDatabase.open(address, clock=clock) for _ in range(2))
    both_read, in_time = threading.Barrier(2), 10

    def count_on(tx: Tx) -> None:
        (found,) = tx.one("SELECT count(*) FROM notes") or (0,)
        both_read.wait(in_time)
        tx.execute("INSERT INTO notes VALUES (?)", (f"note {found + 1}",))

    with ThreadPoolExecutor(2) as pool:
        told = [pool.submit(one.write_blocking, count_on) for one in (first, other)]
        failed = [type(one.exception(in_time)) for one in told]
    assert sorted(failed, key=str) == [type(None), psycopg.errors.UniqueViolation]
    first.close()
    other.close()


def test_the_recorded_time_never_falls_across_servers_with_different_clocks(
    postgres: PostgresDatabase, address: str, clock: FixedClock
) -> None:
    behind = type(clock)(clock.now() - timedelta(hours=2))
    slow = PostgresDatabase.open(address, clock=behind)
    recorded = postgres.write_blocking(lambda tx: tx.now)
    assert slow.write_blocking(lambda tx: tx.now) == recorded
    assert slow.read(lambda tx: tx.now) == recorded
    slow.close()


def test_servers_take_the_time_from_the_database_and_not_from_their_machine(address: str) -> None:
    class Wrong(SystemClock):
        """A machine whose clock is a day ahead."""

        def now(self) -> Any:
            return super().now() + timedelta(days=1)

    database = PostgresDatabase.open(address, clock=Wrong())
    ahead = [database.write_blocking(lambda tx: tx.now), database.read(lambda tx: tx.now)]
    database.close()
    assert all(told < SystemClock().now() + timedelta(hours=12) for told in ahead)


def test_a_server_that_waits_too_long_for_its_turn_is_told_to_ask_again(
    postgres: PostgresDatabase, second: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    second._writer._session._line.connection.execute("SET lock_timeout = '50ms'")
    with HeldWriter(postgres), pytest.raises(StoreBusy):
        second.write_blocking(note("a"))
    second.write_blocking(note("b"))
    assert notes(postgres) == ["b"]


def test_a_silent_server_loses_its_turn_and_what_it_had_not_committed(
    postgres: PostgresDatabase, second: PostgresDatabase
) -> None:
    line = postgres._writer._session._line
    line.begin(sessions.BEGIN)
    line.connection.execute("SET idle_in_transaction_session_timeout = '50ms'")
    second.write_blocking(note("a"))
    assert notes(second) == ["a"]
    postgres.write_blocking(note("b"))
    assert notes(second) == ["a", "b"]


class StoppedInABatch:
    """A server that took the turn and stopped while it was sending: no time-out of PostgreSQL runs for it."""

    def __init__(self, database: PostgresDatabase, address: str) -> None:
        self._pgconn = database._writer._session._line.connection.pgconn
        pid = backend(database)
        self._pgconn.enter_pipeline_mode()
        for statement in (b"BEGIN", b"SELECT 1 FROM recorded_time FOR UPDATE", b"SELECT 1"):
            self._pgconn.send_query_params(statement, None)
        self._pgconn.send_flush_request()
        self._pgconn.flush()
        with psycopg.connect(address, autocommit=True) as onlooker:
            query = "SELECT state, wait_event FROM pg_stat_activity WHERE pid = %s AND query = 'SELECT 1'"
            while onlooker.execute(query, (pid,)).fetchone() != ("active", "ClientRead"):
                pass


def test_a_server_that_stopped_while_sending_loses_its_turn_to_the_one_that_waits(
    postgres: PostgresDatabase, second: PostgresDatabase, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sleepers, "SLEEPS_AFTER_SECONDS", 0)
    second._writer._session._line.connection.execute("SET lock_timeout = '50ms'")
    StoppedInABatch(postgres, address)
    second.write_blocking(note("a"))
    assert notes(second) == ["a"]
    assert postgres._writer._session._line.connection.pgconn.status == ConnStatus.OK  # it does not know yet


def test_a_server_that_is_still_sending_keeps_its_turn(
    postgres: PostgresDatabase, second: PostgresDatabase, address: str
) -> None:
    second._writer._session._line.connection.execute("SET lock_timeout = '50ms'")
    StoppedInABatch(postgres, address)
    with pytest.raises(StoreBusy):
        second.write_blocking(note("a"))
    assert notes(second) == []


def test_a_connection_lost_between_batches_is_replaced_unseen(
    postgres: PostgresDatabase, address: str
) -> None:
    postgres.write_blocking(note("a"))
    kill(address, backend(postgres))
    postgres.write_blocking(note("b"))
    assert notes(postgres) == ["a", "b"]


def test_a_read_connection_lost_between_reads_is_replaced_unseen(
    postgres: PostgresDatabase, address: str
) -> None:
    kill(address, postgres.read(lambda tx: tx.execute("SELECT pg_backend_pid()"))[0][0])
    assert notes(postgres) == []


def test_a_connection_lost_inside_a_batch_takes_the_whole_batch_and_nothing_acknowledged(
    postgres: PostgresDatabase, address: str
) -> None:
    postgres.write_blocking(note("acknowledged"))
    with HeldWriter(postgres):
        works = (note("before"), killing(address), note("after"))
        answers = [postgres._writer.submit(work, patience_seconds=0) for work in works]
    assert all(isinstance(answer.exception(10), StoreUnreachable) for answer in answers)
    assert notes(postgres) == ["acknowledged"]
    postgres.write_blocking(note("again"))
    assert notes(postgres) == ["acknowledged", "again"]
    assert postgres.writes_stopped is None


def test_a_connection_lost_while_committing_is_an_unknown_outcome_and_writes_go_on(
    postgres: PostgresDatabase, address: str
) -> None:
    with psycopg.connect(address, autocommit=True) as operator:
        operator.execute(SLOW_COMMIT)
        answer = postgres._writer.submit(note("perhaps"), patience_seconds=0)
        while not (waiting := operator.execute(IN_COMMIT).fetchone()):
            pass
        operator.execute("SELECT pg_terminate_backend(%s, 5000)", waiting)
        failed = answer.exception(10)
        assert isinstance(failed, CommitFailed)
        assert not failed.stops_writes
        operator.execute("DROP TRIGGER slow ON studio.notes")
    postgres.write_blocking(note("later"))
    assert notes(postgres) == ["later"]


SLOW_COMMIT = """
CREATE FUNCTION studio.wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON studio.notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION studio.wait()
"""
IN_COMMIT = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


def test_an_error_of_the_servers_disk_at_a_commit_stops_writes_until_the_store_is_opened_again(
    postgres: PostgresDatabase, address: str
) -> None:
    with psycopg.connect(address, autocommit=True) as operator:
        operator.execute(FULL_DISK)
        with pytest.raises(CommitFailed):
            postgres.write_blocking(note("lost"))
        operator.execute("DROP TRIGGER full_disk ON studio.notes")
    with pytest.raises(WritesStopped):
        postgres.write_blocking(note("refused"))
    assert notes(postgres) == []
    assert postgres.recoverable
    postgres.reopen(lambda _: None)
    postgres.write_blocking(note("again"))
    assert notes(postgres) == ["again"]


FULL_DISK = """
CREATE FUNCTION studio.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON studio.notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
EXECUTE FUNCTION studio.full_disk()
"""


def test_work_that_carries_on_after_a_failed_statement_is_undone_alone(postgres: PostgresDatabase) -> None:
    def careless(tx: Tx) -> str:
        tx.execute("INSERT INTO notes VALUES ('a')")
        with suppress(psycopg.errors.DivisionByZero):
            tx.execute("SELECT 1 / 0")
        return "done"

    with HeldWriter(postgres):
        answers = [
            postgres._writer.submit(work, patience_seconds=0) for work in (note("b"), careless, note("c"))
        ]
    assert [answer.exception(10) is None for answer in answers] == [True, False, True]
    assert isinstance(answers[1].exception(), TransactionBroken)
    assert notes(postgres) == ["b", "c"]


def test_what_waits_together_is_one_transaction(postgres: PostgresDatabase) -> None:
    with HeldWriter(postgres):
        answers = [postgres._writer.submit(transaction, patience_seconds=0) for _ in range(20)]
    assert len({answer.result(10) for answer in answers}) == 1


def transaction(tx: Tx) -> int:
    """Work that tells the transaction it runs in."""
    return tx.execute("SELECT pg_current_xact_id()::text::bigint")[0][0]


def test_a_batch_costs_two_round_trips_beside_its_statements(
    postgres: PostgresDatabase, tmp_path: Path
) -> None:
    works, before = 20, 3
    for number in range(before):
        postgres.write_blocking(act(number))
    with (tmp_path / "wire").open("w+") as wire:
        with HeldWriter(postgres):
            answers = [postgres._writer.submit(act(number), patience_seconds=0) for number in range(works)]
            postgres._writer._session._line.connection.pgconn.trace(wire.fileno())
        assert [answer.result(10) for answer in answers] == list(range(before + 1, before + works + 1))
        postgres._writer._session._line.connection.pgconn.untrace()
        told = Path(wire.name).read_text()
        asked = [line for line in told.splitlines() if ROUND_TRIP.search(line)]
    of_the_held_one = 1
    assert len(asked) == of_the_held_one + 1 + works * STATEMENTS_OF_AN_ACT + 1


STATEMENTS_OF_AN_ACT = 2
ROUND_TRIP = re.compile(r"\tF\t\d+\t(Query|Sync)\b")
"""Where the client waits for the server, as the driver's own trace tells it."""


def test_a_stream_that_was_not_read_to_its_end_is_closed_with_its_transaction(
    database: Store,
) -> None:
    kept: list[Iterator[object]] = []

    def begin_to_read(tx: Tx) -> object:
        tx.execute("SELECT 1")
        kept.append(tx.stream("SELECT name FROM migrations ORDER BY number"))
        return next(kept[-1])

    first = ("0001_ledger.sql",)
    assert database.read(begin_to_read) == first
    assert database.write_blocking(begin_to_read) == first
    database.write_blocking(note("a"))
    kept.clear()
    database.write_blocking(note("b"))
    assert notes(database) == ["a", "b"]


def test_a_value_the_driver_cannot_send_fails_alone(database: Store) -> None:
    def unsendable(tx: Tx) -> None:
        tx.execute("INSERT INTO notes VALUES (?)", (object(),))

    with HeldWriter(database):
        works = (note("a"), unsendable, note("b"), unsendable, note("c"))
        answers = [database._writer.submit(work, patience_seconds=0) for work in works]
    assert [answer.exception(10) is None for answer in answers] == [True, False, True, False, True]
    assert notes(database) == ["a", "b", "c"]
