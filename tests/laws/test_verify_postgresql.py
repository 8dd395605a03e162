"""What verify says of books in PostgreSQL: intact, tampered behind the triggers, cut, and out of reach."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from studio_server.ledger.anchor import write_anchor
from studio_server.ledger.verify import Verdict, verify

from tests.fakes.postgres import cluster, migrated
from tests.ledger.books import Books

DAMAGE = {
    "an entry": ("entries", "UPDATE entries SET recorded_us = recorded_us + 1 WHERE sequence = 1"),
    "a lot": ("lots", "UPDATE lots SET available = available - 1, spent = spent + 1 WHERE available > 0"),
    "an audit row": ("audit", "UPDATE audit SET actor = 'usr_eve' WHERE sequence = 2"),
    "a removed effect": ("effects", "DELETE FROM effects WHERE sequence = 1"),
}


@pytest.fixture
def lived(tmp_path: Path) -> tuple[str, Path]:
    """The address of anchored books in which something happened, and their anchor."""
    url, anchor = cluster().new_database(migrated), tmp_path / "anchor.json"
    books = Books(tmp_path / "unused.db", url=url)
    ada = books.open_wallet()
    books.grant(ada, 50)
    books.settle(books.hold(ada, 9).hold_id, 4)
    write_anchor(books.db, anchor)
    books.db.close()
    return url, anchor


def _behind_the_triggers(url: str, table: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path TO studio")
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


def test_untouched_books_are_intact(lived: tuple[str, Path]) -> None:
    url, anchor = lived
    report = verify(Path("unused"), url=url, anchor=anchor)
    assert (report.verdict, report.violations) == (Verdict.INTACT, ())


@pytest.mark.parametrize("damage", DAMAGE)
def test_any_damage_is_found(lived: tuple[str, Path], damage: str) -> None:
    url, anchor = lived
    _behind_the_triggers(url, *DAMAGE[damage])
    report = verify(Path("unused"), url=url, anchor=anchor)
    assert (report.verdict, report.exit_code) == (Verdict.TAMPERED, 1)


def test_a_dropped_trigger_is_found(lived: tuple[str, Path]) -> None:
    url, anchor = lived
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TRIGGER audit_never_deleted ON studio.audit")
    assert verify(Path("unused"), url=url, anchor=anchor).verdict is Verdict.TAMPERED


def test_without_an_anchor_or_out_of_reach_it_could_not_be_checked(lived: tuple[str, Path]) -> None:
    url, anchor = lived
    assert verify(Path("unused"), url=url, anchor=anchor.with_name("none")).exit_code == 3
    nowhere = "postgresql://keeper:secret-word@127.0.0.1:1/none"
    report = verify(Path("unused"), url=nowhere, anchor=anchor)
    assert report.exit_code == 3
    assert "secret-word" not in str(report)


def test_a_cut_tail_is_older_than_the_anchor(lived: tuple[str, Path], tmp_path: Path) -> None:
    _, anchor = lived
    empty = cluster().new_database(migrated)
    assert verify(Path("unused"), url=empty, anchor=anchor).verdict is Verdict.OLDER_THAN_ANCHOR
