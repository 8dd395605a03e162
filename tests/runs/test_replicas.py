"""Two servers on one database: each keeps to its own runs, and takes over only what a gone one left."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.postgres import cluster, migrated
from fakes.toy_server import RUN, finished, person, serving
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.runs import replicas

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FOR_EVER = {"inputs": {"sleep_until_killed": True}}


@pytest.fixture
def url() -> str:
    """An empty database with the schema."""
    return cluster().new_database(migrated)


async def test_a_second_server_leaves_the_runs_of_a_living_one_alone(tmp_path: Path, url: str) -> None:
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        first.client(person("ada")) as ada,
    ):
        run = (await ada.post(RUN, json=FOR_EVER)).json()
        async with serving(tmp_path / "b", clock=clock, database_url=url) as second:
            await second.services.sweeper.sweep()
            page = (await ada.get(f"/api/runs/{run['id']}")).json()
            assert page["ended_at"] is None
            async with second.client(person("ada")) as elsewhere:
                assert (await elsewhere.post(f"/api/runs/{run['id']}/cancel")).status_code == 200
            await first.services.sweeper.sweep()
            over = await finished(ada, page)
            assert over["state"] == "cancelled"
            assert second.services.db.read(check) == []


async def test_the_runs_of_a_server_that_is_gone_end_for_nothing_and_never_twice(
    tmp_path: Path, url: str
) -> None:
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        first.client(person("ada")) as ada,
    ):
        run = (await ada.post(RUN, json=FOR_EVER)).json()
        async with serving(tmp_path / "b", clock=clock, database_url=url) as second:
            clock.advance(replicas.GONE_AFTER - timedelta(seconds=1))
            await second.services.sweeper.sweep()
            assert (await ada.get(f"/api/runs/{run['id']}")).json()["ended_at"] is None
            clock.advance(timedelta(seconds=1))
            await second.services.sweeper.sweep()
            lost = (await ada.get(f"/api/runs/{run['id']}")).json()
            assert (lost["state"], lost["charged_credits"]) == ("lost", 0)
            await ada.post(f"/api/runs/{run['id']}/cancel")
            await first.services.sweeper.sweep()
            receipts = second.services.db.read(lambda tx: tx.one("SELECT count(*) FROM receipts"))
            assert receipts == (1,)
            assert second.services.db.read(check) == []
        first.services.executor.close()


async def test_without_heartbeats_a_living_server_would_lose_its_runs(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "GONE_AFTER", timedelta(0))
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        first.client(person("ada")) as ada,
    ):
        run = (await ada.post(RUN, json=FOR_EVER)).json()
        async with serving(tmp_path / "b", clock=clock, database_url=url):
            assert (await ada.get(f"/api/runs/{run['id']}")).json()["state"] == "lost"
        first.services.executor.close()


async def test_a_run_whose_end_could_not_be_written_is_closed_when_the_disk_is_back(tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        run = (await ada.post(RUN, json=FOR_EVER)).json()
        scheduler = server.services.scheduler
        server.services.db.stop_writes("the disk failed")
        await ada.post(f"/api/runs/{run['id']}/cancel")
        await asyncio.gather(*tuple(scheduler._tasks), return_exceptions=True)
        assert not scheduler.knows(run["id"])
        server.services.db._condemned = None
        server.services.db.reopen(lambda _: None)
        await server.services.sweeper.sweep()
        assert (await ada.get(f"/api/runs/{run['id']}")).json()["ended_at"] is None
        clock.advance(replicas.GONE_AFTER)
        await server.services.sweeper.sweep()
        over = (await ada.get(f"/api/runs/{run['id']}")).json()
        assert (over["state"], over["charged_credits"]) == ("lost", 0)
        assert server.services.db.read(check) == []
