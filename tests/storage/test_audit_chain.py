"""The hash chain over everything that was done."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from studio_server.storage.audit_chain import (
    FRAMES,
    GENESIS,
    Act,
    append,
    append_all,
    digest,
    digest_of_texts,
    first_broken,
    head,
)

if TYPE_CHECKING:
    from studio_server.storage import Store, Tx


def _append(database: Store, count: int) -> None:
    for number in range(count):
        database.write_blocking(
            lambda tx, number=number: append(tx, Act("usr_ada", "did", f"thing {number}", ""))
        )


def test_an_empty_chain_stands_at_its_beginning(database: Store) -> None:
    found = database.read(head)
    assert (found.sequence, found.hash, found.count) == (0, GENESIS, 0)
    assert database.read(first_broken) is None


def test_acts_put_on_the_chain_together_stand_as_if_each_had_come_alone(database: Store) -> None:
    acts = [Act("usr_ada", "did", f"thing {number}", "") for number in range(70)]
    _append(database, 3)
    assert database.write_blocking(lambda tx: append_all(tx, acts)) == 73
    assert database.write_blocking(lambda tx: append_all(tx, [])) == 73
    _append(database, 1)
    subjects = database.read(lambda tx: tx.execute("SELECT subject FROM audit ORDER BY sequence"))
    assert [row[0] for row in subjects[3:73]] == [act.subject for act in acts]
    assert database.read(first_broken) is None


def test_every_row_continues_the_one_before(database: Store) -> None:
    _append(database, 5)
    found = database.read(head)
    assert (found.sequence, found.count) == (5, 5)
    assert database.read(first_broken) is None


REFUSED = (apsw.ConstraintError, psycopg.IntegrityError)
ROW = (
    "INSERT INTO audit SELECT ?, recorded_us, 'usr_eve', action, subject, details, record_digest, ?, ?"
    " FROM audit WHERE sequence = 1"
)
"""A row of sequence, previous hash and hash."""


@pytest.mark.parametrize("sequence", [-1, 0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("continued", [0, 1, 2, 3])
def test_the_database_refuses_a_row_that_does_not_continue_the_last_one(
    database: Store, sequence: int, continued: int
) -> None:
    _append(database, 3)
    query = "SELECT hash FROM audit ORDER BY sequence"
    hashes = [GENESIS, *(row[0] for row in database.read(lambda tx: tx.execute(query)))]
    row = (sequence, hashes[continued], digest((b"forked",)))
    if (sequence, continued) == (4, 3):
        database.write_blocking(lambda tx: tx.execute(ROW, row))
    else:
        with pytest.raises(REFUSED):
            database.write_blocking(lambda tx: tx.execute(ROW, row))
    assert database.read(head).count == 3 + ((sequence, continued) == (4, 3))


def test_the_database_refuses_a_first_row_that_continues_something(database: Store) -> None:
    values = "VALUES (1, 1, 'a', 'b', 'c', 'd', ?, ?, ?)"
    row = (GENESIS, digest((b"before",)), digest((b"after",)))
    with pytest.raises(REFUSED, match="continues the one before"):
        database.write_blocking(lambda tx: tx.execute(f"INSERT INTO audit {values}", row))


def test_a_row_with_the_hash_of_the_row_before_is_refused(database: Store) -> None:
    _append(database, 3)
    last = database.read(head).hash
    with pytest.raises(REFUSED, match=r"CHECK|check constraint"):
        database.write_blocking(lambda tx: tx.execute(ROW, (4, last, last)))


def test_without_its_trigger_the_chain_forks_and_the_fork_is_found(database: Store) -> None:
    _append(database, 3)

    def fork(tx: Tx) -> None:
        tx.execute(f"DROP TRIGGER audit_continues{' ON audit' if tx.engine == 'postgresql' else ''}")
        tx.execute(ROW, (4, GENESIS, digest((b"forked",))))

    database.write_blocking(fork)
    assert database.read(first_broken) == 4


def test_rows_can_be_neither_changed_nor_removed(database: Store) -> None:
    _append(database, 2)
    for statement in ("UPDATE audit SET actor = 'eve'", "DELETE FROM audit WHERE sequence = 2"):
        with pytest.raises((apsw.ConstraintError, psycopg.IntegrityError), match="never"):
            database.write_blocking(lambda tx, statement=statement: tx.execute(statement))


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE sequence = 3", 3),
        ("UPDATE audit SET recorded_us = recorded_us - 1 WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("UPDATE audit SET record_digest = hash WHERE sequence = 5", 5),
    ],
)
def test_a_change_behind_the_triggers_is_found_at_its_row(database: Store, damage: str, broken: int) -> None:
    _append(database, 6)

    def behind_the_triggers(tx: Tx) -> None:
        for trigger in ("audit_never_updated", "audit_never_deleted"):
            tx.execute(f"DROP TRIGGER {trigger}{' ON audit' if tx.engine == 'postgresql' else ''}")
        tx.execute(damage)

    database.write_blocking(behind_the_triggers)
    assert database.read(first_broken) == broken


def test_fields_cannot_run_into_each_other() -> None:
    assert digest((b"ab", b"c")) != digest((b"a", b"bc"))
    assert digest((b"a", b"")) != digest((b"a",))


def _plain_digest(texts: list[str]) -> bytes:
    """The digest field after field: eight bytes of length, then the text in UTF-8."""
    plain = hashlib.sha256()
    for text in texts:
        plain.update(len(text.encode()).to_bytes(8, "big") + text.encode())
    return plain.digest()


@given(st.lists(st.text(st.characters(codec="utf-8")) | st.text(st.characters(codec="ascii"), max_size=300)))
@example(["x" * 127, "x" * 128, "x" * 255, "x" * 256])
@example(["é" * 127, "x" * 128, "\U0001f600"])
@example(["x" * (len(FRAMES) - 1)])
@example(["x" * len(FRAMES)])
@example(["x" * len(FRAMES), "\0", ""])
@settings(deadline=None, print_blob=True)
def test_texts_have_the_digest_of_their_bytes_each_after_its_length(texts: list[str]) -> None:
    assert digest_of_texts(texts) == _plain_digest(texts)
    assert digest([text.encode() for text in texts]) == _plain_digest(texts)
