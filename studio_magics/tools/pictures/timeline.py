"""Timelines: who does what from when to when, with marks across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.pictures.palette import BORDER, INK, MUTED, TONES, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MARGIN = 16.0
TOP = 66.0
ROW = 22.0
MOST_TICKS = 6
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200)
"""Minutes between two marks, such as a quarter of an hour, three hours, two days."""


@dataclass(frozen=True)
class Span:
    """One bar: a name, who, and from when to when."""

    name: str
    who: str
    start: float
    end: float
    tone: Tone = "plain"
    waited_from: float | None = None
    """When it could have begun; drawn as a thin line before the bar."""


@dataclass(frozen=True)
class Moment:
    """A line across at one time."""

    at: float
    name: str
    tone: Tone = "poor"


def timeline(
    title: str,
    spans: Sequence[Span],
    *,
    moments: Sequence[Moment] = (),
    text: Callable[[float], str],
    legend: Sequence[tuple[str, Tone]] = (),
    note: str = "",
    width: float = 760,
) -> str:
    """An SVG with one row per span, in the given order."""
    names = min(width * 0.36, max((text_width(span.name) for span in spans), default=0) + 6)
    left, right = MARGIN + names + 10, width - MARGIN - 8
    last = max([1.0, *(span.end for span in spans), *(moment.at for moment in moments)])
    base = TOP + ROW * max(len(spans), 1)
    height = base + 26 + (20 if note else 4)

    def across(value: float) -> float:
        return left + value / last * (right - left)

    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    body += _legend(legend)
    for value in minute_ticks(last):
        x = across(value)
        anchor = "end" if x + text_width(text(value), 10) / 2 > width - MARGIN / 2 else "middle"
        body.append(element("line", x1=x, x2=x, y1=TOP - 4, y2=base, stroke=BORDER))
        body.append(label(x, base + 15, text(value), size=10, fill=MUTED, text_anchor=anchor))
    for number, span in enumerate(spans):
        y = TOP + number * ROW
        body.append(label(MARGIN + names, y + 14, clipped(span.name, names), text_anchor="end", fill=INK))
        body.append(_bar(span, y, across, right, text))
    for moment in moments:
        x = across(moment.at)
        colour = TONES[moment.tone]
        body.append(element("line", x1=x, x2=x, y1=TOP - 4, y2=base, stroke=colour, stroke_dasharray="4 3"))
        at_end = x > (left + right) / 2
        anchor = "end" if at_end else None
        body.append(
            label(x + (-4 if at_end else 4), TOP - 8, moment.name, size=10, fill=colour, text_anchor=anchor)
        )
    if note:
        body.append(label(MARGIN, height - 8, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(
        f"{span.name} ({span.who}): {text(span.start)} to {text(span.end)}" for span in spans[:60]
    )
    return document(title, body, width=width, height=height, description=told)


def minute_ticks(last: float) -> list[float]:
    """Marks from 0 to `last` minutes, at most seven, on times that people say."""
    step = next((one for one in STEPS if last / one <= MOST_TICKS), max(last / MOST_TICKS, STEPS[-1]))
    return [float(step * number) for number in range(int(last / step + 1e-9) + 1)]


def _legend(entries: Sequence[tuple[str, Tone]]) -> list[str]:
    drawn: list[str] = []
    x = MARGIN
    for name, tone in entries:
        drawn.append(element("rect", x=x, y=35.0, width=11.0, height=11.0, rx=2.0, fill=TONES[tone]))
        drawn.append(label(x + 16, 45, clipped(name, 160, 11), size=11, fill=MUTED))
        x += 16 + min(text_width(name, 11), 160) + 16
    return drawn


def _bar(
    span: Span, y: float, across: Callable[[float], float], right: float, text: Callable[[float], str]
) -> str:
    x, wide = across(span.start), max(across(span.end) - across(span.start), 2.0)
    told = f"{span.name} ({span.who}): {text(span.start)} to {text(span.end)}"
    parts = [element("title", escaped(told))]
    if span.waited_from is not None and span.waited_from < span.start:
        waiting = {"stroke": TONES[span.tone], "stroke_dasharray": "2 2"}
        parts.append(element("line", x1=across(span.waited_from), x2=x, y1=y + 10, y2=y + 10, **waiting))
    parts.append(element("rect", x=x, y=y + 3, width=wide, height=14.0, rx=2.0, fill=TONES[span.tone]))
    room_right = right - x - wide
    length = text(span.end - span.start)
    if text_width(length, 10) + 6 <= room_right:
        parts.append(label(x + wide + 4, y + 14, length, size=10, fill=MUTED))
    return element("g", *parts)
