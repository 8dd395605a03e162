"""Estimates reach the chain in few writes, none is lost silently, and stopping writes the rest."""

import asyncio

import pytest
from studio_server.audit.events import EstimateMade, NotForTheRecord
from studio_server.audit.recorder import MOST_TOGETHER, Recorder
from studio_server.storage.audit_chain import first_broken
from studio_server.storage.errors import DatabaseClosed

from tests.ledger.books import Books


def estimate(number: int = 1, tool: str = "toy-studio-count") -> EstimateMade:
    return EstimateMade(
        tool,
        price_version="p1",
        input_digest="sha256:00",
        typical_credits=3,
        max_credits=6,
        refused_by=None,
        asked_us=number,
    )


def counted(books: Books, action: str) -> int:
    return books.rows("SELECT count(*) FROM audit WHERE action = ?", action)[0][0]


async def test_a_flood_of_estimates_is_written_256_in_a_transaction(
    either: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[object] = []
    write = either.db.write

    async def counting(work: object) -> object:
        writes.append(work)
        return await write(work)

    monkeypatch.setattr(either.db, "write", counting)
    recorder = Recorder(either.db)
    for number in range(1_000):
        recorder.take("anonymous", estimate(number))
    await recorder.flush()
    assert len(writes) == -(-1_000 // MOST_TOGETHER)
    assert counted(either, "estimate") == 1_000
    assert [row[0] for row in either.rows("SELECT details FROM audit ORDER BY sequence")] == [
        f'{{"asked_us":{number},"input_digest":"sha256:00","max_credits":6,"price_version":"p1",'
        f'"refused_by":null,"typical_credits":3}}'
        for number in range(1_000)
    ]
    assert either.db.read(first_broken) is None


async def test_what_does_not_fit_is_counted_and_the_count_is_on_the_chain(either: Books) -> None:
    recorder = Recorder(either.db, most_waiting=10)
    for number in range(17):
        recorder.take("anonymous", estimate(number))
    assert recorder.waiting == 10
    await recorder.flush()
    assert counted(either, "estimate") == 10
    assert either.rows("SELECT actor, details FROM audit WHERE action = 'events_missed'") == [
        ("system", '{"missed":7}')
    ]
    await recorder.flush()
    assert counted(either, "events_missed") == 1


async def test_nothing_that_waits_is_not_worth_a_write(books: Books) -> None:
    before = books.rows("SELECT at_us FROM recorded_time")
    await Recorder(books.db).flush()
    assert books.rows("SELECT at_us FROM recorded_time") == before


async def test_stopping_writes_what_waits_without_waiting_for_the_second(books: Books) -> None:
    recorder = Recorder(books.db)
    running = asyncio.get_running_loop().create_task(recorder.run())
    recorder.take("anonymous", estimate())
    recorder.stop()
    await running
    assert (counted(books, "estimate"), recorder.waiting) == (1, 0)


async def test_256_waiting_estimates_are_written_before_their_time_is_over(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_server.audit.recorder.INTERVAL_SECONDS", 3_600.0)
    written, write = asyncio.Event(), books.db.write

    async def telling(work: object) -> None:
        await write(work)
        written.set()

    monkeypatch.setattr(books.db, "write", telling)
    recorder = Recorder(books.db)
    running = asyncio.get_running_loop().create_task(recorder.run())
    for number in range(MOST_TOGETHER):
        recorder.take("anonymous", estimate(number))
    await asyncio.wait_for(written.wait(), 60)
    assert counted(books, "estimate") == MOST_TOGETHER
    recorder.stop()
    await running


async def test_what_could_not_be_written_waits_on_and_keeps_its_order(books: Books) -> None:
    recorder = Recorder(books.db)
    recorder.take("anonymous", estimate(1))
    recorder.take("anonymous", estimate(2))
    books.db.close()
    with pytest.raises(DatabaseClosed):
        await recorder.flush()
    assert recorder.waiting == 2


async def test_a_write_that_fails_does_not_end_the_task_and_stopping_it_does_not_wait(books: Books) -> None:
    recorder = Recorder(books.db)
    books.db.close()
    running = asyncio.get_running_loop().create_task(recorder.run())
    for number in range(MOST_TOGETHER):
        recorder.take("anonymous", estimate(number))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not running.done()
    recorder.stop()
    async with asyncio.timeout(5):
        await running
    assert recorder.waiting == MOST_TOGETHER


async def test_an_estimate_with_a_persons_words_does_not_even_wait(books: Books) -> None:
    recorder = Recorder(books.db)
    with pytest.raises(NotForTheRecord):
        recorder.take("anonymous", estimate(tool="Ada's tool"))
    assert recorder.waiting == 0


async def test_two_flushes_at_once_put_each_event_on_record_once(either: Books) -> None:
    recorder = Recorder(either.db)
    for number in range(600):
        recorder.take("anonymous", estimate(number))
    await asyncio.gather(recorder.flush(), recorder.flush(), recorder.flush())
    assert counted(either, "estimate") == 600
    assert recorder.waiting == 0
