"""What to fix first: practices by the gaps they close, the risk they take away, and their effort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.compliance.assessing import WORTH
from studio_magics.tools.cyber.frameworks import Practice, practices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.cyber.compliance.assessing import Assessed, Assessment

EFFORT = {1: "days", 2: "weeks", 3: "months"}


@dataclass(frozen=True)
class Fix:
    """One practice to put in order."""

    practice: Practice
    gaps: tuple[Assessed, ...]
    points: float
    """Gaps that it closes, each shared among the practices that are missing for it."""
    lacks: str
    """What is missing: the doing, a part of it, the evidence, or the answer."""
    effort: int
    """As of the practice; 1 where only evidence is missing."""

    @property
    def gain(self) -> float:
        """Points times importance."""
        return self.points * self.practice.importance

    @property
    def priority(self) -> float:
        """Gain for the effort."""
        return self.gain / self.effort


@dataclass(frozen=True)
class Question:
    """One practice to ask about, because nothing is known of it."""

    practice: Practice
    controls: tuple[str, ...]


def fixes(assessment: Assessment) -> tuple[Fix, ...]:
    """Practices behind partly met and unmet controls, the most for the least effort first."""
    known = practices()
    points: dict[str, float] = {}
    gaps: dict[str, list[Assessed]] = {}
    for one in assessment.controls:
        if one.status not in {"partly", "not-met"}:
            continue
        missing = tuple(_missing(one, assessment))
        for name in missing:
            points[name] = points.get(name, 0.0) + (1 - WORTH[one.status]) / len(missing)
            gaps.setdefault(name, []).append(one)
    found = [_fix(known[name], gaps[name], round(points[name], 6), assessment) for name in points]
    return tuple(sorted(found, key=lambda fix: (-fix.priority, -fix.gain, fix.practice.name)))


def _fix(practice: Practice, gaps: list[Assessed], points: float, assessment: Assessment) -> Fix:
    judged = assessment.practices.get(practice.name)
    if judged is None:
        lacks = "not answered by itself"
    elif judged.is_unshown:
        return Fix(practice, tuple(gaps), points, "done as said; evidence is missing", 1)
    elif judged.is_contradicted:
        lacks = "a file of evidence speaks against it"
    else:
        lacks = {"not-met": "not done", "partly": "done in part"}.get(judged.status, judged.status)
    return Fix(practice, tuple(gaps), points, lacks, practice.effort)


def _missing(one: Assessed, assessment: Assessment) -> Iterator[str]:
    """The practices of this control that are not met; all of them when each is met by itself."""
    names = one.control.practices
    lacking = [
        name
        for name in names
        if name not in assessment.practices
        or assessment.practices[name].status not in {"met", "not-applicable"}
    ]
    yield from lacking or names


def questions(assessment: Assessment) -> tuple[Question, ...]:
    """Practices nothing is said about, those that settle most controls first."""
    known = practices()
    waiting: dict[str, list[str]] = {}
    for one in assessment.controls:
        if one.status == "not-assessed":
            for name in one.control.practices:
                waiting.setdefault(name, []).append(one.control.id)
    found = [Question(known[name], tuple(controls)) for name, controls in waiting.items()]
    return tuple(
        sorted(found, key=lambda one: (-len(one.controls), -one.practice.importance, one.practice.name))
    )
