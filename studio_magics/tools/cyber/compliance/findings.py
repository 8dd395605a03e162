"""What is worth acting on in an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Severity
from studio_magics.tools.cyber.compliance.coverage import counts
from studio_magics.tools.cyber.compliance.priorities import EFFORT
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from studio_magics.tools.cyber.compliance.assessing import Assessed
    from studio_magics.tools.cyber.compliance.audit import Audit

_SEVERITIES = ("critical", "high", "medium", "low", "info")
BY_IMPORTANCE: dict[int, Severity] = {3: "high", 2: "medium", 1: "low"}
FIRST = 10
"""Fixes that become findings; the rest stands in the table."""
MOST_UNKNOWN = 0.3


def find_all(audit: Audit) -> tuple[Finding, ...]:
    """All findings, most severe first; within one severity what to fix first stands first."""
    rules = (
        _contradicted,
        _fixes,
        _overdue,
        _worse,
        _unshown,
        _stale,
        _unowned,
        _unexplained,
        _unknown,
        _better,
    )
    found = [finding for rule in rules for finding in rule(audit)]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def _ids(controls: Iterable[Assessed]) -> str:
    return ", ".join(one.control.id for one in controls)[:300]


def _contradicted(audit: Audit) -> Iterator[Finding]:
    assessment = audit.assessment
    stale = {one.id for one in assessment.stale}
    for read in assessment.reads:
        about = set(read.about)
        spoken = [
            name for name, one in assessment.practices.items() if one.is_contradicted and name in about
        ] + [
            one.control.id for one in assessment.controls
            if one.judged.is_contradicted and about & {one.control.id.upper(), *one.control.practices}
        ]  # fmt: skip
        if read.open_findings and spoken and read.evidence not in stale:
            yield Finding(
                code="contradicted",
                severity="critical",
                title=f"{read.evidence} speaks against what is said to be met: {read.told}",
                where=", ".join(spoken)[:300],
                detail="An auditor who opens this file will not accept 'met'; it counts as partly met.",
                action="Close or justify what the file lists, run the check again, and give the new file.",
                count=read.open_findings,
            )


def _fixes(audit: Audit) -> Iterator[Finding]:
    for number, fix in enumerate(audit.fixes[:FIRST], 1):
        by_framework = {
            one.short: [gap for gap in fix.gaps if gap.control.framework == one.name]
            for one in audit.stated.scope.frameworks
        }
        told = "; ".join(f"{name}: {_ids(gaps)}" for name, gaps in by_framework.items() if gaps)
        yield Finding(
            code="fix-first",
            severity=BY_IMPORTANCE[fix.practice.importance],
            title=f"{number}. {fix.practice.words} ({fix.practice.name}): {counted(len(fix.gaps), 'gap')}",
            where=told[:400],
            detail=f"{fix.lacks.capitalize()}. Effort: {EFFORT[fix.effort]}. Priority {fix.priority:.1f}.",
            action=f"Owner: {audit.owner_of(fix) or 'name one'}.",
            count=len(fix.gaps),
        )


def _overdue(audit: Audit) -> Iterator[Finding]:
    late = [one for one in audit.gaps if one.judged.due is not None and one.judged.due < audit.today]
    if late:
        yield Finding(
            code="overdue",
            severity="high",
            title=f"Past the date that was promised: {counted(len(late), 'gap')}",
            where=_ids(late),
            action="Close them, or agree on a new date and record why.",
            count=len(late),
        )


def _worse(audit: Audit) -> Iterator[Finding]:
    if audit.change is not None and audit.change.worse:
        yield Finding(
            code="worse",
            severity="high",
            title=f"Worse than in the earlier audit: {counted(len(audit.change.worse), 'control')}",
            where=", ".join(audit.change.worse)[:300],
            action="Find out what changed, or which evidence ran out.",
            count=len(audit.change.worse),
        )


def _better(audit: Audit) -> Iterator[Finding]:
    if audit.change is not None and audit.change.better:
        yield Finding(
            code="better",
            severity="info",
            title=f"Better than in the earlier audit: {counted(len(audit.change.better), 'control')}",
            where=", ".join(audit.change.better)[:300],
            count=len(audit.change.better),
        )


def _unshown(audit: Audit) -> Iterator[Finding]:
    names = [name for name, one in audit.assessment.practices.items() if one.is_unshown]
    names += [one.control.id for one in audit.assessment.controls if one.judged.is_unshown]
    if names:
        yield Finding(
            code="said-not-shown",
            severity="medium",
            title=f"Said to be met, and no current evidence shows it: {counted(len(names), 'answer')}",
            where=", ".join(names)[:300],
            detail="They count as partly met.",
            action="List dated evidence and what it shows, or correct the answer.",
            count=len(names),
        )


def _stale(audit: Audit) -> Iterator[Finding]:
    for one in audit.assessment.stale:
        yield Finding(
            code="evidence-outside-period",
            severity="medium",
            title=f"'{one.title}' of {one.date} is outside of the period and counts for nothing",
            where=one.id,
            detail=f"Period: {audit.assessment.start} to {audit.assessment.end}.",
            action="Give evidence from the period; policies count for a year after approval.",
        )


def _unowned(audit: Audit) -> Iterator[Finding]:
    without = [one for one in audit.gaps if one.status == "not-met" and not one.judged.owner]
    if without:
        yield Finding(
            code="no-owner",
            severity="medium",
            title=f"Nobody is named for {counted(len(without), 'unmet control')}",
            where=_ids(without),
            action="Name one person for each.",
            count=len(without),
        )


def _unexplained(audit: Audit) -> Iterator[Finding]:
    answers = {**audit.stated.practices, **audit.stated.controls}
    without = [
        name for name, one in answers.items() if one.status == "not-applicable" and not one.note.strip()
    ]
    if without:
        yield Finding(
            code="exclusion-without-reason",
            severity="medium",
            title=f"Left out as not applicable without a reason: {counted(len(without), 'answer')}",
            where=", ".join(without)[:300],
            detail="A statement of applicability must say why a control is left out.",
            action="Add a note to each.",
            count=len(without),
        )


def _unknown(audit: Audit) -> Iterator[Finding]:
    for framework in audit.stated.scope.frameworks:
        found = audit.of(framework.name)
        unknown = counts(found)["not-assessed"]
        if unknown > MOST_UNKNOWN * len(found):
            yield Finding(
                code="not-assessed",
                severity="medium",
                title=f"{framework.title}: nothing is said about {unknown} of {len(found)} controls",
                where=framework.title,
                detail="They count as not met in the score; they are not said to be gaps.",
                action="Answer the practices in 'What to ask next' from the top.",
                count=unknown,
            )
