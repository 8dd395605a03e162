"""The machine-readable report, `quality-report.json`: one model, documented field by field."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studio_magics.contracts.base import Contract, Instant
from studio_magics.contracts.results import Finding  # noqa: TC001  - as above

REPORT_VERSION = "studio-quality-report/1"


class ValueCount(Contract):
    """A value, as text, and its number of rows."""

    value: str
    count: int


class NumberSummary(Contract):
    """The spread of a column of numbers; quartiles are interpolated."""

    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    mean: float
    negative_count: int
    outlier_low: float | None = Field(
        description="Values below are outliers; None where outliers were not looked for"
    )
    outlier_high: float | None
    outlier_count: int | None


class DateSummary(Contract):
    """The span of a column of dates, in UTC."""

    oldest: str
    newest: str
    future_count: int
    age_days: float | None = Field(
        description="Age of the newest value that is not in the future, at the time of the run"
    )
    days_with_rows: int


class ColumnReport(Contract):
    """One column."""

    name: str
    stored_as: str = Field(description="Type in the table: BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP …")
    read_as: str = Field(
        description="What the values mean: integer, number, text, boolean, date, timestamp, other"
    )
    missing_count: int = Field(description="Rows without a value, disguised ones included")
    disguised_missing_count: int = Field(
        description="Rows with a text that stands for 'missing', such as 'N/A'"
    )
    distinct_count: int = Field(description="Different values, missing ones not counted")
    most_frequent: tuple[ValueCount, ...] = Field(description="Empty when example values are switched off")
    numbers: NumberSummary | None
    dates: DateSummary | None


class ExpectationReport(Contract):
    """One rule of the user."""

    rule: str
    column: str = Field(description="Empty for a rule about the table")
    expected: str
    status: Literal["passed", "failed", "not evaluated"]
    failing_count: int
    checked_count: int
    examples: tuple[str, ...]
    note: str


class ScoreReport(Contract):
    """The score with its parts and its formula; a dimension that was not rated is null."""

    total: int | None
    completeness: int | None
    validity: int | None
    uniqueness: int | None
    consistency: int | None
    timeliness: int | None
    formula: str


class QualityReport(Contract):
    """Everything that was found, in the order in which people should read it."""

    version: str = REPORT_VERSION
    table: str = Field(description="Name of the input file")
    input_digest: str
    run_at: Instant
    row_count: int
    column_count: int
    score: ScoreReport
    findings: tuple[Finding, ...] = Field(description="Most severe first")
    columns: tuple[ColumnReport, ...]
    expectations: tuple[ExpectationReport, ...]
    not_checked: tuple[str, ...]
    notes: tuple[str, ...] = Field(description="What the reader had to assume about the file")
