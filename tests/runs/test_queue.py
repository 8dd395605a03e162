"""Places in the queue, limits at the same time, and log lines, over HTTP on a real server."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from fakes.postgres import cluster, migrated
from fakes.toy_server import RUN, ToyServer, finished, person, serving, toy_registry
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.runs import live, scheduler
from studio_server.runs.live import LiveRuns, readable

if TYPE_CHECKING:
    from studio_magics.contracts.events import Event

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
FOR_EVER = {"inputs": {"sleep_until_killed": True}}


async def asked(client: httpx.AsyncClient, body: dict) -> dict:
    answer = await client.post(RUN, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def look(client: httpx.AsyncClient, run: dict) -> dict:
    return (await client.get(f"/api/runs/{run['id']}")).json()


async def at_work(client: httpx.AsyncClient, run: dict) -> dict:
    while run["stage"] != "sleeping":
        query = {"since": run["revision"], "wait_seconds": 20}
        run = (await client.get(f"/api/runs/{run['id']}", params=query)).json()
    return run


async def stopped(client: httpx.AsyncClient, *runs: dict) -> None:
    for run in runs:
        await client.post(f"/api/runs/{run['id']}/cancel")
        await finished(client, await look(client, run))


async def places(server: ToyServer, client: httpx.AsyncClient, *runs: dict) -> list[int | None]:
    """As they are told after the next round of telling."""
    server.services.scheduler._tell_places()
    return [(await look(client, run))["queue_position"] for run in runs]


async def test_who_waits_is_told_the_place_in_the_queue_and_moves_up(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, workers=1) as server,
        server.client(person("ada")) as ada,
        server.client(person("bob")) as bob,
    ):
        first = await at_work(ada, await asked(ada, FOR_EVER))
        hers = [await asked(ada, {"inputs": {"burn_ms": number}}) for number in range(2)]
        his = await asked(bob, {"inputs": {}})
        assert [(await look(ada, run))["queue_position"] for run in (first, hers[0])] == [None, 1]
        assert (await look(bob, his))["queue_position"] == 1, "she has had a turn, he has not"
        assert await places(server, ada, *hers) == [2, 3]
        await stopped(ada, hers[0])
        assert await places(server, ada, hers[1]) == [2]
        assert await places(server, bob, his) == [1]
        await stopped(ada, first)
        for client, run in ((ada, hers[1]), (bob, his)):
            over = await finished(client, await look(client, run))
            assert (over["state"], over["queue_position"]) == ("succeeded", None)


async def test_a_changed_place_is_pushed_to_who_listens(tmp_path: Path) -> None:
    async with serving(tmp_path, workers=1) as server, server.client(person("ada")) as ada:
        working = await at_work(ada, await asked(ada, FOR_EVER))
        waiting = [await asked(ada, {"inputs": {"burn_ms": number}}) for number in range(2)]
        user = (await ada.get("/api/account")).json()["user_id"]
        heard: list[Event] = []
        publish = server.services.bus.publish
        server.services.bus.publish = lambda whose, event: (heard.append(event), publish(whose, event))
        server.services.bus.listened_to = lambda whose: whose == user
        await stopped(ada, waiting[0])
        server.services.scheduler._tell_places()
        told = [event.run for event in heard if event.kind == "run" and event.run.id == waiting[1]["id"]]
        assert told[-1].queue_position == 1
        await stopped(ada, waiting[1], working)


async def test_one_user_has_no_more_runs_at_work_than_the_tool_and_the_plan_allow(tmp_path: Path) -> None:
    registry = toy_registry(at_once=2)
    async with serving(tmp_path, registry=registry, workers=4) as server, server.client(person("ada")) as ada:
        working = [await at_work(ada, await asked(ada, FOR_EVER)) for _ in range(2)]
        third = await asked(ada, FOR_EVER)
        await places(server, ada)
        assert [(await look(ada, run))["state"] for run in (*working, third)] == [
            "running",
            "running",
            "queued",
        ]
        await stopped(ada, working[0])
        await at_work(ada, third)
        await stopped(ada, working[1], third)


async def test_two_servers_on_one_database_keep_one_users_limit_together(tmp_path: Path) -> None:
    url, clock = cluster().new_database(migrated), FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as here,
        serving(tmp_path / "b", clock=clock, database_url=url) as there,
        here.client(person("ada")) as ada,
        there.client(person("ada")) as elsewhere,
    ):
        working = await at_work(ada, await asked(ada, FOR_EVER))
        second = await asked(elsewhere, {"inputs": {}})
        await asyncio.gather(*there.services.scheduler._tasks)
        assert (await look(elsewhere, second))["state"] == "queued"
        await there.services.sweeper.sweep()
        await asyncio.gather(*there.services.scheduler._tasks)
        assert (await look(elsewhere, second))["state"] == "queued"
        await stopped(ada, working)
        await there.services.sweeper.sweep()
        over = await finished(elsewhere, await look(elsewhere, second))
        assert (over["state"], over["charged_credits"]) == ("succeeded", 3)
        assert there.services.db.read(check) == []


async def test_without_the_count_in_the_database_the_second_server_would_start_it(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(scheduler.rows, "at_work", lambda _: [])
    url, clock = cluster().new_database(migrated), FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as here,
        serving(tmp_path / "b", clock=clock, database_url=url) as there,
        here.client(person("ada")) as ada,
        there.client(person("ada")) as elsewhere,
    ):
        working = await at_work(ada, await asked(ada, FOR_EVER))
        over = await finished(elsewhere, await asked(elsewhere, {"inputs": {}}))
        assert over["state"] == "succeeded"
        await stopped(ada, working)


async def test_a_run_that_waits_for_another_server_can_be_cancelled_for_nothing(tmp_path: Path) -> None:
    url, clock = cluster().new_database(migrated), FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as here,
        serving(tmp_path / "b", clock=clock, database_url=url) as there,
        here.client(person("ada")) as ada,
        there.client(person("ada")) as elsewhere,
    ):
        working = await at_work(ada, await asked(ada, FOR_EVER))
        second = await asked(elsewhere, {"inputs": {}})
        await asyncio.gather(*there.services.scheduler._tasks)
        over = (await elsewhere.post(f"/api/runs/{second['id']}/cancel")).json()
        assert (over["state"], over["charged_credits"]) == ("cancelled", 0)
        await stopped(ada, working)
        assert there.services.db.read(check) == []


async def test_what_the_tool_logs_is_followed_as_text_and_stays_with_the_run(tmp_path: Path) -> None:
    said = ["reading rows", "<b>bold</b>\x1b[31m\nsecond line", "ünïcode\u202e"]
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        run = await asked(ada, {"inputs": {"say": said, "sleep_until_killed": True}})
        working = await at_work(ada, run)
        expected = ["reading rows", "<b>bold</b> [31m second line", "ünïcode"]
        assert working["log_lines"] == expected
        (listed,) = (await ada.get("/api/runs")).json()["runs"]
        assert listed["log_line"] == expected[-1]
        await stopped(ada, run)
        over = await look(ada, run)
        assert (over["log_lines"], over["log_line"]) == (expected, "")


async def test_only_the_last_lines_of_a_long_log_are_kept_each_cut_to_a_length(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        many = [f"line {number} {'x' * 500}" for number in range(60)]
        run = await finished(ada, await asked(ada, {"inputs": {"say": many}}))
        assert run["state"] == "succeeded"
        lines = run["log_lines"]
        assert 0 < len(lines) <= live.LOG_LINES
        assert all(len(line) <= live.LOG_CHARACTERS for line in lines)
        assert lines[-1].startswith("line 59 ")
        assert not any("library" in line for line in lines)


def test_a_line_of_a_log_is_one_line_of_printable_text() -> None:
    assert readable("a\r\n\tb\x00\x1b[2J\u2028c") == "a b [2J c"
    assert len(readable("x" * 10_000)) == live.LOG_CHARACTERS


def test_progress_that_says_nothing_new_wakes_nobody_and_a_new_log_line_does() -> None:
    runs = LiveRuns()
    runs.begin("run_1", "starting")
    assert runs.report("run_1", 5, "reading")
    assert not runs.report("run_1", 5, "reading")
    assert runs.report("run_1", 5, "reading", ["one line"])
    assert (runs.of("run_1").percent, runs.of("run_1").log) == (5, ("one line",))
