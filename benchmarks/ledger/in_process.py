"""Pairs of hold and settlement per second in process, next to one row per commit and pgbench."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.ledger import checked, engines, floors
from benchmarks.ledger.engines import POSTGRESQL, SQLITE
from benchmarks.ledger.worker import Stretch
from benchmarks.processes import ROOT, environment
from benchmarks.results import Figure, Result, Yardstick, of_rounds, paired_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from benchmarks.ledger.engines import Places
    from benchmarks.results import Plan

CLIENTS = (1, 8, 64)
SINGLE, PGBENCH = "one row per commit", "pgbench -N, 16 clients"
NOTE = (
    "A pair is PlaceHold and Settle, each durable before its answer; 1,000 wallets with three lots, drawn"
    " evenly; clients are tasks of one process that wait for the store's writer, which does what waits"
    " together as one set. CPU is that process alone."
)


class WorkerFailed(RuntimeError):
    """A worker ended before it answered."""


@dataclass(frozen=True)
class Worker:
    """A worker process of one engine."""

    process: subprocess.Popen[str]

    def stretch(self, clients: int, seconds: float) -> Stretch:
        """Let it load its ledger."""
        if self.process.stdin is None:
            raise WorkerFailed("it has no input")
        self.process.stdin.write(f"{clients} {seconds}\n")
        self.process.stdin.flush()
        return Stretch(**self.line())

    def line(self) -> dict[str, Any]:
        """Its next answer."""
        told = self.process.stdout.readline() if self.process.stdout is not None else ""
        if not told:
            raise WorkerFailed(f"it ended with status {self.process.wait()}")
        return json.loads(told)


@contextmanager
def working(url: str) -> Generator[Worker]:
    """Start a worker on this database and wait until it has wallets; end it after the block."""
    command = [sys.executable, "-m", "benchmarks.ledger.worker", url]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdin=pipe, stdout=pipe, text=True
    ) as process:
        worker = Worker(process)
        worker.line()
        yield worker
        if process.stdin is not None:
            process.stdin.close()
        process.wait()


@dataclass(frozen=True)
class Rounds:
    """What every candidate gave in every round."""

    stretches: dict[tuple[str, int], list[Stretch]]
    floors: dict[tuple[str, str], list[float]]

    def pairs(self, engine: str, clients: int) -> list[float]:
        """Pairs per second by round."""
        return [one.pairs / one.seconds for one in self.stretches[engine, clients]]


def run(plan: Plan, at: Places) -> Result:
    """Alternate engines, numbers of clients and floors; the books are checked at the end."""
    urls = {engine: at.fresh(engine, "pairs") for engine in engines.ENGINES}
    with ExitStack() as stack:
        workers = {engine: stack.enter_context(working(url)) for engine, url in urls.items()}
        measured = _rounds(plan, workers, _floors(at))
    acts = sum(checked.effects(url) for url in urls.values())
    figures = (*_pair_figures(measured), *_floor_figures(measured))
    return Result("ledger, in process", figures, _yardsticks(measured), (NOTE,), violations=0, effects=acts)


def _floors(at: Places) -> dict[tuple[str, str], Callable[[float], float]]:
    url, pgbench = at.server.new_database(), floors.Pgbench(at.server)
    return {
        (SQLITE, SINGLE): lambda seconds: floors.sqlite_commits(at.folder / "single.db", seconds),
        (POSTGRESQL, SINGLE): lambda seconds: floors.postgresql_commits(url, 1, seconds),
        (POSTGRESQL, f"{SINGLE}, 16 clients"): lambda seconds: floors.postgresql_commits(url, 16, seconds),
        (POSTGRESQL, PGBENCH): pgbench.per_second,
    }


def _rounds(
    plan: Plan, workers: dict[str, Worker], yardsticks: dict[tuple[str, str], Callable[[float], float]]
) -> Rounds:
    measured = Rounds(
        {(engine, clients): [] for engine in workers for clients in CLIENTS},
        {name: [] for name in yardsticks},
    )
    for worker in workers.values():
        worker.stretch(8, min(plan.seconds, 1.0))
    for _ in range(plan.rounds):
        for name, sample in yardsticks.items():
            measured.floors[name].append(sample(plan.seconds))
        for engine, clients in measured.stretches:
            measured.stretches[engine, clients].append(workers[engine].stretch(clients, plan.seconds))
    return measured


def _pair_figures(measured: Rounds) -> list[Figure]:
    figures: list[Figure] = []
    for (engine, clients), stretches in measured.stretches.items():
        name = f"{engine}, {clients} client{'s' if clients > 1 else ''}"
        figures += [
            of_rounds(name, "pairs", "1/s", measured.pairs(engine, clients)),
            of_rounds(name, "hold p50", "ms", [one.hold_p50_ms for one in stretches]),
            of_rounds(name, "hold p99", "ms", [one.hold_p99_ms for one in stretches]),
            of_rounds(name, "CPU per pair", "us", [one.cpu_us for one in stretches]),
            of_rounds(name, "written per pair", "kB", [one.written_bytes / 1_000 for one in stretches]),
        ]
    return figures


def _floor_figures(measured: Rounds) -> list[Figure]:
    return [
        of_rounds(f"{engine}, {what}", "commits", "1/s", values)
        for (engine, what), values in measured.floors.items()
    ]


def _yardsticks(measured: Rounds) -> tuple[Yardstick, ...]:
    bench = measured.floors[POSTGRESQL, PGBENCH]
    commands = {clients: [2 * one for one in measured.pairs(POSTGRESQL, clients)] for clients in CLIENTS}
    p5 = [
        Yardstick(
            f"P5, {clients} client{'s' if clients > 1 else ''}",
            f"PostgreSQL, commands/s over {PGBENCH}",
            paired_ratio(commands[clients], bench),
            "x",
            "higher",
            0.55,
            0.4,
        )
        for clients in CLIENTS
    ]
    singles = [
        Yardstick(
            f"{engine} single",
            f"{engine}, pairs/s with 64 clients over {SINGLE}",
            paired_ratio(measured.pairs(engine, 64), measured.floors[engine, SINGLE]),
            "x",
            "higher",
        )
        for engine in engines.ENGINES
    ]
    return (*p5, *singles, *(_p14(measured, engine) for engine in engines.ENGINES))


def _p14(measured: Rounds, engine: str) -> Yardstick:
    written = of_rounds("", "", "", [one.written_bytes / 1_000 for one in measured.stretches[engine, 64]])
    return Yardstick(
        "P14", f"{engine}, bytes written per pair, 64 clients", written.value, "kB", "lower", 20, 40
    )
