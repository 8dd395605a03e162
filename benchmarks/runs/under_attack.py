"""What people who only look feel of it when every worker runs a hostile program.

Latency of balance and estimate, one request after the other, of the same server: idle, and with fork bombs,
memory, log floods and burning CPU in all its workers. Rounds alternate.
"""

import contextlib
import http.client
import itertools
import json
import os
import tempfile
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from benchmarks.books import checked_effects
from benchmarks.http_routes import ASKED
from benchmarks.load import Target
from benchmarks.processes import ServerProcess, serving
from benchmarks.results import Plan, Result, Yardstick, of_samples, percentile
from benchmarks.sockets import ask_again_and_again

WAYS = ("fork bomb", "memory", "log flood", "cpu")
IDLE, ATTACKED = "idle", "under attack"
PATIENCE_SECONDS = 60.0
OVER = frozenset({"succeeded", "failed", "cancelled", "timed_out", "lost"})
NOTE = (
    "One connection, one request after the other; p99 over all samples of all rounds. Attacks start again as"
    " soon as a limit has ended them, so starting, ending and billing runs is part of the disturbance."
)


class AttackFailed(RuntimeError):
    """An attack could not be started, or got away with something."""


class Attacker:
    """Keeps one worker busy with attacks, one after the other."""

    def __init__(self, server: ServerProcess, ways: Iterator[str], stop: threading.Event) -> None:
        self._server = server
        self._ways = ways
        self._stop = stop
        self.begun = threading.Event()
        self.ended: list[str] = []

    def attack(self) -> None:
        """Until told to stop; then the last attack is cancelled."""
        with contextlib.closing(http.client.HTTPConnection(self._server.address)) as connection:
            while not self._stop.is_set():
                path, inputs = "/api/bench/attack/run", {"way": next(self._ways)}
                run = self._ask(connection, "POST", path, {"inputs": inputs, "fresh": True})
                self._follow(connection, run)

    def _follow(self, connection: http.client.HTTPConnection, run: dict[str, Any]) -> None:
        asked_to_end = False
        while run["state"] not in OVER:
            if run["state"] == "running":
                self.begun.set()
            if self._stop.is_set() and not asked_to_end:
                asked_to_end = True
                run = self._ask(connection, "POST", f"/api/runs/{run['id']}/cancel", {})
            query = f"since={run['revision']}&wait_seconds=1"
            run = self._ask(connection, "GET", f"/api/runs/{run['id']}?{query}")
        self.ended.append(run["state"])

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._server.token}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise AttackFailed(content.decode())
        return json.loads(content)


@contextlib.contextmanager
def attacks(server: ServerProcess, workers: int) -> Generator[list[Attacker]]:
    """Every worker runs hostile programs in the block, and none after it."""
    ways, stop = itertools.cycle(WAYS), threading.Event()
    attackers = [Attacker(server, ways, stop) for _ in range(workers)]
    threads = [threading.Thread(target=attacker.attack) for attacker in attackers]
    for thread in threads:
        thread.start()
    try:
        if not all(attacker.begun.wait(PATIENCE_SECONDS) for attacker in attackers):
            raise AttackFailed("not every worker runs one")
        yield attackers
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)


def run(plan: Plan) -> Result:
    """Both states in turn; the books are checked when the server has ended."""
    with tempfile.TemporaryDirectory() as folder:
        with serving("benchmarks.runs.attacked_server", folder) as server:
            samples, ended = _rounds(plan, server)
        effects = checked_effects(Path(folder))
    if "succeeded" in ended:
        raise AttackFailed("an attack met no limit")
    figures = tuple(
        figure
        for (route, state), values in samples.items()
        for figure in of_samples(f"{route}, {state}", "latency", "ms", values)
    )
    routes = dict.fromkeys(route for route, _ in samples)
    note = f"{NOTE} {len(ended)} attacks ended: {', '.join(sorted(set(ended)))}."
    return Result(
        "under_attack", figures, tuple(_ratio(samples, route) for route in routes), (note,), 0, effects
    )


Samples = dict[tuple[str, str], list[float]]


def _rounds(plan: Plan, server: ServerProcess) -> tuple[Samples, list[str]]:
    targets = (
        Target("balance", server, "GET", "/api/credits/balance", token=server.token),
        Target("estimate", server, "POST", "/api/billing/estimate", ASKED, server.token),
    )
    samples: Samples = {(target.name, state): [] for target in targets for state in (IDLE, ATTACKED)}
    ended: list[str] = []
    for target in targets:
        _latencies_ms(target, 0.2)
    for _ in range(plan.rounds):
        for target in targets:
            samples[target.name, IDLE] += _latencies_ms(target, plan.seconds)
        with attacks(server, max(2, os.cpu_count() or 2)) as attackers:
            for target in targets:
                samples[target.name, ATTACKED] += _latencies_ms(target, plan.seconds)
        ended += [state for attacker in attackers for state in attacker.ended]
    return samples, ended


def _latencies_ms(target: Target, seconds: float) -> list[float]:
    lines = [f"{target.method} {target.path} HTTP/1.1", f"Host: {target.server.address}"]
    lines += [f"{name}: {value}" for name, value in target.headers.items()]
    content = target.content.encode()
    request = "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content
    answered = ask_again_and_again(target.server.address, request, connections=1, seconds=seconds)
    if answered.refused:
        raise AttackFailed(f"{target.name} was refused {answered.refused} times")
    return answered.latencies_ms


def _ratio(samples: Samples, route: str) -> Yardstick:
    idle, attacked = (percentile(samples[route, state], 99) for state in (IDLE, ATTACKED))
    return Yardstick(f"X30 {route}", "p99 under attack over p99 idle", attacked / idle, "x", "lower", 2.0)
