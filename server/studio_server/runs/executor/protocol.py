"""What the run service asks of an executor: start a job, hear its progress, get one outcome.

An executor knows no credits, no users and no HTTP. It says how a run ended and what was measured;
what that costs, and whether it costs anything, is decided above.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from pydantic import JsonValue

from studio_magics.contracts.catalogue import RunLimits
from studio_magics.contracts.results import ToolResult

OutcomeKind = Literal[
    "succeeded",
    "input_rejected",
    "tool_failed",
    "limit_cpu",
    "limit_wall",
    "limit_memory",
    "limit_output",
    "limit_disk",
    "cancelled",
    "lost",
]
"""`input_rejected`: refused before work. `lost`: the platform's fault. All others: the run's own doing."""


@dataclass(frozen=True)
class Job:
    """One run of one tool, with everything it needs."""

    run_id: str
    tool_id: str
    inputs: Mapping[str, JsonValue]
    """The inputs as they came over the wire; the worker validates them with the tool's own model."""
    files: Mapping[str, Path]
    """Digest → stored upload, for every `InputFile` in the inputs."""
    limits: RunLimits
    now: datetime
    """The time of the run, the only clock the tool sees."""
    workdir: Path
    """A folder of this run alone: created when missing; the caller deletes it after taking the artefacts."""
    tool_reference: str = ""
    """`package.module:NAME` of the tool; empty means: look `tool_id` up in the installed catalogue."""
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Name → value of the user's secrets that the inputs name and the tool declares to take."""
    network: tuple[str, ...] = ()
    """Whom the run may talk to, as its tool declares it; without any it has no network at all."""
    wait_seconds: float = 0.0
    """How long it may still wait for a free worker, where workers are shared with others."""


@dataclass(frozen=True)
class Progress:
    """How far the run is, as the tool reports it."""

    percent: int
    stage: str
    log: tuple[str, ...] = ()
    """What the tool logged since the last report, oldest first, not believed: text of any kind."""


@dataclass(frozen=True)
class Measurement:
    """What the run used, measured by the parent over the whole process tree."""

    cpu_ms: int
    wall_ms: int
    peak_bytes: int
    """The highest sum of resident memory over all processes of the run at one time."""

    @property
    def byte_ms(self) -> int:
        """Peak resident bytes times wall milliseconds."""
        return self.peak_bytes * self.wall_ms


@dataclass(frozen=True)
class Rejection:
    """Which input was refused, what was found there and what would be allowed."""

    field: str
    found: str
    allowed: str
    action: str = ""


@dataclass(frozen=True)
class ArtefactFile:
    """One file the run made; size and digest were computed by the server, not by the tool."""

    name: str
    path: Path
    media_type: str
    size_bytes: int
    digest: str
    title: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    kind: OutcomeKind
    message: str
    """One sentence for the user: no traceback, no path of this machine."""
    measured: Measurement | None = None
    """None when nothing was started, or nobody was left to say what was used."""
    result: ToolResult | None = None
    """Only with `succeeded`."""
    rejection: Rejection | None = None
    """Only with `input_rejected`."""
    artefacts: tuple[ArtefactFile, ...] = ()
    """Only with `succeeded`; the same files as `result.artefacts`, in the same order."""


@dataclass(frozen=True)
class Layer:
    """One layer of watching or confinement: is it in force on this machine?"""

    name: str
    present: bool
    detail: str
    """What it does here, or what its absence means."""


class ExecutorFull(Exception):
    """Every worker is busy; nothing was started."""

    def __init__(self, capacity: int) -> None:
        super().__init__(f"all {capacity} workers are busy")
        self.capacity = capacity


class ExecutorClosed(Exception):
    """The executor is shutting down; nothing was started."""

    def __init__(self) -> None:
        super().__init__("the executor is closed")


class ExecutorUnsupported(Exception):
    """This machine cannot watch a worker's processes; nothing was started."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RunningJob(Protocol):
    """A job that was started and will have exactly one outcome."""

    @property
    def run_id(self) -> str: ...

    async def outcome(self) -> Outcome:
        """Wait for the end without blocking the event loop; may be awaited by many; never raises.

        Cancelling the awaiting task does not cancel the job.
        """
        ...

    def wait(self, timeout_seconds: float | None = None) -> Outcome:
        """The same from a plain thread.

        Raises:
            TimeoutError: The job still runs; it goes on.
        """
        ...

    def cancel(self) -> None:
        """Stop the whole process tree; returns at once. The outcome is `cancelled` unless already decided."""
        ...


class Executor(Protocol):
    """Starts jobs, at most `capacity` at a time."""

    @property
    def capacity(self) -> int: ...

    @property
    def running(self) -> int:
        """How many jobs run now; a slot is free again before the outcome of its job is known."""
        ...

    def start(self, job: Job, on_progress: Callable[[Progress], None]) -> RunningJob:
        """Start the job and return at once. Every failure to start it for real is an outcome (`lost`).

        `on_progress` is called from another thread than the caller's, in order, at most some
        20 times a second.

        Raises:
            ExecutorFull: All workers are busy; ask again after an outcome.
            ExecutorClosed: `close` was called.
            ExecutorUnsupported: Workers cannot be watched on this machine.
        """
        ...

    def capabilities(self) -> tuple[Layer, ...]:
        """Which layers of watching and confinement are in force here, and which are missing."""
        ...

    def close(self) -> None:
        """Kill everything that runs and wait until it is gone: blocks, a few seconds at most; repeatable."""
        ...
