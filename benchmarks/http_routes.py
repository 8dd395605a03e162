"""Requests per second of balance and estimate against a bare route in the same run."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.books import checked_effects
from benchmarks.history import INPUTS
from benchmarks.load import CONNECTIONS, Load, Target, load
from benchmarks.processes import ServerProcess, serving
from benchmarks.results import Figure, Plan, Result, Yardstick, of_rounds, paired_ratio

NULL, BALANCE = "bare GET", "balance"
ESTIMATE, ANONYMOUS = "estimate, signed in", "estimate, anonymous"
ASKED = {"tool": "quality", "inputs": INPUTS}
NOTE = (
    f"{CONNECTIONS} connections kept busy on loopback; one process per server; the user has 3 lots, and the"
    " tool 50 measured runs. Signed in: the token is looked up, and the estimate carries standing and quote."
)


def run(plan: Plan) -> Result:
    """Load every route in turn; the books are checked when the server has ended."""
    with tempfile.TemporaryDirectory() as folder:
        with ExitStack() as servers:
            null = servers.enter_context(serving("benchmarks.null_server"))
            studio = servers.enter_context(serving("benchmarks.credit_server", folder))
            rounds = _rounds(plan, _targets(null, studio))
        effects = checked_effects(Path(folder))
    figures = tuple(figure for name, loads in rounds.items() for figure in _figures(name, loads))
    return Result("http", figures, _yardsticks(rounds), (NOTE,), violations=0, effects=effects)


def _targets(null: ServerProcess, studio: ServerProcess) -> tuple[Target, ...]:
    token, path = studio.token, "/api/billing/estimate"
    return (
        Target(NULL, null, "GET", "/null"),
        Target(BALANCE, studio, "GET", "/api/credits/balance", token=token),
        Target(ESTIMATE, studio, "POST", path, ASKED, token),
        Target(ANONYMOUS, studio, "POST", path, ASKED),
        Target("bare POST", null, "POST", "/null", ASKED),
    )


def _rounds(plan: Plan, targets: tuple[Target, ...]) -> dict[str, list[Load]]:
    for target in targets:
        load(target, Plan(1, min(plan.seconds, 1.0), plan.generator))
    rounds: dict[str, list[Load]] = {target.name: [] for target in targets}
    for _ in range(plan.rounds):
        for target in targets:
            rounds[target.name].append(load(target, plan))
    return rounds


def _figures(name: str, loads: list[Load]) -> tuple[Figure, ...]:
    return (
        of_rounds(name, "requests", "1/s", [one.per_second for one in loads]),
        of_rounds(name, "latency p50", "ms", [one.p50_ms for one in loads]),
        of_rounds(name, "latency p99", "ms", [one.p99_ms for one in loads]),
        of_rounds(name, "server CPU per request", "us", [one.server_cpu_us for one in loads]),
    )


def _yardsticks(rounds: Mapping[str, list[Load]]) -> tuple[Yardstick, ...]:
    speed = {name: [one.per_second for one in loads] for name, loads in rounds.items()}
    return tuple(
        Yardstick(
            name,
            f"{route} over {NULL}, requests/s",
            paired_ratio(speed[route], speed[NULL]),
            "x",
            "higher",
            *bounds,
        )
        for name, route, bounds in (
            ("P8", BALANCE, (0.7, 0.5)),
            ("P9", ANONYMOUS, (0.7, 0.5)),
            ("P9 signed in", ESTIMATE, ()),
        )
    )
