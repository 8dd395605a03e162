"""Horizontal bars: one line per thing, the name left, the bar, the figure right."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio_magics.tools.pictures.palette import MUTED, TONES, TRACK, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

ROW = 24.0
TOP = 44.0
MARGIN = 16.0


@dataclass(frozen=True)
class Segment:
    """A piece of a bar, in the unit of the chart."""

    value: float
    tone: Tone = "plain"


@dataclass(frozen=True)
class Bar:
    """One line of the chart."""

    name: str
    segments: tuple[Segment, ...]
    figure: str
    """What is written at the end of the bar, for example '1.2 %'."""

    @property
    def total(self) -> float:
        """The length of the bar in the unit of the chart."""
        return sum(segment.value for segment in self.segments)


def bar_chart(
    title: str,
    bars: Sequence[Bar],
    *,
    maximum: float | None = None,
    legend: Sequence[tuple[str, Tone]] = (),
    note: str = "",
    width: float = 640,
) -> str:
    """An SVG of horizontal bars; `maximum` is the value of a full bar (default: the longest bar)."""
    top = TOP + (20 if legend else 0)
    height = top + ROW * max(len(bars), 1) + (26 if note else 10)
    full = maximum if maximum is not None else max((bar.total for bar in bars), default=0) or 1.0
    names = min(width * 0.34, max((text_width(bar.name) for bar in bars), default=0) + 6)
    figures = max((text_width(bar.figure) for bar in bars), default=0) + 8
    start = MARGIN + names + 8
    room = width - start - figures - MARGIN
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    body += _legend(legend)
    for place, bar in enumerate(bars):
        body.append(_row(bar, top + place * ROW, names=names, start=start, room=room, full=full))
    if not bars:
        body.append(label(MARGIN, top + 14, "Nothing to show", fill=MUTED))
    if note:
        body.append(label(MARGIN, height - 10, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(f"{bar.name}: {bar.figure}" for bar in bars[:40])
    return document(title, body, width=width, height=height, description=told)


def _legend(entries: Sequence[tuple[str, Tone]]) -> list[str]:
    drawn: list[str] = []
    x = MARGIN
    for name, tone in entries:
        drawn.append(element("rect", x=x, y=38.0, width=11.0, height=11.0, rx=2.0, fill=TONES[tone]))
        drawn.append(label(x + 16, 48, name, size=11, fill=MUTED))
        x += 16 + text_width(name, 11) + 18
    return drawn


def _row(bar: Bar, y: float, *, names: float, start: float, room: float, full: float) -> str:
    parts = [
        element("title", escaped(f"{bar.name}: {bar.figure}")),
        label(MARGIN + names, y + 14, clipped(bar.name, names), text_anchor="end"),
        element("rect", x=start, y=y + 3, width=room, height=14.0, rx=2.0, fill=TRACK),
    ]
    x = start
    for segment in bar.segments:
        share = min(max(segment.value / full, 0.0), (start + room - x) / room)
        if segment.value > 0:
            drawn = max(share * room, 1.5)
            parts.append(
                element("rect", x=x, y=y + 3, width=drawn, height=14.0, rx=2.0, fill=TONES[segment.tone])
            )
            x += drawn
    parts.append(label(start + room + 8, y + 14, bar.figure))
    return element("g", *parts)
