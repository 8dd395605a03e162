"""What the checker says of damage to members' and envelopes' windows, debts and reversals."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.ledger import (
    GrantSource,
    OpenEnvelope,
    PlaceHold,
    Reverse,
    SetMember,
    SetWalletState,
    VoidGrant,
    WalletNotOpen,
    WalletState,
)
from studio_server.ledger.checker import check

from tests.ledger.books import PRICES, Books

if TYPE_CHECKING:
    from pathlib import Path

DAMAGE = {
    "a member's window": ("UPDATE windows SET settled = settled + 1 WHERE period = 'member'", 11),
    "an envelope's window": ("UPDATE windows SET held = held + 1 WHERE period = 'envelope'", 11),
    "what a window got back": ("UPDATE windows SET reversed = 0 WHERE period = 'month' AND reversed > 0", 11),
    "what a hold got back": ("UPDATE holds SET reversed = 0 WHERE reversed > 0", 6),
    "a debt": ("UPDATE accounts SET balance = balance + 1 WHERE kind = 'debt' AND balance < 0", 4),
}


@pytest.fixture
def lived(tmp_path: Path) -> Books:
    """Books with a member, an envelope, a reversal and a debt; the test may damage them."""
    books = Books(tmp_path / "books.db")
    team, bob = books.open_wallet(owner="team_1"), books.open_wallet(owner="usr_bob")
    bought = books.grant(bob, 20, GrantSource.PURCHASE)
    books.grant(team, 100, GrantSource.PURCHASE)
    books.do(SetMember("m", team, "usr_ada", 50))
    ends_at = books.clock.now() + timedelta(hours=1)
    envelope = books.do(OpenEnvelope("e", team, "notebook", 40, ends_at)).envelope_id
    who: dict[str, Any] = {"member_id": "usr_ada", "envelope_id": envelope}
    for number in (1, 2, 3):
        books.do(PlaceHold(f"h{number}", team, "run", 8, PRICES, 60, **who))
    first, second = (row[0] for row in books.rows("SELECT hold_id FROM holds ORDER BY hold_id LIMIT 2"))
    books.settle(first, 5)
    books.settle(second, 6)
    books.do(Reverse(f"hold:{second}:terminal", "platform error"))
    books.settle(books.hold(bob, 20).hold_id, 20)
    books.do(VoidGrant("refund", bought.grant_id, "refund"))
    assert books.violations() == []
    return books


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_rule_finds_the_damage_it_is_there_for(lived: Books, damage: str) -> None:
    statement, invariant = DAMAGE[damage]
    lived.db.close()
    with closing(sqlite3.connect(lived.path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(statement).rowcount > 0
    lived.reopen()
    assert invariant in {found.invariant for found in lived.db.read(check) if found.invariant != 12}
    lived.db.close()


def test_a_grant_of_a_closed_wallet_is_refused_under_the_wallets_name(tmp_path: Path) -> None:
    books = Books(tmp_path / "books.db")
    ada = books.open_wallet()
    bought = books.grant(ada, 5, GrantSource.PURCHASE)
    books.do(SetWalletState("close", ada, WalletState.CLOSED, "left"))
    with pytest.raises(WalletNotOpen) as refused:
        books.do(VoidGrant("refund", bought.grant_id, "refund"))
    assert refused.value.wallet_id == ada
    books.db.close()
