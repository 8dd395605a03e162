"""Runs are started over HTTP on a disk that fails: 503, never a fault of the server, and one hold per key."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakes.toy_server import RUN, ToyServer, forget_toys, person, toy_registry
from studio_server.app import create_app
from studio_server.ledger.checker import check
from studio_server.settings import Settings
from studio_server.wiring import build

from tests.storage.faults import Faults, FaultyFileSystem, every_fault

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from studio_server.services import Services

STARTS = 3
MOST_CALLS = 200
RICH = 10_000
KINDS = list(every_fault())


class IdleExecutor:
    """Has no worker, so that every run waits: what is tried here is the start, not the work."""

    capacity = 0
    running = 0

    def start(self, *_: object) -> object:
        raise NotImplementedError

    def capabilities(self) -> tuple[object, ...]:
        return ()

    def close(self) -> None:
        return


@dataclass
class Reached:
    """How many fault points were tried, and what was found."""

    points: int = 0
    findings: list[str] = field(default_factory=list)


def run(count: int, folder: Path, faults: Faults, draw: random.Random) -> Reached:
    """Fail call 1, 2, … of a server that is asked to start runs; every kind of fault in turn."""
    reached = Reached()
    system = FaultyFileSystem("faults-over-http", faults, default=True)
    first, nth, passed = draw.randrange(len(KINDS)), 1, 0
    try:
        while reached.points < count and passed < len(KINDS) and nth < MOST_CALLS * len(KINDS):
            how, once = KINDS[(first + passed) % len(KINDS)]
            place = folder / "http"
            found = asyncio.run(_case(place, faults, nth, how, once=once))
            shutil.rmtree(place)
            reached.findings += [f"run start, call {nth} {how} once={once}: {problem}" for problem in found]
            if faults.failed:
                reached.points += 1
                nth += 1
            else:
                passed, nth = passed + 1, 1
    finally:
        system.unregister()
        forget_toys()
    return reached


async def _case(folder: Path, faults: Faults, nth: int, how: str, *, once: bool) -> list[str]:
    faults.heal()
    async with _serving(folder) as server:
        async with server.client(person("ada")) as ada:
            await ada.get("/api/credits/balance")
            faults.arm(nth, how, once=once)
            answered: dict[str, str] = {}
            found: list[str] = []
            for number in range(STARTS):
                await _start(ada, f"key {number}", answered, found)
            if (await ada.get("/api/credits/balance")).status_code != 200:
                found.append("reads did not go on")
            faults.heal()
            server.services.sweeper._work.recover()
            before = dict(answered)
            for number in range(STARTS):
                await _start(ada, f"key {number}", answered, found)
        found += [
            f"{key} started {before[key]}, then {answered[key]}"
            for key in before
            if before[key] != answered[key]
        ]
        db = server.services.db
        holds = db.read(lambda tx: tx.one("SELECT count(*) FROM holds"))[0]
        runs = {row[0] for row in db.read(lambda tx: tx.execute("SELECT id FROM runs"))}
        if holds != STARTS or runs != set(answered.values()):
            found.append(f"{STARTS} keys, {holds} holds, runs {sorted(runs)}, answered {answered}")
        return found + [f"broken: {violation}" for violation in db.read(check)]


async def _start(client: object, key: str, answered: dict[str, str], found: list[str]) -> None:
    answer = await client.post(RUN, json={}, headers={"Idempotency-Key": key})
    if answer.status_code == 202:
        answered[key] = answer.json()["id"]
    elif answer.status_code != 503 or "Retry-After" not in answer.headers:
        found.append(f"{key} was answered {answer.status_code}: {answer.text[:200]}")


class _serving:  # noqa: N801  - used like a function
    """The server on the default file system, which is the one that fails, without workers."""

    def __init__(self, folder: Path) -> None:
        self._made: list[Services] = []
        chosen = replace(Settings.for_local(data_dir=folder, owner="ada"), database_url=None)
        self._app = create_app(chosen, make_services=self._make)
        self._life = self._app.router.lifespan_context(self._app)

    async def __aenter__(self) -> ToyServer:
        await self._life.__aenter__()
        return ToyServer(self._made[0], self._app)

    async def __aexit__(self, *failure: object) -> None:
        await self._life.__aexit__(*failure)

    def _make(self, settings: Settings) -> Services:
        registry = toy_registry(daily_cap=RICH, monthly=RICH)
        self._made.append(build(settings, executor=IdleExecutor(), registry=registry))
        return self._made[0]
