"""All that was worked out of one statement, for findings, tables, pictures and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from studio_magics.tools.cyber.compliance.assessing import Assessed, Assessment
    from studio_magics.tools.cyber.compliance.earlier import Change
    from studio_magics.tools.cyber.compliance.priorities import Fix, Question
    from studio_magics.tools.cyber.compliance.reading import Stated

GAP_ORDER = ("not-met", "partly")


@dataclass(frozen=True)
class Audit:
    """One audit."""

    stated: Stated
    assessment: Assessment
    fixes: tuple[Fix, ...]
    questions: tuple[Question, ...]
    today: date
    change: Change | None = None

    @property
    def gaps(self) -> list[Assessed]:
        """Unmet controls, then partly met ones, in the order of the frameworks."""
        found = [one for one in self.assessment.controls if one.status in GAP_ORDER]
        return sorted(found, key=lambda one: GAP_ORDER.index(one.status))

    def of(self, framework: str) -> list[Assessed]:
        """Controls of one framework."""
        return [one for one in self.assessment.controls if one.control.framework == framework]

    def short(self, framework: str) -> str:
        """The short name of a framework."""
        return next(one.short for one in self.stated.scope.frameworks if one.name == framework)

    def owner_of(self, fix: Fix) -> str:
        """Who was named for the practice or for its gaps."""
        answer = self.stated.practices.get(fix.practice.name)
        if answer is not None and answer.owner:
            return answer.owner
        return ", ".join(dict.fromkeys(one.judged.owner for one in fix.gaps if one.judged.owner))[:120]

    def uses(self, evidence: str) -> list[Assessed]:
        """Controls that this evidence counts for."""
        return [one for one in self.assessment.controls if evidence in one.judged.evidence]
