"""Numbers far outside the middle half of their column (Tukey's fences with a wide factor)."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from studio_magics.contracts.quantities import number_text
from studio_magics.tools.data.quality.observations import Observation, percent, rows, values
from studio_magics.tools.data.quality.spread import outside

if TYPE_CHECKING:
    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.tabular import TableSource

LEAST_ROWS = 30
LEAST_DISTINCT = 10
LONG_TAIL = 0.01
"""Above this share, and more than `TAIL_ROWS`, they are the tail of the distribution rather than errors."""

TAIL_ROWS = 10


@dataclass(frozen=True)
class Fences:
    """The bounds of a column and what lies outside them."""

    column: str
    low: float
    high: float
    below: int
    above: int
    least: float
    most: float

    @property
    def count(self) -> int:
        """Rows outside the bounds."""
        return self.below + self.above


def can_be_judged(column: ColumnProfile) -> bool:
    """True when the column has enough different numbers and its quartiles differ."""
    facts = column.numbers
    return (
        facts is not None
        and column.present_count >= LEAST_ROWS
        and column.distinct_count >= LEAST_DISTINCT
        and facts.upper_quartile > facts.lower_quartile
        and isfinite(100 * (facts.maximum - facts.minimum))
    )


def find_outliers(table: TableSource, column: ColumnProfile, factor: float) -> Fences | None:
    """Count the values outside the fences exactly; None when the column cannot be judged or has none."""
    facts = column.numbers
    if facts is None or not can_be_judged(column):
        return None
    spread = facts.upper_quartile - facts.lower_quartile
    low, high = facts.lower_quartile - factor * spread, facts.upper_quartile + factor * spread
    if facts.minimum >= low and facts.maximum <= high:
        return None
    below, above, least, most = outside(table, column.typed_sql, low, high)
    return Fences(column.name, low, high, below, above, least, most)


def outlier_observation(column: ColumnProfile, fences: Fences, factor: float, *, show: bool) -> Observation:
    """How many, beyond which bounds, and whether they look like errors or like a long tail."""
    share = fences.count / column.present_count
    tail = share > LONG_TAIL and fences.count > TAIL_ROWS
    severity: Severity = "info" if tail else "low"
    extremes = [f"the least is {number_text(fences.least)}"] if fences.below else []
    extremes += [f"the greatest is {number_text(fences.most)}"] if fences.above else []
    reading = (
        "That many are a long tail rather than errors; a logarithmic scale may suit the column."
        if tail
        else "So few and so far away, they may be errors of typing or of units."
    )
    return Observation(
        "outliers",
        severity,
        f"'{column.name}' has {values(fences.count)} far from the rest",
        column.name,
        detail=f"{fences.below:,} below {fences.low:,g} and {fences.above:,} above {fences.high:,g} "
        f"({factor:g} interquartile ranges outside the quartiles; {percent(share)})"
        + (f"; {', '.join(extremes)}. " if show else ". ")
        + reading,
        action=f"Look at {rows(fences.count)}; if a bound is known, add min or max as a rule.",
        count=fences.count,
        share=share,
    )
