"""A tool that takes whatever it can get, in one of four ways, until its limits end it."""

import itertools
import os
import time
from collections.abc import Callable
from typing import Literal

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.results import ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput

TOOL_ID = "bench-studio-attack"
PAGE_BYTES = 1 << 20
CHILDREN = 8


class Attack(ToolInput):
    """Which way."""

    way: Literal["fork bomb", "memory", "log flood", "cpu"]


def forecast(inputs: Attack) -> Forecast:
    del inputs
    return Forecast(cpu_ms=200, wall_ms=300, peak_bytes=60_000_000, basis="a lie")


def run(inputs: Attack, ctx: RunContext) -> ToolResult:
    WAYS[inputs.way](ctx)
    raise AssertionError("it has no limits")


def fork_bomb(_: RunContext) -> None:
    while True:
        os.fork()


def take_memory(_: RunContext) -> None:
    kept = [bytearray(os.urandom(64)) * (PAGE_BYTES // 64) for _ in itertools.repeat(None)]
    del kept


def flood_the_log(ctx: RunContext) -> None:
    for number in itertools.count():
        print("x" * 65_536, flush=True)
        ctx.progress(number % 100 / 100, f"{number} " * 40)


def burn(_: RunContext) -> None:
    for _child in range(CHILDREN):
        if os.fork() == 0:
            break
    while time.time() > 0:
        pass


WAYS: dict[str, Callable[[RunContext], None]] = {
    "fork bomb": fork_bomb,
    "memory": take_memory,
    "log flood": flood_the_log,
    "cpu": burn,
}
TOOL = Tool(
    id=TOOL_ID,
    version="1.0.0",
    title="Attack",
    places=frozenset({"server"}),
    input_model=Attack,
    forecast=forecast,
    run=run,
    example="%studio run attack --way cpu",
    description="Takes what it can get.",
)
