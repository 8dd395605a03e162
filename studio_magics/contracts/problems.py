"""Why a request was refused, in fields that code reads and sentences that people read."""

from typing import Any

from pydantic import Field

from studio_magics.contracts.base import Contract, Instant


class FieldProblem(Contract):
    """One wrong field of the request."""

    field: str
    found: str
    allowed: str
    action: str = ""


class Problem(Contract):
    """An `application/problem+json` body."""

    type: str = Field(default="about:blank", description="urn:studio:problem:<code>")
    status: int = Field(ge=400, le=599)
    code: str = Field(description="Stable, machine-readable, for example 'insufficient_credits'")
    error: str = Field(description="What was refused, in one sentence")
    reason: str = Field(default="", description="Why, with the figures")
    action: str = Field(default="", description="The cheapest next step")
    fields: tuple[FieldProblem, ...] = ()
    suggestions: tuple[str, ...] = ()
    limit: str | None = None
    used: int | None = None
    held: int | None = None
    needed: int | None = None
    available: int | None = None
    cap: int | None = None
    resets_at: Instant | None = None
    run_id: str | None = None
    url: str | None = Field(default=None, description="Where to do by hand what was refused, such as to pay")

    def model_dump_wire(self) -> dict[str, Any]:
        """The body as sent: without the members that say nothing."""
        return self.model_dump(mode="json", exclude_none=True, exclude_defaults=False)
