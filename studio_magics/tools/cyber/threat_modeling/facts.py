"""What can be said of each element and flow before any rule looks: exposure, data, controls, trust."""

from collections import deque
from dataclasses import dataclass

from studio_magics.tools.cyber.threat_modeling.system import (
    ENCRYPTED,
    PERSONAL,
    SENSITIVITY,
    Element,
    Flow,
    System,
)

FAR = 9
"""Hops of what nothing untrusted reaches."""
AT_THE_END = frozenset({"ddos-protection", "redundancy", "rate-limit"})
"""Controls of what a flow leads to that protect the way there as well."""


@dataclass(frozen=True)
class Target:
    """An element or flow with all that rules may ask."""

    name: str
    kind: str
    """person, external, process, store or flow."""
    element: Element | None
    flow: Flow | None
    trust: int
    hops: int
    """Flows from the least trusted zone to here; 0 stands in it."""
    classes: frozenset[str]
    """Classes of the data it holds, handles or carries."""
    controls: frozenset[str]
    technology: frozenset[str]
    incoming: tuple["Passage", ...]
    outgoing: tuple["Passage", ...]
    crosses: bool
    """For a flow: whether it crosses a boundary."""
    critical: bool

    @property
    def sensitivity(self) -> int:
        """1 (public) to 5, 2 when no data is named."""
        return max((SENSITIVITY[one] for one in self.classes), default=2)

    @property
    def is_personal(self) -> bool:
        """Whether it has to do with data of people."""
        return bool(self.classes & PERSONAL)

    @property
    def takes_less_trusted(self) -> bool:
        """Whether something of lower trust sends to it, itself or through a process that passes it on."""
        return any(one.rises or one.passes_on for one in self.incoming)

    @property
    def is_exposed(self) -> bool:
        """Whether the least trusted zone reaches it directly."""
        return self.hops <= 1


@dataclass(frozen=True)
class Passage:
    """A flow with what stands at both ends."""

    flow: Flow
    source: Element
    target: Element
    crosses: bool
    rises: bool
    """From lower to higher trust."""
    passes_on: bool
    """Its source is a process that takes input of lower trust, such as a proxy."""
    of_people: bool
    """From a person, or from a process that people use."""
    classes: frozenset[str]
    encrypted: bool


def targets(system: System) -> list[Target]:
    """All elements, then all flows, in the order of the description."""
    passages = _passages(system)
    hops = _hops(system, passages)
    found = [_element(element, system, passages, hops) for element in system.elements]
    return found + [_flow(one, system, hops) for one in passages]


def _passages(system: System) -> list[Passage]:
    trust = {zone.name: zone.trust for zone in system.zones}
    elements = {element.name: element for element in system.elements}
    classes = {kind.name: kind.classed for kind in system.data}
    level = {name: trust[element.zone] for name, element in elements.items()}
    fed = _carried(system, elements, {f.target for f in system.flows if level[f.source] < level[f.target]})
    used = _carried(system, elements, {f.target for f in system.flows if elements[f.source].kind == "person"})
    found: list[Passage] = []
    for flow in system.flows:
        source, target = elements[flow.source], elements[flow.target]
        found.append(
            Passage(
                flow=flow,
                source=source,
                target=target,
                crosses=source.zone != target.zone,
                rises=level[source.name] < level[target.name],
                passes_on=source.kind == "process" and source.name in fed,
                of_people=source.kind == "person" or (source.kind == "process" and source.name in used),
                classes=frozenset(classes[name] for name in flow.data),
                encrypted=flow.protocol in ENCRYPTED or "encryption" in flow.controls,
            )
        )
    return found


def _carried(system: System, elements: dict[str, Element], first: set[str]) -> set[str]:
    """What these elements are sent, and all that processes among them send on to."""
    found, waiting = set(first), deque(sorted(first))
    while waiting:
        here = waiting.popleft()
        if elements[here].kind != "process":
            continue
        for flow in system.flows:
            if flow.source == here and flow.target not in found:
                found.add(flow.target)
                waiting.append(flow.target)
    return found


def _hops(system: System, passages: list[Passage]) -> dict[str, int]:
    """Flows from the least trusted zone to each element."""
    trust = {zone.name: zone.trust for zone in system.zones}
    lowest = min(trust[element.zone] for element in system.elements)
    hops = {element.name: 0 for element in system.elements if trust[element.zone] == lowest}
    waiting = deque(hops)
    while waiting:
        here = waiting.popleft()
        for one in passages:
            there = one.target.name
            if one.source.name == here and there not in hops:
                hops[there] = hops[here] + 1
                waiting.append(there)
    return hops


def _element(element: Element, system: System, passages: list[Passage], hops: dict[str, int]) -> Target:
    zone = next(zone for zone in system.zones if zone.name == element.zone)
    incoming = tuple(one for one in passages if one.target.name == element.name)
    outgoing = tuple(one for one in passages if one.source.name == element.name)
    kinds = {kind.name: kind.classed for kind in system.data}
    classes = {kinds[name] for name in element.data}
    classes |= {one for passage in (*incoming, *outgoing) for one in passage.classes}
    return Target(
        name=element.name,
        kind=element.kind,
        element=element,
        flow=None,
        trust=zone.trust,
        hops=hops.get(element.name, FAR),
        classes=frozenset(classes),
        controls=frozenset((*element.controls, *zone.controls)),
        technology=frozenset(element.technology),
        incoming=incoming,
        outgoing=outgoing,
        crosses=False,
        critical=element.critical,
    )


def _flow(one: Passage, system: System, hops: dict[str, int]) -> Target:
    trust = {zone.name: zone.trust for zone in system.zones}
    zone = next(zone for zone in system.zones if zone.name == one.target.zone)
    ends = AT_THE_END & {*one.target.controls, *zone.controls}
    reached = min(hops.get(one.source.name, FAR), hops.get(one.target.name, FAR))
    return Target(
        name=one.flow.name,
        kind="flow",
        element=None,
        flow=one.flow,
        trust=min(trust[one.source.zone], trust[one.target.zone]),
        hops=reached + (0 if one.crosses else 1),
        classes=one.classes,
        controls=frozenset((*one.flow.controls, *ends, *(("encryption",) if one.encrypted else ()))),
        technology=frozenset(),
        incoming=(one,),
        outgoing=(one,),
        crosses=one.crosses,
        critical=one.target.critical,
    )
