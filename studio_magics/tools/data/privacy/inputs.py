"""What the tool is asked: tables or texts, and what is done with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_CHARACTERS = 40_000
LegalBasis = Literal[
    "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"
]
SpecialCondition = Literal[
    "explicit-consent",
    "employment-law",
    "vital-interests",
    "not-for-profit-body",
    "made-public",
    "legal-claims",
    "substantial-public-interest",
    "health-care",
    "public-health",
    "research-or-archive",
]
Safeguard = Literal["adequacy", "standard-clauses", "binding-rules", "explicit-consent", "none"]
Measure = Literal[
    "encryption-at-rest",
    "encryption-in-transit",
    "access-control",
    "access-logging",
    "pseudonymisation",
    "anonymisation",
    "backups",
    "deletion-process",
    "training",
    "incident-response",
    "processor-contracts",
    "consent-records",
    "rights-process",
    "minimisation-review",
]
Country = Literal["us", "uk", "es", "it", "pl", "in", "au", "sg", "fi"]
Language = Literal["en", "de", "fr", "es"]
Text = Annotated[str, Field(min_length=1, max_length=300)]


def _split(value: Any) -> Any:
    """'a, b' is what a command line can write for ('a', 'b')."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    Field(max_length=20),
    BeforeValidator(_split),
]


class Transfer(BaseModel):
    """Data that goes to another country."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: Text
    safeguard: Safeguard = "none"


class Processing(BaseModel):
    """What is done with the data, as the controller describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=120)] = "Processing"
    controller: Annotated[str, Field(max_length=200)] = ""
    contact: Annotated[str, Field(max_length=200)] = ""
    purposes: Annotated[tuple[Text, ...], Field(max_length=30)] = ()
    legal_basis: LegalBasis | None = None
    special_condition: SpecialCondition | None = None
    subjects: Annotated[tuple[Text, ...], Field(max_length=30)] = ()
    recipients: Annotated[tuple[Text, ...], Field(max_length=60)] = ()
    transfers: Annotated[tuple[Transfer, ...], Field(max_length=60)] = ()
    retention_days: Annotated[int, Field(gt=0, le=36_500)] | None = None
    measures: tuple[Measure, ...] = ()
    vulnerable_subjects: bool = False
    """Children, patients, employees: people who cannot easily object."""
    automated_decisions: bool = False
    scoring: bool = False
    monitoring: bool = False
    matching: bool = False
    new_technology: bool = False
    prevents_service: bool = False
    large_scale: bool = False
    sells_or_shares: bool = False


class PrivacyInput(ToolInput):
    """Data, and what is done with it."""

    data: InputFile | InputFolder = Field(
        description="Tables (.csv, .tsv, .parquet, data frames) and texts (.txt, .md, .log, .json, .eml), or "
        "a folder of them"
    )
    processing: str = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="What is done with the data, as YAML (the cell body): name, controller, purposes, "
        "legal_basis, special_condition, subjects, recipients, transfers, retention_days, measures, and "
        "yes/no answers such as large_scale or automated_decisions",
    )
    quasi_identifiers: Names = Field(
        default=(),
        description="Columns that together may tell who a row is about, for example 'birth_date, postcode'; "
        "found by kind when left out",
    )
    sensitive: Names = Field(
        default=(), description="Columns nobody should learn about a person; found by kind when left out"
    )
    k: int = Field(
        default=5, ge=2, le=100, description="How many rows have to look alike for a row to count as hidden"
    )
    countries: tuple[Country, ...] = Field(
        default=("us", "uk"), max_length=9, description="Whose national identifiers are looked for"
    )
    language: Language = Field(
        default="en", description="In which language columns are named, beside English: en, de, fr or es"
    )
    sample_rows: int = Field(
        default=500,
        ge=50,
        le=5_000,
        description="Rows of each text column that are searched for identifiers inside of text",
    )

    @field_validator("processing")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse a wrong description when the price is asked, not after the upload.

        Raises:
            InputRejected: It cannot be used as written; passes through pydantic unchanged.
        """
        processing_of(text)
        return text


def processing_of(text: str) -> Processing:
    """The description in a cell body; an empty one says nothing.

    Raises:
        InputRejected: No plain YAML, or unknown keys or values; names the line.
    """
    if not text.strip():
        return Processing()
    from studio_magics.tools.typed_yaml import read_described

    return read_described(text, Processing, field="processing").value
