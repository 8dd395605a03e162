"""A whole server whose runs go to a cluster: what is lost there is free, what is done there is charged."""

import asyncio
from pathlib import Path

from studio_server.app import create_app
from studio_server.runs.executor.cluster.executor import DaskExecutor
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from tests.fakes.toy_server import RUN, TOYS, ToyServer, finished, forget_toys, person, toy_registry
from tests.runs.cluster.local_cluster import LocalCluster, kill


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
            while lost["stage"] != "sleeping":
                query = {"since": lost["revision"], "wait_seconds": 20}
                lost = (await client.get(f"/api/runs/{lost['id']}", params=query)).json()
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
