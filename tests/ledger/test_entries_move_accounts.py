"""In SQLite an entry moves its account: one that does not continue the one before is refused by the database.

PostgreSQL keeps (account, version) unique by an index and moves accounts by guarded updates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from studio_server.accounts.takeout_tables import TABLES
from studio_server.ledger import GrantSource, TransferCredits, VoidGrant
from studio_server.ledger.checker import check
from studio_server.notices import watch

from tests.ledger.books import FREE

if TYPE_CHECKING:
    from studio_server.storage.tx import Tx

    from tests.ledger.books import Books

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ENTRY = (
    "INSERT INTO entries (sequence, transfer_id, account_id, amount, before, after, version, recorded_us)"
    " SELECT (SELECT max(sequence) FROM entries) + {gap}, (SELECT max(transfer_id) FROM transfers),"
    " account_id, {amount}, balance + {off}, balance + {off} + {amount}, version + {step}, 0 FROM accounts"
    " WHERE kind = 'lot_available'"
)
SOMEBODY = "'somebody'"
CONTINUES = "an entry continues the one before"
MOVES = "an account moves by its latest entry"
AGAIN = (
    "UPDATE accounts SET balance = e.after, version = e.version FROM entries e"
    " WHERE e.account_id = accounts.account_id AND e.sequence = (SELECT max(sequence) FROM entries)"
)
"""The latest entry once more: it changes nothing, and is refused all the same."""
REFUSED = [
    (ENTRY.format(gap=1, amount=1, off=1, step=1), CONTINUES),
    (ENTRY.format(gap=1, amount=1, off=0, step=0), CONTINUES),
    (ENTRY.format(gap=1, amount=1, off=0, step=2), CONTINUES),
    (ENTRY.format(gap=-100, amount=1, off=0, step=1), MOVES),
    (ENTRY.format(gap=1, amount=-93, off=0, step=1), "CHECK"),
    (ENTRY.format(gap=1, amount=1, off=1, step=1).replace("INSERT", "INSERT OR IGNORE"), CONTINUES),
    (ENTRY.format(gap=1, amount=1, off=1, step=1).replace("INSERT", "INSERT OR REPLACE"), CONTINUES),
    (ENTRY.format(gap=0, amount=1, off=0, step=1).replace("INSERT", "INSERT OR REPLACE"), "never deleted"),
    ("UPDATE accounts SET balance = balance + 1 WHERE kind = 'lot_available'", MOVES),
    ("UPDATE accounts SET version = version + 1 WHERE kind = 'lot_available'", MOVES),
    ("UPDATE accounts SET balance = balance + 1, version = version + 1 WHERE kind = 'lot_available'", MOVES),
    (AGAIN, MOVES),
]
HARMFUL = [statement for statement, reason in REFUSED[:-1] if reason in {CONTINUES, MOVES}]
TRIGGERS = ("entries_move_their_account", "accounts_move_by_entries")


def _with_a_hold(books: Books) -> str:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.hold(ada, 8)
    return ada


def _moved(books: Books) -> list[list[tuple[Any, ...]]]:
    return [books.rows(f"SELECT * FROM {table}") for table in ("accounts", "entries")]


@ON_SQLITE
def test_an_entry_moves_its_account_and_no_other(books: Books) -> None:
    _with_a_hold(books)
    before = _moved(books)
    accounts = "SELECT kind, balance, version FROM accounts ORDER BY account_id"

    def add(tx: Tx) -> None:
        old = tx.execute(accounts)
        tx.execute(ENTRY.format(gap=1, amount=5, off=0, step=1))
        new = tx.execute(accounts)
        changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        assert changed == [(("lot_available", 92, 2), ("lot_available", 97, 3))]
        raise RuntimeError("as it was")

    with pytest.raises(RuntimeError, match="as it was"):
        books.db.write_blocking(add)
    assert _moved(books) == before


@ON_SQLITE
@pytest.mark.parametrize(("statement", "reason"), REFUSED)
def test_no_account_moves_but_by_an_entry_that_continues_it(
    books: Books, statement: str, reason: str
) -> None:
    _with_a_hold(books)
    before = _moved(books)
    with pytest.raises(apsw.ConstraintError, match=reason):
        books.db.write_blocking(lambda tx: tx.execute(statement))
    assert _moved(books) == before


@ON_SQLITE
@pytest.mark.parametrize("statement", HARMFUL)
def test_without_the_triggers_it_would_be_taken_and_the_checker_finds_it(
    open_books: Books, statement: str
) -> None:
    _with_a_hold(open_books)

    def damage(tx: Tx) -> None:
        for trigger in TRIGGERS:
            tx.execute(f"DROP TRIGGER {trigger}")
        tx.execute(statement)
        if "INTO entries" in statement:
            tx.execute(
                "UPDATE accounts SET balance = balance + 1, version = version + 1"
                " WHERE kind = 'lot_available'"
            )

    open_books.db.write_blocking(damage)
    found = {violation.invariant for violation in open_books.db.read(check)}
    assert found >= {2, 12}


def _given_and_owing(books: Books) -> tuple[str, str]:
    """Ada gave Bob credits, and Bob owes what he spent of a grant that was taken back."""
    ada, bob = books.open_wallet(), books.open_wallet(owner="usr_bob")
    books.grant(ada, 30, GrantSource.PURCHASE)
    bought = books.grant(bob, 20, GrantSource.PURCHASE, priority=1)
    books.settle(books.hold(bob, 20).hold_id, 20)
    books.do(TransferCredits("gift", ada, bob, 5, "gift-1"))
    books.settle(books.hold(bob, 5).hold_id, 5)
    books.do(VoidGrant("refund", bought.grant_id, "refund"))
    return ada, bob


def _exported(name: str, books: Books) -> str:
    engine = books.db.read(lambda tx: tx.engine)
    return next(table.sql(engine) for table in TABLES if table.name == name)


def test_the_export_holds_every_entry_of_the_accounts_of_a_wallet(books: Books) -> None:
    query = _exported("entries", books)
    plain = (
        "SELECT n.sequence, n.transfer_id, n.account_id, n.amount, n.before, n.after, n.version,"
        " n.recorded_us FROM entries n JOIN accounts a ON a.account_id = n.account_id WHERE a.wallet_id = ?"
        " ORDER BY n.sequence"
    )
    for wallet in _given_and_owing(books):
        entries = books.rows(query, wallet)
        assert entries == books.rows(plain, wallet)
        assert len(entries) >= 3


def _plan(tx: Tx, query: str) -> str:
    if tx.engine == "sqlite":
        return str(tx.execute(f"EXPLAIN QUERY PLAN {query}", ["1"] * query.count("?")))
    tx.execute("SET LOCAL enable_seqscan = off")
    return str(tx.execute(f"EXPLAIN {query.replace('LIMIT ?', 'LIMIT 1').replace('?', SOMEBODY)}"))


def test_the_export_does_not_read_the_entries_of_everybody(books: Books) -> None:
    _given_and_owing(books)
    query = _exported("entries", books)
    plan = books.db.write_blocking(lambda tx: _plan(tx, query))
    by_wallet = "effects_by_wallet" if "effects_by_wallet" in plan else "SEARCH l USING INTEGER PRIMARY KEY"
    for way in (by_wallet, "transfers_by_effect", "transfers_into_lots", "entries_by_transfer"):
        assert way in plan


def test_the_opening_of_a_debt_is_found_by_its_transfers(books: Books) -> None:
    _, bob = _given_and_owing(books)
    assert "transfers_that_owe" in books.db.write_blocking(lambda tx: _plan(tx, watch.DEBTS))
    opened = books.rows(
        "SELECT max(e.sequence) FROM transfers t JOIN entries e ON e.transfer_id = t.transfer_id"
        f" AND e.account_id = t.from_account WHERE t.kind = 'owe' AND t.from_account = '{bob}/debt'"
        " AND e.before = 0"
    )
    plain = f"SELECT max(sequence) FROM entries WHERE account_id = '{bob}/debt' AND before = 0"
    assert opened == books.rows(plain) != [(None,)]
