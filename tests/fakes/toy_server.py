"""A real server on a catalogue of toy tools, in process: real ledger, real workers, no port."""

import contextlib
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from starlette.types import Receive, Scope, Send
from studio_server.accounts.identity import Identity
from studio_server.app import create_app
from studio_server.clock import Clock
from studio_server.registry import catalogue
from studio_server.registry.catalogue import Registry
from studio_server.runs.executor.local import LocalExecutor
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from studio_magics.tools import catalog

TOYS = Path(__file__).parent / "toys"
BURN = {
    "base_credits": 2,
    "cpu_seconds_per_credit": 2,
    "gigabyte_seconds_per_credit": 4,
    "minimum_credits": 3,
}
COUNTER = {
    "id": "toy-studio-count",
    "title": "Counter",
    "summary": "counts bytes",
    "mode": "server",
    "risk": "low",
    "maximum_credits": 9,
    "cpu_seconds": 10,
    "wall_seconds": 15,
    "memory_mb": 512,
}
SOON = COUNTER | {"id": "toy-studio-later", "title": "Later", "summary": "has no code"}
PLANS = {"plan": [{"id": "free", "title": "Free", "monthly_credits": 300, "daily_cap_credits": 30}]}
RUN = "/api/toy/count/run"
TERMINAL = ("succeeded", "failed", "cancelled", "timed_out", "lost")


def toy_registry(*, daily_cap: int = 30, monthly: int = 300, at_once: int = 1) -> Registry:
    """The toy catalogue with a free plan of this size; `at_once` counter runs of one user work together."""
    if str(TOYS) not in sys.path:
        sys.path.append(str(TOYS))
    catalog.BUILT_IN["toy-studio-count"] = "studio_toys"
    catalog.sources.cache_clear()
    plan = PLANS["plan"][0] | {"daily_cap_credits": daily_cap, "monthly_credits": monthly}
    plan |= {"runs_at_once": max(4, at_once)}
    counter = COUNTER | ({"runs_at_once_per_user": at_once} if at_once > 1 else {})
    return catalogue.assemble({"burn": BURN, "tool": [counter, SOON]}, {"plan": [plan]})


def forget_toys() -> None:
    """Take the toy tools out of the catalogue again."""
    catalog.BUILT_IN.pop("toy-studio-count", None)
    catalog.sources.cache_clear()
    catalog.load.cache_clear()


@dataclass
class ToyServer:
    """A running server and a way to speak to it as anybody."""

    services: Services
    app: object

    def client(self, identity: Identity | None) -> httpx.AsyncClient:
        """A client whose host vouches for this identity (None: for nobody)."""

        async def host(scope: Scope, receive: Receive, send: Send) -> None:
            state = {"identity": identity} if identity else {}
            await self.app(scope | {"state": state}, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(host), base_url="http://studio")


def person(name: str) -> Identity:
    """Somebody whom Jupyter vouches for."""
    return Identity("local", name, name.capitalize(), "jupyter")


@contextlib.asynccontextmanager
async def serving(
    folder: Path, *, registry: Registry | None = None, clock: Clock | None = None, **settings: object
) -> AsyncGenerator[ToyServer]:
    """The server while the block runs; its books are in `folder`.

    It gives no stored results unless `reuse_results_seconds` says so: toys are asked for the same work again.
    """
    chosen = Settings.for_local(data_dir=folder, owner="ada", reuse_results_seconds=0)
    chosen = replace(chosen, **settings)
    made: list[Services] = []

    def make(wanted: Settings) -> Services:
        executor = LocalExecutor(capacity=wanted.workers, extra_path=TOYS)
        made.append(build(wanted, clock=clock, executor=executor, registry=registry or toy_registry()))
        return made[0]

    app = create_app(chosen, make_services=make)
    try:
        async with app.router.lifespan_context(app):
            yield ToyServer(made[0], app)
    finally:
        forget_toys()


async def finished(client: httpx.AsyncClient, run: dict) -> dict:
    """The run once it is over."""
    for _ in range(200):
        if run["state"] in TERMINAL:
            return run
        query = {"since": run["revision"], "wait_seconds": 20}
        run = (await client.get(f"/api/runs/{run['id']}", params=query)).json()
    raise AssertionError(f"{run['id']} is still {run['state']}")
