"""What the tool is asked: a table, questions in plain English, or a layout in YAML."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from studio_magics.contracts.inputs import InputFile  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_LAYOUT_CHARACTERS = 20_000
MAX_CHARTS = 12
ChartKind = Literal["auto", "line", "bar", "histogram", "density", "heat"]
Grain = Literal["auto", "day", "week", "month", "quarter", "year"]


def _split(value: Any) -> Any:
    """'a by b; c over time' is what a command line can write for ('a by b', 'c over time')."""
    texts = cast("list[Any]", [value] if isinstance(value, str) else value)
    if not isinstance(value, str | list | tuple) or not all(isinstance(one, str) for one in texts):
        return cast("Any", value)
    return tuple(part.strip() for one in texts for part in one.split(";") if part.strip())


Questions = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    Field(max_length=MAX_CHARTS),
    BeforeValidator(_split),
]
ColumnName = Annotated[str, Field(max_length=200)]


class ChartWish(BaseModel):
    """One chart as somebody wants it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    x: Annotated[str, Field(min_length=1, max_length=200)]
    y: ColumnName = ""
    """'count', 'sum(amount)', 'mean(amount)', 'min(amount)', 'max(amount)', or a column."""
    color: ColumnName = ""
    kind: ChartKind = "auto"
    title: Annotated[str, Field(max_length=120)] = ""
    top: Annotated[int, Field(ge=2, le=40)] = 12
    grain: Grain = "auto"


class LayoutWish(BaseModel):
    """A whole dashboard as somebody wants it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, Field(max_length=120)] = ""
    questions: Questions = ()
    charts: Annotated[tuple[ChartWish, ...], Field(max_length=MAX_CHARTS)] = ()
    tiles: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=220)], ...], Field(max_length=8)
    ] = ()
    filter: ColumnName = ""


class DashboardInput(ToolInput):
    """A table, and what it should show."""

    data: InputFile = Field(
        description="The table: .csv, .tsv (also .gz) or .parquet with one header line; data frames too"
    )
    questions: Questions = Field(
        default=(),
        description="What to show, in plain English and separated by ';': 'average price by region; sales "
        "over time; age against income; distribution of age'",
    )
    layout: str = Field(
        default="",
        max_length=MAX_LAYOUT_CHARACTERS,
        description="The dashboard as YAML (the cell body): title, questions, charts (x, y, color, kind, "
        "title, top, grain), tiles ('sum(amount)'), filter. Empty: charts are chosen by the types of columns",
    )
    filter: ColumnName = Field(
        default="",
        description="The column of the filter; by default the category with few values that fits best",
    )
    max_charts: int = Field(default=6, ge=1, le=MAX_CHARTS, description="How many charts are chosen at most")

    @field_validator("layout")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse a wrong layout when the price is asked, not after the upload.

        Raises:
            InputRejected: It cannot be used as written; passes through pydantic unchanged.
        """
        layout_of(text)
        return text


def layout_of(text: str) -> LayoutWish:
    """The layout in a cell body; an empty one asks for nothing.

    Raises:
        InputRejected: It is no plain YAML, or has unknown keys or values; names the line.
    """
    if not text.strip():
        return LayoutWish()
    from studio_magics.tools.typed_yaml import read_described

    return read_described(text, LayoutWish, field="layout").value
