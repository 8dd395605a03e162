"""What a person states: frameworks, period, answers on practices and controls, and the evidence for them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from studio_magics.tools.cyber.frameworks import FrameworkName

FIELD = "statement"
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]+$")]
Text = Annotated[str, Field(max_length=1_000)]
Reference = Annotated[str, Field(min_length=1, max_length=60)]
Said = Literal["met", "partly", "not-met", "not-applicable"]
Kind = Literal["policy", "report", "scan", "log", "configuration", "ticket", "record", "interview"]
SocCategory = Literal["security", "availability", "confidentiality", "processing-integrity", "privacy"]
SHORT: Mapping[bool, Said] = {True: "met", False: "not-met"}


def _listed(value: Any) -> Any:
    """'a' is short for ['a']."""
    return [value] if isinstance(value, str) else value


def _answered(value: Any) -> Any:
    """A word or yes/no is short for an answer with this status."""
    if isinstance(value, bool):
        return {"status": SHORT[value]}
    return {"status": value} if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(_Part):
    """The days that are audited; evidence from other days does not count."""

    start: date = Field(description="First day, ISO")
    end: date = Field(description="Last day, ISO")

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.start > self.end:
            message = f"the period starts on {self.start} and ends before, on {self.end}"
            raise ValueError(message)
        return self


class Evidence(_Part):
    """Something that shows what is said."""

    id: Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9._-]+$")]
    title: Name
    date: date
    kind: Kind = "record"
    file: Annotated[str, Field(max_length=400)] = Field(
        default="", description="Its name among the files given with the run; empty: kept elsewhere"
    )
    shows: Annotated[tuple[Reference, ...], BeforeValidator(_listed)] = Field(
        default=(), max_length=100, description="Practices or controls it is evidence for"
    )


class Answer(_Part):
    """What is said about one practice or control."""

    status: Said
    evidence: Annotated[tuple[Reference, ...], BeforeValidator(_listed)] = Field(default=(), max_length=50)
    note: Text = Field(default="", description="How it is met, or why it is not applicable")
    owner: Annotated[str, Field(max_length=80)] = ""
    due: date | None = Field(default=None, description="When a gap will be closed, ISO")


Given = Annotated[Answer, BeforeValidator(_answered)]


class Statement(_Part):
    """The whole description."""

    name: Name = "Organisation"
    frameworks: Annotated[tuple[FrameworkName, ...], BeforeValidator(_listed)] = Field(
        min_length=1, max_length=4, description="nist-csf-2.0, iso-27001, soc-2, cis-8.1"
    )
    cis_group: int = Field(default=1, ge=1, le=3, description="Implementation group: safeguards up to it")
    soc_categories: Annotated[tuple[SocCategory, ...], BeforeValidator(_listed)] = ("security",)
    period: Period | None = Field(default=None, description="Default: the 365 days before the run")
    evidence: tuple[Evidence, ...] = Field(default=(), max_length=500)
    practices: dict[Reference, Given] = Field(
        default_factory=dict[str, Answer], max_length=200, description="Answers that hold in every framework"
    )
    controls: dict[Reference, Given] = Field(
        default_factory=dict[str, Answer], max_length=500, description="Answers on one control; they win"
    )
