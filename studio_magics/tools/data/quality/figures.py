"""The pictures of a result: the scorecard, missing values by column, and the column to look at first."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from studio_magics.contracts.quantities import number_text
from studio_magics.contracts.results import Figure
from studio_magics.tools.data.quality.observations import percent, shortened
from studio_magics.tools.data.quality.score import WEIGHTS
from studio_magics.tools.data.quality.spread import binned
from studio_magics.tools.pictures import (
    MUTED,
    TONES,
    Bar,
    Bin,
    Mark,
    Segment,
    Tone,
    bar_chart,
    clipped,
    document,
    element,
    escaped,
    histogram,
    label,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.quality.assessment import Assessment
    from studio_magics.tools.data.quality.outliers import Fences
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.score import Score
    from studio_magics.tools.tabular import TableSource

BINS = 30
SHOWN_COLUMNS = 20
WIDTH = 640.0


def tone_of(score: int) -> Tone:
    """The colour of a score from 0 to 100."""
    for least, tone in _STEPS:
        if score >= least:
            return tone
    return "bad"


_STEPS: tuple[tuple[int, Tone], ...] = ((90, "good"), (75, "fair"), (50, "poor"))


def figures_of(table: TableSource, assessment: Assessment, *, show_values: bool) -> tuple[Figure, ...]:
    """All pictures that this result has something to show in."""
    figures: list[Figure] = []
    if assessment.score is not None:
        figures.append(scorecard(table.name, assessment.score, table.row_count))
        if any(column.missing_count for column in assessment.columns):
            figures.append(missing_chart(assessment.columns))
        worst = _worst_column(assessment)
        if worst is not None and show_values:
            figures.append(_spread_of(table, worst, assessment.fences.get(worst.name)))
    return tuple(figures)


def scorecard(name: str, score: Score, row_count: int) -> Figure:
    """The total as a large figure beside one bar for each dimension."""
    title = "Quality score"
    tone = TONES[tone_of(score.total)]
    body = [
        label(16, 26, clipped(f"{title} · {name}", WIDTH - 32, 15), size=15, font_weight=600),
        label(92, 108, score.total, size=60, font_weight=700, fill=tone, text_anchor="middle"),
        label(92, 134, "of 100", size=13, fill=MUTED, text_anchor="middle"),
        label(92, 156, f"{row_count:,} rows", size=12, fill=MUTED, text_anchor="middle"),
    ]
    for place, (dimension, value) in enumerate(score.dimensions.items()):
        body.append(_dimension_bar(f"{dimension} · weight {WEIGHTS[dimension]}", value, 46 + place * 26))
    told = "; ".join(
        f"{dimension} {'not rated' if value is None else value}"
        for dimension, value in score.dimensions.items()
    )
    alt = f"{title} of {name}: {score.total} of 100. {told}."
    svg = document(title, body, width=WIDTH, height=184, description=alt)
    return Figure(title=title, alt_text=alt, svg=svg)


def _dimension_bar(name: str, value: int | None, y: float) -> str:
    start, room = 344.0, 236.0
    parts = [
        element("title", escaped(f"{name}: {'not rated' if value is None else value}")),
        label(start - 10, y + 14, name, text_anchor="end"),
        element("rect", x=start, y=y + 2, width=room, height=15.0, rx=2.0, fill="#e9edf2"),
    ]
    if value is None:
        parts.append(label(start + 6, y + 14, "not rated", size=11, fill=MUTED))
    else:
        drawn = max(room * value / 100, 1.5)
        parts.append(
            element("rect", x=start, y=y + 2, width=drawn, height=15.0, rx=2.0, fill=TONES[tone_of(value)])
        )
        parts.append(label(start + room + 8, y + 14, value, font_weight=600))
    return element("g", *parts)


def missing_chart(columns: Sequence[ColumnProfile]) -> Figure:
    """The columns with most missing values, empty and disguised apart."""
    title = "Missing values by column"
    missing = sorted(
        (one for one in columns if one.missing_count), key=lambda one: (-one.missing_share, one.name)
    )
    bars = [
        Bar(
            column.name,
            (
                Segment(100 * column.empty_count / column.row_count, "plain"),
                Segment(100 * column.disguised_count / column.row_count, "second"),
            ),
            f"{percent(column.missing_share)} · {column.missing_count:,}",
        )
        for column in missing[:SHOWN_COLUMNS]
    ]
    note = (
        f"{len(missing):,} of {len(columns):,} columns have missing values; a full bar is 100 % of the rows"
    )
    if len(missing) > SHOWN_COLUMNS:
        note += f"; the {SHOWN_COLUMNS} worst are shown"
    svg = bar_chart(
        title,
        bars,
        maximum=100,
        legend=(("empty", "plain"), ("written as text (NA, -)", "second")),
        note=note,
    )
    told = "; ".join(f"{bar.name} {bar.figure}" for bar in bars) or "no column has missing values"
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)


def _worst_column(assessment: Assessment) -> ColumnProfile | None:
    """The column of the most severe observation that a picture of values can explain."""
    columns = [one for one in assessment.columns if one.distinct_count > 1 and _can_be_drawn(one)]
    named = {column.name: column for column in columns}
    for one in assessment.observations:
        explained = one.code in _EXPLAINED and one.dimension not in {
            "completeness",
            "uniqueness",
            "timeliness",
        }
        if explained and one.column in named:
            return named[one.column]
    return next((column for column in columns if column.numbers), None)


def _can_be_drawn(column: ColumnProfile) -> bool:
    facts = column.numbers
    return isfinite(facts.maximum - facts.minimum) if facts else column.kind == "text"


_EXPLAINED = frozenset(
    {
        "category-variants",
        "mixed-types",
        "outliers",
        "negative-values",
        "sentinel-values",
        "expectation-failed",
        "rare-categories",
        "disguised-missing",
    }
)


def _spread_of(table: TableSource, column: ColumnProfile, fences: Fences | None) -> Figure:
    return _numbers_of(table, column, fences) if column.numbers else _categories_of(column)


def _categories_of(column: ColumnProfile) -> Figure:
    """The most frequent values as bars; odd spellings in another colour."""
    variants = column.text.variants if column.text else ()
    odd = {value.text for group in variants for value in group[1:]}
    listed = [*column.top, *(value for group in variants for value in group[1:] if value not in column.top)]
    bars = [
        Bar(
            shortened(value.text),
            (Segment(value.count, "poor" if value.text in odd else "plain"),),
            f"{value.count:,}",
        )
        for value in listed[:SHOWN_COLUMNS]
    ]
    title = f"Values of {column.name}"
    note = f"{column.distinct_count:,} different values" + (
        "; orange: differs only in case or blanks" if odd else ""
    )
    svg = bar_chart(title, bars, note=note)
    told = "; ".join(f"{bar.name} {bar.figure}" for bar in bars)
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)


def _numbers_of(table: TableSource, column: ColumnProfile, fences: Fences | None) -> Figure:
    """A histogram over the whole range; bins outside the outlier bounds in another colour."""
    facts = column.numbers
    low, high = (facts.minimum, facts.maximum) if facts else (0.0, 1.0)
    width = (high - low) / BINS
    counts = binned(table, column.typed_sql, low, high, BINS)
    bins = [
        Bin(start, start + width, count, _tone(start, start + width, fences))
        for start, count in ((low + place * width, count) for place, count in enumerate(counts))
    ]
    marks = [Mark(facts.median, f"median {number_text(facts.median)}", "good")] if facts else []
    if fences:
        marks += [Mark(bound, f"bound {number_text(bound)}") for bound in (fences.low, fences.high)]
    title = f"Spread of {column.name}"
    note = f"{column.present_count:,} values" + ("; orange: outside the outlier bounds" if fences else "")
    least, most = number_text(low), number_text(high)
    svg = histogram(title, bins, marks=marks, low_label=least, high_label=most, note=note)
    told = f"{title}: from {least} to {most}"
    told += f", median {number_text(facts.median)}" if facts else ""
    if fences:
        told += f", {fences.count:,} values outside {number_text(fences.low)} to {number_text(fences.high)}"
    return Figure(title=title, alt_text=f"{told}.", svg=svg)


def _tone(low: float, high: float, fences: Fences | None) -> Tone:
    outside = fences is not None and (high <= fences.low or low >= fences.high)
    return "poor" if outside else "plain"
