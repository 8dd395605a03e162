"""Boxes with rows and arrows from row to row, left to right: column lineage, pipelines."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  - read by dataclass users at run time
from dataclasses import dataclass

from studio_magics.tools.pictures.layout import MARGIN, Box, Plan, place
from studio_magics.tools.pictures.palette import BACKGROUND, BORDER, MUTED, TONES, TRACK, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

HEAD = 24.0
LINE = 16.0
FIRST_ROW = 15.0
MIN_WIDTH = 110.0
MAX_WIDTH = 230.0
TOP = 48.0
MIN_CANVAS = 420.0


@dataclass(frozen=True)
class Node:
    """One box: a head, and rows below it."""

    name: str
    """What links refer to."""
    title: str
    rows: tuple[str, ...] = ()
    tone: Tone = "quiet"
    """The colour of the bar over the head."""
    caption: str = ""
    """A quiet line under the rows, for example '3 more'."""


@dataclass(frozen=True)
class Link:
    """One arrow from a box to another, from row to row where rows are named."""

    source: str
    target: str
    source_row: str = ""
    target_row: str = ""
    tone: Tone = "quiet"
    dashed: bool = False
    told: str = ""
    """What a pointer or a screen reader is told of it."""


def linked_boxes(
    title: str,
    nodes: Sequence[Node],
    links: Sequence[Link],
    *,
    legend: Sequence[tuple[str, Tone]] = (),
    note: str = "",
    description: str = "",
) -> str:
    """An SVG of the boxes in layers; links of names that are no box are left out."""
    known = {node.name: node for node in nodes}
    drawn = [link for link in links if link.source in known and link.target in known]
    top = TOP + (18 if legend else 0)
    plan = place(
        {node.name: _size(node) for node in nodes}, ((link.target, link.source) for link in drawn), top=top
    )
    width = max(plan.width, MIN_CANVAS, 2 * MARGIN + _width_of(legend))
    height = plan.height + MARGIN + (18 if note else 0)
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    body += _legend(legend)
    body += [_arrow(link, plan, known) for link in drawn]
    body += [_box(node, plan.boxes[node.name]) for node in nodes]
    if note:
        body.append(label(MARGIN, height - 10, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = description or "; ".join(link.told or f"{link.source} to {link.target}" for link in drawn[:60])
    return document(title, body, width=width, height=height, description=told or "no links")


def _legend(entries: Sequence[tuple[str, Tone]]) -> list[str]:
    drawn: list[str] = []
    x = MARGIN
    for name, tone in entries:
        drawn.append(element("rect", x=x, y=38.0, width=11.0, height=11.0, rx=2.0, fill=TONES[tone]))
        drawn.append(label(x + 16, 48, name, size=11, fill=MUTED))
        x += 16 + text_width(name, 11) + 18
    return drawn


def _width_of(legend: Sequence[tuple[str, Tone]]) -> float:
    return sum(16 + text_width(name, 11) + 18 for name, _ in legend)


def _size(node: Node) -> tuple[float, float]:
    widest = max((text_width(row, 11) + 20 for row in (*node.rows, node.caption)), default=0.0)
    wide = min(max(widest, text_width(node.title, 12.6) + 24, MIN_WIDTH), MAX_WIDTH)
    lines = len(node.rows) + (1 if node.caption else 0)
    return wide, HEAD + LINE * lines + (8 if lines else 0)


def _box(node: Node, box: Box) -> str:
    frame = {"x": box.x, "y": box.y, "width": box.width}
    parts = [
        element("title", escaped(node.title)),
        element("rect", **frame, height=box.height, rx=4.0, fill=BACKGROUND, stroke=BORDER),
        element("rect", **frame, height=HEAD, rx=4.0, fill=TRACK),
        element("rect", **frame, height=3.0, rx=1.5, fill=TONES[node.tone]),
        label(box.x + 8, box.y + 17, clipped(node.title, box.width - 16, 12), font_weight=600),
    ]
    y = box.y + HEAD + FIRST_ROW
    for row in node.rows:
        parts.append(label(box.x + 8, y, clipped(row, box.width - 16, 11), size=11))
        y += LINE
    if node.caption:
        parts.append(label(box.x + 8, y, clipped(node.caption, box.width - 16, 10), size=10, fill=MUTED))
    return element("g", *parts)


def _height_of(node: Node, row: str) -> float:
    """How far below the top of the box a link to this row meets it; the head where it is not shown."""
    if row in node.rows:
        return HEAD + LINE * node.rows.index(row) + FIRST_ROW - 4
    return HEAD / 2


def _arrow(link: Link, plan: Plan, known: dict[str, Node]) -> str:
    source, target = plan.boxes[link.source], plan.boxes[link.target]
    y1 = source.y + _height_of(known[link.source], link.source_row)
    y2 = target.y + _height_of(known[link.target], link.target_row)
    path, tip, side = _path(source, y1, target, y2, plan.ways.get((link.target, link.source), []))
    colour = TONES[link.tone]
    points = f"{tip:.1f},{y2:.1f} {tip - 7 * side:.1f},{y2 - 3.5:.1f} {tip - 7 * side:.1f},{y2 + 3.5:.1f}"
    dash = "5 4" if link.dashed else None
    return element(
        "g",
        element("title", escaped(link.told or f"{link.source} to {link.target}")),
        element("path", d=path, fill="none", stroke=colour, stroke_width="1.3", stroke_dasharray=dash),
        element("polygon", points=points, fill=colour),
    )


def _path(source: Box, y1: float, target: Box, y2: float, way: list[Box]) -> tuple[str, float, int]:
    """The curve, where its tip is, and to which side it points: 1 right, -1 left."""
    if not way and abs(source.x - target.x) < source.width / 2:
        start, tip = source.x + source.width, target.x + target.width
        reach = max(start, tip) + 34
        return f"M{start:.1f} {y1:.1f}" + _curve(reach, y1, reach, y2, tip, y2), tip, -1
    side = 1 if target.x > source.x else -1
    x, tip = (source.x + source.width, target.x) if side > 0 else (source.x, target.x + target.width)
    path, y = f"M{x:.1f} {y1:.1f}", y1
    for free in way:
        near, far = (free.x, free.x + free.width) if side > 0 else (free.x + free.width, free.x)
        middle = (x + near) / 2
        path += _curve(middle, y, middle, free.y, near, free.y) + f" L{far:.1f} {free.y:.1f}"
        x, y = far, free.y
    middle = (x + tip) / 2
    return path + _curve(middle, y, middle, y2, tip, y2), tip, side


def _curve(*points: float) -> str:
    return " C" + " ".join(f"{point:.1f}" for point in points)
