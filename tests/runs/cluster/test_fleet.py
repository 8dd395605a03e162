"""Which worker a run goes to, and when a worker counts as gone."""

import asyncio

import pytest
from studio_server.runs.executor.cluster.fleet import Fleet
from studio_server.runs.executor.cluster.wire import Introduction
from studio_server.runs.executor.protocol import Layer


def worker(
    incarnation: str = "x", *, slots: int = 2, version: str = "1", present: bool = True
) -> Introduction:
    return Introduction(incarnation, version, slots, (Layer("sandbox", present, "keeps it in"),), 4, 1 << 34)


def fleet(**workers: Introduction) -> Fleet:
    made = Fleet("1")
    for address, said in workers.items():
        made.admit(address, said, now=0.0)
    return made


async def seats(where: Fleet, count: int) -> list[str]:
    return [(await where.seat(f"{len(where.members)}-{number}")).address for number in range(count)]


async def test_runs_go_to_the_worker_with_most_free_slots() -> None:
    assert await seats(fleet(a=worker(slots=1), b=worker(slots=3)), 4) == ["b", "b", "a", "b"]


async def test_a_worker_that_declined_is_asked_last_and_as_others_when_it_takes_runs_again() -> None:
    where = fleet(a=worker(slots=9), b=worker(), c=worker())
    [a, b, _] = where.members
    a.declined_at, b.declined_at = 2.0, 1.0
    assert await seats(where, 5) == ["c", "c", "b", "b", "a"]
    a.declined_at = 0.0
    where.leave("3-0")
    assert await seats(where, 1) == ["a"]


async def test_a_run_waits_for_a_slot_until_one_is_free() -> None:
    full = fleet(a=worker(slots=1))
    await full.seat("first")
    waiting = asyncio.create_task(full.seat("second"))
    await asyncio.sleep(0)
    assert not waiting.done()
    full.leave("first")
    assert (await waiting).address == "a"


async def test_a_worker_that_is_no_longer_present_is_gone_with_its_slots() -> None:
    where = fleet(a=worker(), b=worker())
    [lost, kept] = where.members
    assert where.strangers({"b": 2, "c": 2}) == ["c"]
    assert (lost.gone.is_set(), kept.gone.is_set(), where.slots) == (True, False, 2)


async def test_another_process_at_the_same_address_means_that_the_former_is_gone() -> None:
    where = fleet(a=worker("first"), b=worker("first"))
    [former, same] = where.members
    where.hear(former, "second", now=1.0)
    where.hear(same, "first", now=1.0)
    assert (former.gone.is_set(), same.gone.is_set(), same.heard_at) == (True, False, 1.0)
    assert where.strangers({"a": 2, "b": 2}) == ["a"]


async def test_a_silent_worker_is_given_up_and_one_that_was_heard_is_not() -> None:
    where = fleet(a=worker(), b=worker())
    [silent, heard] = where.members
    where.hear(heard, "x", now=10.0)
    where.lose_silent(before=5.0)
    assert (silent.gone.is_set(), heard.gone.is_set()) == (True, False)


@pytest.mark.parametrize(("version", "slots"), [("1", 2), ("2", 0)])
async def test_a_worker_with_another_version_of_studio_gets_no_work(version: str, slots: int) -> None:
    where = fleet(a=worker(version=version))
    assert where.slots == slots
    assert list(where.unfit) == ([] if slots else ["a"])
    assert where.strangers({"a": 2}) == []


async def test_a_layer_counts_as_present_only_when_every_worker_has_it() -> None:
    [whole] = fleet(a=worker(), b=worker()).layers()
    [part] = fleet(a=worker(), b=worker(present=False)).layers()
    assert (whole.present, part.present) == (True, False)
    assert "on b" in part.detail
