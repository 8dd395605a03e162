"""What every wire model shares: frozen, closed to unknown fields, integers for money, UTC for time."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

MAX_AMOUNT = 2**53 - 1
"""The largest whole number that every client, JavaScript included, represents exactly."""


class Contract(BaseModel):
    """A message between kernel, browser and server: immutable, and refusing fields it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, ser_json_inf_nan="strings")


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Credits = Annotated[int, Field(ge=0, le=MAX_AMOUNT, strict=True, description="Whole credits")]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment in UTC, written as RFC 3339."""
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$", description="SHA-256 of the content")]
ToolId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*-studio-[a-z0-9-]{1,40}$")]
Milliseconds = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
Bytes = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
