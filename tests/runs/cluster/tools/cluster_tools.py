"""Tools that the workers of a test cluster offer: one that reads and writes, and some that misbehave."""

import os
import time
from pathlib import Path

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected, Tool, ToolInput


class Work(ToolInput):
    data: InputFile | None = None
    least: int = 0
    fifo: str = ""
    cpu_ms: int = 0
    megabytes: int = 0
    outputs: int = 0
    how: str = ""


def run(what, context):
    if what.least < 0:
        raise InputRejected("least", found=str(what.least), allowed="0 or more", action="leave it out")
    size = len(context.path(what.data).read_bytes()) if what.data else 0
    context.progress(0.5, "reading")
    burn(what.cpu_ms)
    kept = os.urandom(1 << 20) * what.megabytes
    if what.megabytes:
        time.sleep(0.2)
    if what.how == "raise":
        raise ValueError("it broke")
    if what.fifo:
        hold_for_ever(what.fifo)
    made = tuple(
        context.add_artefact(f"copies/{number}.bin", "application/octet-stream", bytes([number]) * size)
        for number in range(what.outputs)
    )
    context.progress(1.0, "writing")
    provenance = Provenance(tool_id="test-studio-work", tool_version="1")
    return ToolResult(headline=f"{size + len(kept)} bytes", artefacts=made, provenance=provenance)


def burn(cpu_ms):
    end = time.process_time() + cpu_ms / 1000
    while time.process_time() < end:
        pass


def hold_for_ever(fifo):
    """This process and a grandchild with a session of its own keep the pipe open; both never end."""
    take_hold(fifo)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            take_hold(fifo)
        time.sleep(600)
    time.sleep(600)


def take_hold(fifo):
    descriptor = os.open(Path(__file__).with_name(fifo), os.O_WRONLY)
    os.set_inheritable(descriptor, True)
    os.write(descriptor, b"held\n")


WORK = Tool(
    id="test-studio-work",
    version="1",
    title="Work",
    places=frozenset({"server"}),
    input_model=Work,
    forecast=lambda _: Forecast(cpu_ms=0, wall_ms=0, peak_bytes=0),
    run=run,
    example="%studio run work",
    description="Works.",
)
