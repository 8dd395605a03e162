"""A limit blocks, also when 64 runs race."""

import asyncio
from pathlib import Path

import pytest
from fakes.toy_server import RUN, finished, person, serving, toy_registry
from studio_server.ledger.checker import check

RACERS = 64
CEILING = 6


@pytest.mark.parametrize(("monthly", "winners"), [(30, 5), (100, 16), (6, 1), (5, 0)])
async def test_of_64_parallel_runs_exactly_as_many_are_accepted_as_the_balance_pays_for(
    tmp_path: Path, monthly: int, winners: int
) -> None:
    registry = toy_registry(daily_cap=1_000, monthly=monthly)
    async with serving(tmp_path, registry=registry) as server, server.client(person("ada")) as ada:
        answers = await asyncio.gather(*(ada.post(RUN, json={}) for _ in range(RACERS)))
        accepted = [answer.json() for answer in answers if answer.status_code == 202]
        refused = [answer.json() for answer in answers if answer.status_code == 402]
        assert (len(accepted), len(refused)) == (winners, RACERS - winners)
        assert {problem["limit"] for problem in refused} == {"monthly"}
        assert server.services.db.read(check) == []
        runs = [await finished(ada, run) for run in accepted]
        balance = (await ada.get("/api/credits/balance")).json()
        assert balance["available_credits"] == monthly - sum(run["charged_credits"] for run in runs)
        assert balance["held_credits"] == 0
        assert server.services.db.read(check) == []


async def test_64_parallel_requests_with_one_key_start_one_run(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        same = {"json": {}, "headers": {"Idempotency-Key": "one"}}
        answers = await asyncio.gather(*(ada.post(RUN, **same) for _ in range(RACERS)))
        assert len({answer.content for answer in answers}) == 1
        assert (await ada.get("/api/credits/balance")).json()["held_credits"] in (0, CEILING)
        await finished(ada, answers[0].json())
        assert (await ada.get("/api/credits/balance")).json()["available_credits"] == 297


async def test_the_event_loop_is_not_blocked_while_runs_work(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        run = (await ada.post(RUN, json={"inputs": {"burn_ms": 2_500}})).json()
        longest, loop = 0.0, asyncio.get_running_loop()
        following = asyncio.create_task(finished(ada, run))
        while not following.done():
            before = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - before)
        assert longest < 1.0, f"the loop stood still for {longest:.3f} s"
