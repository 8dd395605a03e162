"""Tools for tests, offered the way every third-party tool is: by an entry point of a distribution."""

import sys
from contextlib import contextmanager

from pydantic import Field

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.results import Column, Provenance, Table, ToolResult
from studio_magics.tools import catalog
from studio_magics.tools.base import InputRejected, RunContext, Tool, ToolInput

HERE = "tests.runners.counting"


class CountInput(ToolInput):
    """What to count."""

    data: InputFile | None = Field(default=None, description="A table.")
    folder: InputFolder | None = Field(default=None, description="Many files.")
    note: str = Field(default="", description="A note.")
    times: int = Field(default=1, ge=1, le=9, description="How often.")
    loud: bool = Field(default=False, description="Shout.")
    tags: tuple[str, ...] = Field(default=(), description="Tags.")
    behave: str = Field(default="well", description="What the test wants.")


def forecast(inputs: CountInput) -> Forecast:
    return Forecast(cpu_ms=100, wall_ms=100, peak_bytes=1_000_000)


def run(inputs: CountInput, context: RunContext) -> ToolResult:
    context.progress(0.5, "counting")
    if inputs.behave == "reject":
        raise InputRejected(
            "data", found="no rows", allowed="at least one row", action="give a table with rows"
        )
    if inputs.behave == "interrupt":
        raise KeyboardInterrupt
    if inputs.behave == "break":
        message = "a fault of the tool"
        raise ZeroDivisionError(message)
    if inputs.behave == "lack":
        raise ModuleNotFoundError(name="a_library_nobody_has")
    sizes = [(inputs.data.name, context.path(inputs.data).stat().st_size)] if inputs.data else []
    sizes += [
        (file.name, context.path(file).stat().st_size)
        for file in (inputs.folder.files if inputs.folder else ())
    ]
    suffixes = {context.path(inputs.data).suffix} if inputs.data else set()
    file = context.add_artefact("sizes.txt", "text/plain", repr(sizes).encode(), title="sizes")
    return ToolResult(
        headline=f"{len(sizes)} files at {context.now.isoformat()}",
        summary={
            "note": inputs.note,
            "suffixes": sorted(suffixes),
            "tags": list(inputs.tags),
            "times": inputs.times,
        },
        tables=(
            Table(
                title="Sizes",
                columns=(Column(name="file"), Column(name="size", kind="bytes")),
                rows=tuple(sizes),
            ),
        ),
        artefacts=(file,),
        provenance=Provenance(tool_id="data-studio-counter", tool_version="1.0.0"),
    )


def _tool(tool_id: str, *places: str) -> Tool:
    return Tool(
        id=tool_id,
        version="1.0.0",
        title="Counter",
        places=frozenset(places),
        input_model=CountInput,
        forecast=forecast,
        run=run,
        example="%studio run counter --data df",
        description="Counts files. Returns sizes.",
        cell_field="note",
    )


COUNTER = _tool("data-studio-counter", "kernel", "server")
REMOTE = _tool("data-studio-remote", "server")


@contextmanager
def offered(folder, **tools):
    """Install a distribution that offers these tools, for the length of the block."""
    info = folder / "tools_of_a_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tools-of-a-test\nVersion: 1.0\n")
    lines = [f"{tool_id} = {HERE}:{name}" for name, tool_id in tools.items()]
    (info / "entry_points.txt").write_text("[studio.tools]\n" + "\n".join(lines) + "\n")
    sys.path.insert(0, str(folder))
    _forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget()


def _forget() -> None:
    catalog.sources.cache_clear()
    catalog.load.cache_clear()
