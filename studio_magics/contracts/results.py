"""What a tool returns: findings, tables, figures and artefacts, the same shape for all 24 tools."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from studio_magics.contracts.base import Bytes, Contract, Digest, Instant
from studio_magics.contracts.inputs import FileName

Severity = Literal["critical", "high", "medium", "low", "info"]
ColumnKind = Literal["text", "integer", "number", "percent", "bytes", "money", "time", "flag"]
Cell = str | int | float | bool | None


class Finding(Contract):
    """One thing the tool noticed, where it is, and what to do about it."""

    code: str = Field(description="Stable identifier of the rule, for example 'missing-values'")
    severity: Severity
    title: str = Field(description="One sentence a person can act on")
    where: str = Field(default="", description="Table, column, file or component concerned")
    detail: str = Field(default="", description="Why it matters, with the figures")
    action: str = Field(default="", description="What to do next")
    count: int | None = Field(default=None, ge=0, description="How many rows or items are concerned")


class Column(Contract):
    """One column of a table."""

    name: str
    kind: ColumnKind = "text"
    unit: str = ""


class Table(Contract):
    """Rows to read, already small enough to show."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


class Figure(Contract):
    """A picture: SVG always, a Vega-Lite v5 specification or Mermaid text where the field uses them."""

    title: str
    alt_text: str = Field(description="What the picture shows, for people who do not see it")
    svg: str
    vega_lite: dict[str, JsonValue] | None = None
    mermaid: str | None = None


class Artefact(Contract):
    """A file made by the run, fetched by name."""

    name: FileName
    media_type: str
    size_bytes: Bytes
    digest: Digest
    title: str = ""
    expires_at: Instant | None = Field(
        default=None, description="Until when the server keeps it; None: as long as the account"
    )


class Provenance(Contract):
    """What the result rests on."""

    tool_id: str
    tool_version: str
    libraries: dict[str, str] = Field(default_factory=dict, description="Library name to version")
    data_as_of: dict[str, str] = Field(default_factory=dict, description="Embedded data to its ISO date")
    input_digest: str = ""


class ToolResult(Contract):
    """The whole answer of a tool."""

    headline: str = Field(description="The answer in one sentence")
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    summary: dict[str, JsonValue] = Field(default_factory=dict, description="The tool's own output model")
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    artefacts: tuple[Artefact, ...] = ()
    not_checked: tuple[str, ...] = Field(default=(), description="What was not looked at, and why")
    provenance: Provenance
