"""A whole server whose runs go to a cluster: what is lost there is free, what is done there is charged."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from studio_server.app import create_app
from studio_server.runs.executor.cluster.delivery import WAITING
from studio_server.runs.executor.cluster.executor import DaskExecutor
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from tests.fakes.toy_server import RUN, TERMINAL, TOYS, ToyServer, finished, forget_toys, person, toy_registry
from tests.runs.cluster.local_cluster import LocalCluster, kill

NOBODY = "tcp://127.0.0.1:9"


@asynccontextmanager
async def serving_on(cluster: str, folder: Path, **settings: object) -> AsyncGenerator[httpx.AsyncClient]:
    """Ada's client of a server whose runs go to this cluster."""
    made: list[Services] = []

    def make(wanted: Settings) -> Services:
        executor = DaskExecutor(cluster, extra_path=TOYS, patience_seconds=0.1)
        made.append(build(wanted, executor=executor, registry=toy_registry()))
        return made[0]

    chosen = replace(Settings.for_local(data_dir=folder, owner="ada"), **settings)
    app = create_app(chosen, make_services=make)
    try:
        async with app.router.lifespan_context(app), ToyServer(made[0], app).client(person("ada")) as client:
            yield client
    finally:
        forget_toys()


async def test_a_run_that_waits_for_the_cluster_says_so_and_can_be_cancelled_for_nothing(
    tmp_path: Path,
) -> None:
    async with serving_on(NOBODY, tmp_path / "data") as client:
        run = await at_stage(client, (await client.post(RUN, json={"inputs": {}})).json(), WAITING)
        assert run["state"] == "running"
        await client.post(f"/api/runs/{run['id']}/cancel")
        run = await finished(client, run)
        balance = (await client.get("/api/credits/balance")).json()
    assert (run["state"], run["charged_credits"]) == ("cancelled", 0)
    assert run["receipt"]["reason"] == "no work was measured; nothing was charged"
    assert (balance["available_credits"], balance["held_credits"]) == (300, 0)


async def test_a_run_that_found_no_worker_as_long_as_it_might_wait_is_lost_for_nothing(
    tmp_path: Path,
) -> None:
    async with serving_on(NOBODY, tmp_path / "data", max_queue_seconds=1) as client:
        run = await finished(client, (await client.post(RUN, json={"inputs": {}})).json())
        balance = (await client.get("/api/credits/balance")).json()
    assert (run["state"], run["charged_credits"]) == ("lost", 0)
    assert run["failure"]["error"] == "The run waited too long for a free worker."
    assert (balance["available_credits"], balance["held_credits"]) == (300, 0)


async def at_stage(client: httpx.AsyncClient, run: dict, stage: str) -> dict:
    """The run once it says this of itself."""
    while run["stage"] != stage:
        query = {"since": run["revision"], "wait_seconds": 20}
        run = (await client.get(f"/api/runs/{run['id']}", params=query)).json()
        assert run["state"] not in TERMINAL, run
    return run


async def test_a_run_lost_with_its_worker_is_free_and_one_that_ends_there_is_charged(
    own_cluster: LocalCluster, tmp_path: Path
) -> None:
    await asyncio.to_thread(own_cluster.start, workers=1)
    made: list[Services] = []

    def make(wanted: Settings) -> Services:
        executor = DaskExecutor(own_cluster.address, extra_path=TOYS)
        made.append(build(wanted, executor=executor, registry=toy_registry()))
        return made[0]

    settings = Settings.for_local(data_dir=tmp_path / "data", owner="ada")
    app = create_app(settings, make_services=make)
    try:
        async with app.router.lifespan_context(app):
            client = ToyServer(made[0], app).client(person("ada"))
            done = (await client.post(RUN, json={"inputs": {"burn_ms": 50}})).json()
            done = await finished(client, done)
            before = (await client.get("/api/credits/balance")).json()

            lost = (await client.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
            lost = await at_stage(client, lost, "sleeping")
            kill(own_cluster.workers[0])
            lost = await finished(client, lost)
            after = (await client.get("/api/credits/balance")).json()
            await client.aclose()
    finally:
        forget_toys()
    assert (done["state"], done["receipt"]["charged_credits"]) == ("succeeded", 3)
    assert (lost["state"], lost["receipt"]["charged_credits"]) == ("lost", 0)
    assert lost["failure"]["code"] == "platform_fault"
    assert (after["available_credits"], after["held_credits"]) == (before["available_credits"], 0)
