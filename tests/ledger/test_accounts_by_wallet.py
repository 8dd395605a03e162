"""In SQLite the accounts of a wallet lie side by side, and what an index guarded before is guarded still."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import (
    GrantSource,
    IssueGrant,
    Ledger,
    OpenWallet,
    PlaceHold,
    Settle,
    TransferCredits,
    ground,
    load,
    load_holds,
    rows,
)
from studio_server.ledger.checker import check
from studio_server.notices import watch
from studio_server.storage import Database
from studio_server.storage.schema import packaged_migrations
from studio_server.wiring import _unused_number

from tests.ledger.books import FREE, NOON, PRICES

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.storage.tx import Tx

    from tests.ledger.books import Books

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
REFUSED = (apsw.ConstraintError, psycopg.IntegrityError)
WALLETS = 40
FRAME = 24
BY_THE_WALLET = 17
"""The migration that lays them side by side."""
AGAIN = (
    "INSERT INTO hold_lots (hold_id, position, lot_id, amount)"
    " SELECT hold_id, position + 1, lot_id, amount FROM hold_lots"
)
BY_WALLET = "SEARCH {name} USING PRIMARY KEY (wallet_id=? AND account_id=?)"
ACCOUNTS_READ = [
    (load_holds.SPENDING, "d"),
    (load_holds.TO_DRAW, "ah"),
    (load_holds.HELD, "drx"),
    (load_holds.PINNED, "ah"),
    (load_holds.OWING, "d"),
    (f"{rows.WALLET}?", "d"),
]


def _with_a_hold(books: Books) -> str:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    return books.hold(ada, 8).hold_id


def _pages_of_accounts(path: Path) -> int:
    """How many pages of accounts the log holds, each counted once."""
    log = path.with_name(f"{path.name}-wal").read_bytes()
    size = struct.unpack(">I", log[8:12])[0]
    pages = {struct.unpack(">I", log[at : at + 4])[0] for at in range(32, len(log), FRAME + size)}
    beside = apsw.Connection(str(path))
    names = {page: name for name, page in beside.execute("SELECT name, pageno FROM dbstat")}
    beside.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    beside.close()
    return sum(names[page] == "accounts" for page in pages)


def _written_by_settlements(path: Path, *left_out: int) -> float:
    """Pages of accounts that a settlement writes, on average over many wallets with three lots each."""
    migrations = [each for each in packaged_migrations() if each.number not in left_out]
    db, ledger = Database.open(path, clock=FixedClock(NOON), migrations=migrations), Ledger(CountedIds())

    def do(command: Any) -> Any:
        return db.write_blocking(lambda tx: ledger.execute(tx, command))

    wallets = [do(OpenWallet(f"open-{nth}", f"usr_{nth}")).wallet_id for nth in range(WALLETS)]
    for lot in range(3):
        for wallet in wallets:
            key = f"{lot}-{wallet}"
            do(IssueGrant(key, wallet, GrantSource.PURCHASE, 100, key))
    holds = [do(PlaceHold(f"hold-{each}", each, f"run-{each}", 8, PRICES, 600)).hold_id for each in wallets]
    _pages_of_accounts(path)
    written = 0
    for hold in holds:
        do(Settle(hold, 3, PRICES))
        written += _pages_of_accounts(path)
    db.close()
    return written / WALLETS


def test_a_settlement_mostly_writes_one_page_of_accounts(tmp_path: Path) -> None:
    assert _written_by_settlements(tmp_path / "books.db") < 1.5


def test_by_account_alone_it_would_write_two(tmp_path: Path) -> None:
    assert _written_by_settlements(tmp_path / "books.db", BY_THE_WALLET) > 1.8


def _plan(tx: Tx, query: str) -> list[str]:
    return [row[-1] for row in tx.execute(f"EXPLAIN QUERY PLAN {query}", ["1"] * query.count("?"))]


@ON_SQLITE
@pytest.mark.parametrize(("query", "names"), ACCOUNTS_READ)
def test_what_is_loaded_with_a_wallet_finds_its_accounts_by_the_wallet(
    books: Books, query: str, names: str
) -> None:
    plan = books.db.write_blocking(lambda tx: _plan(tx, query))
    for name in names:
        assert BY_WALLET.format(name=name) in plan


@ON_SQLITE
@pytest.mark.parametrize(
    "query",
    [
        *(query for query, _ in ACCOUNTS_READ),
        ground._balances(4),
        f"{load.READY}?{load.IF_OWING}",
        watch.DEBTS,
        watch.COVERED,
        "UPDATE accounts SET balance = ?, version = ? WHERE account_id = ? AND balance = ? AND version = ?",
    ],
)
def test_no_account_is_looked_for_among_all(books: Books, query: str) -> None:
    plan = books.db.write_blocking(lambda tx: _plan(tx, query))
    assert [step for step in plan if step.startswith("SCAN") and "notices_of_debt" not in step] == []


def test_a_hold_pins_a_lot_once(books: Books) -> None:
    _with_a_hold(books)
    with pytest.raises(REFUSED, match=r"a hold pins a lot once|unique constraint"):
        books.db.write_blocking(lambda tx: tx.execute(AGAIN))
    assert len(books.rows("SELECT 1 FROM hold_lots")) == 1


@ON_SQLITE
@pytest.mark.parametrize("way", ["INSERT OR IGNORE", "INSERT OR REPLACE"])
def test_a_hold_pins_a_lot_once_whatever_is_to_happen_in_a_conflict(books: Books, way: str) -> None:
    _with_a_hold(books)
    with pytest.raises(apsw.ConstraintError, match="a hold pins a lot once"):
        books.db.write_blocking(lambda tx: tx.execute(AGAIN.replace("INSERT", way)))
    assert len(books.rows("SELECT 1 FROM hold_lots")) == 1


@ON_SQLITE
def test_without_the_trigger_a_lot_is_pinned_twice_and_the_checker_finds_it(open_books: Books) -> None:
    hold_id = _with_a_hold(open_books)
    open_books.db.write_blocking(lambda tx: tx.execute("DROP TRIGGER hold_lots_pin_once"))
    open_books.db.write_blocking(lambda tx: tx.execute(AGAIN))
    found = {(each.invariant, each.subject) for each in open_books.db.read(check)}
    assert found >= {(6, hold_id), (12, "hold_lots_pin_once")}


def test_a_serial_that_comes_again_is_refused_by_what_carries_it(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.ledger = Ledger(CountedIds(1_000))
    hold_id = books.hold(ada, 8).hold_id
    before = books.rows("SELECT effect_key FROM effects ORDER BY sequence")
    books.ledger = Ledger(CountedIds(1_000))
    with pytest.raises(REFUSED, match=r"(?i)unique"):
        books.hold(ada, 8)
    books.ledger = Ledger(CountedIds(1_000))
    with pytest.raises(REFUSED, match=r"(?i)unique"):
        books.settle(hold_id, 3)
    assert books.rows("SELECT effect_key FROM effects ORDER BY sequence") == before


def test_a_gift_is_no_hindrance_to_count_on_from(books: Books) -> None:
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 30, GrantSource.PURCHASE)
    books.do(TransferCredits("gift", ada, bob, 5, "gift-1"))
    last = books.rows("SELECT max(serial) FROM effects")[0][0]
    assert "/" in last
    assert books.db.read(_unused_number) > int(last.partition("/")[0])
