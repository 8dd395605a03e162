"""How values of one column are spread: columns side by side, with marks such as bounds or the median."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio_magics.tools.pictures.palette import INK, MUTED, TONES, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

LEFT = 64.0
RIGHT = 20.0
TOP = 56.0
PLOT = 150.0


@dataclass(frozen=True)
class Bin:
    """How many values lie between `low` and `high`."""

    low: float
    high: float
    count: int
    tone: Tone = "plain"


@dataclass(frozen=True)
class Mark:
    """A line across the plot at one value."""

    at: float
    name: str
    tone: Tone = "poor"


def histogram(
    title: str,
    bins: Sequence[Bin],
    *,
    marks: Sequence[Mark] = (),
    low_label: str = "",
    high_label: str = "",
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG histogram; counts start at zero, bins are drawn to the scale of their bounds."""
    height = TOP + PLOT + (58 if note else 40)
    low, high = bins[0].low, bins[-1].high
    top_count = max(one.count for one in bins) or 1
    room = width - LEFT - RIGHT

    def across(value: float) -> float:
        return LEFT + (min(max(value, low), high) - low) / ((high - low) or 1.0) * room

    body = [label(16, 26, clipped(title, width - 32, 15), size=15, font_weight=600)]
    body += [_column(one, across(one.low), across(one.high), top_count) for one in bins]
    body += _marks(marks, across, low, high, width)
    body += _axis(width, top_count, low_label or f"{low:g}", high_label or f"{high:g}")
    if note:
        body.append(label(16, height - 10, clipped(note, width - 32, 11), size=11, fill=MUTED))
    told = "; ".join(f"{one.low:g} to {one.high:g}: {one.count:,}" for one in bins)
    return document(title, body, width=width, height=height, description=told)


def _column(one: Bin, left: float, right: float, top_count: int) -> str:
    drawn = PLOT * one.count / top_count
    drawn = max(drawn, 1.5) if one.count else 0.0
    return element(
        "rect",
        element("title", escaped(f"{one.low:g} to {one.high:g}: {one.count:,}")),
        x=left + 0.5,
        y=TOP + PLOT - drawn,
        width=max(right - left - 1, 1.0),
        height=drawn,
        fill=TONES[one.tone],
    )


def _marks(
    marks: Sequence[Mark], across: Callable[[float], float], low: float, high: float, width: float
) -> list[str]:
    drawn: list[str] = []
    taken = -1e9
    for mark in sorted(marks, key=lambda one: one.at):
        if not low <= mark.at <= high:
            continue
        x = across(mark.at)
        drawn.append(
            element(
                "line", x1=x, x2=x, y1=TOP - 6, y2=TOP + PLOT, stroke=TONES[mark.tone], stroke_dasharray="4 3"
            )
        )
        wide = text_width(mark.name, 11)
        at = min(max(x - wide / 2, taken + 8), width - wide - 4)
        if at >= taken:
            drawn.append(label(at, TOP - 10, mark.name, size=11, fill=TONES[mark.tone]))
            taken = at + wide
    return drawn


def _axis(width: float, top_count: int, low_label: str, high_label: str) -> list[str]:
    base = TOP + PLOT
    return [
        element("line", x1=LEFT, x2=width - RIGHT, y1=base, y2=base, stroke=INK),
        label(LEFT - 8, TOP + 10, f"{top_count:,}", size=11, fill=MUTED, text_anchor="end"),
        label(LEFT - 8, base, "0", size=11, fill=MUTED, text_anchor="end"),
        label(LEFT, base + 16, clipped(low_label, width / 2 - LEFT, 11), size=11, fill=MUTED),
        label(
            width - RIGHT,
            base + 16,
            clipped(high_label, width / 2, 11),
            size=11,
            fill=MUTED,
            text_anchor="end",
        ),
    ]
