"""Judges what changed since the earlier table. A change is a suspicion: it never lowers the score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.data.quality import drift_measures as measures
from studio_magics.tools.data.quality.observations import (
    Observation,
    percent,
    rows,
    severity_of_share,
    shortened,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.quality.drift import ColumnDrift, Drift

ROWS_HIGH, ROWS_MEDIUM = 0.5, 0.2
MISSING_HIGH, MISSING_MEDIUM, MISSING_LOW = 0.2, 0.05, 0.01
OUTSIDE_HIGH, OUTSIDE_MEDIUM = 0.1, 0.01
SHOWN = 5


def drift_observations(drift: Drift, *, show_values: bool) -> Iterator[Observation]:
    """Everything worth a word, in no order."""
    yield from _of_table(drift)
    for column in drift.columns:
        yield from _of_type(column)
        yield from _of_missing(column)
        yield from _of_spread(column)
        yield from _of_range(column, show_values=show_values)
        yield from _of_values(column, show_values=show_values)


def _of_table(drift: Drift) -> Iterator[Observation]:
    for name in drift.vanished_columns:
        detail = f"'{drift.before_name}' had it. Whatever reads it will fail, or quietly read nothing."
        yield Observation("column-vanished", "high", f"The column '{name}' is gone", name, detail=detail)
    for name in drift.new_columns:
        detail = f"'{drift.before_name}' did not have it."
        yield Observation("column-new", "low", f"The column '{name}' is new", name, detail=detail)
    change = drift.row_change
    if change is not None and abs(change) >= ROWS_MEDIUM:
        word = "more" if change > 0 else "fewer"
        yield Observation(
            "row-count-changed",
            severity_of_share(abs(change), high=ROWS_HIGH, medium=ROWS_MEDIUM),
            f"{percent(abs(change))} {word} rows than before",
            detail=f"{rows(drift.before_rows)} before, {rows(drift.now_rows)} now.",
            action="Check the filter and the period of the export.",
            share=min(abs(change), 1.0),
        )


def _of_type(one: ColumnDrift) -> Iterator[Observation]:
    if not one.has_other_type or not one.before.present_count or not one.now.present_count:
        return
    widened = (one.before.reading, one.now.reading) == ("integer", "number")
    yield Observation(
        "type-changed",
        "medium" if widened else "high",
        f"'{one.name}' was {one.before.reading} and is {one.now.reading}",
        one.name,
        detail=f"Stored as {one.before.type} before, as {one.now.type} now.",
        action="Correct the export, or tell whoever reads the column.",
    )


def _of_missing(one: ColumnDrift) -> Iterator[Observation]:
    change = one.missing_change
    if abs(change) < MISSING_LOW:
        return
    severity: Severity = (
        "info" if change < 0 else severity_of_share(change, high=MISSING_HIGH, medium=MISSING_MEDIUM)
    )
    yield Observation(
        "missing-changed",
        severity,
        f"'{one.name}' is {'more' if change > 0 else 'less'} often missing: "
        f"{percent(one.before.missing_share)} before, {percent(one.now.missing_share)} now",
        one.name,
        detail=f"{values(one.before.missing_count)} of {rows(one.before.row_count)} before, "
        f"{values(one.now.missing_count)} of {rows(one.now.row_count)} now.",
        action="" if change < 0 else "Find the step that lost the values.",
        count=one.now.missing_count,
        share=abs(change),
    )


def verdict(one: ColumnDrift) -> str:
    """'other', 'changed', 'same' or '' where spreads were not compared."""
    if one.psi is None:
        return ""
    index = one.psi if one.psi > one.psi_by_chance else 0.0
    gap = one.ks if one.ks is not None and one.ks > (one.ks_by_chance or 0.0) else 0.0
    if index >= measures.PSI_OTHER or gap >= measures.KS_OTHER:
        return "other"
    return "changed" if index >= measures.PSI_CHANGED or gap >= measures.KS_CHANGED else "same"


def _of_spread(one: ColumnDrift) -> Iterator[Observation]:
    found = verdict(one)
    if found not in {"other", "changed"} or one.psi is None:
        return
    limits = f"changed from {measures.PSI_CHANGED} on, another from {measures.PSI_OTHER} on"
    figures = [f"PSI {one.psi:.3f} ({limits}; by chance up to {one.psi_by_chance:.3f})"]
    if one.ks is not None:
        figures.append(f"KS distance {one.ks:.3f} (by chance up to {one.ks_by_chance:.3f})")
    if one.before.numbers and one.now.numbers:
        figures.append(f"median {one.before.numbers.median:,g} before, {one.now.numbers.median:,g} now")
    how = "like another population" if found == "other" else "differently"
    yield Observation(
        "spread-changed",
        "high" if found == "other" else "medium",
        f"The values of '{one.name}' are spread {how}",
        one.name,
        detail="; ".join(figures) + ".",
        action="See which part of the rows moved; a model trained on the earlier table may not hold.",
        share=min(one.psi, 1.0),
    )


def _of_range(one: ColumnDrift, *, show_values: bool) -> Iterator[Observation]:
    told_by_value = one.new_value_count is not None
    if one.outside_count and one.before.numbers and one.now.numbers and not told_by_value:
        before, now = one.before.numbers, one.now.numbers
        shown = (
            f"From {before.minimum:,g} to {before.maximum:,g} before, "
            f"from {now.minimum:,g} to {now.maximum:,g} now."
        )
        yield Observation(
            "range-changed",
            severity_of_share(one.outside_share or 0.0, high=OUTSIDE_HIGH, medium=OUTSIDE_MEDIUM),
            f"{values(one.outside_count)} of '{one.name}' outside the earlier range",
            one.name,
            detail=shown if show_values else "",
            count=one.outside_count,
            share=one.outside_share or 0.0,
        )
    if one.is_stale and one.now.dates:
        yield Observation(
            "not-newer",
            "medium",
            f"The newest '{one.name}' is no newer than before",
            one.name,
            detail=f"It still ends at {one.now.dates.newest:%Y-%m-%d %H:%M}.",
            action="Check that the delivery is a new one.",
        )


def _of_values(one: ColumnDrift, *, show_values: bool) -> Iterator[Observation]:
    if one.new_value_count:
        share = one.new_value_share or 0.0
        named = ", ".join(f"“{shortened(text)}” ({rows(count)})" for text, count in one.new_values[:SHOWN])
        yield Observation(
            "new-values",
            severity_of_share(share, high=OUTSIDE_HIGH, medium=OUTSIDE_MEDIUM),
            f"{rows(one.new_value_count)} with a value of '{one.name}' that was not there before",
            one.name,
            detail=f"{named}." if show_values else f"{len(one.new_values)} different values (not shown).",
            count=one.new_value_count,
            share=share,
        )
    if one.vanished_values:
        named = ", ".join(f"“{shortened(text)}”" for text in one.vanished_values[:SHOWN])
        yield Observation(
            "vanished-values",
            "low",
            f"{len(one.vanished_values)} of the earlier values of '{one.name}' not there any more",
            one.name,
            detail=f"{named}." if show_values else "",
        )
