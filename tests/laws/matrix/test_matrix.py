"""Whatever a command is, and however it is asked again, it takes effect once and is answered the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest
from studio_server.ledger import EffectKeyReused, HoldFinished, LedgerRefusal
from studio_server.ledger.commands import Command

from tests.laws.machine.engines import POSTGRESQL, SQLITE, Engine
from tests.laws.matrix.commands import MAKERS
from tests.ledger.books import Books

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT_ONCE = 16
TABLES = ("accounts", "entries", "holds", "lots", "transfers", "windows", "members", "envelopes", "wallets")


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """Open books that must still be right when the test is over."""
    engine = Engine.fresh(request.param, tmp_path)
    opened = Books(engine.path, url=engine.url)
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


def everything(books: Books) -> list[Any]:
    """What the tables hold, without the audit chain, which only grows."""
    return [sorted(books.rows(f"SELECT * FROM {table}"), key=repr) for table in (*TABLES, "effects")]


def in_one_transaction(books: Books, command: Any) -> list[Any]:
    return books.db.write_blocking(lambda tx: [books.ledger.execute(tx, command) for _ in range(2)])


def one_after_the_other(books: Books, command: Any) -> list[Any]:
    return [books.do(command) for _ in range(2)]


def after_a_restart(books: Books, command: Any) -> list[Any]:
    first = books.do(command)
    books.reopen()
    return [first, books.do(command)]


def after_hours(books: Books, command: Any) -> list[Any]:
    first = books.do(command)
    books.clock.advance(timedelta(hours=30))
    return [first, books.do(command)]


def at_once(books: Books, command: Any) -> list[Any]:
    start = threading.Barrier(AT_ONCE)

    def ask(_: int) -> Any:
        start.wait(30)
        return books.do(command)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(AT_ONCE)))


WAYS = (in_one_transaction, one_after_the_other, after_a_restart, after_hours, at_once)
EVERYWHERE = (*((SQLITE, way) for way in WAYS), (POSTGRESQL, after_a_restart), (POSTGRESQL, at_once))


@pytest.mark.parametrize(("books", "way"), EVERYWHERE, indirect=["books"])
@pytest.mark.parametrize("kind", MAKERS)
def test_asked_again_it_takes_effect_once_and_answers_the_same(
    books: Books, kind: str, way: Callable[[Books, Any], list[Any]]
) -> None:
    command = MAKERS[kind](books).command
    before = books.rows("SELECT count(*) FROM effects")[0][0]
    answers = way(books, command)
    assert len(set(answers)) == 1
    recorded = books.rows("SELECT count(*) FROM effects")[0][0] - before
    assert recorded == (2 if kind == "transfer" else 1)
    once = everything(books)
    assert books.do(command) == answers[0]
    assert everything(books) == once


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("kind", MAKERS)
def test_another_body_under_its_key_is_refused_and_changes_nothing(
    books: Books, kind: str, restart: bool
) -> None:
    asked = MAKERS[kind](books)
    answer = books.do(asked.command)
    if restart:
        books.reopen()
    before = everything(books)
    for other in asked.others:
        with pytest.raises((EffectKeyReused, HoldFinished)):
            books.do(other)
    assert everything(books) == before
    assert books.do(asked.command) == answer


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind != "expire_lot"])
def test_of_16_with_other_bodies_at_once_one_command_alone_takes_effect(books: Books, kind: str) -> None:
    asked = MAKERS[kind](books)
    bodies = [(asked.command, *asked.others)[number % (1 + len(asked.others))] for number in range(AT_ONCE)]
    start = threading.Barrier(AT_ONCE)

    def ask(command: Any) -> Any:
        start.wait(30)
        try:
            return books.do(command)
        except LedgerRefusal as refusal:
            return refusal

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(ask, bodies))
    won = {answer for answer in answers if not isinstance(answer, Exception)}
    assert len({answer for answer in won if not getattr(answer, "late", False)}) <= 1
    assert won


@pytest.mark.parametrize("kind", ["issue_grant", "place_hold", "set_member"])
def test_under_a_new_key_for_every_try_it_would_take_effect_twice(books: Books, kind: str) -> None:
    """The twin: what counts the effects of a repeated command sees one too many."""
    command = MAKERS[kind](books).command
    again = {"effect_key": "other"} | ({"reference": "other"} if kind == "issue_grant" else {})
    before = books.rows("SELECT count(*) FROM effects")[0][0]
    books.do(command)
    books.do(replace(command, **again))
    assert books.rows("SELECT count(*) FROM effects")[0][0] == before + 2


def test_the_matrix_has_every_command_of_the_ledger() -> None:
    made = {"late_settle", "reverse_settle", "reverse_void", "transfer", "set_state"}
    names = {
        command.__name__.removesuffix("Credits").replace("SetWalletState", "SetState")
        for command in get_args(Command)
    }
    wanted = {"".join(part.title() for part in kind.split("_")) for kind in MAKERS if kind not in made}
    assert names - wanted == {"Reverse", "Transfer", "SetState"}
    assert wanted <= names
