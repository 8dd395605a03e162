"""Kills the real server while runs are started over HTTP; the same keys are asked again at the next start."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from fakes.toy_server import RUN, TOYS, toy_registry
from studio_server import standalone
from studio_server.ledger.checker import check
from studio_server.runs.executor.local import LocalExecutor
from studio_server.wiring import build

from tests.laws.faults.http import IdleExecutor
from tests.laws.kills.points import arm
from tests.laws.kills.processes import fork, reap_orphans

if TYPE_CHECKING:
    import random

    from studio_server.settings import Settings

    from tests.laws.kills.books import Books

RICH = 10_000
STARTS = 3
POINTS = ("random", "before commit", "after commit", "in work")
MOST_COMMITS = 12
LONGEST_LIFE_SECONDS = 0.25


@dataclass
class Requests:
    """Runs that were asked for on these books: key to run, None where no answer came."""

    runs: dict[str, str | None] = field(default_factory=dict[str, str | None])


def kill_a_server(books: Books, asked: Requests, draw: random.Random, twin: str) -> list[str]:
    """One life of a server, from its start to its violent end, and what is wrong afterwards."""
    point, nth = draw.choice(POINTS), draw.randint(1, MOST_COMMITS)
    life_seconds = draw.uniform(0, LONGEST_LIFE_SECONDS)

    def live(told: int) -> None:
        arm(point, nth, "sqlite", twin)
        _serve(books.settings, told, life_seconds if point == "random" else None)

    server = fork(live)
    name = f"server, {point} {nth}"
    found = [] if server.hear(1) else ["the server did not answer"]
    if server.lines:
        found += _ask(json.loads(server.lines[0]), asked, books.kills)
    server.kill()
    if not reap_orphans():
        found.append("a worker outlived its server")
    return [f"{name}: {problem}" for problem in found + _wrong(books, asked)]


def _serve(settings: Settings, told: int, life_seconds: float | None) -> None:
    registry = toy_registry(daily_cap=RICH, monthly=RICH)

    def make(chosen: Settings) -> object:
        return build(chosen, executor=LocalExecutor(capacity=1, extra_path=TOYS), registry=registry)

    def on_ready(address: standalone.Address) -> None:
        os.write(told, json.dumps({"url": address.url, "token": address.token}).encode() + b"\n")
        if life_seconds is not None:
            threading.Timer(life_seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()

    standalone.build = make
    standalone.StandaloneServer(settings, standalone.listen(standalone.LOOPBACK, 0), on_ready).run_here()


def _ask(address: dict[str, str], asked: Requests, life: int) -> list[str]:
    """Ask for every run again, and for some new ones, until the server is gone."""
    headers = {"Authorization": f"Bearer {address['token']}"}
    found: list[str] = []
    keys = [*list(asked.runs)[-STARTS:], *(f"{life}-{number}" for number in range(STARTS))]
    with httpx.Client(base_url=address["url"], headers=headers, timeout=20, trust_env=False) as client:
        for key in keys:
            before = asked.runs.setdefault(key, None)
            try:
                answer = client.post(RUN, json={}, headers={"Idempotency-Key": key})
            except httpx.HTTPError:
                return found
            if answer.status_code != httpx.codes.ACCEPTED:
                found.append(f"{key} was answered {answer.status_code}: {answer.text[:200]}")
                continue
            asked.runs[key] = answer.json()["id"]
            if before not in {None, asked.runs[key]}:
                found.append(f"{key} started {before}, then {asked.runs[key]}")
    return found


def _wrong(books: Books, asked: Requests) -> list[str]:
    """Start again, without workers, and look."""
    registry = toy_registry(daily_cap=RICH, monthly=RICH)
    clock = books.later()
    books.kills += 1
    services = build(books.settings, clock=clock, executor=IdleExecutor(), registry=registry)
    try:
        services.begin()
        db = services.db
        runs = {row[0] for row in db.read(lambda tx: tx.execute("SELECT id FROM runs"))}
        holds = db.read(lambda tx: tx.one("SELECT count(*) FROM holds"))[0]
        found = [
            f"answered but not recorded: {run}" for run in asked.runs.values() if run and run not in runs
        ]
        if holds != len(runs) or len(runs) > len(asked.runs):
            found.append(f"{len(asked.runs)} keys, {len(runs)} runs, {holds} holds")
        if db.read(services.ledger.open_holds):
            found.append("a hold of the dead server is still open")
        return found + [f"broken: {violation}" for violation in db.read(check)[:3]]
    finally:
        services.db.close()
