"""Group commit: neighbours do not hurt each other, and a broken commit stops everything."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest
from studio_server.clock import SystemClock
from studio_server.storage import (
    CommitFailed,
    Database,
    DatabaseClosed,
    NestedWrite,
    OutcomeUnknown,
    StoreBusy,
    TransactionBroken,
    WritesStopped,
)
from studio_server.storage.answers import ForLoop
from studio_server.storage.writer import BATCH_LIMIT, QUEUE_LIMIT

from tests.storage.faults import Faults, FaultyFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from studio_server.storage import Store, Tx


class OwnFault(Exception):
    """Raised by work on purpose."""


def note(text: str) -> Callable[[Tx], str]:
    """Work that writes one note."""

    def write(tx: Tx) -> str:
        tx.execute("INSERT INTO notes VALUES (?)", (text,))
        return text

    return write


def failing(text: str) -> Callable[[Tx], str]:
    """Work that writes one note and then fails."""

    def write(tx: Tx) -> str:
        tx.execute("INSERT INTO notes VALUES (?)", (text,))
        raise OwnFault(text)

    return write


def notes(database: Store) -> list[str]:
    """Every note that was committed."""
    return [row[0] for row in database.read(lambda tx: tx.execute("SELECT note FROM notes ORDER BY note"))]


class HeldWriter:
    """The writer thread, busy until it is let go: what is queued meanwhile is one batch."""

    def __init__(self, database: Store) -> None:
        self._busy, self._go = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._held = self._pool.submit(database.write_blocking, self._wait)

    def __enter__(self) -> None:
        assert self._busy.wait(10)

    def __exit__(self, *_: object) -> None:
        self._go.set()
        self._held.result(10)
        self._pool.shutdown()

    def _wait(self, _: Tx) -> None:
        self._busy.set()
        assert self._go.wait(10)


async def test_failing_work_does_not_hurt_the_neighbours_in_its_batch(database: Store) -> None:
    with HeldWriter(database):
        works = [note("a"), failing("b"), note("c"), note("a"), note("d")]
        answers = [asyncio.ensure_future(database.write(work)) for work in works]
        await asyncio.sleep(0)
    found = await asyncio.gather(*answers, return_exceptions=True)
    assert [found[0], found[2], found[4]] == ["a", "c", "d"]
    assert isinstance(found[1], OwnFault)
    assert isinstance(found[3], apsw.ConstraintError | psycopg.IntegrityError)
    assert notes(database) == ["a", "c", "d"]


async def test_what_waits_together_is_committed_together(sqlite: Database) -> None:
    commits: list[int] = []
    sqlite._writer._session._connection.set_commit_hook(lambda: bool(commits.append(1)))
    with HeldWriter(sqlite):
        answers = [asyncio.ensure_future(sqlite.write(note(str(number)))) for number in range(50)]
        await asyncio.sleep(0)
    await asyncio.gather(*answers)
    assert len(notes(sqlite)) == 50
    assert len(commits) == 2


async def test_work_cancelled_before_it_began_never_happens(database: Store) -> None:
    with HeldWriter(database):
        cancelled = asyncio.ensure_future(database.write(note("a")))
        kept = asyncio.ensure_future(database.write(note("b")))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
    await kept
    assert notes(database) == ["b"]


def test_work_that_ends_the_transaction_itself_takes_the_batch_down_and_stops_writes(
    database: Store,
) -> None:
    with pytest.raises((apsw.SQLError, TransactionBroken)):
        database.write_blocking(lambda tx: tx.execute("COMMIT"))
    with pytest.raises(WritesStopped):
        database.write_blocking(note("a"))


def test_a_write_from_inside_a_write_is_refused_instead_of_waiting_for_itself(database: Store) -> None:
    with pytest.raises(NestedWrite):
        database.write_blocking(lambda _: database.write_blocking(note("a")))
    database.write_blocking(note("b"))
    assert notes(database) == ["b"]


async def test_a_full_queue_is_refused_at_once_and_nothing_is_done(database: Store) -> None:
    with HeldWriter(database):
        answers = [asyncio.ensure_future(database.write(lambda _: None)) for _ in range(QUEUE_LIMIT)]
        await asyncio.sleep(0)
        with pytest.raises(StoreBusy):
            await database.write(note("a"))
        with pytest.raises(StoreBusy):
            database.write_blocking(note("a"), patience_seconds=0.01)
    await asyncio.gather(*answers)
    assert notes(database) == []


def test_an_answer_that_is_late_is_an_unknown_outcome(database: Store) -> None:
    with HeldWriter(database), pytest.raises(OutcomeUnknown):
        database.write_blocking(note("a"), patience_seconds=0.01)
    database.write_blocking(note("b"))
    assert notes(database) == ["a", "b"]


def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "store.db", clock=SystemClock())
    database.write_blocking(lambda tx: tx.execute("CREATE TABLE notes (note TEXT)"))
    with HeldWriter(database):
        answers = [database._writer.submit(note(str(number)), patience_seconds=0) for number in range(8)]
        closing = threading.Thread(target=database.close)
        closing.start()
    assert [answer.result(10) for answer in answers] == list("01234567")
    closing.join(10)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_if_the_writer_ends_by_a_fault_of_the_program_nobody_waits_for_it_in_vain(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise OwnFault

    with HeldWriter(sqlite):
        monkeypatch.setattr(sqlite._writer, "_attempt_jointly", fault)
        first = sqlite._writer.submit(note("0"), patience_seconds=0)
        many = [sqlite._writer.submit(note("late"), patience_seconds=0) for _ in range(BATCH_LIMIT)]
    with pytest.raises(DatabaseClosed):
        many[-1].result(10)
    with pytest.raises(DatabaseClosed):
        sqlite.write_blocking(note("later"))
    with pytest.raises(CommitFailed, match="its outcome is unknown: the writer ended"):
        first.result(10)
    assert notes(sqlite) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_if_the_writer_ends_after_the_commit_the_outcome_is_unknown(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of the batch was told; for the second the fault comes between the commit and its answer."""
    told: list[object] = []
    tell = ForLoop.tell

    def faulty(answer: ForLoop, value: object) -> None:
        if told:
            raise OwnFault
        told.append(value)
        tell(answer, value)

    with HeldWriter(sqlite):
        monkeypatch.setattr(ForLoop, "tell", faulty)
        asked = [asyncio.ensure_future(sqlite.write(note(text))) for text in ("0", "1")]
        await asyncio.sleep(0)
    assert await asyncio.wait_for(asked[0], 10) == "0"
    with pytest.raises(CommitFailed, match="its outcome is unknown: the writer ended"):
        await asyncio.wait_for(asked[1], 10)
    assert notes(sqlite) == ["0", "1"]


@pytest.fixture
def faults(tmp_path: Path) -> Iterator[Faults]:
    """A disk that can be told to fail."""
    faults = Faults()
    system = FaultyFileSystem("faulty", faults)
    yield faults
    faults.heal()
    system.unregister()


@pytest.fixture
def fragile(tmp_path: Path, faults: Faults) -> Iterator[Database]:
    """A database on that disk."""
    opened = Database.open(tmp_path / "store.db", clock=SystemClock(), vfs="faulty")
    opened.write_blocking(lambda tx: tx.execute("CREATE TABLE notes (note TEXT PRIMARY KEY) STRICT"))
    yield opened
    faults.heal()
    opened.close()


def test_after_a_failed_commit_no_write_is_accepted_until_the_database_is_reopened(
    fragile: Database, faults: Faults, tmp_path: Path
) -> None:
    fragile.write_blocking(note("before"))
    faults.arm()
    with pytest.raises(CommitFailed):
        fragile.write_blocking(note("lost"))
    faults.heal()
    with pytest.raises(WritesStopped) as refused:
        fragile.write_blocking(note("after"))
    assert "commit" in refused.value.reason
    assert notes(fragile) == ["before"]
    fragile.close()
    reopened = Database.open(tmp_path / "store.db", clock=SystemClock())
    reopened.write_blocking(note("again"))
    assert notes(reopened)[:2] == ["again", "before"]
    reopened.close()


def test_a_fault_at_any_call_never_answers_what_was_not_written(tmp_path: Path) -> None:
    points = 0
    for fail_at in range(1, 200):
        faults = Faults()
        system = FaultyFileSystem("faulty", faults)
        path = tmp_path / f"{fail_at}.db"
        acknowledged, untouched = _write_until_fault(path, faults, fail_at)
        system.unregister()
        reopened = Database.open(path, clock=SystemClock())
        assert set(acknowledged) <= set(notes(reopened))
        assert reopened.read(lambda tx: tx.execute("PRAGMA integrity_check")) == [("ok",)]
        reopened.close()
        if untouched:
            break
        points = fail_at
    print(f"{points} fault points")
    assert points >= 10


def _write_until_fault(path: Path, faults: Faults, fail_at: int) -> tuple[list[str], bool]:
    database = Database.open(path, clock=SystemClock(), vfs="faulty")
    database.write_blocking(lambda tx: tx.execute("CREATE TABLE notes (note TEXT PRIMARY KEY) STRICT"))
    faults.arm(fail_at)
    acknowledged: list[str] = []
    for number in range(6):
        try:
            acknowledged.append(database.write_blocking(note(f"{number} {'x' * 3_000}")))
        except (CommitFailed, WritesStopped, apsw.Error):
            continue
    untouched = not faults.failed
    faults.heal()
    database.close()
    return acknowledged, untouched
