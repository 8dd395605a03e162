"""Answers already given: scoped to who asked what, stored with the effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest
from studio_server.storage.idempotency import KeyReused, Scope, forget_before, remember, remembered

if TYPE_CHECKING:
    from studio_server.clock import FixedClock
    from studio_server.storage import Store, Tx

SCOPE = Scope("usr_ada", "POST", "/api/data-studio/quality/run", "key-1")
BODY = bytes(32)


def test_a_stored_answer_is_told_again(database: Store, clock: FixedClock) -> None:
    database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, '{"run":"run_1"}'))
    found = database.read(lambda tx: remembered(tx, SCOPE, BODY))
    assert found is not None
    assert (found.status, found.answer_json, found.created_at) == (202, '{"run":"run_1"}', clock.now())


def test_another_body_under_the_key_is_refused(database: Store) -> None:
    database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, "{}"))
    with pytest.raises(KeyReused) as refused:
        database.read(lambda tx: remembered(tx, SCOPE, b"other"))
    assert refused.value.scope == SCOPE


@pytest.mark.parametrize("part", ["principal_id", "method", "path", "key"])
def test_an_answer_is_never_told_to_another_scope(database: Store, part: str) -> None:
    database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, "{}"))
    other = replace(SCOPE, **{part: "another"})
    assert database.read(lambda tx: remembered(tx, other, BODY)) is None


def test_an_effect_that_fails_leaves_no_key_behind(database: Store) -> None:
    def remember_then_fail(tx: Tx) -> None:
        remember(tx, SCOPE, BODY, 202, "{}")
        tx.execute("INSERT INTO notes VALUES (NULL), (NULL)")
        tx.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises((apsw.Error, psycopg.Error)):
        database.write_blocking(remember_then_fail)
    assert database.read(lambda tx: remembered(tx, SCOPE, BODY)) is None


def test_one_key_cannot_be_stored_twice(database: Store) -> None:
    database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, "{}"))
    with pytest.raises((apsw.ConstraintError, psycopg.IntegrityError)):
        database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, "{}"))


def test_only_answers_older_than_asked_are_forgotten(database: Store, clock: FixedClock) -> None:
    database.write_blocking(lambda tx: remember(tx, SCOPE, BODY, 202, "{}"))
    clock.advance(timedelta(days=30))
    young = replace(SCOPE, key="key-2")
    database.write_blocking(lambda tx: remember(tx, young, BODY, 202, "{}"))
    assert database.write_blocking(lambda tx: forget_before(tx, clock.now())) == 1
    assert database.read(lambda tx: remembered(tx, young, BODY)) is not None
