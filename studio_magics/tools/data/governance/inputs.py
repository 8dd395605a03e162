"""What the tool is asked: policies, the catalogue, who has access, and the state of the run before."""

from __future__ import annotations

from datetime import date  # noqa: TC003  - pydantic resolves the annotation at run time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from studio_magics.contracts.inputs import InputFile  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_CHARACTERS = 400_000
MAX_DATASETS = 2_000
Level = Literal["public", "internal", "confidential", "restricted"]
LEVELS: tuple[Level, ...] = ("public", "internal", "confidential", "restricted")
Action = Literal["read", "write", "delete", "share", "administer"]
ACTIONS: tuple[Action, ...] = ("read", "write", "delete", "share", "administer")
Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=200)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DatasetFacts(_Said):
    """What is known of one dataset."""

    owner: Line = ""
    steward: Line = ""
    level: Level | None = Field(default=None, alias="class")
    personal: bool | None = None
    retention_days: Annotated[int, Field(gt=0, le=100_000)] | None = None
    oldest_days: Annotated[int, Field(ge=0, le=100_000)] | None = None
    """Age of the oldest row."""
    quality: Annotated[float, Field(ge=0, le=100)] | None = None
    location: Line = ""
    encrypted: bool | None = None
    reviewed: date | None = None


class RoleFacts(_Said):
    """What a role may see."""

    clearance: Level = "internal"


class Grant(_Said):
    """Somebody may do something with a dataset."""

    who: Name
    dataset: Name
    actions: Annotated[tuple[Action, ...], Field(min_length=1)] = ("read",)
    granted: date | None = None
    used: date | None = None


class Rules(_Said):
    """What has to hold of datasets."""

    owner_required: bool = True
    steward_required: bool = False
    class_from_catalogue: bool = True
    """A dataset may not be classed lower than its columns in the catalogue are."""
    max_retention_days: dict[Level, Annotated[int, Field(gt=0)]] = Field(default_factory=dict[Level, int])
    encrypt: tuple[Level, ...] = ()
    locations: dict[Level, Names] = Field(default_factory=dict[Level, Names])
    min_quality: dict[Level, Annotated[float, Field(ge=0, le=100)]] = Field(
        default_factory=dict[Level, float]
    )
    review_days: Annotated[int, Field(gt=0)] | None = None
    unused_days: Annotated[int, Field(gt=0)] | None = None
    separate: Annotated[tuple[tuple[Name, Name], ...], Field(max_length=50)] = ()
    """Pairs of roles nobody may have both of."""


class Activity(_Said):
    """Who does what."""

    activity: Name
    responsible: Names = ()
    accountable: Names = ()
    consulted: Names = ()
    informed: Names = ()


class Governance(_Said):
    """Everything that is written down."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "governance"
    datasets: Annotated[dict[Name, DatasetFacts], Field(max_length=MAX_DATASETS)] = Field(
        default_factory=dict
    )
    roles: dict[Name, RoleFacts] = Field(default_factory=dict)
    people: dict[Name, Names] = Field(default_factory=dict)
    access: Annotated[tuple[Grant, ...], Field(max_length=20_000)] = ()
    writers: Names = ()
    """Roles that may write what they may read."""
    cedar: Annotated[str, Field(max_length=100_000)] = ""
    """More access policies, in Cedar."""
    rules: Rules = Rules()
    raci: Annotated[tuple[Activity, ...], Field(max_length=200)] = ()


class GovernanceInput(ToolInput):
    """Policies, and what they are held against."""

    policies: str = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="The framework as YAML (the cell body): name, datasets, roles, people, access, writers, "
        "cedar, rules, raci",
    )
    catalogue: InputFile | None = Field(
        default=None,
        description="catalogue.json of the Data Catalog Builder: datasets with classes and owners",
    )
    access_list: InputFile | None = Field(
        default=None,
        description="Who has access: CSV with the columns who, dataset, action, and granted, used",
    )
    cedar: InputFile | None = Field(default=None, description="Access policies in Cedar (.cedar)")
    previous: InputFile | None = Field(
        default=None, description="governance.json of the run before: what came and went is told"
    )

    @field_validator("policies")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse a wrong framework when the price is asked, not after the upload.

        Raises:
            InputRejected: It cannot be used as written; passes through pydantic unchanged.
        """
        if text.strip():
            from studio_magics.tools.typed_yaml import read_described

            read_described(text, Governance, field="policies")
        return text
