"""History cannot be changed unseen: what verify says of damaged, shortened, replaced and missing books."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from studio_server.ledger import ExpireHolds, ExpireLots, GrantSource, Ledger, OwnLimits, SetLimits
from studio_server.ledger.anchor import AnchorDisagrees, AnchorUnreadable, anchor_path, write_anchor
from studio_server.ledger.canonical import from_text
from studio_server.ledger.checker import check
from studio_server.ledger.verify import Verdict, verify
from studio_server.storage import Database
from studio_server.storage.audit_chain import NO_RECORD, Act, link

from tests.ledger.books import FREE, Books

DAMAGE = {
    "an entry": "UPDATE entries SET amount = amount + 1, after = after + 1 WHERE sequence = 2",
    "a removed entry": "DELETE FROM entries WHERE sequence = 3",
    "a transfer": "UPDATE transfers SET amount = 4 WHERE kind = 'settle'",
    "a lot's balance": "UPDATE lots SET available = available + 5, spent = spent - 5 WHERE spent >= 5",
    "a lot's end": "UPDATE lots SET ends_us = NULL",
    "a grant": "UPDATE grants SET amount = amount * 10",
    "an account": "UPDATE accounts SET balance = balance + 1 WHERE kind = 'lot_available'",
    "a hold's price version": "UPDATE holds SET price_version = 'cheap'",
    "a hold's state": "UPDATE holds SET state = 'settled' WHERE state = 'released'",
    "a window": "UPDATE windows SET settled = 0",
    "limits": "UPDATE wallet_limits SET plan_daily = 1000000",
    "an answer": "UPDATE effects SET answer = replace(answer, '100', '900')",
    "a removed effect": "DELETE FROM effects WHERE sequence = (SELECT max(sequence) FROM effects)",
    "an added effect": "INSERT INTO effects SELECT sequence + 1, 'key:forged', 'forged', 'late', wallet_id,"
    " NULL, NULL, body, answer, recorded_us, 0, 0, 0, available_after, held_after FROM effects"
    " WHERE sequence = (SELECT max(sequence) FROM effects)",
    "an audit row": "UPDATE audit SET actor = 'usr_eve' WHERE sequence = 3",
    "a removed audit row": "DELETE FROM audit WHERE sequence = 3",
    "the recorded time": "UPDATE recorded_time SET at_us = 5",
    "a missing trigger": "SELECT 1",
}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Closed, anchored, intact books with a little of everything in them."""
    books = Books(tmp_path_factory.mktemp("lived") / "books.db")
    _live(books)
    write_anchor(books.db, anchor_path(books.path))
    books.db.close()
    return books.path


@pytest.fixture
def closed(lived: Path, tmp_path: Path) -> Path:
    """A copy of those books that a test may damage."""
    shutil.copy(anchor_path(lived), anchor_path(tmp_path / "books.db"))
    return Path(shutil.copy(lived, tmp_path / "books.db"))


def _live(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100, ends_in=timedelta(hours=3))
    books.grant(ada, 50, GrantSource.PURCHASE)
    books.settle(books.hold(ada, 9).hold_id, 6)
    books.release(books.hold(ada, 4).hold_id)
    books.do(SetLimits(books.fresh_key(), ada, OwnLimits(daily=25)))
    books.hold(ada, 5, lease_seconds=60)
    late = books.hold(ada, 5, lease_seconds=60)
    books.clock.advance(timedelta(hours=1))
    books.do(ExpireHolds())
    books.settle(late.hold_id, 2)
    books.hold(ada, 7, lease_seconds=86_400)
    books.clock.advance(timedelta(hours=3))
    books.do(ExpireLots())


def _behind_the_triggers(path: Path, *statements: str, keep_triggers: bool = True) -> None:
    """What somebody with the file and a database shell can do."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("BEGIN")
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers if keep_triggers else ():
            connection.execute(sql)
    connection.close()


def test_untouched_books_are_intact(closed: Path) -> None:
    report = verify(closed)
    assert (report.verdict, report.exit_code, report.violations) == (Verdict.INTACT, 0, ())
    assert "intact" in str(report)
    assert len(str(report).splitlines()) < 40


@pytest.mark.parametrize("damage", DAMAGE)
def test_any_damage_is_found(closed: Path, damage: str) -> None:
    _behind_the_triggers(closed, DAMAGE[damage], keep_triggers=damage != "a missing trigger")
    report = verify(closed)
    assert (report.verdict, report.exit_code) == (Verdict.TAMPERED, 1)
    assert report.violations


COVERED = (
    *("accounts", "audit", "effects", "entries", "grants", "hold_lots", "holds", "lots", "transfers"),
    *("wallets", "wallet_limits", "windows"),
)
NOT_COVERED = {("wallets", "opened_us"), ("windows", "ends_us"), ("windows", "cap"), ("holds", "ended_us")}
"""Columns told again elsewhere in the record, that decide about nothing once they are written."""


@pytest.mark.parametrize("table", COVERED)
def test_a_change_of_any_column_is_found_and_never_breaks_the_checker(closed: Path, table: str) -> None:
    unseen: set[tuple[str, str]] = set()
    columns = _columns(closed, table)
    last_row = f"{columns[0][0]} = (SELECT max({columns[0][0]}) FROM {table})"
    for column, kind in columns:
        damaged = shutil.copy(closed, closed.with_name(f"{column}.db"))
        other = {"INTEGER": f"coalesce({column}, 0) + 1", "TEXT": f"coalesce({column}, '') || 'x'"}
        change = f"UPDATE {table} SET {column} = {other.get(kind, 'zeroblob(32)')} WHERE {last_row}"
        try:
            _behind_the_triggers(damaged, change)
        except sqlite3.IntegrityError:
            continue
        if verify(damaged, anchor=anchor_path(closed)).verdict is not Verdict.TAMPERED:
            unseen.add((table, column))
    assert unseen <= NOT_COVERED


def _columns(path: Path, table: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        found = connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
    connection.close()
    return found


def test_a_changed_audit_row_is_named(closed: Path) -> None:
    _behind_the_triggers(closed, DAMAGE["an audit row"])
    report = verify(closed)
    assert report.tampered_at == 3
    assert "audit row 3" in str(report)


def test_a_changed_entry_is_traced_to_the_audit_row_that_recorded_it(closed: Path) -> None:
    _behind_the_triggers(closed, "UPDATE entries SET recorded_us = recorded_us + 1 WHERE sequence = 1")
    assert verify(closed).tampered_at == 2


def test_books_put_back_from_an_old_backup_are_older_than_the_anchor(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.db")
    ada = books.open_wallet()
    books.grant(ada, 10)
    books.db.close()
    backup = shutil.copy(books.path, tmp_path / "backup.db")
    books.reopen()
    books.settle(books.hold(ada, 5).hold_id, 5)
    write_anchor(books.db, anchor_path(books.path))
    books.db.close()
    shutil.copy(backup, books.path)
    report = verify(books.path)
    assert (report.verdict, report.exit_code, report.violations) == (Verdict.OLDER_THAN_ANCHOR, 2, ())
    books.reopen()
    with pytest.raises(AnchorDisagrees):
        write_anchor(books.db, anchor_path(books.path))
    books.db.close()


def test_a_chain_that_was_rewritten_as_a_whole_is_tampered(tmp_path: Path) -> None:
    first = Books(tmp_path / "books.db")
    first.grant(first.open_wallet(), 10)
    write_anchor(first.db, anchor_path(first.path))
    first.db.close()
    other = Books(tmp_path / "other.db")
    other.grant(other.open_wallet(), 1_000)
    other.db.close()
    shutil.copy(other.path, first.path)
    report = verify(first.path)
    assert (report.verdict, report.tampered_at, report.violations) == (Verdict.TAMPERED, 2, ())


def test_without_an_anchor_it_could_not_be_checked_though_the_books_are_right(closed: Path) -> None:
    anchor_path(closed).unlink()
    report = verify(closed)
    assert (report.verdict, report.exit_code, report.violations) == (Verdict.COULD_NOT_CHECK, 3, ())


@pytest.mark.parametrize("content", ["", "{}", "not an anchor", '{"sequence": 1, "hash": "zz", "count": 1}'])
def test_an_unreadable_anchor_is_not_taken_for_none(closed: Path, content: str) -> None:
    anchor_path(closed).write_text(content)
    assert verify(closed).exit_code == 3
    database = Database.open(closed, clock=Books(closed.with_name("other.db")).clock)
    with pytest.raises(AnchorUnreadable):
        write_anchor(database, anchor_path(closed))
    database.close()


def test_missing_foreign_and_broken_files_could_not_be_checked(tmp_path: Path, closed: Path) -> None:
    assert verify(tmp_path / "nowhere.db").exit_code == 3
    assert not (tmp_path / "nowhere.db").exists()
    (tmp_path / "text.db").write_text("not a database, but long enough to have a header " * 9)
    assert verify(tmp_path / "text.db").exit_code == 3
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    assert verify(tmp_path / "empty.db").exit_code == 3
    with closed.open("r+b") as damaged:
        damaged.seek(4_096 * 3)
        damaged.write(b"\xff" * 4_096 * 4)
    assert verify(closed).exit_code == 3


def test_verify_works_beside_a_running_server(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.db")
    _live(books)
    write_anchor(books.db, anchor_path(books.path))
    ada = books.open_wallet(owner="usr_grace")
    assert verify(books.path).exit_code == 0
    books.grant(ada, 5)
    assert verify(books.path).exit_code == 0
    books.db.close()


def test_an_anchor_says_where_the_chain_stood(closed: Path) -> None:
    written = json.loads(anchor_path(closed).read_text())
    report = verify(closed)
    assert report.found is not None
    assert (written["sequence"], written["hash"]) == (report.found.sequence, report.found.hash.hex())
    assert anchor_path(closed).stat().st_mode & 0o077 == 0


def test_somebody_who_rewrites_the_chain_after_a_change_is_caught_by_the_anchor(closed: Path) -> None:
    _behind_the_triggers(closed, "UPDATE audit SET actor = 'usr_eve' WHERE sequence = 3", *_relinked(closed))
    report = verify(closed)
    assert (report.verdict, report.violations) == (Verdict.TAMPERED, ())


def _relinked(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute(
            "SELECT sequence, recorded_us, actor, action, subject, details, record_digest, hash FROM audit"
            " ORDER BY sequence"
        ).fetchall()
    connection.close()
    statements, previous = [], bytes(32)
    for sequence, recorded_us, actor, *rest, record, _ in rows:
        act = Act("usr_eve" if sequence == 3 else actor, rest[0], rest[1], rest[2], record)
        linked = link(previous, sequence, recorded_us, act)
        statements.append(
            f"UPDATE audit SET previous_hash = x'{previous.hex()}', hash = x'{linked.hex()}'"
            f" WHERE sequence = {sequence}"
        )
        previous = linked
    return statements


def test_every_effect_has_its_audit_row(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.db")
    _live(books)
    audited = books.rows("SELECT details FROM audit WHERE record_digest <> ?", NO_RECORD)
    assert audited == books.rows("SELECT effect_key FROM effects ORDER BY sequence")
    books.db.close()


def test_the_commands_on_record_asked_again_of_an_empty_ledger_give_the_same_books(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.db")
    _live(books)
    again = Books(tmp_path / "again.db")
    again.ledger = Ledger(
        _Recorded([row[0] for row in books.rows("SELECT serial FROM effects ORDER BY sequence")])
    )
    for body, recorded_us in books.rows("SELECT body, recorded_us FROM effects ORDER BY sequence"):
        again.clock.advance(_since(again, recorded_us))
        again.do(from_text(body))
    for table in (
        "wallets",
        "accounts",
        "lots",
        "holds",
        "hold_lots",
        "windows",
        "effects",
        "entries",
        "audit",
    ):
        assert again.rows(f"SELECT * FROM {table}") == books.rows(f"SELECT * FROM {table}"), table
    assert again.db.read(check) == []
    books.db.close()
    again.db.close()


class _Recorded:
    """Gives the serials of a recorded history again."""

    def __init__(self, serials: list[str]) -> None:
        self._serials = iter(serials)

    def serial(self) -> str:
        return next(self._serials)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{self.serial()}"


def _since(books: Books, recorded_us: int) -> timedelta:
    from studio_server.clock import from_microseconds

    return from_microseconds(recorded_us) - books.clock.now()
