"""Tables and pictures of what changed and of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Column, Figure, Table
from studio_magics.tools.data.quality import drift_measures as measures
from studio_magics.tools.data.quality.drift_checks import verdict
from studio_magics.tools.data.quality.drift_report import WORDS
from studio_magics.tools.data.quality.observations import shortened
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.matrix import MatrixCell, matrix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.contracts.results import Cell
    from studio_magics.tools.data.quality.alerts import AlertOutcome, State
    from studio_magics.tools.data.quality.drift import ColumnDrift, Drift

SHOWN_COLUMNS = 20
SHOWN_BUCKETS = 12
TONES: Mapping[str, Tone] = {"other": "bad", "changed": "poor", "same": "good", "": "quiet"}
STATES: Mapping[State, Tone] = {"fail": "bad", "warn": "poor", "pass": "good", "not evaluated": "quiet"}


def drift_table(drift: Drift) -> Table:
    """One line for each column that is in both tables, the most changed first."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            f"{one.before.reading} → {one.now.reading}" if one.has_other_type else one.now.reading,
            round(100 * one.before.missing_share, 3),
            round(100 * one.now.missing_share, 3),
            None if one.psi is None else round(one.psi, 4),
            None if one.ks is None else round(one.ks, 4),
            None if one.outside_share is None else round(100 * one.outside_share, 3),
            one.new_value_count,
            WORDS[verdict(one)],
        )
        for one in by_change(drift)
    ]
    names = (
        "column",
        "type",
        "missing % before",
        "missing % now",
        "PSI",
        "KS",
        "outside %",
        "new values",
        "spread",
    )
    kinds = {
        "missing % before": "percent",
        "missing % now": "percent",
        "PSI": "number",
        "KS": "number",
        "outside %": "percent",
        "new values": "integer",
    }
    columns = tuple(Column.model_validate({"name": name, "kind": kinds.get(name, "text")}) for name in names)
    note = (
        f"Against '{drift.before_name}' of {drift.before_rows:,} rows. PSI: from {measures.PSI_CHANGED} on "
        f"changed, from {measures.PSI_OTHER} on another population. KS counts from {measures.KS_CHANGED} on. "
        "Both count only beyond chance."
    )
    return Table(title="Since the earlier table", columns=columns, rows=tuple(rows), note=note)


def by_change(drift: Drift) -> list[ColumnDrift]:
    """The most changed columns first."""
    return sorted(drift.columns, key=lambda one: (-(one.psi or 0.0), -abs(one.missing_change), one.name))


def alert_table(outcomes: Sequence[AlertOutcome]) -> Table:
    """One line for each alert rule, in the order of the rules."""
    rows = [
        (
            one.state,
            one.rule.name,
            one.rule.metric,
            one.rule.warn.words if one.rule.warn else "",
            one.rule.fail.words if one.rule.fail else "",
            one.told or one.note,
        )
        for one in outcomes
    ]
    names = ("state", "alert", "figure", "warns", "fails", "seen")
    return Table(title="Alerts", columns=tuple(Column(name=name) for name in names), rows=tuple(rows))


def alert_figure(outcomes: Sequence[AlertOutcome]) -> Figure:
    """The alerts as a list of tinted cells."""
    shown = outcomes[:SHOWN_COLUMNS]
    cells = {
        (row, 0): MatrixCell((f"{one.state}: {one.told or one.note}",), STATES[one.state])
        for row, one in enumerate(shown)
    }
    title = "Alerts"
    left = len(outcomes) - len(shown)
    note = f"{left} more are in alerts.json" if left else ""
    svg = matrix(title, [one.rule.name for one in shown], ["state and figures"], cells, note=note)
    told = "; ".join(f"{one.rule.name} {one.state}" for one in shown)
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)


def drift_figures(drift: Drift, *, show_values: bool) -> list[Figure]:
    """How far every column moved, and the most changed column bucket by bucket."""
    compared = [one for one in by_change(drift) if one.psi is not None]
    if not compared:
        return []
    figures = [_overview(compared)]
    if show_values and verdict(compared[0]) != "same":
        figures.append(_buckets(compared[0]))
    return figures


def _overview(compared: Sequence[ColumnDrift]) -> Figure:
    bars = [
        Bar(one.name, (Segment(min(one.psi or 0.0, 1.0), TONES[verdict(one)]),), f"{one.psi:.3f}")
        for one in compared[:SHOWN_COLUMNS]
    ]
    title = "How far the values moved"
    most = max(0.5, *(min(one.psi or 0.0, 1.0) for one in compared))
    svg = bar_chart(
        title,
        bars,
        maximum=most,
        legend=(("the same", "good"), ("changed", "poor"), ("another population", "bad")),
        note=f"population stability index, a full bar is {most:g} or more; {len(compared)} columns compared",
    )
    told = "; ".join(f"{bar.name} {bar.figure}" for bar in bars)
    return Figure(title=title, alt_text=f"{title} (population stability index): {told}.", svg=svg)


def _buckets(one: ColumnDrift) -> Figure:
    all_before = sum(before for _, before, _ in one.buckets) or 1
    all_now = sum(now for _, _, now in one.buckets) or 1
    bars: list[Bar] = []
    for name, before, now in one.buckets[:SHOWN_BUCKETS]:
        old, new = 100 * before / all_before, 100 * now / all_now
        bars.append(Bar(f"{shortened(name, 24)}, before", (Segment(old, "second"),), f"{old:.1f} %"))
        bars.append(Bar("now", (Segment(new, "plain"),), f"{new:.1f} %"))
    title = f"'{one.name}' before and now"
    left = len(one.buckets) - SHOWN_BUCKETS
    note = "share of the values" + (f"; {left} more groups" if left > 0 else "")
    svg = bar_chart(title, bars, legend=(("before", "second"), ("now", "plain")), note=note)
    told = "; ".join(f"{bar.name} {bar.figure}" for bar in bars)
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=svg)
