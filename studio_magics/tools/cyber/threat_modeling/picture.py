"""The data-flow diagram: zones as bands from outside to inside, elements by kind, flows numbered."""

from collections.abc import Sequence

from studio_magics.contracts.results import Figure, Severity
from studio_magics.tools.cyber.threat_modeling.rule import LINDDUN, STRIDE
from studio_magics.tools.cyber.threat_modeling.system import ENCRYPTED, Element, Flow, System
from studio_magics.tools.cyber.threat_modeling.threats import Threat
from studio_magics.tools.pictures import SEVERITY, Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.lane_flow import (
    FlowEdge,
    FlowLane,
    FlowNode,
    Shape,
    lane_flow,
    mermaid_flow,
)
from studio_magics.tools.wording import counted

MAX_DRAWN = 60
SHAPES: dict[str, Shape] = {"person": "pill", "external": "box", "process": "round", "store": "store"}
_ORDER: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


def draw_flows(system: System, threats: Sequence[Threat]) -> Figure:
    """The diagram; colours are the worst open threat of each element and flow."""
    shown = _shown(system)
    names = {element.name for element in shown}
    lanes = [
        FlowLane(
            f"{zone.name} (trust {zone.trust})",
            tuple(_node(element, threats) for element in shown if element.zone == zone.name),
        )
        for zone in sorted(system.zones, key=lambda zone: zone.trust)
    ]
    lanes = [lane for lane in lanes if lane.nodes]
    edges = [
        FlowEdge(
            source=flow.source,
            target=flow.target,
            mark=str(number),
            told=_told(number, flow),
            tone=_tone([one for one in threats if one.target.name == flow.name]),
            dashed=flow.protocol not in ENCRYPTED,
        )
        for number, flow in enumerate(system.flows, 1)
        if flow.source in names and flow.target in names
    ]
    left_out = len(system.elements) - len(shown)
    notes = [
        "Pill: person · square: outside system · round: process · two lines: store. Dashed: not encrypted.",
        "Colour: worst open threat. Numbers are those of the table of flows.",
        *([f"{left_out} elements with the fewest threats are left out."] if left_out else []),
    ]
    sizes = f"{counted(len(shown), 'element')}, {counted(len(lanes), 'zone')}, {counted(len(edges), 'flow')}"
    return Figure(
        title="Data-flow diagram with trust zones",
        alt_text=f"{sizes}: {'; '.join(edge.told for edge in edges[:12])}",
        svg=lane_flow(
            f"{system.name}: data flows",
            lanes,
            edges,
            notes=notes,
            legend=[
                ("critical", "bad"),
                ("high", "poor"),
                ("medium", "fair"),
                ("low", "plain"),
                ("none", "quiet"),
            ],
        ),
        mermaid=mermaid_flow(lanes, edges),
    )


def draw_categories(threats: Sequence[Threat]) -> Figure:
    """Open threats of each category by severity."""
    open_ones = [one for one in threats if one.status == "open"]
    names = [
        name
        for name in (*STRIDE.values(), *LINDDUN.values())
        if any(t.rule.category == name for t in threats)
    ]
    bars: list[Bar] = []
    for name in names:
        mine = [one for one in open_ones if one.rule.category == name]
        parts = tuple(
            Segment(sum(1 for one in mine if one.severity == level), SEVERITY[level])
            for level in ("critical", "high", "medium", "low")
        )
        bars.append(Bar(name, parts, f"{len(mine)} open"))
    return Figure(
        title="Open threats by category",
        alt_text="Bars of open threats: " + "; ".join(f"{bar.name} {bar.figure}" for bar in bars),
        svg=bar_chart(
            "Open threats by category",
            bars,
            legend=[("critical", "bad"), ("high", "poor"), ("medium", "fair"), ("low", "plain")],
        ),
    )


def _shown(system: System) -> list[Element]:
    if len(system.elements) <= MAX_DRAWN:
        return list(system.elements)
    degree = {element.name: 0 for element in system.elements}
    for flow in system.flows:
        degree[flow.source] += 1
        degree[flow.target] += 1
    kept = sorted(degree, key=lambda name: (-degree[name], name))[:MAX_DRAWN]
    return [element for element in system.elements if element.name in kept]


def _told(number: int, flow: Flow) -> str:
    data = f" with {', '.join(flow.data)}" if flow.data else ""
    return f"{number}: {flow.name} by {flow.protocol}{data}"


def _node(element: Element, threats: Sequence[Threat]) -> FlowNode:
    mine = [one for one in threats if one.target.name == element.name]
    count = sum(1 for one in mine if one.status == "open")
    return FlowNode(
        key=element.name,
        text=element.name,
        shape=SHAPES[element.kind],
        note=f"{count} open" if count else "",
        tone=_tone(mine),
    )


def _tone(threats: Sequence[Threat]) -> Tone:
    levels = {one.severity for one in threats if one.status == "open"}
    worst: Severity | None = next((level for level in _ORDER if level in levels), None)
    return "quiet" if worst is None else SEVERITY[worst]
