"""A hold writes no index of lots, accounts or windows; what is asked of lots still finds them by an index."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest
from studio_server.ledger import PlaceHold, load, load_holds, rows
from studio_server.ledger.checker import check

from tests.ledger.books import FREE, PRICES

if TYPE_CHECKING:
    from studio_server.storage.tx import Tx

    from tests.ledger.books import Books

LOTS_BY_WALLET = [
    (load_holds.TO_DRAW, "lots_to_draw"),
    (f"{load.READY}?", "lots_to_draw"),
    (f"{load.READY}?{load.IF_OWING}", "lots_to_draw"),
    (load_holds.OWING, "lots_to_draw"),
]
MOVED = ("accounts", "lots", "windows")
FRAME = 24


def _drawn_to_nothing(books: Books) -> tuple[str, str]:
    """A lot of 8 of which all is spent, and an untouched one."""
    ada = books.open_wallet(FREE)
    lot = books.grant(ada, 8, priority=1)
    other = books.grant(ada, 100, priority=2)
    books.settle(books.hold(ada, 8).hold_id, 8)
    return lot.lot_id, other.lot_id


def _flags(books: Books) -> dict[str, int]:
    return dict(books.rows("SELECT lot_id, used_up FROM lots"))


def test_a_lot_is_used_up_once_nothing_is_in_it_and_no_longer_when_something_is_again(books: Books) -> None:
    ada = books.open_wallet(FREE)
    lot = books.grant(ada, 8, priority=1).lot_id
    hold = books.hold(ada, 8)
    assert _flags(books) == {lot: 0}
    books.settle(hold.hold_id, 8)
    assert _flags(books) == {lot: 1}
    refill = "UPDATE lots SET available = available + 2, spent = spent - 2"
    with pytest.raises(RuntimeError, match="as it was"):
        books.db.write_blocking(lambda tx: _undone(tx, refill))
    assert _flags(books) == {lot: 1}


def _undone(tx: Tx, statement: str) -> None:
    tx.execute(statement)
    assert tx.execute("SELECT used_up FROM lots") == [(0,)]
    raise RuntimeError("as it was")


@pytest.mark.parametrize("flag", [0, 1])
def test_nobody_can_call_a_lot_used_up_or_not_against_what_is_in_it(books: Books, flag: int) -> None:
    used, unused = _drawn_to_nothing(books)
    wrong = unused if flag else used
    with pytest.raises((apsw.ConstraintError, psycopg.errors.GeneratedAlways), match=r"used.up"):
        books.db.write_blocking(
            lambda tx: tx.execute(f"UPDATE lots SET used_up = {flag} WHERE lot_id = '{wrong}'")
        )
    assert _flags(books) == {used: 1, unused: 0}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_without_the_triggers_the_checker_finds_a_lot_that_is_called_used_up(open_books: Books) -> None:
    _, unused = _drawn_to_nothing(open_books)
    open_books.db.write_blocking(lambda tx: tx.execute("DROP TRIGGER lots_used_up_is_true"))
    open_books.db.write_blocking(
        lambda tx: tx.execute(f"UPDATE lots SET used_up = 1 WHERE lot_id = '{unused}'")
    )
    found = {(v.invariant, v.subject) for v in open_books.db.read(check)}
    assert found == {(3, unused), (12, "lots_used_up_is_true")}


def _plan(tx: Tx, query: str) -> str:
    if tx.engine == "sqlite":
        marks = query.count("?")
        return str(tx.execute(f"EXPLAIN QUERY PLAN {query}", ["1"] * marks))
    tx.execute("SET LOCAL enable_seqscan = off")
    return str(tx.execute(f"EXPLAIN {query.replace('?', chr(39) + '1' + chr(39))}"))


@pytest.mark.parametrize(("query", "index"), LOTS_BY_WALLET)
def test_what_is_loaded_of_a_wallet_is_found_by_its_index(books: Books, query: str, index: str) -> None:
    _drawn_to_nothing(books)
    assert index in books.db.write_blocking(lambda tx: _plan(tx, query))


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (rows.lots_past_end, "lots_to_expire"),
        (rows.lots_to_close, "lots_to_close"),
        (rows.wallets_able_to_pay, "accounts_in_debt"),
    ],
)
def test_what_the_sweeper_looks_for_is_found_by_its_index(books: Books, ask: Any, index: str) -> None:
    _drawn_to_nothing(books)

    class Asked:
        """A transaction that tells plans instead of rows."""

        def __init__(self, tx: Tx) -> None:
            self.tx, self.now, self.plan = tx, tx.now, ""

        def execute(self, query: str, _: Any) -> list[tuple[str]]:
            self.plan = _plan(self.tx, query)
            return [("",)]

    def plan(tx: Tx) -> str:
        asked = Asked(tx)
        ask(asked, 10)
        return asked.plan

    assert index in books.db.write_blocking(plan)


def _written(books: Books, wallet_id: str) -> set[str]:
    """Which tables and indexes the pages belong to that one hold wrote into the log."""
    beside = apsw.Connection(str(books.path))
    beside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    books.hold(wallet_id, 1)
    log = books.path.with_name(f"{books.path.name}-wal").read_bytes()
    size = struct.unpack(">I", log[8:12])[0]
    pages = {struct.unpack(">I", log[at : at + 4])[0] for at in range(32, len(log), FRAME + size)}
    names = {page: name for name, page in beside.execute("SELECT name, pageno FROM dbstat")}
    beside.close()
    return {names[page] for page in pages}


def _indexes(books: Books) -> set[str]:
    return {name for (name,) in books.rows("SELECT name FROM sqlite_master WHERE type = 'index'")}


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_hold_writes_no_index_of_lots_accounts_or_windows_in_sqlite(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    written = _written(books, ada)
    assert written >= set(MOVED)
    pattern = re.compile(r"(sqlite_autoindex_)?(lots|accounts|windows)_")
    assert {name for name in written & _indexes(books) if pattern.match(name)} == set()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_with_a_condition_on_the_amounts_a_hold_would_write_the_index(open_books: Books) -> None:
    ada = open_books.open_wallet(FREE)
    open_books.grant(ada, 100)
    old = "CREATE INDEX lots_to_draw ON lots (wallet_id) WHERE available > 0 OR held > 0"
    for statement in ("DROP INDEX lots_to_draw", old):
        open_books.db.write_blocking(lambda tx, statement=statement: tx.execute(statement))
    assert "lots_to_draw" in _written(open_books, ada)


def _hot(books: Books, wallet_id: str) -> dict[str, tuple[int, int]]:
    """By table: rows that one hold updated in PostgreSQL, and how many of them without a word to an index."""
    query = (
        "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables"
        " WHERE relname IN ('accounts', 'lots', 'windows')"
    )

    def place(tx: Tx) -> dict[str, tuple[int, int]]:
        before = {name: counted for name, *counted in tx.execute(query)}
        books.ledger.execute(tx, PlaceHold("hot", wallet_id, "run-hot", 1, PRICES, 600))
        return {
            name: (updated - before[name][0], hot - before[name][1])
            for name, updated, hot in tx.execute(query)
        }

    return books.db.write_blocking(place)


def _with_windows(books: Books) -> str:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.hold(ada, 1)
    return ada


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_hold_writes_no_index_of_lots_accounts_or_windows_in_postgresql(books: Books) -> None:
    assert _hot(books, _with_windows(books)) == {"accounts": (2, 2), "lots": (1, 1), "windows": (2, 2)}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_with_a_condition_on_the_balance_a_hold_would_write_every_index_of_accounts(books: Books) -> None:
    ada = _with_windows(books)
    books.db.write_blocking(
        lambda tx: tx.execute("CREATE INDEX other ON accounts (wallet_id) WHERE balance < 0")
    )
    assert _hot(books, ada)["accounts"] == (2, 0)
