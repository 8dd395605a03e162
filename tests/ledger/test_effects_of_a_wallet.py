"""The effects of a wallet, newest first: a chain in SQLite, an index in PostgreSQL, the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from studio_server.accounts.takeout_tables import TABLES
from studio_server.ledger import GrantSource, SetWalletState, WalletState, history, views
from studio_server.ledger.checker import check
from studio_server.storage import Database
from studio_server.storage.schema import packaged_migrations

from tests.ledger.books import Books

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.storage.tx import Tx

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
CHAINED = 18
"""The migration that makes the chain."""
PLAIN = (
    "SELECT sequence FROM effects WHERE wallet_id = ? AND (available_change <> 0 OR held_change <> 0)"
    " ORDER BY sequence DESC"
)
EFFECT = (
    "INSERT INTO effects SELECT sequence + 1, 'again:' || sequence, serial, kind, {wallet}, hold_id, lot_id,"
    " body, answer, recorded_us, available_change, held_change, spent, available_after, held_after"
    " FROM effects WHERE sequence = (SELECT max(sequence) FROM effects)"
)
OPENED = (
    "INSERT INTO accounts (account_id, wallet_id, kind, asset, balance, version, latest_effect)"
    " SELECT 'more', wallet_id, 'debt', asset, 0, 0, 1 FROM wallets"
)
LATEST = (
    "UPDATE accounts SET latest_effect = {effect}"
    " WHERE account_id = (SELECT wallet_id || '/{kind}' FROM effects WHERE sequence = 1)"
)
WITHIN_THE_CHAIN = {"mine", "me", "CONSTANT", "l"}
"""And lots, which are as few as grants."""
LINKED = "an effect continues the one before of its wallet"
MOVED_ON = "the latest effect continues the one before"
REFUSED = [
    ("INSERT INTO effect_links SELECT max(sequence) + 1, 1 FROM effects", LINKED),
    ("INSERT OR IGNORE INTO effect_links SELECT max(sequence) + 1, 1 FROM effects", LINKED),
    ("INSERT OR REPLACE INTO effect_links SELECT max(sequence), NULL FROM effects", "never deleted"),
    ("UPDATE effect_links SET previous = NULL", "never updated"),
    ("DELETE FROM effect_links", "never deleted"),
    (LATEST.format(effect="1", kind="debt"), MOVED_ON),
    (LATEST.format(effect="NULL", kind="debt"), MOVED_ON),
    (LATEST.format(effect="1", kind="revenue"), MOVED_ON),
    (EFFECT.format(wallet="'nobody'"), LINKED),
    (OPENED, "opens empty"),
]
DAMAGE = [
    "UPDATE accounts SET latest_effect = 1 WHERE kind = 'debt'",
    "UPDATE accounts SET latest_effect = 2 WHERE kind = 'revenue'",
    "UPDATE effect_links SET previous = NULL WHERE sequence = 3",
    "DELETE FROM effect_links WHERE sequence = 3",
    "INSERT INTO effect_links VALUES (1000, 999)",
]


def _two_people(books: Books, acts: int = 6) -> tuple[str, str]:
    """Effects of two wallets in turns, some of which move nothing."""
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    for wallet in (ada, bob):
        books.grant(wallet, 100, GrantSource.PURCHASE)
    for nth in range(acts):
        for wallet in (ada, bob):
            books.settle(books.hold(wallet, 2).hold_id, 1)
        if nth % 3 == 1:
            books.do(SetWalletState(books.fresh_key(), ada, WalletState.FROZEN, "looked at"))
            books.do(SetWalletState(books.fresh_key(), ada, WalletState.OPEN, "looked at"))
    return ada, bob


def _pages(books: Books, wallet: str, size: int) -> list[int]:
    """Every line of the statement, page after page."""
    found: list[int] = []
    before: int | None = None
    while page := books.db.read(
        lambda tx, end=before: books.ledger.statement(tx, wallet, before=end, limit=size)
    ):
        assert len(page) <= size
        found += [line.sequence for line in page]
        before = found[-1]
    return found


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_of_a_statement_follow_each_other_without_a_gap(books: Books, size: int) -> None:
    for wallet in _two_people(books):
        plain = [row[0] for row in books.rows(PLAIN, wallet)]
        assert _pages(books, wallet, size) == plain
        assert len(plain) == 13


@pytest.mark.parametrize("before", [0, 1, 2, 9, 10, 11, 10_000])
def test_a_page_may_begin_anywhere(books: Books, before: int) -> None:
    """Also at an effect of somebody else, and at one that is not there."""
    for wallet in _two_people(books):
        lines = books.db.read(lambda tx, of=wallet: books.ledger.statement(tx, of, before=before, limit=4))
        plain = [row[0] for row in books.rows(PLAIN, wallet) if row[0] < before]
        assert [line.sequence for line in lines] == plain[:4]


def test_somebody_without_effects_has_an_empty_statement(books: Books) -> None:
    assert books.db.read(lambda tx: books.ledger.statement(tx, "nobody")) == ()
    assert books.db.read(lambda tx: books.ledger.latest_change(tx, "nobody")) == 0


def test_the_latest_change_is_the_latest_effect_of_the_wallet(books: Books) -> None:
    for wallet in _two_people(books):
        latest = books.db.read(lambda tx, of=wallet: books.ledger.latest_change(tx, of))
        assert [(latest,)] == books.rows("SELECT max(sequence) FROM effects WHERE wallet_id = ?", wallet)


def test_the_export_holds_every_effect_of_a_wallet_in_order(books: Books) -> None:
    for wallet in _two_people(books):
        engine = books.db.read(lambda tx: tx.engine)
        query = next(table for table in TABLES if table.name == "statement").sql(engine)
        plain = books.rows("SELECT sequence FROM effects WHERE wallet_id = ? ORDER BY sequence", wallet)
        assert [row[:1] for row in books.rows(query, wallet)] == plain


def _steps(books: Books, wallet: str, before: int | None) -> int:
    """How many effects SQLite walks past for one page of two lines."""

    def read(tx: Tx) -> int:
        end = 2**63 - 1 if before is None else before
        mine, params = history.newest_of(tx, wallet, end, 2)
        return int(tx.execute(f"{mine} SELECT count(*) FROM mine", params)[0][0])

    return books.db.read(read)


@ON_SQLITE
def test_a_page_walks_no_further_than_it_is_long(books: Books) -> None:
    ada, bob = _two_people(books, acts=30)
    of_ada, of_bob = ([row[0] for row in books.rows(PLAIN, wallet)][40] for wallet in (ada, bob))
    assert _steps(books, ada, None) <= 5
    assert _steps(books, ada, of_ada) <= 5
    assert _steps(books, ada, of_bob) > 40  # the twin: begun at an effect of somebody else, it walks


@ON_SQLITE
def test_what_is_asked_of_one_wallet_does_not_look_through_all(books: Books) -> None:
    queries = [table.sql("sqlite") for table in TABLES if table.effects_of is not None]
    queries.append(history.NEWEST["sqlite"] + views.LINES)
    for query in queries:
        plan = [row[-1] for row in books.rows(f"EXPLAIN QUERY PLAN {query}", *"1" * query.count("?"))]
        looked_through = {step.split()[1] for step in plan if step.startswith("SCAN")}
        assert looked_through <= WITHIN_THE_CHAIN


@ON_SQLITE
@pytest.mark.parametrize(("statement", "reason"), REFUSED)
def test_nothing_comes_between_the_effects_of_a_wallet(books: Books, statement: str, reason: str) -> None:
    _two_people(books)
    tables = ("effects", "effect_links", "accounts")
    before = [books.rows(f"SELECT * FROM {table}") for table in tables]
    with pytest.raises(apsw.ConstraintError, match=reason):
        books.db.write_blocking(lambda tx: tx.execute(statement))
    assert [books.rows(f"SELECT * FROM {table}") for table in tables] == before


@ON_SQLITE
def test_the_first_effect_of_a_wallet_is_its_own(open_books: Books) -> None:
    """A wallet that has none yet: effect 1 begins a chain, but somebody else's."""
    _two_people(open_books)

    def first(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO wallets SELECT 'new', 'usr_new', asset, state, opened_us, zone FROM wallets LIMIT 1"
        )
        tx.execute(
            "INSERT INTO accounts (account_id, wallet_id, kind, asset, balance, version)"
            " VALUES ('new/debt', 'new', 'debt', 'CREDIT', 0, 0)"
        )
        tx.execute("UPDATE accounts SET latest_effect = 1 WHERE account_id = 'new/debt'")

    with pytest.raises(apsw.ConstraintError, match=MOVED_ON):
        open_books.db.write_blocking(first)


@ON_SQLITE
@pytest.mark.parametrize("statement", DAMAGE)
def test_a_chain_that_was_changed_behind_our_back_is_found(open_books: Books, statement: str) -> None:
    _two_people(open_books)
    assert open_books.violations() == []

    beside = apsw.Connection(str(open_books.path))
    for name in [row[0] for row in beside.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
        beside.execute(f"DROP TRIGGER {name}")
    beside.execute(statement)
    beside.close()
    assert {found.invariant for found in open_books.db.read(check)} >= {12, 13}


@ON_SQLITE
def test_without_the_trigger_the_chain_ends_and_the_checker_finds_it(open_books: Books) -> None:
    ada, _ = _two_people(open_books)
    open_books.db.write_blocking(lambda tx: tx.execute("DROP TRIGGER effects_continue_their_wallet"))
    open_books.hold(ada, 1)
    assert {found.invariant for found in open_books.db.read(check)} >= {12, 13}


def test_the_chain_of_older_books_is_made_by_the_migration(tmp_path: Path) -> None:
    def chain(db: Database) -> list[Any]:
        return db.read(
            lambda tx: [
                tx.execute("SELECT * FROM effect_links ORDER BY sequence"),
                tx.execute("SELECT * FROM latest_effects ORDER BY wallet_id"),
            ]
        )

    books = Books(tmp_path / "books.db")
    _two_people(books)
    written = chain(books.db)
    books.db.close()
    _forget_the_chain(tmp_path / "books.db")
    db = Database.open(tmp_path / "books.db", clock=books.clock)
    assert chain(db) == written
    assert len(written[0]) > 30
    assert db.read(check) == []
    db.close()


def _forget_the_chain(path: Path) -> None:
    """As the books stood before the migration."""
    script = next(each for each in packaged_migrations() if each.number == CHAINED).script
    made = [
        words[2]
        for words in (line.split() for line in script.splitlines())
        if words[:2] == ["CREATE", "TRIGGER"]
    ]
    plain = apsw.Connection(str(path))
    for name in made:
        plain.execute(f"DROP TRIGGER {name}")
    plain.execute(
        "DROP VIEW latest_effects; DROP TABLE effect_links; ALTER TABLE accounts DROP COLUMN latest_effect;"
        " CREATE INDEX effects_by_wallet ON effects (wallet_id, sequence);"
        f" DELETE FROM migrations WHERE number >= {CHAINED}"
    )
    plain.close()
