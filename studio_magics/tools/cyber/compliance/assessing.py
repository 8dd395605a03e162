"""From what is said and shown to a status for every control; nothing is met without current evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from studio_magics.tools.cyber.compliance.evidence_files import Read
    from studio_magics.tools.cyber.compliance.reading import Stated
    from studio_magics.tools.cyber.compliance.statement import Answer, Evidence
    from studio_magics.tools.cyber.frameworks import Control

Status = Literal["met", "partly", "not-met", "not-applicable", "not-assessed"]
STATUSES: tuple[Status, ...] = ("met", "partly", "not-met", "not-applicable", "not-assessed")
WORTH: Mapping[Status, float] = {"met": 1.0, "partly": 0.5, "not-met": 0.0, "not-assessed": 0.0}
YEAR = timedelta(days=365)
"""How long a policy counts after it was approved, and the length of a period that is not stated."""


@dataclass(frozen=True)
class Judged:
    """What an answer is worth."""

    status: Status
    because: str
    evidence: tuple[str, ...]
    """Identifiers of the evidence that counts."""
    owner: str = ""
    due: date | None = None
    is_unshown: bool = False
    """Said to be met, and nothing current shows it."""
    is_contradicted: bool = False


@dataclass(frozen=True)
class Assessed:
    """One control with its status."""

    control: Control
    judged: Judged
    basis: str
    """answered, by practice, documented, or nothing."""
    related: tuple[str, ...] = ()
    """For a control without an answer: controls elsewhere that share a practice and are met or partly met."""

    @property
    def status(self) -> Status:
        """Shorthand."""
        return self.judged.status


@dataclass(frozen=True)
class Assessment:
    """All controls in scope, and what the evidence was worth."""

    controls: tuple[Assessed, ...]
    practices: Mapping[str, Judged]
    stale: tuple[Evidence, ...]
    """Evidence from outside the period; it counts for nothing."""
    reads: tuple[Read, ...]
    start: date
    end: date


def period_of(stated: Stated, today: date) -> tuple[date, date]:
    """The period of the statement, or the year before today."""
    period = stated.statement.period
    return (period.start, period.end) if period else (today - YEAR, today)


def assess(stated: Stated, reads: Sequence[Read], today: date) -> Assessment:
    """Judge every answer, then every control."""
    start, end = period_of(stated, today)
    current = {one.id for one in stated.evidence.values() if _counts(one, start, end)}
    judge = _Judge(stated, current, reads)
    practices = {name: judge.practice(name, answer) for name, answer in stated.practices.items()}
    documented = {
        name.upper(): read.evidence for read in reads for name in read.documented if read.evidence in current
    }
    found = [judge.control(control, practices, documented) for control in stated.scope.controls.values()]
    stale = tuple(one for one in stated.evidence.values() if one.id not in current)
    return Assessment(_related(found), practices, stale, tuple(reads), start, end)


def _counts(one: Evidence, start: date, end: date) -> bool:
    first = min(start, end - YEAR) if one.kind == "policy" else start
    return first <= one.date <= end


@dataclass(frozen=True)
class _Judge:
    stated: Stated
    current: set[str]
    reads: Sequence[Read]

    def practice(self, name: str, answer: Answer) -> Judged:
        return self._judged(answer, (name,))

    def control(
        self, control: Control, practices: Mapping[str, Judged], documented: Mapping[str, str]
    ) -> Assessed:
        answer = self.stated.controls.get(control.id.upper())
        if answer is not None:
            return Assessed(
                control, self._judged(answer, (control.id.upper(), *control.practices)), "answered"
            )
        answered = [(name, practices[name]) for name in control.practices if name in practices]
        if answered:
            return Assessed(control, _by_practice(answered, len(control.practices)), "by practice")
        source = documented.get(control.id.upper())
        if source is not None:
            because = f"described in {source}; that it is done is not shown"
            return Assessed(control, Judged("partly", because, (source,)), "documented")
        return Assessed(control, Judged("not-assessed", "no answer", ()), "nothing")

    def _judged(self, answer: Answer, about: Iterable[str]) -> Judged:
        keys = tuple(about)
        named = (*answer.evidence, *(one for key in keys for one in self.stated.shown_by.get(key, ())))
        counted = tuple(dict.fromkeys(one for one in named if one in self.current))
        against = [
            read for read in self.reads
            if read.open_findings and read.evidence in self.current and set(keys) & set(read.about)
        ]  # fmt: skip
        if answer.status != "met":
            return Judged(answer.status, answer.note, counted, answer.owner, answer.due)
        if against:
            because = "; ".join(f"{read.evidence}: {read.told}" for read in against)
            return Judged("partly", because, counted, answer.owner, answer.due, is_contradicted=True)
        if not counted:
            because = "said, and no current evidence shows it"
            return Judged("partly", because, (), answer.owner, answer.due, is_unshown=True)
        return Judged("met", answer.note, counted, answer.owner, answer.due)


def _by_practice(answered: Sequence[tuple[str, Judged]], needed: int) -> Judged:
    """All practices met is met; what is not answered yet leaves the control partly met at best."""
    statuses = {one.status for _, one in answered if one.status != "not-applicable"}
    status: Status
    if not statuses:
        status = "not-applicable" if len(answered) == needed else "not-assessed"
    elif statuses == {"met"} and len(answered) == needed:
        status = "met"
    else:
        status = "not-met" if statuses == {"not-met"} else "partly"
    missing = needed - len(answered)
    because = ", ".join(f"{name}: {one.status}" for name, one in answered)
    evidence = tuple(dict.fromkeys(each for _, one in answered for each in one.evidence))
    owners = tuple(dict.fromkeys(one.owner for _, one in answered if one.owner))
    dues = [one.due for _, one in answered if one.due is not None]
    return Judged(
        status,
        because + (f"; {missing} not answered" if missing else ""),
        evidence,
        ", ".join(owners),
        max(dues, default=None),
    )


def _related(found: Sequence[Assessed]) -> tuple[Assessed, ...]:
    """Name, for controls without an answer, those that share a practice and are met at least in part."""
    standing: dict[str, list[str]] = {}
    for one in found:
        if one.status in {"met", "partly"} and one.basis == "answered":
            for practice in one.control.practices:
                standing.setdefault(practice, []).append(one.control.id)
    return tuple(
        one
        if one.status != "not-assessed"
        else Assessed(
            one.control,
            one.judged,
            one.basis,
            tuple(dict.fromkeys(i for name in one.control.practices for i in standing.get(name, ()))),
        )
        for one in found
    )
