"""How a run ended, from what the launcher measured and what the worker answered. Pure: no process, no clock.

The launcher's word decides whether a limit was met; only where it saw the worker end by itself does the
worker's answer count. Nothing the worker says changes what was measured.
"""

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from studio_magics.contracts.catalogue import RunLimits
from studio_magics.contracts.results import Artefact, ToolResult
from studio_server.runs.executor import sentences
from studio_server.runs.executor.protocol import ArtefactFile, Measurement, Outcome, OutcomeKind, Rejection

OUT_OF_MEMORY_SIGNALS = frozenset({"SIGABRT", "SIGSEGV", "SIGTRAP", "SIGBUS", "SIGILL"})
"""How Polars, DuckDB, V8 and others end when they get no more memory."""
MEDIA_TYPE = r"^[ -~]{1,200}$"
PRESSURE = 0.75
"""From this share of a memory limit on, such a signal is read as 'out of memory'."""


class Closed(BaseModel):
    """Base of what comes in from launcher and worker: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Report(Closed):
    """The launcher's last word."""

    event: Literal["ended"]
    reason: Literal["ended", "stopped", "cpu", "memory", "wall", "disk", "processes"]
    exit_code: int | None
    """Of the worker, negative for a signal; None when it was still running."""
    begun: bool
    """The worker accepted the input and entered the tool."""
    cpu_ms: int
    wall_ms: int
    peak_bytes: int
    peak_address_bytes: int
    survivors: int


class AnsweredRejection(Closed):
    """The input that the tool refused."""

    field: str
    found: str
    allowed: str
    action: str


class AnsweredFile(Closed):
    """One artefact as the worker names it; its size and digest are not asked."""

    name: str
    file: Annotated[str, Field(pattern=r"^out/\d{4}$")]
    media_type: Annotated[str, Field(pattern=MEDIA_TYPE)]
    title: str


def _each_once(files: tuple[AnsweredFile, ...]) -> tuple[AnsweredFile, ...]:
    if len({file.name for file in files}) < len(files):
        message = "two files have the same name"
        raise ValueError(message)
    return files


class Answer(Closed):
    """The worker's word."""

    kind: Literal[
        "succeeded", "input_rejected", "tool_failed", "limit_memory", "limit_output", "limit_disk", "lost"
    ]
    message: Annotated[str, Field(max_length=20_000)]
    result: str | None = None
    rejection: AnsweredRejection | None = None
    artefacts: Annotated[tuple[AnsweredFile, ...], Field(max_length=500), AfterValidator(_each_once)] = ()


@dataclass(frozen=True)
class Bounds:
    """All limits of one run: those of the catalogue and those of the executor."""

    run: RunLimits
    scratch_bytes: int
    processes: int
    address_bytes: int


def measurement(report: Report) -> Measurement:
    """What the launcher measured."""
    return Measurement(report.cpu_ms, report.wall_ms, report.peak_bytes)


def stopped_from_outside(report: Report, bounds: Bounds, *, cancelled: bool) -> Outcome | None:
    """The outcome when the launcher ended the run; None when the worker ended by itself."""
    kind: OutcomeKind
    match report.reason:
        case "ended":
            return None
        case "stopped" if cancelled:
            kind, message = "cancelled", sentences.cancelled()
        case "stopped":
            kind, message = "lost", sentences.worker_lost()
        case "processes":
            kind, message = "tool_failed", sentences.too_many_processes(bounds.processes)
        case "cpu":
            kind, message = limit_met("limit_cpu", bounds)
        case "memory":
            kind, message = limit_met("limit_memory", bounds)
        case "wall":
            kind, message = limit_met("limit_wall", bounds)
        case "disk":
            kind, message = limit_met("limit_disk", bounds)
    return Outcome(kind, message, measurement(report))


def without_answer(report: Report, bounds: Bounds) -> Outcome:
    """The worker ended by itself and left nothing: by a signal, or by leaving."""
    kind, message = _reason_of_silence(report, bounds)
    return Outcome(kind, message, measurement(report))


def _reason_of_silence(report: Report, bounds: Bounds) -> tuple[OutcomeKind, str]:
    ended_by = signal_name(report.exit_code)
    if ended_by in ("SIGXCPU", "SIGKILL") and report.cpu_ms >= bounds.run.cpu_ms:
        return limit_met("limit_cpu", bounds)
    if ended_by == "SIGXFSZ":
        return limit_met("limit_disk", bounds)
    if ended_by in OUT_OF_MEMORY_SIGNALS and _under_pressure(report, bounds):
        return limit_met("limit_memory", bounds)
    if not report.begun or (ended_by and ended_by not in OUT_OF_MEMORY_SIGNALS):
        return "lost", sentences.worker_lost()
    return "tool_failed", sentences.crashed(ended_by) if ended_by else sentences.no_answer()


def signal_name(exit_code: int | None) -> str:
    """The signal that ended a process; empty when it left by itself."""
    if exit_code is None or exit_code >= 0:
        return ""
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal
        return f"signal {-exit_code}"


def _under_pressure(report: Report, bounds: Bounds) -> bool:
    return (
        report.peak_bytes >= PRESSURE * bounds.run.memory_bytes
        or report.peak_address_bytes >= PRESSURE * bounds.address_bytes
    )


def limit_met(kind: OutcomeKind, bounds: Bounds) -> tuple[OutcomeKind, str]:
    """The sentence for a limit."""
    texts = {
        "limit_cpu": sentences.too_much_cpu(bounds.run.cpu_ms),
        "limit_wall": sentences.too_long(bounds.run.wall_ms),
        "limit_memory": sentences.too_much_memory(bounds.run.memory_bytes),
        "limit_disk": sentences.too_much_disk(bounds.scratch_bytes),
    }
    return kind, texts[kind]


def answered(report: Report, answer: Answer, bounds: Bounds, *, disk_is_full: bool) -> Outcome:
    """The outcome of every answer but success; once it has begun, a run cannot say that we are to blame."""
    measured = measurement(report)
    if answer.kind == "lost" and report.begun and not disk_is_full:
        return Outcome("tool_failed", sentences.no_answer(), measured)
    if answer.kind in ("limit_memory", "limit_disk"):
        kind, message = limit_met(answer.kind, bounds)
        return Outcome(kind, message, measured)
    message = sentences.without_paths(answer.message)
    if answer.kind == "input_rejected" and answer.rejection is not None:
        said = answer.rejection
        rejection = short(Rejection(said.field, said.found, said.allowed, said.action))
        return Outcome("input_rejected", message, measured, rejection=rejection)
    return Outcome(answer.kind, message, measured)


def short(said: Rejection) -> Rejection:
    """What a tool says of an input that it refused, no longer than what is kept with a run."""
    return Rejection(*(sentences.short(one) for one in (said.field, said.found, said.allowed, said.action)))


def unreadable(report: Report, *, by_the_run: bool) -> Outcome:
    """No outcome can be made of what the worker left; once it has begun, that is the run's own doing."""
    if by_the_run and report.begun:
        return Outcome("tool_failed", sentences.no_answer(), measurement(report))
    return Outcome("lost", sentences.worker_lost(), measurement(report))


def succeeded(report: Report, answer: Answer, files: tuple[ArtefactFile, ...]) -> Outcome:
    """A result whose artefact records are the server's own.

    Raises:
        ValidationError: The answer does not hold a result.
    """
    result = ToolResult.model_validate_json(answer.result or "")
    records = tuple(record_of(file) for file in files)
    result = result.model_copy(update={"artefacts": records})
    return Outcome("succeeded", result.headline, measurement(report), result=result, artefacts=files)


def record_of(file: ArtefactFile) -> Artefact:
    """What a result says of one of its files.

    Raises:
        ValidationError: It has a name that no file may have.
    """
    return Artefact(
        name=file.name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        digest=file.digest,
        title=file.title,
    )


def artefact_file(workdir: Path, said: AnsweredFile, size_bytes: int, digest: str) -> ArtefactFile:
    """One artefact, with size and digest as the server found them."""
    return ArtefactFile(said.name, workdir / said.file, said.media_type, size_bytes, digest, said.title)
