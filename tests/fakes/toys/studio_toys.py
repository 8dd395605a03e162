"""Tools for tests of the server: small programs that behave in one known way each."""

import logging
import time

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput

NAP_SECONDS = 0.02
log = logging.getLogger(__name__)
LONGEST_SECONDS = 60


class Count(ToolInput):
    """Counts bytes of a file, or nothing at all."""

    data: InputFile | None = None
    burn_ms: int = 0
    refuse: bool = False
    fail: bool = False
    sleep_until_killed: bool = False
    forecast_cpu_ms: int = 200
    kernel_secret: str | None = None
    database: str | None = None
    leak: bool = False
    say: tuple[str, ...] = ()


def forecast(inputs: Count) -> Forecast:
    return Forecast(cpu_ms=inputs.forecast_cpu_ms, wall_ms=300, peak_bytes=60_000_000, basis="a constant")


def run(inputs: Count, ctx: RunContext) -> ToolResult:
    if inputs.refuse:
        raise InputRejected("data", found="a file nobody likes", allowed="any other", action="take another")
    ctx.progress(0.25, "counting")
    for line in inputs.say:
        log.info(line)
        logging.getLogger("some.library").warning("a library says %s", line)
    size = len(ctx.path(inputs.data).read_bytes()) if inputs.data else 0
    _burn(inputs.burn_ms)
    if inputs.sleep_until_killed:
        _sleep(ctx)
    if inputs.database:
        value = ctx.secret(inputs.database)
        if inputs.leak:
            raise RuntimeError(f"cannot connect to {value}")
        return _about(value)
    if inputs.fail:
        raise RuntimeError("the tool broke")
    made = ctx.add_artefact("count.txt", "text/plain", str(size).encode())
    provenance = Provenance(tool_id="toy-studio-count", tool_version="1.0.0")
    return ToolResult(headline=f"{size} bytes", artefacts=(made,), provenance=provenance)


def _about(value: str) -> ToolResult:
    """Says how long the secret is, and, as a careless tool would, what it is."""
    provenance = Provenance(tool_id="toy-studio-count", tool_version="1.0.0")
    return ToolResult(headline=f"{len(value)} signs: {value}", provenance=provenance)


def _burn(cpu_ms: int) -> None:
    end = time.process_time() + cpu_ms / 1_000
    while time.process_time() < end:
        pass


def _sleep(ctx: RunContext) -> None:
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        ctx.progress(0.5, "sleeping")
        time.sleep(NAP_SECONDS)


TOOL = Tool(
    id="toy-studio-count",
    version="1.0.0",
    title="Counter",
    places=frozenset({"server"}),
    input_model=Count,
    forecast=forecast,
    run=run,
    example="%studio run count --data rows.csv",
    description="Counts bytes.",
    kernel_only=("kernel_secret",),
    secret_fields=("database",),
)
