"""The catalogue of tools as users see it."""

from typing import Literal

from pydantic import Field, JsonValue

from studio_magics.contracts.base import Bytes, Contract, Credits, Milliseconds, ToolId

Mode = Literal["client", "hybrid", "server"]
Place = Literal["kernel", "server"]
Risk = Literal["low", "medium", "high"]
Availability = Literal["available", "coming_soon"]


class RunLimits(Contract):
    """The most one run may use."""

    cpu_ms: Milliseconds
    wall_ms: Milliseconds
    memory_bytes: Bytes
    output_bytes: Bytes


class ToolSummary(Contract):
    """One line of the catalogue."""

    id: ToolId
    short_name: str = Field(description="The part after '<studio>-studio-'")
    studio: str
    title: str
    summary: str
    mode: Mode
    risk: Risk
    availability: Availability
    min_credits: Credits = Field(description="The least a metered run costs; 0 for kernel-only tools")
    max_credits: Credits = Field(description="The most any run can cost")


class ToolPage(Contract):
    """Everything a person needs to use one tool."""

    tool: ToolSummary
    version: str | None
    description: str
    limits: RunLimits | None = Field(description="Limits of a metered run; None for kernel-only tools")
    input_schema: dict[str, JsonValue] | None = Field(description="JSON Schema of the inputs")
    cell_field: str | None = Field(default=None, description="The input that a cell body fills")
    example: str = Field(default="", description="Notebook lines to copy")


class Catalogue(Contract):
    """All tools, in catalogue order."""

    tools: tuple[ToolSummary, ...]
    price_version: str


class Accuracy(Contract):
    """How good the estimates of one tool have been on this server."""

    tool_id: ToolId
    tool_version: str
    runs: int = Field(ge=0)
    within_quarter: int = Field(ge=0, description="Runs whose charge was within 25 % of 'typical'")
    above_maximum: int = Field(ge=0, description="Runs charged above their quoted maximum; always 0")
    median_ratio_percent: int | None = Field(description="Median of charge over typical, in per cent")
