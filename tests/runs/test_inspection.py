"""The regular look at the books: not in vain, not too often, and never without an anchor."""

import json
from collections.abc import Generator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from studio_server.clock import UTC, FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet
from studio_server.ledger.anchor import read_anchor
from studio_server.ledger.checker import Violation, check
from studio_server.runs.inspection import REST_PER_CHECK, BooksBroken, Inspection
from studio_server.storage import Database, Tx, WritesStopped
from studio_server.storage.audit_chain import tip

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CHECK_SECONDS = 6
"""What one check takes in these tests."""


class Inspected:
    """Real books whose every check takes six seconds, and is counted."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(NOON)
        self.db = Database.open(folder / "studio.db", clock=self.clock)
        self.anchor = folder / "anchor.json"
        self.checks = 0
        self.found: list[Violation] = []
        self._ledger = Ledger(CountedIds())
        self._grants = 0
        self.inspection = Inspection(self.db, self.anchor, examine=self._examine)
        opened = self.db.write_blocking(lambda tx: self._ledger.execute(tx, OpenWallet("open", "user_ada")))
        self._wallet = opened.wallet_id

    def grant(self) -> None:
        """Something happens in the books."""
        self._grants += 1
        reference = f"grant {self._grants}"
        command = IssueGrant(reference, self._wallet, GrantSource.GIFT, 5, reference)
        self.db.write_blocking(lambda tx: self._ledger.execute(tx, command))

    def after(self, seconds: int) -> None:
        """The regular look, that much later."""
        self.clock.advance(timedelta(seconds=seconds))
        self.inspection.regular()

    def anchored_tip(self) -> bytes:
        anchored = read_anchor(self.anchor)
        assert anchored is not None
        return anchored.hash

    def _examine(self, tx: Tx) -> list[Violation]:
        self.checks += 1
        self.clock.advance(timedelta(seconds=CHECK_SECONDS))
        return check(tx) + self.found


@pytest.fixture
def books(tmp_path: Path) -> Generator[Inspected]:
    inspected = Inspected(tmp_path)
    yield inspected
    inspected.db.close()


def test_books_that_did_not_change_are_not_checked_again(books: Inspected) -> None:
    books.inspection.full()
    for _ in range(5):
        books.after(3_600)
    assert books.checks == 1


def test_books_that_changed_are_checked_again_once_the_rest_is_over(books: Inspected) -> None:
    books.inspection.full()
    books.grant()
    books.after(REST_PER_CHECK * CHECK_SECONDS)
    assert books.checks == 2
    assert books.db.read(tip) == books.anchored_tip()


def test_a_check_rests_twenty_times_its_own_duration_whatever_happens_in_the_books(books: Inspected) -> None:
    books.inspection.full()
    for _ in range(REST_PER_CHECK * CHECK_SECONDS - 1):
        books.grant()
        books.after(1)
    assert books.checks == 1
    books.after(1)
    assert books.checks == 2


def test_the_anchor_is_written_every_time_also_without_a_check(books: Inspected) -> None:
    books.inspection.full()
    for _ in range(3):
        books.grant()
        books.after(1)
        assert books.anchored_tip() == books.db.read(tip)
        written = json.loads(books.anchor.read_text())["written_at"]
        assert datetime.fromisoformat(written) == books.clock.now()
    assert books.checks == 1


def test_the_first_look_checks_also_books_that_nothing_happened_in(books: Inspected) -> None:
    books.inspection.regular()
    assert books.checks == 1


def test_broken_books_stop_all_writes_and_are_never_anchored(books: Inspected) -> None:
    books.inspection.full()
    anchored = books.anchor.read_bytes()
    books.grant()
    books.found = [Violation(3, "lot_1", "spent twice")]
    with pytest.raises(BooksBroken, match="spent twice"):
        books.after(REST_PER_CHECK * CHECK_SECONDS)
    with pytest.raises(WritesStopped):
        books.grant()
    assert books.anchor.read_bytes() == anchored


def test_broken_books_are_told_again_at_every_look_without_another_check(books: Inspected) -> None:
    books.found = [Violation(3, "lot_1", "spent twice")]
    with pytest.raises(BooksBroken):
        books.inspection.full()
    for _ in range(3):
        with pytest.raises(BooksBroken):
            books.after(3_600)
    assert books.checks == 1
    assert not books.anchor.exists()
