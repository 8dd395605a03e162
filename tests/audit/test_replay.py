"""The journal replayed gives the books, and a balance that was changed by hand is named."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from studio_server.audit import replay as replaying
from studio_server.audit.books import BooksAt
from studio_server.audit.replay import Equality, ReplayReport, replay
from studio_server.audit.statistics import statistics
from studio_server.cli import main
from studio_server.ledger import GrantSource
from studio_server.ledger.commands import Reverse, TransferCredits, VoidGrant

from tests.fakes.postgres import cluster
from tests.ledger.books import Books

WITHOUT_GUARDS = "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF"
DAMAGES = {
    "account": "UPDATE accounts SET balance = balance + 7 WHERE kind = 'revenue'",
    "version": "UPDATE accounts SET version = version + 1 WHERE kind = 'revenue'",
    "day": "UPDATE windows SET settled = settled + 1 WHERE period = 'day'",
    "month": "UPDATE windows SET held = held + 1 WHERE period = 'month'",
    "lot": "UPDATE lots SET available = available + 1, amount = amount + 1",
    "hold": "UPDATE holds SET ceiling = ceiling + 1 WHERE state = 'open'",
}


def spent(books: Books) -> Books:
    """A charge of 3 from a hold of 8, and an open hold of 6."""
    wallet_id = books.open_wallet()
    books.grant(wallet_id, 500)
    books.settle(books.hold(wallet_id, 8).hold_id, 3)
    books.hold(wallet_id, 6)
    return books


@pytest.fixture
def used(books: Books) -> Books:
    """Books in SQLite with a charge and an open hold."""
    return spent(books)


def damaged(books: Books, statement: str) -> None:
    """Change a row as somebody with the file in hand would: without triggers and constraints."""
    connection = apsw.Connection(str(books.path))
    connection.execute(WITHOUT_GUARDS).fetchall()
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


def replayed(books: Books) -> ReplayReport:
    return replay(BooksAt(books.path, books.clock, books.url))


def test_untouched_books_are_what_the_journal_gives(either: Books) -> None:
    report = replayed(spent(either))
    assert (report.found, report.differences) == (Equality.EQUAL, ())
    totals = {total.kind: (total.journal, total.books) for total in report.totals}
    assert totals["issuance"] == (-500, -500)
    assert totals["lot_available"] == (491, 491)
    assert totals["lot_held"] == (6, 6)
    assert totals["revenue"] == (3, 3)


def undone(books: Books) -> None:
    """40 bought; 3 of a hold of 8 charged and given back; 10 sent on; 20 of the purchase taken back."""
    wallet_id, other = books.open_wallet(), books.open_wallet(owner="usr_bob")
    bought = books.grant(wallet_id, 40, GrantSource.PURCHASE)
    hold = books.hold(wallet_id, 8)
    books.settle(hold.hold_id, 3)
    books.do(Reverse(f"hold:{hold.hold_id}:terminal", "platform error"))
    books.do(TransferCredits("gift", wallet_id, other, 10, "gift-1"))
    books.do(VoidGrant("void", bought.grant_id, "refund", 20))


def test_reversals_gifts_and_refunds_replay_to_the_same_books(either: Books) -> None:
    undone(either)
    report = replayed(either)
    assert (report.found, report.differences) == (Equality.EQUAL, ())
    assert either.violations() == []


def test_what_was_given_back_and_taken_back_is_added_up(either: Books) -> None:
    undone(either)
    found = either.db.read(statistics)
    moved = found.moved["CREDIT"]
    assert (moved["charged"], moved["refunded"], moved["voided"]) == (3, 3, 20)
    assert (found.by_kind["refund"], found.by_kind["void_grant"]) == (1, 1)


@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_a_balance_that_was_changed_by_hand_is_different(used: Books, name: str) -> None:
    damaged(used, DAMAGES[name])
    report = replayed(used)
    assert report.exit_code == 1
    assert report.differences


def test_a_window_that_was_taken_away_is_named_as_missing(used: Books) -> None:
    damaged(used, "DELETE FROM windows WHERE period = 'day'")
    assert any("in the journal but not in the books" in detail for _, detail in replayed(used).differences)


@pytest.mark.parametrize(
    ("check", "damage"), [("account_differences", "version"), ("window_differences", "day")]
)
def test_without_its_comparison_a_difference_would_go_unseen(
    used: Books, monkeypatch: pytest.MonkeyPatch, check: str, damage: str
) -> None:
    damaged(used, DAMAGES[damage])
    monkeypatch.setattr(replaying, check, lambda _tx: iter(()))
    assert replayed(used).found is Equality.EQUAL


def test_at_most_twenty_differences_are_shown_and_more_is_said(used: Books) -> None:
    for number in range(30):
        used.open_wallet(owner=f"usr_{number}")
    damaged(used, "UPDATE accounts SET balance = balance + 1 WHERE kind = 'revenue'")
    text = str(replayed(used))
    assert text.count("entries in the books") == 20
    assert text.endswith("and more")


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda _books: None, 0),
        (lambda books: damaged(books, DAMAGES["account"]), 1),
        (lambda books: books.path.write_bytes(b"no database" * 400), 3),
        (lambda books: books.path.unlink(), 3),
    ],
)
def test_the_command_ends_with_0_equal_1_different_3_not_done(
    used: Books, tmp_path: Path, capsys: pytest.CaptureFixture, prepare: Callable[[Books], None], code: int
) -> None:
    used.db.close()
    for beside in tmp_path.glob("studio.db-*"):
        beside.unlink()
    prepare(used)
    assert main(["--data-dir", str(tmp_path), "replay"]) == code
    assert str(used.path) in capsys.readouterr().out


def test_a_place_that_names_a_password_is_shown_without_it(books: Books) -> None:
    place = BooksAt(books.path, books.clock, "postgresql://keeper:hunter2@nowhere:5/books")
    assert "hunter2" not in place.name + repr(place)
    assert "nowhere" in place.name


def test_a_database_without_books_could_not_be_replayed_and_says_so(books: Books) -> None:
    empty = BooksAt(books.path, books.clock, cluster().new_database())
    report = replay(empty)
    assert report.exit_code == 3
    assert "cannot be read" in report.reason
