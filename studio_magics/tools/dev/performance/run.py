"""The work of the Performance Profiler, in order."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.performance import loading, profiling
from studio_magics.tools.dev.performance.gathering import gather
from studio_magics.tools.dev.performance.identity import LIBRARIES, TOOL_ID, VERSION

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.performance.inputs import PerformanceInput


def run(inputs: PerformanceInput, context: RunContext) -> ToolResult:
    """Copy, look, run in a process of its own, tell.

    Raises:
        InputRejected: The script cannot be measured; or this is no server's sandbox.
    """
    if context.place != "server":
        raise InputRejected(
            "script",
            found="a run outside of a server's sandbox",
            allowed="a run on a server",
            action="a script of anybody's is run in a sandbox only",
        )
    context.progress(0.02, "copying the script")
    with TemporaryDirectory(prefix="studio-profile-") as made:
        folder = Path(made).resolve()
        (folder / "code").mkdir()
        code = gather(inputs, folder / "code", context)
        work = loading.answer if inputs.mode == "load" else profiling.answer
        found = work(inputs, code, folder, context)
    origin = Provenance(
        tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES}
    )
    return found.model_copy(update={"provenance": origin})
