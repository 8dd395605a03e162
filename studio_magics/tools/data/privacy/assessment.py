"""Everything that was found and said, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from studio_magics.tools.data.privacy.inside import title_of

if TYPE_CHECKING:
    from studio_magics.tools.data.privacy.anonymity import Anonymity
    from studio_magics.tools.data.privacy.columns import Look
    from studio_magics.tools.data.privacy.inputs import Processing
    from studio_magics.tools.data.privacy.inside import TextFinds
    from studio_magics.tools.data.privacy.risks import Criterion, Scenario

PERSONAL_WEIGHT = 2


@dataclass(frozen=True)
class TableSeen:
    """One table."""

    name: str
    rows: int
    looks: tuple[Look, ...]
    anonymity: Anonymity | None
    notes: tuple[str, ...] = ()


@dataclass
class Assessed:
    """All tables and texts, with the description of the processing."""

    processing: Processing
    tables: list[TableSeen] = field(default_factory=list[TableSeen])
    texts: list[tuple[str, TextFinds]] = field(default_factory=list["tuple[str, TextFinds]"])
    """Column or file, and what was found inside of its texts."""
    skipped: list[str] = field(default_factory=list[str])

    @cached_property
    def personal(self) -> list[tuple[str, Look]]:
        """Every column of personal data with its place, the gravest first."""
        found = [
            (f"{table.name}.{look.name}", look)
            for table in self.tables
            for look in table.looks
            if look.weight >= PERSONAL_WEIGHT
        ]
        return sorted(found, key=lambda one: (-one[1].weight, one[0]))

    def of_group(self, group: str) -> list[tuple[str, Look]]:
        """The columns of one group of kinds."""
        return [(place, look) for place, look in self.personal if look.kind and look.kind.group == group]

    def of_kind(self, kind: str) -> list[tuple[str, Look]]:
        """The columns of one kind."""
        return [(place, look) for place, look in self.personal if look.kind and look.kind.id == kind]

    @staticmethod
    def title_of(kind: str) -> str:
        """How a kind is called."""
        return title_of(kind)

    @cached_property
    def criteria(self) -> tuple[Criterion, ...]:
        """The nine criteria for an impact assessment."""
        from studio_magics.tools.data.privacy.risks import criteria

        return criteria(self)

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """What may go wrong, before and after the measures."""
        from studio_magics.tools.data.privacy.risks import scenarios

        return scenarios(self)
