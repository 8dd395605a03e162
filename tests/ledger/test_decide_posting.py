"""From a decision to the lines of the journal: ids, fingerprints, what changes in a lot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from studio_server.ledger.commands import PlaceHold
from studio_server.ledger.decide import decide
from studio_server.ledger.effects import Effects, Move, MoveKind
from studio_server.ledger.posting import Asked, BelowZero, Ground, lot_changes, post, record_digest
from studio_server.storage.audit_chain import GENESIS

from tests.ledger.test_decide import MOMENT, SPENDABLE
from tests.ledger.test_decide_words import GIFT, VALID

ACCOUNTS = {"lot_1/available": (100, 1), "lot_1/held": (0, 0)}


def test_lines_are_numbered_on_from_the_ground_and_transfers_from_nought() -> None:
    effects = decide(SPENDABLE, PlaceHold("key", "wal_1", "run_1", 8, "p1", 60), MOMENT)
    assert isinstance(effects, Effects)
    ground = Ground(4, 10, 6, GENESIS, ACCOUNTS, {"wal_1": (100, 0)})
    posting = post(effects, ground, Asked("body", "system", MOMENT))
    assert [line[0] for line in posting.effects] == [5]
    assert [line[0] for line in posting.transfers] == ["xfer_s1.0"]
    assert [line[0] for line in posting.entries] == [11, 12]
    assert [line[0] for line in posting.audits] == [7]
    assert [line[3:7] for line in posting.entries] == [(-8, 100, 92, 2), (8, 0, 8, 1)]
    assert posting.effects[0][-5:] == (-8, 8, 0, 92, 8)


def test_two_effects_of_one_command_have_serials_and_transfers_of_their_own() -> None:
    state, command = VALID["transfer_credits"]
    lots = tuple(replace(GIFT, lot_id=f"lot_{number}", available=2) for number in (1, 2, 3))
    effects = decide(replace(state, lots=lots), command, MOMENT)
    assert isinstance(effects, Effects)
    ground = Ground(0, 0, 0, GENESIS, {f"lot_{number}/available": (2, 1) for number in (1, 2, 3)}, {})
    posting = post(effects, ground, Asked("body", "system", MOMENT))
    assert [line[2] for line in posting.effects] == ["s1", "s1/1"]
    assert [line[0] for line in posting.transfers] == ["xfer_s1.0", "xfer_s1.1", "xfer_s1.2"]
    assert [line[0] for line in posting.entries] == [1, 2, 3, 4, 5, 6]
    assert [line[0] for line in posting.audits] == [1, 2]


def test_an_account_that_opens_with_a_command_begins_empty_and_unmoved() -> None:
    """The store takes its first change only from there, so what is told of it must be that."""
    effects = decide(*VALID["issue_grant"], MOMENT)
    assert isinstance(effects, Effects)
    ground = Ground(0, 0, 0, GENESIS, {"wal_1/issuance": (-7, 3)}, {})
    posting = post(effects, ground, Asked("body", "system", MOMENT))
    changes = {change.account_id.rpartition("/")[2]: change for change in posting.accounts}
    amount = effects.lots[0].lot.available
    assert (changes["issuance"].before, changes["issuance"].after) == ((-7, 3), (-7 - amount, 4))
    assert (changes["available"].before, changes["available"].after) == ((0, 0), (amount, 1))


@pytest.mark.parametrize(("debt", "passes"), [(-5, True), (-4, False)])
def test_a_debt_is_paid_down_to_nothing_and_never_above(debt: int, passes: bool) -> None:
    effects = Effects("key:k", "cover_debt", "wal_1", None, moves=(Move(MoveKind.COVER, "lot_1", 5),))
    ground = Ground(0, 0, 0, GENESIS, {"lot_1/available": (9, 1), "wal_1/debt": (debt, 1)}, {"wal_1": (9, 0)})
    asked = Asked("body", "system", MOMENT)
    if passes:
        changes = {change.account_id: change.after for change in post(effects, ground, asked).accounts}
        assert changes == {"lot_1/available": (4, 2), "wal_1/debt": (0, 2)}
    else:
        with pytest.raises(BelowZero):
            post(effects, ground, asked)


def test_nothing_is_posted_that_an_account_does_not_hold() -> None:
    effects = decide(SPENDABLE, PlaceHold("key", "wal_1", "run_1", 8, "p1", 60), MOMENT)
    assert isinstance(effects, Effects)
    for balance, passes in ((8, True), (7, False)):
        ground = Ground(0, 0, 0, GENESIS, {"lot_1/available": (balance, 1)}, {})
        if passes:
            post(effects, ground, Asked("body", "system", MOMENT))
        else:
            with pytest.raises(BelowZero):
                post(effects, ground, Asked("body", "system", MOMENT))


def test_a_fingerprint_tells_nothing_from_an_empty_text_and_from_the_word_none() -> None:
    values = [None, "", "None", "\0x", 0, 1]
    assert len({record_digest([[value]]) for value in values}) == len(values)


def test_a_lot_that_a_move_names_but_does_not_change_is_left_out() -> None:
    assert lot_changes([Move(MoveKind.OWE, "lot_1", 5)]) == {}
    assert lot_changes([Move(MoveKind.HOLD, "lot_1", 5)]) == {"lot_1": [-5, 5, 0, 0, 0]}
