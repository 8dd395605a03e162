"""Estimates, quotes and receipts."""

from pydantic import Field, JsonValue

from studio_magics.contracts.base import Bytes, Contract, Credits, Instant, Milliseconds, ToolId
from studio_magics.contracts.catalogue import Place, RunLimits


class EstimateRequest(Contract):
    """Ask what a run would cost; nothing is set aside."""

    tool: str = Field(min_length=1, max_length=80, description="Identifier or short name")
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    max_credits: Credits | None = Field(default=None, description="A lower ceiling of the caller's own")


class Forecast(Contract):
    """What the tool expects this input to need."""

    cpu_ms: Milliseconds
    wall_ms: Milliseconds
    peak_bytes: Bytes
    basis: str = Field(default="", description="What the forecast was computed from, for people")


class PriceLine(Contract):
    """One line of a price: the share of base, CPU or memory in credits, as exact decimal text."""

    label: str
    credits: str = Field(description="Decimal text before the one rounding, for example '0.6'")
    detail: str = ""


class Standing(Contract):
    """How the estimate meets the signed-in user's balance and limits."""

    available_credits: Credits
    after_typical_credits: int
    day_used_credits: Credits
    day_cap_credits: Credits
    refused_by: str | None = Field(description="The limit that would refuse this run now, or None")
    action: str = Field(default="", description="What to do about the refusal")


class Estimate(Contract):
    """Least, typical and most a run costs, with reasons."""

    tool_id: ToolId
    tool_title: str
    tool_version: str
    place: Place
    price_version: str
    min_credits: Credits
    typical_credits: Credits
    max_credits: Credits = Field(description="The most this run can cost: its ceiling")
    lines: tuple[PriceLine, ...] = Field(description="How 'typical' adds up before rounding")
    limits: RunLimits | None = Field(description="Limits of this run, lowered with the ceiling")
    forecast: Forecast
    measured_runs: int = Field(ge=0, description="Measured runs on this server behind 'typical'")
    standing: Standing | None = Field(description="None when not signed in")
    quote: str | None = Field(description="Signed offer to start the run at this price; None anonymously")
    quote_expires_at: Instant | None
    free_alternative: str = Field(default="", description="How to do it for 0 credits, where possible")
    stored_run_id: str | None = Field(
        default=None, description="The run whose stored result a start would give for 0 credits, unless fresh"
    )


class Measured(Contract):
    """What the parent of the worker measured."""

    cpu_ms: Milliseconds
    wall_ms: Milliseconds
    peak_bytes: Bytes
    byte_ms: int = Field(ge=0, description="Peak resident bytes times wall milliseconds")


class Receipt(Contract):
    """What a run did cost, and why."""

    id: str
    run_id: str
    tool_id: ToolId
    tool_title: str
    tool_version: str
    price_version: str
    outcome: str = Field(description="How the run ended: succeeded, failed, cancelled, timed_out, lost …")
    reason: str = Field(default="", description="Why this charge, in one sentence")
    min_credits: Credits
    typical_credits: Credits
    max_credits: Credits
    charged_credits: Credits
    returned_credits: Credits = Field(description="What went back from the hold")
    lines: tuple[PriceLine, ...]
    measured: Measured | None
    available_credits_after: Credits
    created_at: Instant
    answered_from: str | None = Field(
        default=None, description="The run whose stored result was given; nothing was done or charged"
    )
