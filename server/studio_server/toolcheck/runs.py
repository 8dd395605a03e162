"""Runs the examples twice, and damaged copies of their files once, and looks at what comes of it."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from studio_magics.contracts.billing import Forecast
from studio_magics.contracts.results import ToolResult
from studio_magics.tools.base import Tool
from studio_server.runs.executor.protocol import Measurement, Outcome
from studio_server.toolcheck.examples import Trial
from studio_server.toolcheck.report import Check, failed, judged, noted, passed, skipped
from studio_server.toolcheck.sandbox import Sandbox

FACTOR = 2
SLACK_CPU_MS = 500
"""A quarter of a credit: below it the start of a process decides, which is cold or warm."""
SLACK_BYTES = 64_000_000
SEED = 20_260_115
_SHAPE = "fill headline, titles and alt_text; Provenance(tool_id=…, tool_version=…) names this tool"
ENDS_WELL = ("succeeded", "input_rejected")


def checks(tool: Tool, trial: Trial, sandbox: Sandbox) -> list[Check]:
    """Two runs of one example, and what a server would think of them."""
    first = sandbox.run(trial.inputs, trial.files)
    if first.kind == "input_rejected" and not trial.is_own:
        said = f"the tool refuses the sample data: {first.message}"
        return [skipped("run", said, "give the Tool examples of its own")]
    if first.kind != "succeeded" or first.result is None:
        todo = "an example has to succeed"
        if first.kind == "lost":
            todo = "the worker runs as another user where the server is root: may it read the module?"
        return [failed("run", f"{trial.name} ended as {first.kind}: {first.message}", todo)]
    again = sandbox.run(trial.inputs, trial.files)
    return [
        passed("run", first.result.headline),
        _same(first, again) if tool.repeats else _measures(first, again),
        _forecast_holds(tool, tool.forecast(trial.model), (first, again)),
        judged("result", _faults(tool, first.result), good=_shape(first.result), todo=_SHAPE),
        _honesty(first.result),
    ]


def damaged(trial: Trial, sandbox: Sandbox) -> Check:
    """Empty, cut and random files in place of the example's: refused, or worked on, but no crash."""
    name, todo = "damaged files", "raise InputRejected for a file that cannot be read: then it is free"
    if not trial.files:
        return skipped(name, "the example holds no file")
    bad: list[str] = []
    for damage, files in _damages(trial.files):
        outcome = sandbox.run(trial.inputs, files)
        if outcome.kind not in ENDS_WELL:
            bad.append(f"{damage}: {outcome.kind}, {outcome.message}")
    return judged(name, bad, good="empty, cut and random files end in a refusal or a result", todo=todo)


def _damages(files: Mapping[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    chance = random.Random(SEED)  # noqa: S311  - the same noise every time
    yield "empty", dict.fromkeys(files, b"")
    yield "cut", {digest: content[: len(content) // 2] for digest, content in files.items()}
    yield "random", {digest: chance.randbytes(max(64, min(len(c), 65_536))) for digest, c in files.items()}


def _same(first: Outcome, again: Outcome) -> Check:
    name = "same result"
    if again.kind != "succeeded" or again.result is None or first.result is None:
        return failed(name, f"the second run ended as {again.kind}: {again.message}", "find what differs")
    differing = _differences(first.result.model_dump(), again.result.model_dump())
    good = "two runs give the same result and the same files"
    todo = "no clock but context.now, no chance without a fixed seed, sort what comes from sets"
    return judged(name, [f"{part} differs between two runs" for part in differing], good=good, todo=todo)


def _measures(first: Outcome, again: Outcome) -> Check:
    """A tool that says it measures: two runs have to succeed, and need not be equal."""
    name, todo = "same result", "the tool says that it measures: is that so?"
    if again.kind != "succeeded" or again.result is None or first.result is None:
        return failed(name, f"the second run ended as {again.kind}: {again.message}", "find what differs")
    return noted(name, "not compared: two measurements differ", todo)


def _differences(first: dict[str, Any], again: dict[str, Any]) -> list[str]:
    return [part for part in first if first[part] != again[part]]


def _forecast_holds(tool: Tool, forecast: Forecast, outcomes: tuple[Outcome, ...]) -> Check:
    """Against the better of two runs: a busy machine makes work look dearer, never cheaper.

    A tool that runs in the kernel alone has no price that would follow from its forecast, and one that
    measures times gets as much of the machine as neighbours leave: then it is noted.
    """
    name, measured = "forecast holds", [one.measured for one in outcomes if one.measured is not None]
    if not measured:
        return failed(name, "nothing was measured", "run the check on a machine that can watch workers")
    cpu_ms = min(one.cpu_ms for one in measured)
    peak_bytes = min(one.peak_bytes for one in measured)
    faults = [
        f"{what}: forecast {said:,}, measured {found:,}"
        for what, said, found, slack in (
            ("CPU ms", forecast.cpu_ms, cpu_ms, SLACK_CPU_MS),
            ("bytes of memory", forecast.peak_bytes, peak_bytes, SLACK_BYTES),
        )
        if not _near(said, found, slack)
    ]
    todo = f"a forecast within a factor of {FACTOR} of what a server meters, imports in the run included"
    if faults and ("server" not in tool.places or not tool.repeats):
        return noted(name, "; ".join(faults), todo)
    return judged(name, faults, good=_measured(measured[0]), todo=todo)


def _near(said: int, found: int, slack: int) -> bool:
    within = said <= FACTOR * found and found <= FACTOR * said
    return within or abs(said - found) <= slack


def _measured(measured: Measurement) -> str:
    megabytes = measured.peak_bytes / 1_000_000
    return f"measured {measured.cpu_ms:,} ms CPU, {measured.wall_ms:,} ms, {megabytes:,.0f} MB"


def _faults(tool: Tool, result: ToolResult) -> Iterator[str]:
    origin = result.provenance
    if (origin.tool_id, origin.tool_version) != (tool.id, tool.version):
        said = f"{origin.tool_id} {origin.tool_version}"
        yield f"its provenance says {said}, the tool is {tool.id} {tool.version}"
    if not result.headline.strip():
        yield "it has no headline"
    for figure in result.figures:
        if not figure.alt_text.strip():
            yield f"the figure '{figure.title}' says nothing to people who do not see it (alt_text)"
    for finding in result.findings:
        if not finding.title.strip():
            yield f"the finding '{finding.code}' has no title"


def _shape(result: ToolResult) -> str:
    parts = (
        (len(result.findings), "findings"),
        (len(result.tables), "tables"),
        (len(result.figures), "figures"),
        (len(result.artefacts), "files"),
    )
    return ", ".join(f"{what} {count}" for count, what in parts)


def _honesty(result: ToolResult) -> Check:
    if result.not_checked:
        return passed("honesty", f"{len(result.not_checked)} sentences say what was not checked")
    return noted("honesty", "the result does not say what was not checked", "fill ToolResult.not_checked")
