"""Work done as one set: what of it fails hurts nobody else, and nobody is told what is not durable."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw
import psycopg
import pytest
from studio_server.storage import CommitFailed, NestedWrite, StoreBusy, WritesStopped
from studio_server.storage.joint import Answered
from studio_server.storage.postgres.arrays import array, columns_of
from studio_server.storage.rowwise import RowWrite
from studio_server.storage.writer import QUEUE_LIMIT

from tests.storage.test_writer import HeldWriter, OwnFault, note, notes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from studio_server.storage import Database, Store, Tx
    from studio_server.storage.tx import Engine

NOTES = RowWrite("INSERT INTO notes (note)", {"note": "text"})
RENAMED = RowWrite("UPDATE notes SET note = :to", {"to": "text", "of": "text"}, "note = :of")
BROKEN = (apsw.ConstraintError, psycopg.IntegrityError)


@dataclass
class Noting:
    """Writes notes together; refuses "no", leaves "alone" to be done alone, fails whole at "boom"."""

    sets: list[list[str]] = field(default_factory=list[list[str]])
    alones: list[str] = field(default_factory=list[str])
    fewest: dict[Engine, int] = field(default_factory=lambda: {"sqlite": 1, "postgresql": 1})

    def together(self, tx: Tx, asked: Sequence[str]) -> list[Answered | None]:
        """All that can be written at once."""
        self.sets.append(list(asked))
        tx.write_rows([(NOTES, [(text,) for text in asked if text not in {"no", "alone"}])])
        if "boom" in asked:
            raise OwnFault("boom")
        return [_answer(text) for text in asked]

    def alone(self, tx: Tx, asked: str) -> str:
        """One of them."""
        self.alones.append(asked)
        tx.execute("INSERT INTO notes VALUES (?)", (asked,))
        if asked == "boom":
            raise OwnFault(asked)
        return f"{asked}, alone"


def _answer(text: str) -> Answered | None:
    if text == "alone":
        return None
    return Answered(refusal=OwnFault(text)) if text == "no" else Answered(text)


async def _asked(database: Store, noting: Noting, *texts: str) -> list[Any]:
    with HeldWriter(database):
        answers = [asyncio.ensure_future(database.write_jointly(noting, text)) for text in texts]
        await asyncio.sleep(0)
    return await asyncio.gather(*answers, return_exceptions=True)


async def test_what_waits_together_is_one_set_and_what_it_leaves_is_done_alone(database: Store) -> None:
    noting = Noting()
    found = await _asked(database, noting, "a", "alone", "b", "no")
    assert [found[0], found[1], found[2]] == ["a", "alone, alone", "b"]
    assert isinstance(found[3], OwnFault)
    assert noting.sets == [["a", "alone", "b", "no"]]
    assert noting.alones == ["alone"]
    assert notes(database) == ["a", "alone", "b"]


async def test_a_set_that_is_too_small_is_done_alone(database: Store) -> None:
    noting = Noting(fewest={"sqlite": 3, "postgresql": 3})
    assert await _asked(database, noting, "a", "b") == ["a, alone", "b, alone"]
    assert await _asked(database, noting, "c", "d", "e") == ["c", "d", "e"]
    assert noting.sets == [["c", "d", "e"]]
    assert notes(database) == ["a", "b", "c", "d", "e"]


async def test_what_was_kept_before_writes_were_stopped_is_not_acknowledged(database: Store) -> None:
    def stopping(tx: Tx) -> None:
        tx.execute("INSERT INTO notes VALUES ('b')")
        database.stop_writes("the books are wrong")

    with HeldWriter(database):
        answers = [asyncio.ensure_future(database.write(work)) for work in (note("a"), stopping, note("c"))]
        await asyncio.sleep(0)
    found = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(one) for one in found] == [CommitFailed, CommitFailed, WritesStopped]
    assert notes(database) == []


async def test_a_set_that_fails_is_undone_and_each_of_it_is_done_alone(database: Store) -> None:
    noting = Noting()
    found = await _asked(database, noting, "a", "boom", "b")
    assert [found[0], found[2]] == ["a, alone", "b, alone"]
    assert isinstance(found[1], OwnFault)
    assert notes(database) == ["a", "b"]


async def test_a_row_that_the_database_refuses_hurts_only_who_asked_for_it(database: Store) -> None:
    database.write_blocking(note("b"))
    found = await _asked(database, Noting(), "a", "b", "c")
    assert [found[0], found[2]] == ["a, alone", "c, alone"]
    assert isinstance(found[1], BROKEN)
    assert notes(database) == ["a", "b", "c"]


async def test_sets_and_other_work_share_a_commit_and_do_not_mix(database: Store) -> None:
    first, second = Noting(), Noting()
    with HeldWriter(database):
        answers = [
            asyncio.ensure_future(database.write_jointly(first, "a")),
            asyncio.ensure_future(database.write(note("b"))),
            asyncio.ensure_future(database.write_jointly(second, "c")),
            asyncio.ensure_future(database.write_jointly(first, "d")),
        ]
        await asyncio.sleep(0)
    assert await asyncio.gather(*answers) == ["a", "b", "c", "d"]
    assert (first.sets, second.sets) == ([["a", "d"]], [["c"]])


async def test_what_was_cancelled_before_it_began_is_not_in_the_set(database: Store) -> None:
    noting = Noting()
    with HeldWriter(database):
        cancelled = asyncio.ensure_future(database.write_jointly(noting, "a"))
        kept = asyncio.ensure_future(database.write_jointly(noting, "b"))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
    assert await kept == "b"
    assert noting.sets == [["b"]]
    assert notes(database) == ["b"]


async def test_a_set_whose_commit_failed_is_answered_to_nobody(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, commits = sqlite._writer._session, list[bool]()
    commit = session.commit

    def fail_at_the_set(at: datetime, *, wrote: bool) -> None:
        commits.append(wrote)
        if len(commits) > 1:
            raise CommitFailed(sqlite.path, "the disk is gone")
        commit(at, wrote=wrote)

    monkeypatch.setattr(session, "commit", fail_at_the_set)
    found = await _asked(sqlite, Noting(), "a", "b")
    assert [type(one) for one in found] == [CommitFailed, CommitFailed]
    with pytest.raises(WritesStopped):
        await sqlite.write_jointly(Noting(), "c")


async def test_a_full_queue_refuses_a_part_of_a_set_too(database: Store) -> None:
    with HeldWriter(database):
        answers = [asyncio.ensure_future(database.write(lambda _: None)) for _ in range(QUEUE_LIMIT)]
        await asyncio.sleep(0)
        with pytest.raises(StoreBusy):
            await database.write_jointly(Noting(), "a")
    await asyncio.gather(*answers)
    assert notes(database) == []


async def test_an_answer_reaches_every_loop_that_waits_and_a_closed_one_hurts_nobody(database: Store) -> None:
    gone = asyncio.new_event_loop()

    def ask_and_leave() -> None:
        gone.run_until_complete(_begin(database))
        gone.close()

    with HeldWriter(database):
        await asyncio.to_thread(ask_and_leave)
        here = asyncio.ensure_future(database.write(note("b")))
        there = asyncio.ensure_future(asyncio.to_thread(asyncio.run, database.write(note("c"))))
        await asyncio.sleep(0)
    assert await asyncio.gather(here, there) == ["b", "c"]
    assert notes(database) == ["a", "b", "c"]


async def _begin(database: Store) -> None:
    """Queue a write and go away without waiting for it."""
    database._writer.awaited(note("a"))


def test_joint_work_from_inside_a_write_is_refused_instead_of_waiting_for_itself(database: Store) -> None:
    async def inside() -> None:
        await database.write_jointly(Noting(), "a")

    with pytest.raises(NestedWrite):
        database.write_blocking(lambda _: asyncio.run(inside()))


def test_rows_that_are_not_there_are_not_counted_as_changed(database: Store) -> None:
    rows = [("x", "a"), ("y", "b"), ("z", "none")]
    changes = database.write_blocking(
        lambda tx: tx.write_rows([(NOTES, [("a",), ("b",)]), (NOTES, []), (RENAMED, rows)])
    )
    assert changes == [2, 0, 2]
    assert notes(database) == ["x", "y"]


ODD = ["", "a,b", '"', "\\", "{}", "NULL", " ", "\n\t", "é", "𝄞", 'a\\"b']


def test_odd_texts_come_back_as_they_were_written(database: Store) -> None:
    database.write_blocking(lambda tx: tx.write_rows([(NOTES, [(text,) for text in ODD])]))
    assert sorted(notes(database)) == sorted(ODD)

    def read(tx: Tx) -> list[str]:
        these, given = tx.among(ODD)
        return [row[0] for row in tx.execute(f"SELECT note FROM notes WHERE note {these}", (given,))]

    assert sorted(database.read(read)) == sorted(ODD)


def test_an_array_says_none_numbers_and_bytes_as_postgresql_reads_them() -> None:
    assert array([None, "NULL", 'q"\\'], "text") == '{NULL,"NULL","q\\"\\\\"}'
    assert array(["a", "b,c", ""], "text") == '{"a","b,c",""}'
    assert array(["a", '"'], "text") == '{"a","\\""}'
    assert array([], "text") == "{}"
    assert array([1, None, -2], "bigint") == "{1,NULL,-2}"
    assert array([b"\x00\xff"], "bytea") == '{"\\\\x00ff"}'
    assert columns_of([(1, "a"), (2, "b")], ["bigint", "text"]) == ["{1,2}", '{"a","b"}']
