"""What the tool is asked: tables, and the steps over them in YAML or as .sql files."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_CHARACTERS = 200_000
MAX_STEPS = 200
MAX_INLINE_ROWS = 200
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
CRON = re.compile(r"@(?:hourly|daily|weekly|monthly|yearly)|[0-9*/,-]+(?: [0-9A-Za-z*/,-]+){4}")

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
Columns = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=40)]
Scalar = str | int | float | bool


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceWish(_Wish):
    """Where a table comes from: a file of the input, or a few rows written out."""

    file: Annotated[str, Field(max_length=400)] = ""
    rows: Annotated[tuple[dict[str, Any], ...], Field(max_length=MAX_INLINE_ROWS)] = ()


class RowBounds(_Wish):
    """How many rows there may be."""

    min: Annotated[int, Field(ge=0)] | None = None
    max: Annotated[int, Field(ge=0)] | None = None


class TestsWish(_Wish):
    """What must hold of a step's result."""

    not_null: Columns = ()
    unique: Columns = ()
    """Columns each of which has no value twice."""
    key: Columns = ()
    """Columns that together have no values twice."""
    accepted: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    references: dict[str, str] = Field(default_factory=dict)
    """Column to 'step.column' that has to hold its values."""
    expressions: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=2_000)], ...], Field(max_length=40)
    ] = ()
    """Conditions in SQL that hold for every row."""
    rows: RowBounds = RowBounds()


class StepWish(_Wish):
    """One step: a SELECT that makes a table."""

    name: Name
    sql: Annotated[str, Field(max_length=100_000)] = ""
    """Empty: the file NAME.sql of the input."""
    kind: Literal["table", "view"] = "table"
    description: Annotated[str, Field(max_length=500)] = ""
    tests: TestsWish = TestsWish()


class PipelineWish(_Wish):
    """A whole pipeline."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "pipeline"
    owner: Annotated[str, Field(max_length=120)] = ""
    schedule: Annotated[str, Field(max_length=60)] = ""
    sources: dict[Name, SourceWish] = Field(default_factory=dict)
    steps: Annotated[tuple[StepWish, ...], Field(max_length=MAX_STEPS)] = ()
    outputs: tuple[Name, ...] = ()

    @field_validator("schedule")
    @classmethod
    def _cron(cls, text: str) -> str:
        if text and not CRON.fullmatch(text):
            message = "a cron line of five fields such as '0 3 * * *', or @daily"
            raise ValueError(message)
        return text


class PipelineInput(ToolInput):
    """Tables and steps."""

    data: InputFile | InputFolder | None = Field(
        default=None,
        description="The tables (CSV, TSV, Parquet; data frames too), a folder of them, and .sql files of "
        "steps beside them; may be left out when the sources are written out in the pipeline",
    )
    pipeline: str = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="The pipeline as YAML (the cell body): name, owner, schedule, sources (file or rows), "
        "steps (name, sql, kind, description, tests), outputs. Empty: the .sql files of the folder, else a "
        "design is made from the tables",
    )
    sample_rows: int = Field(
        default=10_000,
        ge=0,
        le=10_000_000,
        description="How many rows of each table are tried, the first ones; 0 takes all of them",
    )

    @field_validator("pipeline")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse a wrong pipeline when the price is asked, not after the upload.

        Raises:
            InputRejected: It cannot be used as written; passes through pydantic unchanged.
        """
        wish_of(text)
        return text


def wish_of(text: str) -> PipelineWish:
    """The pipeline in a cell body; an empty one holds nothing.

    Raises:
        InputRejected: No plain YAML, or unknown keys or values; names the line.
    """
    if not text.strip():
        return PipelineWish()
    from studio_magics.tools.typed_yaml import read_described

    return read_described(text, PipelineWish, field="pipeline").value
