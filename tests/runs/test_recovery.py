"""A server whose disk fails: changes are refused with 503, reads go on, and housekeeping brings it back."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.toy_server import RUN, finished, person, serving
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.runs.sweeper import Sweeper

from tests.storage.faults import HOWS, Faults, FaultyFileSystem, How

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def faults() -> Iterator[Faults]:
    """The disk of everything that is opened in a test."""
    faults = Faults()
    system = FaultyFileSystem("under-a-server", faults, default=True)
    yield faults
    system.unregister()


class OneRound(Exception):
    """Ends the endless housekeeping after its first round."""


async def one_round(sweeper: Sweeper) -> None:
    """What the server does by itself a quarter of a minute later."""
    pauses = iter([None])

    async def pause(_: float) -> None:
        if next(pauses, OneRound) is OneRound:
            raise OneRound

    with pytest.raises(OneRound):
        await Sweeper(sweeper._work, pause=pause).run()


@pytest.mark.parametrize("how", HOWS)
async def test_a_failed_disk_is_503_with_retry_after_while_reads_go_on_and_the_next_round_recovers(
    tmp_path: Path, faults: Faults, how: How
) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        assert (await ada.get("/api/credits/balance")).json()["available_credits"] == 300
        faults.arm(how=how)
        for _ in range(2):
            refused = await ada.post(RUN, json={}, headers={"Idempotency-Key": "one"})
            assert (refused.status_code, refused.json()["code"]) == (503, "writes_stopped")
            assert int(refused.headers["Retry-After"]) > 0
        assert (await ada.get("/api/credits/balance")).json()["held_credits"] == 0
        assert server.services.db.writes_stopped
        await one_round(server.services.sweeper)
        assert server.services.db.writes_stopped
        faults.heal()
        clock.advance(timedelta(seconds=15))
        await one_round(server.services.sweeper)
        started = await ada.post(RUN, json={}, headers={"Idempotency-Key": "one"})
        assert started.status_code == 202
        again = await ada.post(RUN, json={}, headers={"Idempotency-Key": "one"})
        assert again.json()["id"] == started.json()["id"]
        assert (await finished(ada, started.json()))["state"] == "succeeded"
        assert server.services.db.read(check) == []


async def test_a_run_that_ends_while_the_disk_is_full_is_charged_nothing_and_holds_nothing_in_the_end(
    tmp_path: Path, faults: Faults
) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        run = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
        while run["stage"] != "sleeping":
            query = {"since": run["revision"], "wait_seconds": 20}
            run = (await ada.get(f"/api/runs/{run['id']}", params=query)).json()
        faults.arm(how="full")
        await ada.post(f"/api/runs/{run['id']}/cancel")
        await asyncio.gather(*server.services.scheduler._tasks, return_exceptions=True)
        faults.heal()
        await one_round(server.services.sweeper)
        assert server.services.db.writes_stopped is None
        clock.advance(timedelta(hours=1))
        await server.services.sweeper.sweep()
        balance = (await ada.get("/api/credits/balance")).json()
        assert (balance["available_credits"], balance["held_credits"]) == (300, 0)
        assert server.services.db.read(check) == []
