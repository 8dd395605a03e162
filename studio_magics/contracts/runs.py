"""Runs: starting them and following them."""

from typing import Literal

from pydantic import Field, JsonValue

from studio_magics.contracts.base import Contract, Credits, Instant, ToolId
from studio_magics.contracts.billing import Receipt
from studio_magics.contracts.problems import Problem
from studio_magics.contracts.results import ToolResult

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled", "timed_out", "lost"]
TERMINAL_STATES: frozenset[RunState] = frozenset({"succeeded", "failed", "cancelled", "timed_out", "lost"})


class RunRequest(Contract):
    """Start a metered run. Send the header Idempotency-Key; the same key starts it once."""

    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    max_credits: Credits | None = None
    quote: str | None = Field(default=None, max_length=4_000)
    fresh: bool = Field(
        default=False, description="Work again, also where the result of the same work is stored"
    )


class RunSummary(Contract):
    """One run in a list."""

    id: str
    tool_id: ToolId
    tool_title: str
    state: RunState
    progress_percent: int = Field(ge=0, le=100)
    stage: str = ""
    log_line: str = Field(default="", description="What the tool logged last, while it is at work")
    queue_position: int | None = Field(default=None, ge=1, description="Place in the queue; 1 is next")
    revision: int = Field(ge=0, description="Rises with every change of the run")
    max_credits: Credits
    charged_credits: Credits | None
    receipt_id: str | None
    input_summary: str = ""
    answered_from: str | None = Field(
        default=None, description="The run whose stored result this one gives, for 0 credits"
    )
    created_at: Instant
    ended_at: Instant | None


class Run(RunSummary):
    """One run, whole."""

    tool_version: str
    typical_credits: Credits
    started_at: Instant | None
    failure: Problem | None
    receipt: Receipt | None
    result: ToolResult | None
    log_lines: tuple[str, ...] = Field(default=(), description="What the tool logged last, oldest first")


class RunList(Contract):
    """Runs, newest first."""

    runs: tuple[RunSummary, ...]
    next_before: str | None = Field(description="Pass as 'before' for the next page")
