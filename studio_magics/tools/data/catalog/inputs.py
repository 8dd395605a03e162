"""What the tool is asked: where the data is, and what people know about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_CHARACTERS = 200_000
Sensitivity = Literal["public", "internal", "confidential", "restricted"]
Line = Annotated[str, Field(max_length=300)]
Tags = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(max_length=40)]


class DatasetAbout(BaseModel):
    """What people know about one table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Line = ""
    description: Annotated[str, Field(max_length=2_000)] = ""
    owner: Line = ""
    tags: Tags = ()
    licence: Line = ""
    sensitivity: Sensitivity | None = None
    columns: dict[str, Line] = Field(default_factory=dict)
    """Column to what it means."""


class About(BaseModel):
    """What people know about all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, max_length=80)] = "catalogue"
    description: Annotated[str, Field(max_length=2_000)] = ""
    owner: Line = ""
    """Who owns the tables that name nobody."""
    licence: Line = ""
    tags: Tags = ()
    datasets: dict[str, DatasetAbout] = Field(default_factory=dict)


class CatalogInput(ToolInput):
    """Data, and what is known about it."""

    source: InputFile | InputFolder = Field(
        description="A table (.csv, .tsv, .parquet, a data frame), a SQLite or DuckDB file, or a folder"
    )
    about: str = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="What people know, as YAML (the cell body): name, description, owner, licence, tags, and "
        "for each of datasets title, description, owner, tags, licence, sensitivity, columns",
    )
    query: str = Field(
        default="", max_length=200, description="Words to search the catalogue for; the matches are ranked"
    )
    stale_after_days: int = Field(
        default=365, ge=1, le=36_500, description="How old the newest date of a table may be, in days"
    )

    @field_validator("about")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse a wrong description when the price is asked, not after the upload.

        Raises:
            InputRejected: It cannot be used as written; passes through pydantic unchanged.
        """
        about_of(text)
        return text


def about_of(text: str) -> About:
    """The descriptions in a cell body; an empty one says nothing.

    Raises:
        InputRejected: No plain YAML, or unknown keys or values; names the line.
    """
    if not text.strip():
        return About()
    from studio_magics.tools.typed_yaml import read_described

    return read_described(text, About, field="about").value
