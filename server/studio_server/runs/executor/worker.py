"""The program inside a run: read the job, run the tool once, leave one answer.

Called in a fork of a fork server (`offspring.py`), in the run's own folder, with every layer of confinement
around it. What it writes is a proposal: the server checks sizes and digests again, and what the run costs is
measured outside.
"""

import errno
import json
import os
import select
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from studio_magics.contracts.results import ToolResult
from studio_magics.tools import catalog
from studio_magics.tools.base import InputRejected, Tool, ToolInput
from studio_server.runs.executor.context import PARTING_DESCRIPTOR, OutputTooLarge, WorkerContext
from studio_server.runs.executor.logged import show_what_is_logged
from studio_server.runs.executor.sentences import out_of_disk, without_paths

JOB = "job.json"
ANSWER = "answer.json"
SHOWN_CHARACTERS = 120
HIDDEN = "[a secret]"
OUT_OF_MEMORY = frozenset({"MemoryError", "OutOfMemoryException", "ArrowMemoryError"})
Answer = dict[str, Any]


def main() -> NoReturn:
    """Answer the job and leave at once: threads of a library must not keep the process alive."""
    job: dict[str, Any] = json.loads(Path(JOB).read_text("utf-8"))
    answer = without_secrets(work(job), job)
    with suppress(OSError):
        os.close(0)  # should the tool have used up all descriptors, one is free now
    written = Path(f"{ANSWER}.part")
    written.write_text(json.dumps(answer), "utf-8")
    written.rename(ANSWER)
    sys.stdout.flush()
    sys.stderr.flush()
    part()
    os._exit(0)


def part() -> None:
    """Say that all is done and stay until the meter has weighed this process, as it is at its end."""
    with suppress(OSError):  # the tool closed it, or the meter is gone
        os.write(PARTING_DESCRIPTOR, b".")
        closed = select.poll()
        closed.register(PARTING_DESCRIPTOR, 0)
        closed.poll()


def without_secrets(answer: Answer, job: dict[str, Any]) -> Answer:
    """The answer without the values of secrets, should a library have put one into a message or a result."""
    text = json.dumps(answer)
    for value in sorted(job.get("secrets", {}).values(), key=len, reverse=True):
        for said in (value, json.dumps(value)[1:-1], json.dumps(json.dumps(value)[1:-1])[1:-1]):
            text = text.replace(said, HIDDEN)
    return json.loads(text)


def work(job: dict[str, Any]) -> Answer:
    """Everything from finding the tool to its result, as one answer."""
    context = WorkerContext(job)
    try:
        tool = find_tool(job)
    except Exception:  # noqa: BLE001  - outermost boundary: a tool's module may raise anything
        traceback.print_exc()
        return {"kind": "lost", "message": f"the tool '{job['tool_id']}' could not be loaded on this server"}
    return run(tool, job, context)


def find_tool(job: dict[str, Any]) -> Tool:
    """The tool that the server named: from the catalogue, or by an explicit reference."""
    if job["extra_path"]:
        sys.path.append(job["extra_path"])
    if not job["tool_reference"]:
        return catalog.load(job["tool_id"])
    module, _, name = job["tool_reference"].partition(":")
    tool = getattr(import_module(module), name or "TOOL")
    if not isinstance(tool, Tool) or tool.id != job["tool_id"]:
        raise catalog.ToolMisdeclared(job["tool_id"], job["tool_reference"])
    return tool


def run(tool: Tool, job: dict[str, Any], context: WorkerContext) -> Answer:
    """Run the tool and say how it went; whatever it raises becomes an answer."""
    try:
        inputs = accept(tool, job)
        context.begin()
        show_what_is_logged(tool, context)
        return succeeded(tool, tool.run(inputs, context), context)
    except InputRejected as refusal:
        return rejected(refusal)
    except OutputTooLarge as excess:
        return {"kind": "limit_output", "message": str(excess)}
    except BaseException as failure:  # noqa: BLE001  - outermost boundary: SystemExit of a tool included
        traceback.print_exc()
        return failed(failure)


def succeeded(tool: Tool, result: ToolResult, context: WorkerContext) -> Answer:
    """The result with its files and library versions; too large is no result.

    Raises:
        OutputTooLarge: Result and artefacts together pass the run's limit.
    """
    if not isinstance(result, ToolResult):  # pyright: ignore[reportUnnecessaryIsInstance]  - a plugin may lie
        message = f"the tool returned {type(result).__name__} instead of a ToolResult"
        raise TypeError(message)
    if not result.provenance.libraries:
        provenance = result.provenance.model_copy(update={"libraries": versions(tool.libraries)})
        result = result.model_copy(update={"provenance": provenance})
    text = result.model_dump_json()
    context.check_result(len(text.encode()))
    context.account_output(len(text.encode()))
    context.check_output()
    return {"kind": "succeeded", "message": "", "result": text, "artefacts": context.artefacts}


def versions(distributions: tuple[str, ...]) -> dict[str, str]:
    """Installed versions; what is not installed was not used."""
    found: dict[str, str] = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def accept(tool: Tool, job: dict[str, Any]) -> ToolInput:
    """The inputs as the tool's own model.

    Raises:
        InputRejected: The first field that does not fit.
    """
    try:
        return tool.input_model.model_validate_json(json.dumps(job["inputs"]))
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "inputs"
        found = "nothing" if first["type"] == "missing" else shown(first["input"])
        raise InputRejected(field, found=found, allowed=first["msg"]) from invalid


def rejected(refusal: InputRejected) -> Answer:
    """Refused before work."""
    fields = {
        "field": refusal.field,
        "found": refusal.found,
        "allowed": refusal.allowed,
        "action": refusal.action,
    }
    return {"kind": "input_rejected", "message": str(refusal), "rejection": fields}


def shown(value: Any) -> str:
    """A value as people may see it: short."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def failed(failure: BaseException) -> Answer:
    """The tool raised; the traceback went to the worker's log, for the operator only."""
    number = failure.errno if isinstance(failure, OSError) else None
    names = OUT_OF_MEMORY.intersection(kind.__name__ for kind in type(failure).__mro__)
    if names or number == errno.ENOMEM:
        return {"kind": "limit_memory", "message": ""}
    if number == errno.EFBIG:
        return {"kind": "limit_disk", "message": ""}
    if number in (errno.ENOSPC, errno.EDQUOT):
        return {"kind": "lost", "message": out_of_disk()}
    return {"kind": "tool_failed", "message": f"{type(failure).__name__}: {without_paths(str(failure))}"}
