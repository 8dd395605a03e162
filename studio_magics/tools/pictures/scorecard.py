"""Score cards: a few figures large enough to read across a room, each with its target and how it moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.pictures.palette import BACKGROUND, BORDER, MUTED, TONES, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 16.0
TOP = 42.0
HIGH = 92.0
GAP = 10.0
LINE_HEIGHT = 20.0
FEWEST_POINTS = 2


@dataclass(frozen=True)
class Card:
    """One figure: its name, the value, a line below it, and optionally how it moved."""

    name: str
    value: str
    note: str = ""
    tone: Tone = "quiet"
    moved: tuple[float, ...] = ()


def scorecard(
    title: str,
    cards: Sequence[Card],
    *,
    note: str = "",
    columns: int = 3,
    width: float = 760,
) -> str:
    """An SVG with the cards in rows; the colour at the left judges, the note says it in words."""
    wide = (width - 2 * MARGIN - (columns - 1) * GAP) / columns
    rows = -(-max(len(cards), 1) // columns)
    height = TOP + rows * (HIGH + GAP) + (20 if note else 4)
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    for number, card in enumerate(cards):
        row, column = divmod(number, columns)
        body.append(_card(card, MARGIN + column * (wide + GAP), TOP + row * (HIGH + GAP), wide))
    if not cards:
        body.append(label(MARGIN, TOP + 20, "Nothing to show", fill=MUTED))
    if note:
        body.append(label(MARGIN, height - 8, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(f"{card.name}: {card.value}, {card.note}" for card in cards)
    return document(title, body, width=width, height=height, description=told)


def _card(card: Card, x: float, y: float, wide: float) -> str:
    colour = TONES[card.tone]
    room = wide - 28
    box = {"rx": 5.0, "fill": BACKGROUND, "stroke": BORDER}
    parts = [
        element("title", escaped(f"{card.name}: {card.value}, {card.note}")),
        element("rect", x=x, y=y, width=wide, height=HIGH, **box),
        element("rect", x=x, y=y, width=6.0, height=HIGH, rx=3.0, fill=colour),
        label(x + 18, y + 20, clipped(card.name, room, 12), fill=MUTED),
        label(x + 18, y + 49, clipped(card.value, room * 0.62, 24), size=24, font_weight=600),
        label(
            x + 18,
            y + 74,
            clipped(card.note, room, 11),
            size=11,
            fill=colour if card.tone != "quiet" else MUTED,
        ),
    ]
    if len(card.moved) >= FEWEST_POINTS:
        parts.append(_spark(card.moved, x + wide * 0.64, y + 32, wide * 0.3, colour))
    return element("g", *parts)


def _spark(values: Sequence[float], x: float, y: float, wide: float, colour: str) -> str:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    step = wide / (len(values) - 1)
    points = [(x + step * i, y + LINE_HEIGHT * (1 - (value - low) / span)) for i, value in enumerate(values)]
    path = "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in points)
    end = points[-1]
    return element(
        "g",
        element("path", d=path, fill="none", stroke=colour, stroke_width="1.6"),
        element("circle", cx=end[0], cy=end[1], r=2.6, fill=colour),
    )
