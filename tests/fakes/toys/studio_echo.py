"""A tool that repeats what it was told everywhere a tool can write: result, file, log, failure."""

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import RunContext, Tool, ToolInput


class Echo(ToolInput):
    """Repeats a text."""

    text: str
    data: InputFile | None = None
    fail: bool = False


def forecast(inputs: Echo) -> Forecast:
    return Forecast(cpu_ms=200, wall_ms=300, peak_bytes=60_000_000, basis="a constant")


def run(inputs: Echo, ctx: RunContext) -> ToolResult:
    print(f"told: {inputs.text}")
    if inputs.fail:
        raise RuntimeError(f"cannot repeat {inputs.text}")
    content = ctx.path(inputs.data).read_bytes() if inputs.data else b""
    made = ctx.add_artefact(f"{inputs.text}.txt", "text/plain", inputs.text.encode() + content)
    provenance = Provenance(tool_id="toy-studio-echo", tool_version="1.0.0")
    return ToolResult(headline=inputs.text, artefacts=(made,), provenance=provenance)


TOOL = Tool(
    id="toy-studio-echo",
    version="1.0.0",
    title="Echo",
    places=frozenset({"server"}),
    input_model=Echo,
    forecast=forecast,
    run=run,
    example="%studio run echo --text hello",
    description="Repeats a text.",
)
