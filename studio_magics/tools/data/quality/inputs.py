"""What the tool is asked: a table, the user's own rules, and a few knobs with safe defaults."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from studio_magics.contracts.inputs import InputFile  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput
from studio_magics.tools.data.quality.yaml_text import MAX_CHARACTERS


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


class QualityInput(ToolInput):
    """A table and what is expected of it."""

    data: InputFile = Field(
        description="The table: .csv, .tsv (also .gz) or .parquet with one header line; data frames too",
        examples=["orders.csv"],
    )
    previous: InputFile | None = Field(
        default=None,
        description="An earlier delivery of the same table: columns, types, missing values, ranges, "
        "categories and the spread of values are compared with it",
        examples=["orders-last-month.csv"],
    )
    expectations: str = Field(
        default="",
        max_length=MAX_CHARACTERS,
        description="Your own rules as YAML: columns (required, type, not_null, unique, min, "
        "max, allowed, regex, "
        "max_age_days …), key, rows, checks in SQL, alerts (figures that warn or fail). Empty: the data is "
        "profiled and rules are suggested",
        examples=["columns: {amount: {min: 0}}\nalerts: [{metric: psi, fail: above 0.25}]\n"],
    )
    key: Names = Field(
        default=(),
        description="Columns that together identify a row, for example 'order_id'",
        examples=["order_id, line"],
    )
    date_column: str = Field(
        default="",
        max_length=200,
        description="The column that tells how fresh the data is; found by itself if there is one",
        examples=["placed_at"],
    )
    max_age_days: float | None = Field(
        default=None,
        gt=0,
        le=36_500,
        description="How old the newest value of the date column may be, in days",
        examples=[2],
    )
    outlier_factor: float = Field(
        default=3.0,
        ge=1.5,
        le=20.0,
        description="How many interquartile ranges outside the quartiles a value must lie to be an outlier",
    )
    missing_tokens: Names = Field(
        default=(),
        description="More spellings that mean 'missing' here, for example '-999, unknown'",
        examples=["-999, unknown"],
    )
    sample_rows: int = Field(
        default=5,
        ge=0,
        le=20,
        description="How many examples a finding shows; 0 shows none (least and greatest numbers remain)",
    )

    @field_validator("expectations")
    @classmethod
    def _read_early(cls, text: str) -> str:
        """Refuse wrong rules when the price is asked, not after the upload.

        Raises:
            ExpectationsRejected: The rules cannot be used as written; passes through pydantic unchanged.
        """
        from studio_magics.tools.data.quality.expectations import parse_expectations

        parse_expectations(text)
        return text

    @model_validator(mode="after")
    def _has_what_alerts_compare_with(self) -> Self:
        """Refuse an alert on a change when there is nothing to compare with.

        Raises:
            ExpectationsRejected: Naming the alert; passes through pydantic unchanged.
        """
        from studio_magics.tools.data.quality.expectations import ExpectationsRejected, parse_expectations

        lonely = [one for one in parse_expectations(self.expectations).alerts if one.needs_earlier]
        if lonely and self.previous is None:
            raise ExpectationsRejected(
                found=f"alert '{lonely[0].name}' watches {lonely[0].metric}, and there is no earlier table",
                allowed="alerts on changes together with previous",
                action="add --previous FILE, or watch a figure of this table alone",
            )
        return self
