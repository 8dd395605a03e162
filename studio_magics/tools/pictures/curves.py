"""Lines over a number or time axis: exceedance curves, trends, control charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from studio_magics.tools.pictures.palette import BORDER, INK, MUTED, TONES, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

LEFT = 66.0
RIGHT = 24.0
TOP = 76.0
PLOT = 200.0
TICKS = 5
Text = Callable[[float], str]


@dataclass(frozen=True)
class Curve:
    """Points joined by a line, in the order of x."""

    name: str
    points: tuple[tuple[float, float], ...]
    tone: Tone = "plain"
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Guide:
    """A line across the plot at one value of an axis."""

    axis: Literal["x", "y"]
    at: float
    name: str
    tone: Tone = "quiet"


@dataclass(frozen=True)
class Spot:
    """One marked point, such as a value out of control."""

    x: float
    y: float
    told: str
    tone: Tone = "bad"


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a value stands; values outside stand at the edge."""
        low, high, here = self._form(self.low), self._form(self.high), self._form(value)
        share = (here - low) / ((high - low) or 1.0)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def _form(self, value: float) -> float:
        return math.log10(max(value, 1e-12)) if self.is_log else value


def line_chart(
    title: str,
    curves: Sequence[Curve],
    *,
    x_title: str,
    y_title: str,
    guides: Sequence[Guide] = (),
    spots: Sequence[Spot] = (),
    x_text: Text | None = None,
    y_text: Text | None = None,
    is_log_x: bool = False,
    y_from: float | None = 0.0,
    y_to: float | None = None,
    x_ticks: Sequence[float] | None = None,
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG of the curves; without points it says so."""
    points = [point for curve in curves for point in curve.points]
    if not points:
        return document(title, [label(16, 26, title, size=15), label(16, 56, "Nothing to show", fill=MUTED)],
                        width=width, height=76)  # fmt: skip
    xs = [x for x, _ in points]
    xs += [guide.at for guide in guides if guide.axis == "x" and (guide.at > 0 or not is_log_x)]
    ys = [y for _, y in points] + [guide.at for guide in guides if guide.axis == "y"]
    low_y = min(ys) if y_from is None else y_from
    high_y = (max(ys) * 1.05 if max(ys) > low_y else low_y + 1) if y_to is None else y_to
    across = _Scale(min(xs), max(xs), LEFT, width - RIGHT, is_log_x)
    up = _Scale(low_y, high_y, TOP + PLOT, TOP)
    height = TOP + PLOT + 40 + (20 if note else 0)
    body = [label(16, 26, clipped(title, width - 32, 15), size=15, font_weight=600)]
    body += _legend(curves)
    body += _frame((across, up), x_ticks or _ticks(across), (x_text or _plain, y_text or _plain), width)
    body.append(label(LEFT, TOP - 10, clipped(y_title, width / 2, 11), size=11, fill=MUTED))
    low = TOP + PLOT + 32
    body.append(
        label(width - RIGHT, low, clipped(x_title, width / 2, 11), size=11, fill=MUTED, text_anchor="end")
    )
    body += [_guide(guide, across, up, place) for place, guide in enumerate(guides)]
    body += [_curve(curve, across, up) for curve in curves]
    body += [_spot(spot, across, up) for spot in spots]
    if note:
        body.append(label(16, height - 8, clipped(note, width - 32, 11), size=11, fill=MUTED))
    told = "; ".join(_told(curve, x_text or _plain, y_text or _plain) for curve in curves)
    return document(title, body, width=width, height=height, description=told)


def _told(curve: Curve, x_text: Text, y_text: Text) -> str:
    if not curve.points:
        return f"{curve.name}: no points"
    (x1, y1), (x2, y2) = curve.points[0], curve.points[-1]
    return f"{curve.name}: {y_text(y1)} at {x_text(x1)} to {y_text(y2)} at {x_text(x2)}"


def _plain(value: float) -> str:
    return f"{value:,.6g}"


def _ticks(scale: _Scale) -> list[float]:
    if scale.is_log:
        first, last = (
            math.floor(math.log10(max(scale.low, 1e-12))),
            math.ceil(math.log10(max(scale.high, 1e-12))),
        )
        step = max(1, math.ceil((last - first) / 8))
        return [
            10.0**power for power in range(first, last + 1, step) if scale.low <= 10.0**power <= scale.high
        ]
    span = (scale.high - scale.low) or 1.0
    rough = span / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(scale.low / step - 1e-9) * step
    return [
        first + step * number
        for number in range(TICKS + 3)
        if first + step * number <= scale.high + step * 1e-6
    ]


def _legend(curves: Sequence[Curve]) -> list[str]:
    drawn: list[str] = []
    x = 16.0
    for curve in curves:
        dash = "5 3" if curve.dashed else None
        line = {"stroke": TONES[curve.tone], "stroke_width": 2.5, "stroke_dasharray": dash}
        drawn.append(element("line", x1=x, x2=x + 18, y1=41.0, y2=41.0, **line))
        drawn.append(label(x + 23, 45, clipped(curve.name, 220, 11), size=11, fill=MUTED))
        x += 23 + min(text_width(curve.name, 11), 220) + 16
    return drawn


def _frame(
    scales: tuple[_Scale, _Scale], x_ticks: Sequence[float], texts: tuple[Text, Text], width: float
) -> list[str]:
    (across, up), (x_text, y_text) = scales, texts
    base = TOP + PLOT
    drawn: list[str] = []
    for value in _ticks(up):
        y = up.at(value)
        drawn.append(element("line", x1=LEFT, x2=width - RIGHT, y1=y, y2=y, stroke=BORDER))
        drawn.append(label(LEFT - 8, y + 4, y_text(value), size=11, fill=MUTED, text_anchor="end"))
    taken = -1e9
    for value in x_ticks:
        x, text = across.at(value), x_text(value)
        wide = text_width(text, 11)
        if x - wide / 2 < taken:
            continue
        taken = x + wide / 2 + 10
        drawn.append(element("line", x1=x, x2=x, y1=base, y2=base + 4, stroke=MUTED))
        drawn.append(label(x, base + 16, text, size=11, fill=MUTED, text_anchor="middle"))
    return [*drawn, element("line", x1=LEFT, x2=width - RIGHT, y1=base, y2=base, stroke=INK)]


def _guide(guide: Guide, across: _Scale, up: _Scale, place: int) -> str:
    colour = TONES[guide.tone]
    dashes = {"stroke": colour, "stroke_dasharray": "4 3"}
    if guide.axis == "x":
        x = across.at(guide.at)
        near_end = x > (across.start + across.end) / 2
        name = label(
            x + (-5 if near_end else 5), TOP + 10 + 13 * (place % 4), guide.name, size=11, fill=colour,
            text_anchor="end" if near_end else None,
        )  # fmt: skip
        return element("g", element("line", x1=x, x2=x, y1=TOP, y2=TOP + PLOT, **dashes), name)
    y = up.at(guide.at)
    name = label(across.end - 2, y - 4, guide.name, size=11, fill=colour, text_anchor="end")
    return element("g", element("line", x1=across.start, x2=across.end, y1=y, y2=y, **dashes), name)


def _curve(curve: Curve, across: _Scale, up: _Scale) -> str:
    if not curve.points:
        return ""
    places = [(across.at(x), up.at(y)) for x, y in curve.points]
    path = "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dash = "5 3" if curve.dashed else None
    colour = TONES[curve.tone]
    dots = [element("circle", cx=x, cy=y, r=2.6, fill=colour) for x, y in places] if curve.dots else []
    line = element("path", d=path, fill="none", stroke=colour, stroke_width="2", stroke_dasharray=dash)
    return element("g", element("title", escaped(curve.name)), line, *dots)


def _spot(spot: Spot, across: _Scale, up: _Scale) -> str:
    colour = TONES[spot.tone]
    ring = {"r": 5.5, "fill": "none", "stroke": colour, "stroke_width": 2.0}
    return element(
        "circle", element("title", escaped(spot.told)), cx=across.at(spot.x), cy=up.at(spot.y), **ring
    )
