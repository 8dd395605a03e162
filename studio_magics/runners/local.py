"""Runs a tool in this kernel: 0 credits, no server needed."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from studio_magics.client.refusals import NotInstalled, RunStopped
from studio_magics.runners.context import KernelContext
from studio_magics.runners.outcome import StudioRun
from studio_magics.runners.validation import from_rejection, validated
from studio_magics.tools.base import InputRejected, RunCancelled, Tool

if TYPE_CHECKING:
    from studio_magics.contracts.results import ToolResult
    from studio_magics.display.progress import Progress
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.staging import Staged
    from studio_magics.tools.base import ToolInput

_numbers = count(1)


def run_here(found: FoundTool, tool: Tool, staged: Staged, progress: Progress) -> StudioRun:
    """Run it now; charges nothing. An unexpected failure of the tool keeps its traceback.

    Raises:
        InputRefused: The input is wrong.
        RunStopped: The person interrupted the kernel.
        NotInstalled: A library of the tool is missing.
    """
    inputs = validated(tool, found.fields, staged.inputs)
    context = KernelContext(staged.content, progress)
    progress.update(0, "starting in this kernel")
    result = _run(tool, inputs, context)
    return StudioRun(
        id=f"kernel_{next(_numbers)}",
        tool_id=tool.id,
        tool_title=tool.title,
        state="succeeded",
        place="kernel",
        receipt=None,
        result=result,
        fetch=context.artefact,
        keeps=(context, staged),
    )


def _run(tool: Tool, inputs: ToolInput, context: KernelContext) -> ToolResult:
    try:
        return tool.run(inputs, context)
    except InputRejected as rejected:
        raise from_rejection(tool, rejected) from rejected
    except (KeyboardInterrupt, RunCancelled) as stop:
        said = f"{tool.title} was stopped; it ran in this kernel, nothing was charged."
        raise RunStopped(said, action="run the cell again when you like") from stop
    except ModuleNotFoundError as missing:
        said = f"{tool.title} needs the library '{missing.name}' in this kernel."
        server = ", or add --on server" if "server" in tool.places else ""
        raise NotInstalled(said, action=f"pip install 'studio-magics[tools]'{server}") from missing
