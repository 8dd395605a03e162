"""One tool that runs the attack it is told to and returns what it got away with."""

import contextlib
import importlib
import os

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import Tool, ToolInput


class Attack(ToolInput):
    module: str
    program: str
    where: dict[str, str | int]


def run(attack, context):
    """Hold the lifeline, so that whatever is left alive can be seen, and attack."""
    with contextlib.suppress(OSError):
        os.set_inheritable(os.open("lifeline", os.O_WRONLY), True)
    program = getattr(importlib.import_module(attack.module), attack.program)
    escapes = program(context=context, **attack.where) or []
    return ToolResult(
        headline="attacked",
        summary={"escapes": [str(escape) for escape in escapes]},
        provenance=Provenance(tool_id="x", tool_version="1"),
    )


HOSTILE = Tool(
    id="test-studio-hostile",
    version="1",
    title="hostile",
    places=frozenset({"server"}),
    input_model=Attack,
    forecast=lambda _: Forecast(cpu_ms=0, wall_ms=0, peak_bytes=0),
    run=run,
    example="%studio run hostile",
    description="attacks",
)
