"""Holds and settlements over HTTP next to a null POST route of the same server, loaded by wrk."""

from __future__ import annotations

import math
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ledger import checked, engines
from benchmarks.ledger.engines import POSTGRESQL, SQLITE
from benchmarks.ledger.server import ALONE, NO_LEDGER
from benchmarks.load import Load, WrongAnswers, told_by_wrk
from benchmarks.processes import serving
from benchmarks.results import Figure, Result, Yardstick, of_rounds, paired_ratio

if TYPE_CHECKING:
    from benchmarks.ledger.engines import Places
    from benchmarks.processes import ServerProcess
    from benchmarks.results import Plan

NULL = "null POST"
"""The same routes with no ledger behind them, under the same load."""
BARE = "bare POST"
"""A route that reads its body as JSON and says that all is well; told beside it, compared with nothing."""
CLIENTS = (1, 8, 64)
PATIENCE = "30s"
"""A slow answer is a figure, not an error."""
ALTERNATING = Path(__file__).with_name("alternating.lua")
BARE_SCRIPT = Path(__file__).with_name("bare.lua")
NOTE = (
    "wrk, one thread. Routes of the benchmark over the product's store and ledger: a request is one hold or"
    " one settlement, durable before its answer, so pairs/s are half the requests/s. The null routes are the"
    " same with no ledger behind them, under the same load; the bare one only reads its body. What waits"
    " together is done as one set, as the ledger offers to whoever does nothing else in the same transaction;"
    " one by one, every command is work of its own, as the commands of a run are. One process, no TLS."
)


class NoWrk(RuntimeError):
    """wrk is not installed; a load generator in Python would measure itself."""


@dataclass(frozen=True)
class Candidate:
    """One server under one number of connections."""

    name: str
    server: ServerProcess
    connections: int
    holds_only: bool = False

    @property
    def title(self) -> str:
        """As the table calls it."""
        what = ", holds only" if self.holds_only else ""
        return f"{self.name}, {self.connections} client{'s' if self.connections > 1 else ''}{what}"

    def load(self, seconds: float) -> Load:
        """Keep its connections busy.

        Raises:
            WrongAnswers: something else than success came back.
        """
        before = self.server.cpu_seconds
        told = _wrk(self, seconds)
        if "Non-2xx" in told or "Socket errors" in told:
            raise WrongAnswers(f"{self.title}: {told}")
        measured = told_by_wrk(told)
        cpu_us = (self.server.cpu_seconds - before) / measured.requests * 1_000_000
        return Load(measured.requests, measured.per_second, measured.p50_ms, measured.p99_ms, cpu_us)


def run(plan: Plan, at: Places) -> Result:
    """Alternate the null routes, SQLite and PostgreSQL with 1, 8 and 64 connections; check the books."""
    if shutil.which("wrk") is None:
        raise NoWrk
    urls = {engine: at.fresh(engine, "http") for engine in engines.ENGINES}
    alone = {engine: at.fresh(engine, "http-alone") for engine in engines.ENGINES}
    with ExitStack() as servers:
        null = servers.enter_context(serving("benchmarks.ledger.server", NO_LEDGER))
        bare = servers.enter_context(serving("benchmarks.null_server"))
        served = {
            engine: servers.enter_context(serving("benchmarks.ledger.server", url))
            for engine, url in urls.items()
        }
        single = {
            engine: servers.enter_context(serving("benchmarks.ledger.server", url, ALONE))
            for engine, url in alone.items()
        }
        by_name = {NULL: null, BARE: bare, **served}
        rounds = _rounds(plan, [*_candidates(by_name), *_one_by_one(single)])
    acts = sum(checked.effects(url) for url in (*urls.values(), *alone.values()))
    figures = tuple(figure for name, loads in rounds.items() for figure in _figures(name, loads))
    return Result("ledger, over HTTP", figures, _yardsticks(rounds), (NOTE,), violations=0, effects=acts)


def _candidates(servers: dict[str, ServerProcess]) -> list[Candidate]:
    alternating = [Candidate(name, server, many) for many in CLIENTS for name, server in servers.items()]
    alone = [Candidate(name, server, 1, holds_only=True) for name, server in servers.items() if name != BARE]
    return [*alternating, *alone]


def _one_by_one(servers: dict[str, ServerProcess]) -> list[Candidate]:
    """The same routes where every command is work of its own."""
    return [Candidate(f"{name} one by one", server, 64) for name, server in servers.items()]


def _rounds(plan: Plan, candidates: list[Candidate]) -> dict[str, list[Load]]:
    for candidate in candidates:
        candidate.load(1)
    rounds: dict[str, list[Load]] = {candidate.title: [] for candidate in candidates}
    for _ in range(plan.rounds):
        for candidate in candidates:
            rounds[candidate.title].append(candidate.load(plan.seconds))
    return rounds


def _wrk(candidate: Candidate, seconds: float) -> str:
    script = BARE_SCRIPT if candidate.name == BARE else ALTERNATING
    path = "/null" if candidate.name == BARE else "/hold"
    command = ["wrk", "-t1", f"-c{candidate.connections}", f"-d{math.ceil(seconds)}s", "--latency"]
    command += ["--timeout", PATIENCE]
    command += ["-s", str(script), f"{candidate.server.url}{path}", "--"]
    command += ["holds"] if candidate.holds_only else []
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _figures(name: str, loads: list[Load]) -> tuple[Figure, ...]:
    return (
        of_rounds(name, "requests", "1/s", [one.per_second for one in loads]),
        of_rounds(name, "latency p50", "ms", [one.p50_ms for one in loads]),
        of_rounds(name, "latency p99", "ms", [one.p99_ms for one in loads]),
        of_rounds(name, "server CPU per request", "us", [one.server_cpu_us for one in loads]),
    )


def _yardsticks(rounds: dict[str, list[Load]]) -> tuple[Yardstick, ...]:
    speed = {name: [one.per_second for one in loads] for name, loads in rounds.items()}
    waits = {name: [one.p50_ms for one in loads] for name, loads in rounds.items()}
    null_64, null_1 = f"{NULL}, 64 clients", f"{NULL}, 1 client, holds only"
    return tuple(
        [
            Yardstick(
                name,
                f"{engine}, requests/s over {NULL}, 64 clients",
                paired_ratio(speed[f"{engine}, 64 clients"], speed[null_64]),
                "x",
                "higher",
                *bounds,
            )
            for name, engine, bounds in (("P1", SQLITE, (0.40, 0.25)), ("P2", POSTGRESQL, (0.20, 0.10)))
        ]
        + [
            Yardstick(
                "P6",
                f"{engine}, p50 of a hold over p50 of {NULL}, 1 client",
                paired_ratio(waits[f"{engine}, 1 client, holds only"], waits[null_1]),
                "x",
                "lower",
                *bounds,
            )
            for engine, bounds in ((SQLITE, (5, 8)), (POSTGRESQL, (10, 15)))
        ]
    )
