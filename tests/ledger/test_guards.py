"""The second line: with the core's checks switched off the store still refuses, and leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest
from studio_server.ledger import GrantSource, GuardFailed, PlanCaps, Release, decide_holds, posting
from studio_server.ledger.apply import apply
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, Moment
from studio_server.ledger.ground import ground
from studio_server.ledger.load import load
from studio_server.ledger.posting import Asked, BelowZero, post
from studio_server.ledger.values import Pin

from tests.ledger.books import FREE

if TYPE_CHECKING:
    from tests.ledger.books import Books

REFUSED = (apsw.ConstraintError, psycopg.IntegrityError)
CHECK, UNIQUE = "CHECK|check constraint", "UNIQUE|unique constraint"
FULL_ACCOUNT = (
    "INSERT INTO accounts (account_id, wallet_id, lot_id, kind, asset, balance, version)"
    " SELECT 'another', wallet_id, NULL, 'adjustment', 'CREDIT', 1, 0 FROM wallets"
)
MOVES = "an account moves by its latest entry"
FORBIDDEN = [
    ("UPDATE entries SET amount = amount + 1", "entries are never updated"),
    ("DELETE FROM entries", "entries are never deleted"),
    ("UPDATE transfers SET amount = amount + 1", "transfers are never updated"),
    ("DELETE FROM transfers", "transfers are never deleted"),
    ("UPDATE effects SET answer = ''", "effects are never updated"),
    ("DELETE FROM effects", "effects are never deleted"),
    ("UPDATE audit SET actor = 'eve'", "audit rows are never updated"),
    ("DELETE FROM audit", "audit rows are never deleted"),
    ("UPDATE grants SET amount = 1", "grants are never updated"),
    ("DELETE FROM grants", "grants are never deleted"),
    ("UPDATE hold_lots SET amount = 1", "pinned lots are never updated"),
    ("DELETE FROM hold_lots", "pinned lots are never deleted"),
    ("DELETE FROM holds", "holds are never deleted"),
    ("UPDATE holds SET ceiling = 100", "a hold keeps its terms"),
    ("UPDATE holds SET state = 'open', settled = 0, returned = 0, ended_us = NULL", "a hold ends once"),
    ("DELETE FROM lots", "lots are never deleted"),
    ("UPDATE lots SET ends_us = 1", "a lot keeps its terms"),
    ("DELETE FROM windows", "windows are never deleted"),
    ("UPDATE windows SET settled = settled - 1", "what a window settled never falls"),
    ("DELETE FROM wallets", "wallets are never deleted"),
    ("DELETE FROM accounts", "accounts are never deleted"),
    ("UPDATE recorded_time SET at_us = 0", "recorded time never falls"),
    ("UPDATE accounts SET balance = -1 WHERE kind = 'revenue'", f"{MOVES}|{CHECK}"),
    ("UPDATE lots SET available = -1, spent = amount + 1", CHECK),
    ("UPDATE lots SET available = available + 1", CHECK),
    ("UPDATE lots SET available = 1.5", f"cannot store REAL|{CHECK}"),
    ("UPDATE windows SET held = cap + 1", CHECK),
    ("INSERT INTO grants SELECT 'grnt_2', wallet_id, source, reference, 1, 1, 1, 2, 1 FROM grants", UNIQUE),
    ("INSERT INTO wallets SELECT 'wal_2', owner_id, asset, state, 1, zone FROM wallets", UNIQUE),
    ("UPDATE accounts SET balance = 1 WHERE kind = 'debt'", f"{MOVES}|a debt is never above zero"),
    ("UPDATE accounts SET wallet_id = 'wal_2'", "an account keeps its terms"),
    (FULL_ACCOUNT, "an account opens empty"),
    ("UPDATE lots SET voided = amount + 1", CHECK),
    ("UPDATE lots SET owed = voided + 1", CHECK),
    ("UPDATE lots SET roll_over = 5", "a lot keeps its terms"),
    ("UPDATE holds SET reversed = 1", CHECK),
    ("UPDATE holds SET member_id = 'usr_eve'", "a hold keeps its terms"),
    ("UPDATE windows SET reversed = settled + 1", CHECK),
    ("UPDATE transfer_kinds SET to_kind = 'revenue'", "kinds of transfer are never updated"),
]


@pytest.mark.parametrize(("statement", "reason"), FORBIDDEN)
def test_the_database_itself_refuses(books: Books, statement: str, reason: str) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.settle(books.hold(ada, 8).hold_id, 3)
    before = _all_rows(books)
    with pytest.raises(REFUSED, match=reason):
        books.db.write_blocking(lambda tx: tx.execute(statement))
    assert _all_rows(books) == before


def test_a_hold_can_be_settled_only_within_its_ceiling_by_the_database_too(books: Books) -> None:
    ada = books.open_wallet()
    books.grant(ada, 100)
    books.hold(ada, 8)
    with pytest.raises(REFUSED, match=CHECK):
        books.db.write_blocking(
            lambda tx: tx.execute(
                "UPDATE holds SET state = 'settled', settled = 9, returned = -1, ended_us = 2e15"
            )
        )


def test_without_the_balance_check_the_guarded_write_refuses(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = books.open_wallet()
    lot = books.grant(ada, 5)
    monkeypatch.setattr(decide_holds, "_first_limit", lambda *_: None)
    monkeypatch.setattr(decide_holds, "_pin", lambda *_: (Pin(lot.lot_id, 6),))
    books.grant(ada, 100)
    before = _all_rows(books)
    with pytest.raises(BelowZero, match=lot.lot_id):
        books.hold(ada, 6)
    monkeypatch.setattr(posting, "MAY_OWE", ("/issuance", "/debt", "/available"))
    with pytest.raises(REFUSED, match=CHECK):
        books.hold(ada, 6)
    assert _all_rows(books) == before


def test_without_the_window_check_the_guarded_write_refuses(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.hold(ada, 25)
    monkeypatch.setattr(decide_holds, "_first_limit", lambda *_: None)
    with pytest.raises(GuardFailed):
        books.hold(ada, 6)
    assert books.view(ada).held == 25


def test_without_the_window_check_even_the_first_hold_of_a_day_is_refused(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    monkeypatch.setattr(decide_holds, "_first_limit", lambda *_: None)
    with pytest.raises(REFUSED, match=CHECK):
        books.hold(ada, 31)


@pytest.mark.parametrize(("key", "refusal"), [(None, REFUSED), ("another key", GuardFailed)])
def test_a_second_end_decided_on_a_stale_row_is_refused(books: Books, key: str | None, refusal: Any) -> None:
    ada = books.open_wallet()
    books.grant(ada, 100)
    command = Release(books.hold(ada, 8).hold_id, "cancelled")
    books.hold(ada, 50)
    stale = books.db.read(lambda tx: load(tx, command))
    books.settle(command.hold_id, 3)
    before = _all_rows(books)
    effects = decide(stale, command, Moment(books.clock.now(), "stale"))
    assert isinstance(effects, Effects)
    effects = effects if key is None else replace(effects, effect_key=key)
    asked = Asked("{}", "usr_eve", Moment(books.clock.now(), "stale"))
    with pytest.raises(refusal):
        books.db.write_blocking(lambda tx: apply(tx, effects, post(effects, ground(tx, effects), asked)))
    assert _all_rows(books) == before


def test_a_window_keeps_the_cap_of_the_last_hold_it_took(books: Books) -> None:
    ada = books.open_wallet(FREE)
    books.grant(ada, 100)
    books.hold(ada, 1)
    books.grant(ada, 500, GrantSource.PURCHASE)
    books.hold(ada, 1)
    assert books.rows("SELECT cap FROM windows WHERE period = 'month'") == [(800,)]


def test_a_purchase_raises_the_monthly_cap_only_until_it_ends(books: Books) -> None:
    ada = books.open_wallet(PlanCaps(monthly_allocation=10))
    books.grant(ada, 50, GrantSource.PURCHASE, ends_in=timedelta(minutes=5))
    assert books.view(ada).monthly.cap == 60
    books.clock.advance(timedelta(minutes=5))
    assert books.view(ada).monthly.cap == 10


def _all_rows(books: Books) -> list[list[tuple[Any, ...]]]:
    tables = (
        "accounts",
        "lots",
        "holds",
        "windows",
        "entries",
        "transfers",
        "effects",
        "audit",
        "grants",
        "wallets",
    )
    return [books.rows(f"SELECT * FROM {table}") for table in tables]
