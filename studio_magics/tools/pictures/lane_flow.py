"""Nodes in lanes (zones, layers, owners) and marked arrows between them: data flows, workflows, paths."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.pictures.lanes import HEIGHT, WIDTH, LanePlan, Spot, place_lanes
from studio_magics.tools.pictures.palette import BACKGROUND, MUTED, TONES, TRACK, Tone
from studio_magics.tools.pictures.svg import clipped, document, element, escaped, label, text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

Shape = Literal["box", "round", "store", "choice", "pill"]
MARGIN = 18.0
TOP = 72.0
LINE = 14.0
LEAST_WIDTH = 520.0
BAND = "#f7f9fb"
MERMAID_SHAPES = {
    "box": '["', "round": '("', "store": '[("', "choice": '{"', "pill": '(["',
    "box ": '"]', "round ": '")', "store ": '")]', "choice ": '"}', "pill ": '"])',
}  # fmt: skip


@dataclass(frozen=True)
class FlowNode:
    """One node: `key` is unique, `text` is drawn, `note` stands small below it."""

    key: str
    text: str
    shape: Shape = "round"
    note: str = ""
    tone: Tone = "quiet"


@dataclass(frozen=True)
class FlowLane:
    """Nodes above each other; a lane with a name has a band around it."""

    name: str
    nodes: tuple[FlowNode, ...]


@dataclass(frozen=True)
class FlowEdge:
    """An arrow from node to node; `mark` is written on it (a number or a short word)."""

    source: str
    target: str
    mark: str = ""
    told: str = ""
    tone: Tone = "quiet"
    dashed: bool = False

    @property
    def spoken(self) -> str:
        """What a pointer or a screen reader is told of it."""
        return self.told or f"{self.source} to {self.target}"


_Point = tuple[float, float]


@dataclass(frozen=True)
class _Route:
    edge: FlowEdge
    points: tuple[_Point, ...]
    out: int
    """To which side it leaves: 1 right, -1 left."""
    into: int
    """From which side of its target it comes."""
    is_bow: bool
    """Within one column."""
    turned: bool = False
    """Whether it flows downwards."""

    @property
    def reach(self) -> float:
        """How far right a bow goes."""
        return self.points[0][0] + 30 + abs(self.points[1][1] - self.points[0][1]) / 12

    def at(self, x: float, y: float) -> _Point:
        """The point of the picture for a point along and across the flow."""
        return (y, x) if self.turned else (x, y)

    def told(self, *points: _Point) -> str:
        """Points as a path has them."""
        return " ".join(f"{x:.1f} {y:.1f}" for x, y in (self.at(*point) for point in points))


def lane_flow(
    title: str,
    lanes: Sequence[FlowLane],
    edges: Sequence[FlowEdge],
    *,
    notes: Sequence[str] = (),
    legend: Sequence[tuple[str, Tone]] = (),
    downwards: bool = False,
) -> str:
    """An SVG of the flow; every node an edge names must stand in a lane.

    It flows to the right; `downwards`, for long flows, draws no bands around lanes.
    """
    framed = any(lane.name for lane in lanes) and not downwards
    start = TOP - 12 if downwards else MARGIN
    plan = place_lanes(
        [[node.key for node in lane.nodes] for lane in lanes],
        [(edge.source, edge.target) for edge in edges if edge.source != edge.target],
        left=start,
        top=MARGIN if downwards else TOP + (18 if framed else 0),
        gap=34.0 if downwards else 64.0,
        padding=13.0 if framed else 0.0,
        node=(HEIGHT, WIDTH) if downwards else (WIDTH, HEIGHT),
    )
    routes = _routes(edges, plan, turned=downwards)
    along, across = plan.width - (start if downwards else 0), plan.height
    width, height = (across + MARGIN, along) if downwards else (along + 30, across)
    width, height = max(width, LEAST_WIDTH), height + 34 + LINE * len(notes)
    body = [label(MARGIN, 26, clipped(title, width - 2 * MARGIN, 15), size=15, font_weight=600)]
    body += _legend(legend)
    body += _bands(lanes, plan) if framed else []
    body += [_line(route) for route in routes]
    body += [_node(node, plan.spots[node.key], turned=downwards) for lane in lanes for node in lane.nodes]
    body += [_mark(route) for route in routes if route.edge.mark]
    for number, note in enumerate(notes):
        y = height - 12 - LINE * (len(notes) - 1 - number)
        body.append(label(MARGIN, y, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED))
    told = "; ".join(edge.spoken for edge in edges[:60])
    return document(title, body, width=width, height=height, description=told)


def mermaid_flow(lanes: Sequence[FlowLane], edges: Sequence[FlowEdge], *, direction: str = "LR") -> str:
    """The same as a Mermaid flowchart, with names Mermaid can read."""
    names = {node.key: f"n{i}" for i, node in enumerate(node for lane in lanes for node in lane.nodes)}
    lines = [f"flowchart {direction}"]
    for number, lane in enumerate(lanes):
        inside = "    " if lane.name else ""
        lines += [f'    subgraph z{number}["{_plain(lane.name)}"]'] if lane.name else []
        for node in lane.nodes:
            left, right = MERMAID_SHAPES[node.shape], MERMAID_SHAPES[f"{node.shape} "]
            lines.append(f"    {inside}{names[node.key]}{left}{_plain(node.text)}{right}")
        lines += ["    end"] if lane.name else []
    for edge in edges:
        arrow = "-.->" if edge.dashed else "-->"
        text = f'|"{_plain(edge.mark)}"|' if edge.mark else ""
        lines.append(f"    {names[edge.source]} {arrow}{text} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return re.sub(r'[\x00-\x1f"<>&\\`#;{}\[\]|]', "'", text)[:80]


def _legend(entries: Sequence[tuple[str, Tone]]) -> list[str]:
    drawn: list[str] = []
    x = MARGIN
    for name, tone in entries:
        drawn.append(element("line", x1=x, x2=x + 16, y1=44.0, y2=44.0, stroke=TONES[tone], stroke_width=2.5))
        drawn.append(label(x + 21, 48, name, size=11, fill=MUTED))
        x += 21 + text_width(name, 11) + 18
    return drawn


def _bands(lanes: Sequence[FlowLane], plan: LanePlan) -> list[str]:
    drawn: list[str] = []
    for lane, (x, wide) in zip(lanes, plan.bands, strict=True):
        if not lane.name:
            continue
        y, high = TOP - 8, plan.height - TOP + 20
        dashes = {"stroke": MUTED, "stroke_dasharray": "6 4"}
        drawn.append(
            element(
                "g",
                element("title", escaped(lane.name)),
                element("rect", x=x, y=y, width=wide, height=high, rx=8.0, fill=BAND, **dashes),
                label(x + 8, y + 15, clipped(lane.name, wide - 12, 11), size=11, fill=MUTED),
            )
        )
    return drawn


def _sides(source: Spot, target: Spot) -> tuple[int, int]:
    if source.column == target.column:
        return 1, 1
    return (1, -1) if source.column < target.column else (-1, 1)


def _routes(edges: Sequence[FlowEdge], plan: LanePlan, *, turned: bool) -> list[_Route]:
    heights = _heights(edges, plan)
    found: list[_Route] = []
    for number, edge in enumerate(edges):
        source, target = plan.spots[edge.source], plan.spots[edge.target]
        out, into = _sides(source, target)
        points = [(source.x + (plan.size if out > 0 else 0), heights[number, "from"])]
        for spot in plan.ways.get((edge.source, edge.target), []):
            near, far = (spot.x, spot.x + plan.size) if out > 0 else (spot.x + plan.size, spot.x)
            points += [(near, spot.middle), (far, spot.middle)]
        points.append((target.x + (plan.size if into > 0 else 0), heights[number, "to"]))
        found.append(_Route(edge, tuple(points), out, into, source.column == target.column, turned))
    return found


def _heights(edges: Sequence[FlowEdge], plan: LanePlan) -> dict[tuple[int, str], float]:
    """Spread the arrows that meet one side of a node over its height, in the order of where they lead."""
    sides: dict[tuple[str, int], list[tuple[float, int, str]]] = defaultdict(list)
    for number, edge in enumerate(edges):
        way = plan.ways.get((edge.source, edge.target), [])
        source, target = plan.spots[edge.source], plan.spots[edge.target]
        after, before = (way[0], way[-1]) if way else (target, source)
        out, into = _sides(source, target)
        sides[edge.source, out].append((after.middle, number, "from"))
        sides[edge.target, into].append((before.middle, number, "to"))
    heights: dict[tuple[int, str], float] = {}
    for (key, _), met in sides.items():
        spot = plan.spots[key]
        step = min(13.0, (spot.height - 10) / max(len(met), 1))
        for place, (_, number, end) in enumerate(sorted(met)):
            heights[number, end] = spot.middle + (place - (len(met) - 1) / 2) * step
    return heights


def _line(route: _Route) -> str:
    colour = TONES[route.edge.tone]
    x, y = route.points[-1]
    base = x + 8 * route.into
    tip = f"M{route.told((x, y))} L{route.told((base, y - 4), (base, y + 4))} Z"
    dash = "5 4" if route.edge.dashed else None
    return element(
        "g",
        element("title", escaped(route.edge.spoken)),
        element(
            "path", d=_path(route), fill="none", stroke=colour, stroke_width="1.5", stroke_dasharray=dash
        ),
        element("path", d=tip, fill=colour),
    )


def _path(route: _Route) -> str:
    points = route.points
    path = f"M{route.told(points[0])}"
    if route.is_bow:
        (_, y1), (x2, y2) = points
        return path + f" C{route.told((route.reach, y1), (route.reach, y2), (x2 + 6, y2))}"
    for place in range(0, len(points) - 1, 2):
        (x1, y1), (x2, y2) = points[place], points[place + 1]
        is_last = place + 2 == len(points)
        middle = (x1 + x2) / 2
        end = x2 - 6 * route.out if is_last else x2
        path += f" C{route.told((middle, y1), (middle, y2), (end, y2))}"
        path += "" if is_last else f" L{route.told((points[place + 2][0], y2))}"
    return path


def _mark(route: _Route) -> str:
    (x1, y1), (x2, y2) = route.points[0], route.points[1]
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    if route.is_bow:
        x, y = (x1 + 3 * route.reach) / 4, (3 * y1 + 2 * y2) / 5
    x, y = route.at(x, y)
    wide = max(text_width(route.edge.mark, 10) + 8, 17.0)
    colour = TONES[route.edge.tone]
    pill = {"width": wide, "height": 16.0, "rx": 8.0, "fill": BACKGROUND, "stroke": colour}
    return element(
        "g",
        element("title", escaped(route.edge.spoken)),
        element("rect", x=x - wide / 2, y=y - 8, **pill),
        label(x, y + 3.5, route.edge.mark, size=10, fill=colour, text_anchor="middle", font_weight=600),
    )


def _node(node: FlowNode, spot: Spot, *, turned: bool) -> str:
    edge = {"stroke": MUTED if node.tone == "quiet" else TONES[node.tone], "stroke_width": "1.4"}
    parts = [element("title", escaped(f"{node.text}: {node.note}" if node.note else node.text))]
    left, top = (spot.y, spot.x) if turned else (spot.x, spot.y)
    parts += _outline(node.shape, left, top, edge)
    room = WIDTH - (36 if node.shape == "choice" else 14)
    lines = _lines(node.text, room)
    x = left + WIDTH / 2
    y = top + HEIGHT / 2 + 4 - 7 * (len(lines) - 1) - (7 if node.note else 0)
    parts += [label(x, y + 14 * number, line, text_anchor="middle") for number, line in enumerate(lines)]
    if node.note:
        note = clipped(node.note, room, 10)
        parts.append(label(x, y + 14 * len(lines), note, size=10, fill=MUTED, text_anchor="middle"))
    return element("g", *parts)


def _lines(text: str, room: float) -> list[str]:
    """The text in one line, or broken between words into two; the second is cut."""
    if text_width(text) <= room:
        return [text]
    first = ""
    words = text.split()
    while words and text_width(f"{first} {words[0]}".strip()) <= room:
        first = f"{first} {words.pop(0)}".strip()
    return [first, clipped(" ".join(words), room)] if first else [clipped(text, room)]


def _outline(shape: Shape, x: float, y: float, edge: dict[str, str]) -> list[str]:
    right, low, middle = x + WIDTH, y + HEIGHT, y + HEIGHT / 2
    box = {"x": x, "y": y, "width": WIDTH, "height": HEIGHT}
    if shape == "store":
        lines = f"M{x:.1f} {y:.1f} H{right:.1f} M{x:.1f} {low:.1f} H{right:.1f}"
        return [element("rect", **box, fill=TRACK), element("path", d=lines, fill="none", **edge)]
    if shape == "choice":
        top = f"M{x:.1f} {middle:.1f} L{x + 16:.1f} {y:.1f} H{right - 16:.1f}"
        path = f"{top} L{right:.1f} {middle:.1f} L{right - 16:.1f} {low:.1f} H{x + 16:.1f} Z"
        return [element("path", d=path, fill=BACKGROUND, **edge)]
    radius = {"box": 0.0, "round": 14.0, "pill": HEIGHT / 2}[shape]
    return [element("rect", **box, rx=radius, fill=BACKGROUND, **edge)]
