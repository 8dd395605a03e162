"""The attack surface: what entries reach directly, and which usual controls are missing where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.cyber.security_architecture.design import Component, Design
    from studio_magics.tools.cyber.security_architecture.hops import Hop, Likelihood

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "gateway": ("patching", "hardening", "rate-limit", "logging"),
    "service": ("patching", "logging", "least-privilege"),
    "store": ("least-privilege", "encryption-at-rest", "backup", "logging"),
    "management": ("mfa", "network-restriction", "privileged-access", "logging"),
    "device": ("patching", "edr"),
    "user": ("awareness", "mail-filter"),
    "external": (),
}
"""What is usual at each kind; not there and not described is a gap."""
EXPOSED = ("patching", "input-validation", "rate-limit")
"""What a service needs besides when an entry reaches it."""


@dataclass(frozen=True)
class Exposed:
    """A component that an entry reaches in one hop."""

    component: Component
    hops: tuple[Hop, ...]
    chance: float
    missing: tuple[str, ...]


def exposed(design: Design, hops: Sequence[Hop], likelihood: Likelihood) -> tuple[Exposed, ...]:
    """What stands in the first row, the easiest first."""
    entries = set(design.entries)
    found: list[Exposed] = []
    for component in design.components:
        ways = tuple(hop for hop in hops if hop.source in entries and hop.target == component.name)
        if ways and component.name not in entries:
            chance = max(likelihood.chance(hop) for hop in ways)
            found.append(Exposed(component, ways, chance, missing(component, likelihood, is_exposed=True)))
    return tuple(sorted(found, key=lambda one: -one.chance))


def missing(component: Component, likelihood: Likelihood, *, is_exposed: bool) -> tuple[str, ...]:
    """Usual controls that are not described here."""
    wanted = EXPECTED[component.kind]
    if is_exposed and component.kind in {"gateway", "service"}:
        wanted = (*wanted, *EXPOSED)
    present = likelihood.controls(component.name)
    return tuple(name for name in dict.fromkeys(wanted) if name not in present)
