"""Pictures: the architecture with its likely paths, and the risk as controls are added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.cyber.security_architecture.findings import percent
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart, clipped
from studio_magics.tools.pictures.lane_flow import (
    FlowEdge,
    FlowLane,
    FlowNode,
    Shape,
    lane_flow,
    mermaid_flow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.cyber.security_architecture.design import Component
    from studio_magics.tools.cyber.security_architecture.hops import Hop
    from studio_magics.tools.cyber.security_architecture.reading import Reading

MAX_DRAWN = 60
MARK_WIDTH = 56
SHAPES: Mapping[str, Shape] = {
    "user": "pill", "device": "box", "gateway": "choice", "service": "round", "store": "store",
    "management": "box", "external": "box",
}  # fmt: skip
LEGEND: tuple[tuple[str, Tone], ...] = (
    ("most likely path", "bad"), ("another likely path", "fair"), ("choke point", "second"), ("flow",
    "quiet"),
)  # fmt: skip


def all_figures(reading: Reading) -> tuple[Figure, ...]:
    """The architecture first."""
    return (_architecture(reading), _risk(reading))


def _architecture(reading: Reading) -> Figure:
    title = f"Architecture of {reading.design.name}"
    drawn = _drawn(reading)
    zones = sorted(reading.design.zones, key=lambda zone: zone.trust)
    lanes = [
        FlowLane(
            f"{zone.name} · {zone.trust}",
            tuple(
                _node(one, reading)
                for one in reading.design.components
                if one.zone == zone.name and one.name in drawn
            ),
        )
        for zone in zones
    ]
    lanes = [lane for lane in lanes if lane.nodes]
    edges = [edge for edge in _edges(reading) if edge.source in drawn and edge.target in drawn]
    left_out = len(reading.design.components) - len(drawn)
    notes = ["beside a zone: its trust; on a flow: protocol and port; dashed: a flat zone's own way"]
    if left_out:
        notes.append(f"{left_out} components that no likely path passes are not drawn")
    svg = lane_flow(title, lanes, edges, notes=notes, legend=LEGEND)
    ways = "; ".join(
        f"{name}: {' to '.join(path.places)}, {percent(path.chance)}" for name, path in reading.best.items()
    )
    alt = f"{title}: {len(drawn)} components in {len(lanes)} zones. Likely paths: {ways or 'none'}."
    return Figure(title=title, alt_text=alt[:2_000], svg=svg, mermaid=mermaid_flow(lanes, edges))


def _drawn(reading: Reading) -> set[str]:
    """All components, or in a large design those of likely paths and the first others."""
    names = [*(place for path in reading.paths for place in path.places), *reading.design.entries]
    names += [one.name for one in reading.targets] + [one.name for one in reading.design.components]
    return set(list(dict.fromkeys(names))[:MAX_DRAWN])


def _node(one: Component, reading: Reading) -> FlowNode:
    note = (
        "entry"
        if one.name in reading.design.entries
        else f"value {one.value}"
        if one.value
        else one.technology
    )
    on_best = {place for path in reading.best.values() for place in path.places}
    tone: Tone = "second" if one.name in reading.cut.places else "bad" if one.name in on_best else "quiet"
    return FlowNode(one.name, one.name, SHAPES[one.kind], note, tone)


def _edges(reading: Reading) -> list[FlowEdge]:
    best = {(hop.source, hop.target) for path in reading.best.values() for hop in path.hops}
    other = {(hop.source, hop.target) for path in reading.paths for hop in path.hops}
    used = [hop for hop in reading.hops if hop.flow is not None or (hop.source, hop.target) in other]
    return [_edge(hop, reading, best, other) for hop in used]


def _edge(hop: Hop, reading: Reading, best: set[tuple[str, str]], other: set[tuple[str, str]]) -> FlowEdge:
    pair = (hop.source, hop.target)
    chance = reading.likelihood.chance(hop)
    tone: Tone = "bad" if pair in best else "fair" if pair in other else "quiet"
    told = f"{hop.source} to {hop.target} by {hop.shown}, chance about {percent(chance)}"
    mark = clipped(hop.flow.shown, MARK_WIDTH, 10) if hop.flow is not None else ""
    return FlowEdge(hop.source, hop.target, mark, told, tone, dashed=hop.flow is None)


def _risk(reading: Reading) -> Figure:
    title = "Risk as controls are added"
    bars = [Bar("as it is", (Segment(reading.risk, "bad"),), f"{reading.risk:.3g}")]
    for step in reading.steps:
        name = f"+ {step.control} at {step.place}"
        bars.append(Bar(name, (Segment(step.after, "plain"),), f"{step.after:.3g} (−{step.saved:.0%})"))
    svg = bar_chart(
        title, bars, note="value of the assets x chance of the most likely way to each", width=860
    )
    told = "; ".join(f"{bar.name}: {bar.figure}" for bar in bars)
    return Figure(title=title, alt_text=f"{title}. {told}.", svg=svg)
