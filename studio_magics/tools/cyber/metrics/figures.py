"""The pictures of a dashboard: score cards, control charts, what is open, what is covered."""

from datetime import UTC, datetime

from pydantic import JsonValue

from studio_magics.contracts.results import Figure
from studio_magics.tools.cyber.metrics.measures import Backlog, Duration
from studio_magics.tools.cyber.metrics.reading import Reading, told_hours
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.curves import Curve, Guide, Spot, line_chart
from studio_magics.tools.pictures.scorecard import Card, scorecard

VEGA = "https://vega.github.io/schema/vega-lite/v5.json"
GOOD, FAIR = 0.9, 0.75
MAX_BARS = 25


def all_figures(reading: Reading) -> tuple[Figure, ...]:
    """The cards first."""
    figures = [_cards(reading)]
    figures += [_chart(one, reading) for one in reading.durations if len(one.trend.periods) > 1]
    figures += [_open(kind, one) for kind, one in reading.backlogs.items() if len(one.history) > 1]
    return (*figures, _coverage(reading)) if reading.coverage else tuple(figures)


def _cards(reading: Reading) -> Figure:
    cards = [_duration_card(one) for one in reading.durations]
    cards += [_open_card(kind, one) for kind, one in reading.backlogs.items()]
    if reading.coverage:
        covered, count = (
            sum(one.covered for one in reading.coverage),
            sum(one.count for one in reading.coverage),
        )
        below = sum(1 for one in reading.coverage if 100 * one.share < reading.targets.coverage_percent)
        note = f"{below} of {len(reading.coverage)} controls below {reading.targets.coverage_percent:g} %"
        cards.append(Card("Coverage", f"{covered / count:.0%}", note, "poor" if below else "good"))
    return Figure(
        title="Security metrics",
        alt_text="; ".join(f"{card.name}: {card.value}, {card.note}" for card in cards),
        svg=scorecard(
            "Security metrics",
            cards,
            note=f"As of {reading.as_of:%Y-%m-%d %H:%M} UTC; medians, targets by level",
        ),
        vega_lite=_vega(reading),
    )


def _duration_card(one: Duration) -> Card:
    whole = one.whole
    value = told_hours(whole.median) if whole.median is not None else "too few"
    judged, met = (sum(getattr(part, name) for part in one.levels) for name in ("judged", "met"))
    tone: Tone = "quiet"
    note = f"n = {whole.count:,}"
    if judged:
        share = met / judged
        tone = "good" if share >= GOOD else "fair" if share >= FAIR else "bad"
        note = f"{share:.0%} within target, n = {whole.count:,}"
    return Card(f"{one.measure.short}: {one.measure.title.lower()}", value, note, tone,
                tuple(period.median for period in one.trend.periods))  # fmt: skip


def _open_card(kind: str, one: Backlog) -> Card:
    tone: Tone = "bad" if one.overdue else "good"
    moved = tuple(float(after) for _, _, _, after in one.history)
    return Card(f"Open {kind}", f"{one.open_now:,}", f"{one.overdue:,} over target", tone, moved)


def _chart(one: Duration, reading: Reading) -> Figure:
    periods, chart = one.trend.periods, one.trend.chart
    unit, size = ("days", 24.0) if max(period.median for period in periods) > 72 else ("hours", 1.0)  # noqa: PLR2004  - from three days on
    points = tuple((period.start.replace(tzinfo=UTC).timestamp(), period.median / size) for period in periods)
    guides: list[Guide] = []
    spots: list[Spot] = []
    if chart is not None:
        guides = [
            Guide("y", chart.high / size, "upper limit", "quiet"),
            Guide("y", chart.centre / size, "centre", "good"),
            Guide("y", chart.low / size, "lower limit", "quiet"),
        ]
        spots = [
            Spot(*points[signal.place], told=signal.rule, tone="bad" if "above" in signal.rule else "good")
            for signal in chart.signals
        ]
    last = periods[-1]
    note = (
        "Rings: out of the limits, or the eighth in a row on one side"
        if chart
        else "Limits need 8 periods or more"
    )
    return Figure(
        title=f"{one.measure.title} by {reading.period}",
        alt_text=(
            f"Medians of {len(periods)} {reading.period}s from {told_hours(periods[0].median)} to "
            f"{told_hours(last.median)}"
            + (f"; centre {told_hours(chart.centre)}, {len(chart.signals)} signals" if chart else "")
        ),
        svg=line_chart(
            f"{one.measure.short}: {one.measure.title.lower()}, median by {reading.period}",
            [Curve("median", points, "plain", dots=True)],
            x_title=reading.period,
            y_title=unit,
            guides=guides,
            spots=spots,
            x_text=_day(reading.period),
            y_text=lambda value: f"{value:.3g}",
            x_ticks=_ticks([x for x, _ in points]),
            note=note,
        ),
    )


def _day(period: str):  # noqa: ANN202  - a formatter
    def told(seconds: float) -> str:
        day = datetime.fromtimestamp(seconds, UTC)
        return f"{day:%Y-%m}" if period != "week" else f"{day:%m-%d}"

    return told


def _ticks(places: list[float]) -> list[float]:
    step = -(-len(places) // 8)
    return places[::step]


def _open(kind: str, one: Backlog) -> Figure:
    places = [start.replace(tzinfo=UTC).timestamp() for start, _, _, _ in one.history]
    lines = [
        Curve(
            "opened", tuple((x, float(row[1])) for x, row in zip(places, one.history, strict=True)), "poor"
        ),
        Curve("ended", tuple((x, float(row[2])) for x, row in zip(places, one.history, strict=True)), "good"),
        Curve(
            "open at the end",
            tuple((x, float(row[3])) for x, row in zip(places, one.history, strict=True)),
            "plain",
        ),
    ]
    return Figure(
        title=f"Open {kind}",
        alt_text=f"Open {kind} over time: {one.history[0][3]:,} at first, {one.open_now:,} at last.",
        svg=line_chart(
            f"{kind.capitalize()}: opened, ended, and open",
            lines,
            x_title="time",
            y_title="cases",
            x_text=_day("month"),
            y_text=lambda value: f"{value:,.0f}",
            x_ticks=_ticks(places),
        ),
    )


def _coverage(reading: Reading) -> Figure:
    goal = reading.targets.coverage_percent / 100
    bars = [
        Bar(
            one.control,
            (Segment(100 * one.share, "good" if one.share >= goal else "poor"),),
            f"{one.share:.0%} of {one.count:,}",
        )
        for one in reading.coverage[:MAX_BARS]
    ]
    left = len(reading.coverage) - len(bars)
    note = f"Target {100 * goal:g} %, least covered first" + (f"; {left} more" if left else "")
    return Figure(
        title="Coverage",
        alt_text="; ".join(f"{bar.name}: {bar.figure}" for bar in bars),
        svg=bar_chart(
            "Coverage of controls", bars, maximum=100, note=note, legend=[("met", "good"), ("below", "poor")]
        ),
    )


def _vega(reading: Reading) -> dict[str, JsonValue] | None:
    """Medians and limits of all measures below each other, to explore."""
    parts: list[JsonValue] = [_vega_part(one) for one in reading.durations if len(one.trend.periods) > 1]
    if not parts:
        return None
    return {
        "$schema": VEGA,
        "title": "Security metrics",
        "vconcat": parts,
        "config": {"view": {"continuousWidth": 560}},
    }


def _vega_part(one: Duration) -> dict[str, JsonValue]:
    chart = one.trend.chart
    signals = {} if chart is None else {signal.place: signal.rule for signal in chart.signals}
    values: list[JsonValue] = [
        {
            "start": period.start.date().isoformat(),
            "hours": round(period.median, 3),
            "cases": period.count,
            "signal": signals.get(place, "none"),
        }
        for place, period in enumerate(one.trend.periods)
    ]
    x: dict[str, JsonValue] = {"field": "start", "type": "temporal", "title": None}
    y: dict[str, JsonValue] = {
        "field": "hours",
        "type": "quantitative",
        "title": f"{one.measure.short} (hours)",
    }
    color: dict[str, JsonValue] = {"field": "signal", "type": "nominal", "title": "signal"}
    layers: list[JsonValue] = [
        {"mark": "line", "encoding": {"x": x, "y": y}},
        {
            "mark": {"type": "point", "filled": True, "tooltip": True},
            "encoding": {"x": x, "y": y, "color": color},
        },
    ]
    if chart is not None:
        layers += [_vega_rule(value) for value in (chart.low, chart.centre, chart.high)]
    return {
        "title": one.measure.title,
        "height": 140,
        "width": 560,
        "data": {"values": values},
        "layer": layers,
    }


def _vega_rule(value: float) -> JsonValue:
    return {"mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": {"y": {"datum": round(value, 3)}}}
