"""A disk that is full, broken or read-only: writes are refused, reads go on, the store comes back."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet
from studio_server.ledger.anchor import AnchorDisagrees
from studio_server.ledger.checker import Violation, check
from studio_server.runs.inspection import BooksBroken, Inspection
from studio_server.storage import CommitFailed, Database, WritesStopped
from studio_server.storage.postgres.database import PostgresDatabase
from studio_server.storage.recovery import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Recovery
from studio_server.storage.writer import Writer

from tests.fakes.postgres import cluster
from tests.laws.twins import answer_before_commit
from tests.storage.faults import HOWS, Faults, FaultyFileSystem, How

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FULL_TMPFS = Path(__file__).with_name("on_a_full_tmpfs.py")


class Books:
    """Real books on a disk that can be told to fail, with everything that brings them back."""

    def __init__(self, folder: Path, vfs: str | None) -> None:
        self.clock = FixedClock(NOON)
        self.db = Database.open(folder / "studio.db", clock=self.clock, vfs=vfs)
        self.anchor = folder / "anchor.json"
        self.found: list[Violation] = []
        self.inspection = Inspection(self.db, self.anchor, examine=lambda tx: check(tx) + self.found)
        self.recovery = Recovery(self.db, self.inspection.accept)
        self._ledger = Ledger(CountedIds())
        opened = self.db.write_blocking(lambda tx: self._ledger.execute(tx, OpenWallet("open", "user_ada")))
        self._wallet = opened.wallet_id
        self.inspection.full()

    def grant(self, reference: str) -> str:
        """Something happens in the books; its effect key."""
        command = IssueGrant(reference, self._wallet, GrantSource.GIFT, 5, reference)
        self.db.write_blocking(lambda tx: self._ledger.execute(tx, command))
        return f"key:{reference}"

    def recorded(self) -> set[str]:
        return {row[0] for row in self.db.read(lambda tx: tx.execute("SELECT effect_key FROM effects"))}

    def acts(self) -> list[tuple[str, str]]:
        return self.db.read(lambda tx: tx.execute("SELECT action, details FROM audit ORDER BY sequence"))

    def after(self, seconds: float) -> None:
        """The next attempt, that much later."""
        self.clock.advance(timedelta(seconds=seconds))
        self.recovery.attempt()


@pytest.fixture
def faults() -> Iterator[Faults]:
    faults = Faults()
    system = FaultyFileSystem("recovering", faults)
    yield faults
    system.unregister()


@pytest.fixture
def books(tmp_path: Path, faults: Faults) -> Iterator[Books]:
    opened = Books(tmp_path, "recovering")
    yield opened
    faults.heal()
    opened.db.close()


def test_books_whose_disk_never_failed_are_left_alone(books: Books) -> None:
    before = books.acts()
    books.after(0)
    assert books.acts() == before


@pytest.mark.parametrize("how", HOWS)
def test_a_disk_that_fails_is_refused_read_from_and_written_to_again_once_it_works(
    books: Books, faults: Faults, how: How
) -> None:
    acknowledged = {books.grant("before")}
    faults.arm(how=how)
    with pytest.raises(CommitFailed):
        books.grant("during")
    with pytest.raises(WritesStopped):
        books.grant("after")
    assert acknowledged <= books.recorded()
    books.after(0)
    assert books.db.writes_stopped
    faults.heal()
    books.after(FIRST_PAUSE_SECONDS)
    assert books.db.writes_stopped is None
    acknowledged |= {books.grant("during"), books.grant("again")}
    assert acknowledged <= books.recorded()
    assert books.db.read(check) == []
    assert [details for action, details in books.acts() if action == "recovered"] != []
    books.inspection.full()


def test_a_disk_that_fails_once_in_one_flush_is_opened_again_before_the_next_write(
    books: Books, faults: Faults
) -> None:
    faults.watched = frozenset({"sync"})
    faults.arm(once=True)
    with pytest.raises(CommitFailed):
        books.grant("during")
    with pytest.raises(WritesStopped):
        books.grant("after")
    books.after(0)
    assert books.grant("after") in books.recorded()
    assert books.db.read(check) == []


def test_without_the_fail_stop_the_next_write_goes_through_a_connection_that_failed(
    books: Books, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: what the fail-stop refuses is taken as if nothing had happened."""
    monkeypatch.setattr(Writer, "stop", lambda *_: None)
    faults.watched = frozenset({"sync"})
    faults.arm(once=True)
    with pytest.raises(CommitFailed):
        books.grant("during")
    books.grant("after")
    assert "recovered" not in {action for action, _ in books.acts()}


def test_attempts_on_a_disk_that_stays_broken_pause_twice_as_long_each_up_to_five_minutes(
    books: Books, faults: Faults
) -> None:
    faults.arm()
    with pytest.raises(CommitFailed):
        books.grant("during")
    tried_after: list[float] = []
    for second in range(0, 1_200, 15):
        before = len(faults.failed)
        books.recovery.attempt()
        if len(faults.failed) > before:
            tried_after.append(second)
        books.clock.advance(timedelta(seconds=15))
    pauses = [later - earlier for earlier, later in pairwise(tried_after)]
    assert pauses == [15, 30, 60, 120, 240, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_books_that_are_found_broken_after_the_failure_stay_stopped_and_say_why(
    books: Books, faults: Faults
) -> None:
    _fail_once(books, faults)
    books.found = [Violation(3, "lot_1", "spent twice")]
    with pytest.raises(BooksBroken, match="spent twice"):
        books.after(0)
    books.found = []
    books.after(LONGEST_PAUSE_SECONDS)
    with pytest.raises(WritesStopped, match="spent twice"):
        books.db.reopen(books.inspection.accept)
    with pytest.raises(WritesStopped):
        books.grant("after")


def test_without_the_check_writes_go_on_in_books_that_are_broken(books: Books, faults: Faults) -> None:
    """The twin: the check is what keeps a failed store shut."""
    _fail_once(books, faults)
    books.found = [Violation(3, "lot_1", "spent twice")]
    books.db.reopen(lambda _: None)
    assert books.grant("after") in books.recorded()


def test_a_postgresql_store_whose_server_failed_is_opened_again_on_right_books(tmp_path: Path) -> None:
    clock, ledger = FixedClock(NOON), Ledger(CountedIds())
    db = PostgresDatabase.open(cluster().new_database(), clock=clock)
    try:
        db.write_blocking(lambda tx: ledger.execute(tx, OpenWallet("open", "user_ada")))
        inspection = Inspection(db, tmp_path / "anchor.json")
        inspection.full()
        db._writer.stop("a commit failed: could not write to file: No space left on device")
        with pytest.raises(WritesStopped):
            db.write_blocking(lambda tx: ledger.execute(tx, OpenWallet("open b", "user_bob")))
        Recovery(db, inspection.accept).attempt()
        db.write_blocking(lambda tx: ledger.execute(tx, OpenWallet("open b", "user_bob")))
        assert db.read(check) == []
        assert ("recovered",) in db.read(lambda tx: tx.execute("SELECT action FROM audit"))
    finally:
        db.close()


def test_writes_that_a_check_stopped_are_not_resumed_by_recovery(books: Books) -> None:
    books.found = [Violation(3, "lot_1", "spent twice")]
    with pytest.raises(BooksBroken):
        books.inspection.full()
    books.found = []
    for _ in range(3):
        books.after(LONGEST_PAUSE_SECONDS)
    with pytest.raises(WritesStopped, match="spent twice"):
        books.grant("after")


def test_books_that_lost_what_was_anchored_stay_stopped(books: Books, faults: Faults) -> None:
    anchored = json.loads(books.anchor.read_text())
    _fail_once(books, faults)
    books.anchor.write_text(json.dumps(anchored | {"sequence": 90, "count": 90}))
    with pytest.raises(AnchorDisagrees):
        books.after(0)
    books.anchor.write_text(json.dumps(anchored))
    books.after(LONGEST_PAUSE_SECONDS)
    with pytest.raises(WritesStopped):
        books.grant("after")


def test_an_answer_before_the_commit_is_an_answer_that_the_books_do_not_know(
    books: Books, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin of answering after the commit: this is how the loss would look, and these tests see it."""
    monkeypatch.setattr(Writer, "_commit", answer_before_commit)
    faults.arm()
    acknowledged = {books.grant("during")}
    with pytest.raises(WritesStopped):
        books.grant("after")
    faults.heal()
    monkeypatch.undo()
    books.after(0)
    assert not acknowledged <= books.recorded()


def test_a_file_system_without_space_refuses_and_takes_writes_again_when_there_is_space() -> None:
    allowed = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)  # noqa: S607  - from PATH
    if allowed.returncode:
        pytest.skip("this system lets nobody mount a file system of their own")
    ran = subprocess.run(
        ["unshare", "-rm", sys.executable, str(FULL_TMPFS)],  # noqa: S607  - from PATH
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    print(ran.stdout)


def _fail_once(books: Books, faults: Faults) -> None:
    faults.arm(once=True)
    with pytest.raises(CommitFailed):
        books.grant("lost")
