"""Flame graphs: what called what from top to bottom, as wide as it took long."""

from __future__ import annotations

from dataclasses import dataclass, field

from studio_magics.tools.pictures.palette import BACKGROUND, HEAT, HEAT_LABELS, MUTED
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label

MARGIN = 16.0
TOP = 44.0
ROW = 18.0
MOST_DEPTH = 28
LEAST_WIDTH = 1.2
OTHERS = 1


@dataclass(frozen=True)
class FlameFrame:
    """One call: how much it took, with all that it called."""

    name: str
    value: float
    figure: str
    """What is told of it, for example '1.2 s, 40 %'."""
    strong: bool = True
    """One's own code, drawn darker than that of others."""
    children: tuple[FlameFrame, ...] = field(default=())


def flame_graph(title: str, frames: tuple[FlameFrame, ...], *, note: str = "", width: float = 900) -> str:
    """An SVG with a row for each depth; what would be narrower than a line is left out."""
    total = sum(one.value for one in frames) or 1.0
    room = width - 2 * MARGIN
    boxes: list[str] = []
    told: list[str] = []
    deepest = 0
    waiting = _placed(frames, MARGIN, room / total, 0)
    while waiting:
        frame, x, depth = waiting.pop()
        wide = room * frame.value / total
        if wide < LEAST_WIDTH or depth >= MOST_DEPTH:
            continue
        deepest = max(deepest, depth)
        boxes.append(_box(frame, x, TOP + depth * ROW, wide, frame.value / total))
        told.append(f"{frame.name}: {frame.figure}")
        waiting += _placed(frame.children, x, room / total, depth + 1)
    height = TOP + (deepest + 1) * ROW + (26 if note else 12)
    body = [label(MARGIN, 26, clipped(title, room, 15), size=15, font_weight=600), *boxes]
    if not boxes:
        body.append(label(MARGIN, TOP + 14, "Nothing to show", fill=MUTED))
    if note:
        body.append(label(MARGIN, height - 9, clipped(note, room, 11), size=11, fill=MUTED))
    return document(title, body, width=width, height=height, description="; ".join(told[:40]))


def _placed(
    frames: tuple[FlameFrame, ...], x: float, scale: float, depth: int
) -> list[tuple[FlameFrame, float, int]]:
    found: list[tuple[FlameFrame, float, int]] = []
    for one in frames:
        found.append((one, x, depth))
        x += one.value * scale
    return found


def _box(frame: FlameFrame, x: float, y: float, wide: float, share: float) -> str:
    step = 2 + min(int(share * (len(HEAT) - 2)), len(HEAT) - 3) if frame.strong else OTHERS
    parts = [
        element("title", escaped(f"{frame.name}: {frame.figure}")),
        element("rect", x=x, y=y, width=max(wide - 0.6, 0.6), height=ROW - 1, rx=1.5, fill=HEAT[step],
                stroke=BACKGROUND, stroke_width=0.4),
    ]  # fmt: skip
    if wide > 26:  # noqa: PLR2004  - room for three letters
        parts.append(label(x + 4, y + 12, clipped(frame.name, wide - 8, 10), size=10, fill=HEAT_LABELS[step]))
    return element("g", *parts)
