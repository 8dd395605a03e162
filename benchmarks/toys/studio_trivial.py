"""A tool that does next to nothing and says how long that took: what remains of a run is overhead."""

import time

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput

TOOL_ID = "bench-studio-trivial"


class Nothing(ToolInput):
    """No input at all."""


def forecast(inputs: Nothing) -> Forecast:
    del inputs
    return Forecast(cpu_ms=200, wall_ms=300, peak_bytes=60_000_000, basis="a constant")


def run(inputs: Nothing, ctx: RunContext) -> ToolResult:
    del inputs
    started = time.perf_counter_ns()
    ctx.progress(0.5, "nothing")
    took = time.perf_counter_ns() - started
    provenance = Provenance(tool_id=TOOL_ID, tool_version="1.0.0")
    return ToolResult(headline="nothing", summary={"work_us": took // 1_000}, provenance=provenance)


TOOL = Tool(
    id=TOOL_ID,
    version="1.0.0",
    title="Nothing",
    places=frozenset({"server"}),
    input_model=Nothing,
    forecast=forecast,
    run=run,
    example="%studio run trivial",
    description="Does nothing.",
)
