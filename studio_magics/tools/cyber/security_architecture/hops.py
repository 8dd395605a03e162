"""How likely an attacker gets from one component to the next: assumptions, written down in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.security_architecture.design import ENCRYPTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from studio_magics.tools.cyber.security_architecture.design import Component, Design, Flow

BY_AUTHENTICATION: Mapping[str, float] = {
    "none": 0.95, "network": 0.85, "password": 0.6, "token": 0.5, "mfa": 0.25, "mutual-tls": 0.2,
    "lateral": 0.6,
}  # fmt: skip
"""Chance that a persistent attacker at the source gets through, before anything else is counted."""
BY_KIND: Mapping[str, float] = {
    "user": 0.8, "device": 0.85, "gateway": 0.8, "service": 0.9, "store": 0.9, "management": 0.85,
    "external": 0.6,
}  # fmt: skip
"""How much of it the component itself lets through."""
IN_CLEAR = 1.25
LEAST, MOST = 0.01, 0.95


@dataclass(frozen=True)
class Measure:
    """A control that makes hops less likely."""

    factor: float
    effort: int
    """1 days, 2 weeks, 3 months."""
    kinds: frozenset[str]
    """Kinds of components it helps at."""


_ALL = frozenset({"device", "gateway", "service", "store", "management"})
MEASURES: Mapping[str, Measure] = {
    "patching": Measure(0.6, 1, _ALL),
    "hardening": Measure(0.7, 1, _ALL),
    "network-restriction": Measure(0.5, 1, _ALL),
    "least-privilege": Measure(0.7, 2, _ALL),
    "monitoring": Measure(0.8, 2, _ALL),
    "edr": Measure(0.6, 1, frozenset({"device", "service", "management"})),
    "sandbox": Measure(0.7, 2, frozenset({"service"})),
    "input-validation": Measure(0.7, 2, frozenset({"gateway", "service"})),
    "waf": Measure(0.7, 1, frozenset({"gateway", "service"})),
    "rate-limit": Measure(0.9, 1, frozenset({"gateway", "service"})),
    "secrets-vault": Measure(0.8, 2, frozenset({"service", "store", "management"})),
    "encryption-at-rest": Measure(0.85, 1, frozenset({"store"})),
    "privileged-access": Measure(0.5, 2, frozenset({"management"})),
    "awareness": Measure(0.7, 1, frozenset({"user"})),
    "mail-filter": Measure(0.6, 1, frozenset({"user"})),
}
SIGN_IN_EFFORT = {"mfa": 1, "authentication": 2, "segmentation": 2, "encryption": 1}


@dataclass(frozen=True)
class Hop:
    """One way from a component to another."""

    source: str
    target: str
    flow: Flow | None
    """None: within a flat zone, without a flow that was described."""

    @property
    def shown(self) -> str:
        """'https', 'ssh:2222', or that nobody described it."""
        return self.flow.shown if self.flow is not None else "same flat zone"


Added = frozenset[tuple[str, str]]
"""(component or zone, control) that are tried."""
NOTHING: Added = frozenset()


def all_hops(design: Design) -> tuple[Hop, ...]:
    """Flows as described, and ways within flat zones that no flow has."""
    found = [Hop(flow.source, flow.target, flow) for flow in design.flows]
    said = {(flow.source, flow.target) for flow in design.flows}
    for zone in design.zones:
        inside = [one.name for one in design.components if one.zone == zone.name]
        if zone.flat and "segmentation" not in zone.controls:
            found += [
                Hop(one, other, None)
                for one in inside
                for other in inside
                if one != other and (one, other) not in said
            ]
    return tuple(found)


def places_of(component: Component) -> tuple[str, str]:
    """Where a control must be put to help at this component: itself, or its zone."""
    return component.name, f"zone {component.zone}"


class Likelihood:
    """Chances of hops in one design, with or without controls that are tried."""

    def __init__(self, design: Design) -> None:
        self._components: dict[str, Component] = {one.name: one for one in design.components}
        self._of_zone = {zone.name: frozenset[str](zone.controls) for zone in design.zones}

    def controls(self, name: str, added: Added = NOTHING) -> frozenset[str]:
        """Controls of a component: its own, those of its zone, and those that are tried."""
        component = self._components[name]
        tried = {control for place, control in added if place in places_of(component)}
        return frozenset({*component.controls, *self._of_zone[component.zone], *tried})

    def crosses(self, hop: Hop) -> bool:
        """Whether it goes from one zone to another."""
        return self._components[hop.source].zone != self._components[hop.target].zone

    def chance(self, hop: Hop, added: Added = NOTHING) -> float:
        """0 to 0.95; the user's own estimate where there is one, made smaller by what is tried."""
        target = self._components[hop.target]
        controls = self.controls(hop.target, added)
        if hop.flow is None and "segmentation" in controls:
            return 0.0
        if hop.flow is not None and hop.flow.chance is not None:
            new = {control for place, control in added if place in places_of(target)}
            return hop.flow.chance * _product(new - set(target.controls), target.kind)
        of_flow = frozenset[str](hop.flow.controls) if hop.flow is not None else frozenset[str]()
        chance = BY_AUTHENTICATION[_authentication(hop, controls | of_flow)] * BY_KIND[target.kind]
        chance *= _product(controls | of_flow, target.kind)
        if hop.flow is not None and self.crosses(hop) and is_clear(hop.flow, controls | of_flow):
            chance *= IN_CLEAR
        return min(max(chance, LEAST), MOST)


def is_clear(flow: Flow, controls: Iterable[str] = ()) -> bool:
    """Whether it can be read on the way."""
    return flow.protocol not in ENCRYPTED and "encryption" not in {*flow.controls, *controls}


def _authentication(hop: Hop, controls: frozenset[str]) -> str:
    if hop.flow is None:
        return "lateral"
    said = hop.flow.authentication
    if said in {"password", "token"} and "mfa" in controls:
        return "mfa"
    if said == "none" and "authentication" in controls:
        return "password"
    return said


def _product(controls: Iterable[str], kind: str) -> float:
    product = 1.0
    for name in sorted(controls):
        measure = MEASURES.get(name)
        if measure is not None and kind in measure.kinds:
            product *= measure.factor
    return product


def could_add(
    component: Component, present: frozenset[str], incoming: Iterable[Hop]
) -> Iterator[tuple[str, str, int]]:
    """(place, control, effort) that would make hops into this component less likely."""
    flows = [hop.flow for hop in incoming]
    for name, measure in MEASURES.items():
        if component.kind in measure.kinds and name not in present:
            yield component.name, name, measure.effort
    if "mfa" not in present and any(flow and flow.authentication in {"password", "token"} for flow in flows):
        yield component.name, "mfa", SIGN_IN_EFFORT["mfa"]
    if "authentication" not in present and any(flow and flow.authentication == "none" for flow in flows):
        yield component.name, "authentication", SIGN_IN_EFFORT["authentication"]
    if "encryption" not in present and any(flow and is_clear(flow) for flow in flows):
        yield component.name, "encryption", SIGN_IN_EFFORT["encryption"]
    if None in flows and "segmentation" not in present:
        yield f"zone {component.zone}", "segmentation", SIGN_IN_EFFORT["segmentation"]
