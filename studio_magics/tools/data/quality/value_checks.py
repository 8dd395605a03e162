"""What is missing, what says nothing, and what would be a key, in one column of any type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.observations import (
    Observation,
    examples,
    percent,
    rows,
    severity_of_share,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.quality.profile import ColumnProfile, ValueCount

NEAR_CONSTANT = 0.99
NEARLY_UNIQUE = 0.99
LEAST_ROWS = 100
"""Fewer rows do not show what is usual in a column."""
ID_WORDS = ("id", "key", "uuid", "guid", "number", "no", "nr", "code", "reference", "ref")


@dataclass(frozen=True)
class ValueChecks:
    """Checks of one column; they read its profile and nothing else."""

    column: ColumnProfile
    sample_rows: int

    def observations(self) -> Iterator[Observation]:
        """All observations about the values of this column."""
        yield from self.missing()
        if self.column.present_count:
            yield from self.categories()
            yield from self.identity()

    def missing(self) -> Iterator[Observation]:
        """Empty cells and texts that stand for nothing."""
        column = self.column
        if not column.missing_count:
            return
        if not column.present_count:
            yield Observation(
                "empty-column",
                "high",
                f"'{column.name}' has no value in any row",
                column.name,
                detail="A column without values cannot be used and often means a broken export or join.",
                action="Find out where it is filled, or drop it.",
                count=column.missing_count,
                share=1.0,
                dimension="completeness",
            )
            return
        disguised = f", {column.disguised_count:,} of them written as text" if column.disguised_count else ""
        yield Observation(
            "missing-values",
            severity_of_share(column.missing_share, high=0.5, medium=0.05),
            f"'{column.name}' misses {percent(column.missing_share)} of its values",
            column.name,
            detail=f"{column.missing_count:,} of {rows(column.row_count)} have no value{disguised}.",
            action="Ask the source why; decide between filling, dropping and a rule such as "
            "max_missing_percent.",
            count=column.missing_count,
            share=column.missing_share,
            dimension="completeness",
        )
        if column.disguised:
            yield Observation(
                "disguised-missing",
                "medium",
                f"'{column.name}' writes missing values as text",
                column.name,
                detail=f"Found {examples(column.disguised, self.sample_rows)}. Counts, joins and "
                "types treat them as real values.",
                action="Replace them by empty cells when reading, for example with `na_values`.",
                count=column.disguised_count,
                share=column.disguised_count / column.row_count,
            )

    def categories(self) -> Iterator[Observation]:
        """Columns that say (nearly) nothing, and values that hardly occur."""
        column = self.column
        if column.row_count < LEAST_ROWS:
            return
        top = column.top[0]
        if column.distinct_count == 1 and not column.missing_count:
            yield Observation(
                "constant-column",
                "low",
                f"'{column.name}' has the same value in every row",
                column.name,
                detail=f"The value is {examples([top], self.sample_rows)}." if self.sample_rows else "",
                action="Check that the filter or default behind it is meant; drop it for analysis.",
                count=top.count,
                share=1.0,
            )
        elif column.distinct_count > 1 and top.count >= NEAR_CONSTANT * column.present_count:
            yield Observation(
                "near-constant-column",
                "info",
                f"'{column.name}' is nearly always the same",
                column.name,
                detail=f"{percent(top.count / column.present_count)} of its values are equal.",
                action="Check that the other values are meant.",
                count=column.present_count - top.count,
                share=top.count / column.present_count,
            )
        rare = self._rare()
        if rare:
            count = sum(value.count for value in rare)
            yield Observation(
                "rare-categories",
                "info",
                f"'{column.name}' has {values(len(rare))} that hardly occur",
                column.name,
                detail=f"Each is in at most 0.1 % of the rows: {examples(rare, self.sample_rows)}.",
                action="Look for misspellings and codes that were taken out of use.",
                count=count,
                share=count / column.present_count,
            )

    def _rare(self) -> list[ValueCount]:
        text = self.column.text
        known = {value.text for group in (text.variants if text else ()) for value in group[1:]}
        return [value for value in self.column.rare if value.text not in known]

    def identity(self) -> Iterator[Observation]:
        """A column that would be a key but for a few rows."""
        column = self.column
        repeats = column.present_count - column.distinct_count
        named = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])", column.name)[-1].lower() in ID_WORDS
        unique_share = column.distinct_count / column.present_count
        whole = column.kind in {"integer", "text"} and column.reading in {"integer", "text"}
        if (
            whole
            and named
            and repeats
            and column.present_count >= LEAST_ROWS
            and unique_share >= NEARLY_UNIQUE
        ):
            yield Observation(
                "nearly-unique",
                "medium",
                f"'{column.name}' is unique except for {values(repeats)}",
                column.name,
                detail="If it identifies rows, these are duplicates.",
                action=f"Check them, and run again with key: {column.name} to make it a rule.",
                count=repeats,
                share=repeats / column.present_count,
            )
