"""The charts as SVG, drawn from the same numbers as the specification."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.data.dashboards import vega
from studio_magics.tools.pictures import Bar, Bin, HeatRow, Segment, Tone, bar_chart, heat_strip, histogram
from studio_magics.tools.pictures.curves import Curve, line_chart
from studio_magics.tools.pictures.density import Axis, density_grid

if TYPE_CHECKING:
    from studio_magics.tools.data.dashboards.counting import ChartData

COLOURS: tuple[Tone, ...] = ("plain", "poor", "good", "second", "fair", "bad", "quiet", "plain")
SHOWN_CURVES = 6
SHOWN_PARTS = 12


def spoken(value: float) -> str:
    """'12,345.6', with as many places as it needs."""
    if abs(value) >= 1000:  # noqa: PLR2004  - from here on decimals say nothing
        return f"{value:,.0f}"
    return f"{value:,.4g}"


def figure_of(data: ChartData) -> Figure:
    """The chart as SVG and as Vega-Lite."""
    svg = {
        "line": _line, "bar": _bars, "histogram": _histogram, "heat": _heat, "density": _density,
    }[data.plan.kind](data)  # fmt: skip
    return Figure(title=data.plan.title, alt_text=alt_text(data), svg=svg, vega_lite=vega.one_chart(data))


def alt_text(data: ChartData) -> str:
    """What the chart shows, in words."""
    values = data.by_x()
    parts = [f"{x}: {spoken(values[x])}" for x in data.x_values if x in values]
    if data.plan.kind == "line" and len(parts) > SHOWN_PARTS:
        top = max(values, key=lambda one: values[one])
        parts = [parts[0], f"highest {top}: {spoken(values[top])}", parts[-1]]
    more = f"; {len(parts) - SHOWN_PARTS} more" if len(parts) > SHOWN_PARTS else ""
    return f"{data.plan.kind.title()} chart, {data.plan.title}: {'; '.join(parts[:SHOWN_PARTS])}{more}."


def _note(data: ChartData, *more: str) -> str:
    notes = [*more, *data.notes]  # a long note is cut at its end; what changes the reading comes first
    text = "; ".join(note for note in notes if note)
    return text[:1].upper() + text[1:] + "." if text else ""


def _line(data: ChartData) -> str:
    totals = data.totals()
    names = [*data.second_values] or [None]
    places = {x: date.fromisoformat(str(x)).toordinal() for x in data.x_values}
    curves = [
        Curve(
            str(name) if name is not None else data.plan.measure.title,
            tuple((places[x], totals[x, name]) for x in data.x_values if (x, name) in totals),
            tone=COLOURS[number % len(COLOURS)],
            dots=len(data.x_values) <= 60,  # noqa: PLR2004  - more points than that touch
        )
        for number, name in enumerate(names[:SHOWN_CURVES])
    ]
    from_zero = data.plan.measure.aggregate in {"count", "sum"}
    lowest = min((value for value in totals.values()), default=0.0)
    start = 0.0 if from_zero or lowest >= 0 > lowest - 1 else None
    more = [] if start == 0.0 else ["the upright axis does not start at zero"]
    ends = [word for word, cut in (("first", data.incomplete_first), ("last", data.incomplete_last)) if cut]
    if ends:
        more.append(
            f"the {' and the '.join(ends)} {data.grain} {'is' if len(ends) == 1 else 'are'} not complete"
        )
    if not data.fills_gaps and len(totals) < len(names) * len(data.x_values):
        more.append("lines go over periods without rows")
    if len(names) > SHOWN_CURVES:
        more.append(f"{len(names) - SHOWN_CURVES} more lines are in the specification")
    return line_chart(
        data.plan.title,
        curves,
        x_title=data.plan.x.name,
        y_title=data.plan.measure.title,
        x_text=lambda value: _day(value, data.grain),
        y_text=spoken,
        y_from=start if lowest >= 0 else None,
        note=_note(data, *more),
    )


def _day(value: float, grain: str) -> str:
    day = date.fromordinal(round(value))
    if grain == "year":
        return str(day.year)
    return f"{day:%Y-%m}" if grain in {"month", "quarter"} else day.isoformat()


def _bars(data: ChartData) -> str:
    totals, values = data.totals(), data.by_x()
    stacked = data.plan.second is not None and data.plan.measure.aggregate in {"count", "sum"}
    bars: list[Bar] = []
    for x in data.x_values:
        parts = [(name, totals[x, name]) for name in data.second_values if (x, name) in totals]
        segments = (
            tuple(Segment(value, _tone(data, name)) for name, value in parts)
            if stacked
            else (Segment(max(values[x], 0.0)),)
        )
        bars.append(Bar(str(x), segments, spoken(values[x])))
    names = data.second_values[:SHOWN_CURVES] if stacked else ()
    legend: list[tuple[str, Tone]] = [(str(name), _tone(data, name)) for name in names]
    more = [] if stacked or data.plan.second is None else ["colours are in the specification"]
    if any(value < 0 for value in values.values()):
        more.append("negative values have no bar")
    return bar_chart(data.plan.title, bars, legend=legend, note=_note(data, *more))


def _tone(data: ChartData, name: object) -> Tone:
    return COLOURS[list(data.second_values).index(name) % len(COLOURS)]  # pyright: ignore[reportArgumentType]  - one of them


def _histogram(data: ChartData) -> str:
    values = data.by_x()
    bins = [
        Bin(float(x), float(x) + data.x_step, round(values.get(x, 0.0)))
        for x in data.x_values
        if isinstance(x, int | float)
    ]
    return histogram(data.plan.title, bins, note=_note(data, "counts of rows"))


def _heat(data: ChartData) -> str:
    totals = data.totals()
    most = max((abs(value) for value in totals.values()), default=1.0) or 1.0
    rows = [
        HeatRow(
            str(second),
            tuple(totals[x, second] / most if (x, second) in totals else None for x in data.x_values),
        )
        for second in data.second_values
    ]
    note = _note(data, f"in per cent of the largest cell, {spoken(most)}")
    return heat_strip(data.plan.title, rows, [str(x) for x in data.x_values], note=note)


def _density(data: ChartData) -> str:
    counts = {
        (float(x), float(second)): value
        for (x, second), value in data.totals().items()
        if isinstance(x, int | float) and isinstance(second, int | float)
    }
    xs = [float(x) for x in data.x_values if isinstance(x, int | float)]
    seconds = [float(one) for one in data.second_values if isinstance(one, int | float)]
    up = data.plan.second.name if data.plan.second else ""
    return density_grid(
        data.plan.title,
        Axis(data.plan.x.name, xs, data.x_step),
        Axis(up, seconds, data.second_step),
        counts,
        note=_note(data),
    )
