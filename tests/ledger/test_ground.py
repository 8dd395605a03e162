"""What is read ahead of a decision is what would be read after it, and nothing is read in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from studio_server.ledger import GuardFailed, PlaceHold, Release, Settle, VoidGrant
from studio_server.ledger import ledger as ledger_module
from studio_server.ledger.apply import END
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, Moment
from studio_server.ledger.ground import HEAD, ahead, ground
from studio_server.ledger.load import loader
from studio_server.ledger.posting import Ground

if TYPE_CHECKING:
    from studio_server.ledger.commands import Command
    from studio_server.storage import Tx

    from tests.ledger.books import Books


def _known_and_read(books: Books, command: Command) -> tuple[Ground, Ground, bool]:
    """The ground read ahead, the one read afterwards, and whether the first was enough."""

    def read(tx: Tx) -> tuple[Ground, Ground, bool]:
        reads = loader(command, tx.now)
        found = [result.rows for result in tx.batch([(HEAD, ("no such key",)), *reads.statements])]
        known = ahead(found[0][0], reads, found[1:])
        effects = decide(reads.build(found[1:]), command, Moment(tx.now, "serial"))
        assert isinstance(effects, Effects)
        wanted = ground(tx, effects)
        return known, wanted, ground(tx, effects, known) is known

    return books.db.read(read)


def _wallet(books: Books) -> str:
    ada = books.open_wallet()
    for amount in (4, 9, 100):
        books.grant(ada, amount)
    books.settle(books.hold(ada, 6).hold_id, 5)
    return ada


def _commands(books: Books) -> list[Command]:
    ada = _wallet(books)
    hold_id = books.hold(ada, 20).hold_id
    place = PlaceHold("next", ada, "run_next", 50, "prices-1", 60)
    return [
        place,
        Settle(hold_id, 0, "prices-1"),
        Settle(hold_id, 20, "prices-1"),
        Release(hold_id, "cancelled"),
    ]


@pytest.mark.parametrize("which", range(4))
def test_what_is_read_ahead_of_a_hold_or_its_end_is_where_the_journal_stands(
    books: Books, which: int
) -> None:
    known, read, enough = _known_and_read(books, _commands(books)[which])
    assert enough
    assert known.accounts.items() >= read.accounts.items()
    assert len(read.accounts) >= 2
    assert known.totals == read.totals
    assert (known.effect, known.entry, known.audit, known.audit_hash) == (
        *(read.effect, read.entry, read.audit),
        read.audit_hash,
    )


def test_the_accounts_of_a_debt_are_read_after_the_decision(books: Books) -> None:
    ada = books.open_wallet()
    given = books.grant(ada, 30)
    hold_id = books.hold(ada, 8).hold_id
    books.settle(books.hold(ada, 20).hold_id, 20)
    books.do(VoidGrant("void", given.grant_id, "refunded"))
    books.grant(books.open_wallet(owner="usr_bob"), 5)
    known, read, enough = _known_and_read(books, Settle(hold_id, 3, "prices-1"))
    assert not enough
    assert f"{ada}/debt" in read.accounts.keys() - known.accounts.keys()


def test_a_settlement_that_does_not_look_at_the_ground_is_refused(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = _wallet(books)
    hold_id = books.hold(ada, 20).hold_id

    def stale(head: Any, reads: Any, found: Any) -> Ground:
        known = ahead(head, reads, found)
        accounts = {name: (balance + 1, version) for name, (balance, version) in known.accounts.items()}
        return Ground(known.effect, known.entry, known.audit, known.audit_hash, accounts, known.totals)

    monkeypatch.setattr(ledger_module, "ahead", stale)
    before = books.view(ada)
    with pytest.raises((GuardFailed, apsw.ConstraintError), match=r"as loaded|continues the one before"):
        books.settle(hold_id, 3)
    assert books.view(ada) == before


def test_a_hold_that_ends_is_found_by_its_key_and_not_among_all_open_holds(books: Books) -> None:
    explain = "EXPLAIN" if books.url else "EXPLAIN QUERY PLAN"
    params = ("settled", 1, 0, 1, "hold_1", 1)
    by_state = END.replace("ended_us IS NULL", "state = 'open' AND wallet_id = 'wal_1'")
    for sql, among_all in ((END, False), (by_state.replace("hold_id = ? AND", "purpose = ? AND"), True)):
        plan = books.rows(f"{explain} {sql}", *params)
        assert any("holds_open" in str(row) for row in plan) is among_all
