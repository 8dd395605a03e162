"""Numbers and dates that do not go with the rest of their column: signs, magic values, the future, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.quality.observations import (
    Observation,
    percent,
    rows,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.quality.profile import ColumnProfile

NEGATIVE_SHARE = 0.05
"""Above this share, negative numbers belong to the column."""
FUTURE_SHARE = 0.10
"""Above this share, future dates belong to the column (a due date)."""
LEAST_ROWS = 100
"""Fewer rows do not show what is usual in a column."""


@dataclass(frozen=True)
class RangeChecks:
    """Checks of one column of numbers or dates; they read its profile and nothing else."""

    column: ColumnProfile

    def observations(self) -> Iterator[Observation]:
        """All observations about the range of this column."""
        if self.column.present_count:
            yield from self.numbers()
            yield from self.moments()

    def numbers(self) -> Iterator[Observation]:
        """Signs and magic numbers that do not go with the rest."""
        column, facts = self.column, self.column.numbers
        if facts is None:
            return
        share = facts.negative_count / column.present_count
        if 0 < share <= NEGATIVE_SHARE and facts.positive_count >= LEAST_ROWS:
            yield Observation(
                "negative-values",
                "low",
                f"'{column.name}' has {values(facts.negative_count)} below zero among positive ones",
                column.name,
                detail=f"{percent(share)} of the values are below zero; the least is {facts.minimum:,g}.",
                action="Check signs (refunds, corrections); if none is allowed add the rule min: 0.",
                count=facts.negative_count,
                share=share,
            )
        if facts.infinite_count:
            yield Observation(
                "infinite-values",
                "medium",
                f"'{column.name}' has infinite numbers in {rows(facts.infinite_count)}",
                column.name,
                detail="Sums and means over them are infinite or undefined.",
                action="Find the division by zero behind them.",
                count=facts.infinite_count,
                share=facts.infinite_count / column.present_count,
                dimension="validity",
            )
        yield from self._sentinels()

    def _sentinels(self) -> Iterator[Observation]:
        """A frequent magic number at the very end of the range, far from the middle half."""
        column, facts = self.column, self.column.numbers
        if facts is None:
            return
        spread = facts.upper_quartile - facts.lower_quartile
        for value in column.sentinels:
            number = _as_number(value.text)
            far = number < facts.lower_quartile - 3 * spread or number > facts.upper_quartile + 3 * spread
            if far and number in {facts.minimum, facts.maximum} and value.count > 1:
                yield Observation(
                    "sentinel-values",
                    "medium",
                    f"'{column.name}' may use {number:g} for 'missing'",
                    column.name,
                    detail=f"Found in {rows(value.count)}: exactly {number:g}, the end of the range "
                    "and far from the rest.",
                    action=f"If so, run again with missing_tokens '{value.text}'.",
                    count=value.count,
                    share=value.count / column.present_count,
                )

    def moments(self) -> Iterator[Observation]:
        """Dates later than now, and dates that programs write for 'none'."""
        yield from self._odd_years()
        column, facts = self.column, self.column.dates
        if facts is None:
            return
        share = facts.future_count / column.present_count
        if 0 < share <= FUTURE_SHARE:
            yield Observation(
                "future-dates",
                "medium",
                f"'{column.name}' has {values(facts.future_count)} in the future",
                column.name,
                detail=f"The latest is {facts.newest:%Y-%m-%d}; {percent(share)} of the values "
                "are later than this run.",
                action="Check clocks, time zones and the order of day and month; or add the rule "
                "not_in_future.",
                count=facts.future_count,
                share=share,
            )
        for value in column.sentinels:
            day = value.text[:10]
            if day in {f"{facts.oldest:%Y-%m-%d}", f"{facts.newest:%Y-%m-%d}"} and value.count > 1:
                yield Observation(
                    "sentinel-values",
                    "medium",
                    f"'{column.name}' may use {day} for 'no date'",
                    column.name,
                    detail=f"Found in {rows(value.count)}; programs write this day when they have none.",
                    action=f"If so, run again with missing_tokens '{value.text}'.",
                    count=value.count,
                    share=value.count / column.present_count,
                )
        if facts.gaps:
            yield self._gap()

    def _odd_years(self) -> Iterator[Observation]:
        """Infinite dates and years no calendar has; guessed texts are not dates here."""
        column, facts = self.column, self.column.dates
        readable = facts.readable_count if facts else 0
        odd = column.present_count - readable if column.kind in {"date", "timestamp"} else 0
        if odd:
            yield Observation(
                "impossible-dates",
                "medium",
                f"'{column.name}' has {values(odd)} outside the years 1 to 9999",
                column.name,
                detail="Such dates are infinite or slips of the keyboard; most programs cannot read them.",
                action="Correct them at the source, or leave them empty.",
                count=odd,
                share=odd / column.present_count,
                dimension="validity",
            )

    def _gap(self) -> Observation:
        facts = self.column.dates
        gaps = facts.gaps if facts else ()
        shown = ", ".join(f"{before:%Y-%m-%d} to {after:%Y-%m-%d}" for before, after in gaps)
        typical = facts.typical_gap_days if facts else None
        return Observation(
            "date-gaps",
            "low",
            f"'{self.column.name}' has stretches without any row",
            self.column.name,
            detail=f"Rows usually come every {typical or 0:g} day(s); the longest gaps: {shown}.",
            action="Check whether deliveries were lost in these periods.",
            count=len(gaps),
        )


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
