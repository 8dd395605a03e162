"""All that was worked out of one design, for findings, tables, pictures and files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.security_architecture.techniques import techniques

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.cyber.security_architecture.design import Component, Design
    from studio_magics.tools.cyber.security_architecture.hops import Hop, Likelihood
    from studio_magics.tools.cyber.security_architecture.planning import Step
    from studio_magics.tools.cyber.security_architecture.searching import Cut, Path
    from studio_magics.tools.cyber.security_architecture.surface import Exposed
    from studio_magics.tools.cyber.security_architecture.techniques import Technique


@dataclass(frozen=True)
class Reading:
    """One design with everything found in it."""

    design: Design
    likelihood: Likelihood
    hops: tuple[Hop, ...]
    reached: Mapping[str, float]
    """Component → chance of the most likely way from any entry."""
    paths: tuple[Path, ...]
    cut: Cut
    through: Mapping[str, float]
    exposed: tuple[Exposed, ...]
    steps: tuple[Step, ...]

    @property
    def risk(self) -> float:
        """Value times chance of the most likely way, over all assets."""
        return sum(one.value * self.reached.get(one.name, 0.0) for one in self.targets)

    @cached_property
    def targets(self) -> tuple[Component, ...]:
        """Assets that are no entries."""
        return tuple(one for one in self.design.assets if one.name not in self.design.entries)

    @cached_property
    def best(self) -> dict[str, Path]:
        """Asset → its most likely path."""
        found: dict[str, Path] = {}
        for path in self.paths:
            found.setdefault(path.asset, path)
        return found

    @property
    def choke_points(self) -> list[tuple[str, float]]:
        """Components between, with the share of the risk that goes through them, the largest first."""
        if not self.risk:
            return []
        shares = [(name, min(value / self.risk, 1.0)) for name, value in self.through.items()]
        return sorted(shares, key=lambda pair: (-pair[1], pair[0]))

    def component(self, name: str) -> Component:
        """The component of this name."""
        return self._components[name]

    @cached_property
    def _components(self) -> dict[str, Component]:
        return {one.name: one for one in self.design.components}

    def techniques(self, hop: Hop) -> tuple[Technique, ...]:
        """What an attacker would do on this hop."""
        is_entry = hop.source in self.design.entries
        return techniques(hop, self.component(hop.source), self.component(hop.target), is_entry=is_entry)
