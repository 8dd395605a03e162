"""What one column holds: exact counts over all rows, in plain records. Reads, never judges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  - part of public records
from typing import Literal

from studio_magics.tools.tabular import ColumnKind  # noqa: TC001  - part of public records

Reading = Literal["integer", "number", "text", "boolean", "date", "timestamp", "other"]
"""What the values mean, whatever type they are stored in."""


@dataclass(frozen=True)
class ValueCount:
    """A value as text, and how many rows have it."""

    text: str
    count: int


@dataclass(frozen=True)
class TextShape:
    """One way in which numbers or dates are written in a text column."""

    name: str
    count: int
    example: str


@dataclass(frozen=True)
class NumberFacts:
    """The spread of a column of numbers."""

    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float
    mean: float
    negative_count: int
    positive_count: int
    infinite_count: int


@dataclass(frozen=True)
class DateFacts:
    """The span of a column of dates or moments (UTC)."""

    oldest: datetime
    newest: datetime
    newest_past: datetime | None
    """The newest value that is not later than the run."""
    readable_count: int
    """Values in the years 1 to 9999; others are infinite or a slip of the keyboard."""
    future_count: int
    """Values later than the run."""
    day_count: int
    typical_gap_days: float | None
    """Median distance between days that have rows."""
    gaps: tuple[tuple[datetime, datetime], ...]
    """The longest stretches without a row, longest first: the day before and the day after."""


@dataclass(frozen=True)
class TextFacts:
    """How a column of text is written."""

    shortest: int
    longest: int
    padded_count: int
    """Values with blanks at an end."""
    variants: tuple[tuple[ValueCount, ...], ...]
    """Groups of spellings that differ only in case or blanks, most frequent spelling first."""
    variant_count: int
    """Rows that do not use the most frequent spelling of their group."""
    variant_groups: int
    shapes: tuple[TextShape, ...]
    """How dates are written, most frequent first; empty when these are not dates."""
    guessed_count: int
    """Dates whose day and month cannot be told apart without guessing."""
    misfit_count: int
    """Values that are not what nearly all others are (a number, a date)."""
    misfits: tuple[ValueCount, ...]


@dataclass(frozen=True)
class ColumnProfile:
    """Everything counted about one column."""

    name: str
    type: str
    kind: ColumnKind
    declared: bool
    reading: Reading
    typed_sql: str
    """SQL over the relation for the value as what it means; NULL where missing or a misfit."""
    present_sql: str
    """SQL condition: the value is there."""
    row_count: int
    empty_count: int
    disguised: tuple[ValueCount, ...]
    """Texts and numbers that stand for 'missing', most frequent first."""
    distinct_count: int
    top: tuple[ValueCount, ...]
    rare: tuple[ValueCount, ...] = ()
    sentinels: tuple[ValueCount, ...] = ()
    """Values that programs write for 'none', such as -999 and 1900-01-01, most frequent first."""
    numbers: NumberFacts | None = None
    dates: DateFacts | None = None
    text: TextFacts | None = None

    @property
    def disguised_count(self) -> int:
        """Rows whose value is a spelling of 'missing'."""
        return sum(token.count for token in self.disguised)

    @property
    def missing_count(self) -> int:
        """Rows without a value, openly or disguised."""
        return self.empty_count + self.disguised_count

    @property
    def present_count(self) -> int:
        """Rows with a value."""
        return self.row_count - self.missing_count

    @property
    def missing_share(self) -> float:
        """Missing rows over all rows, 0 to 1."""
        return self.missing_count / self.row_count if self.row_count else 0.0

    @property
    def is_stored_as_text(self) -> bool:
        """True when the values mean something else than the text they are stored as."""
        return self.kind == "text" and self.reading not in {"text", "other"}
