"""What is worth acting on before the policies are signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from studio_magics.tools.cyber.policy_generator.checking import Contradiction
    from studio_magics.tools.cyber.policy_generator.documents import PolicySet
    from studio_magics.tools.cyber.policy_generator.existing import Comparison

_SEVERITIES = ("critical", "high", "medium", "low", "info")
MOST_NAMED = 300


def find_all(
    policies: PolicySet, contradictions: Sequence[Contradiction], compared: Comparison | None, today: date
) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    found = [
        *_contradictions(policies, contradictions),
        *_review(policies, today),
        *_uncovered(policies),
        *_left_out(policies),
        *(_existing(compared) if compared is not None else ()),
        *_unmapped(policies),
    ]
    return tuple(sorted(found, key=lambda one: _SEVERITIES.index(one.severity)))


def _contradictions(policies: PolicySet, found: Sequence[Contradiction]) -> Iterator[Finding]:
    clauses = [clause for policy in policies.policies for clause in policy.clauses]
    for one in found:
        about = [clause.id for clause in clauses if _states(clause.id, one.settings)]
        yield Finding(
            code=one.code,
            severity=one.severity,
            title=one.title,
            where=", ".join(about)[:MOST_NAMED],
            detail=one.source,
            action=one.action,
        )


def _states(clause: str, settings: Sequence[str]) -> bool:
    from studio_magics.tools.cyber.policy_generator.library import templates

    template = templates().get(clause)
    return template is not None and any(f"{{{name}}}" in template.text for name in settings)


def _review(policies: PolicySet, today: date) -> Iterator[Finding]:
    if policies.next_review < today:
        yield Finding(
            code="review-overdue",
            severity="high",
            title=f"The review was due on {policies.next_review.isoformat()}",
            where=policies.facts.name,
            detail=f"Approved on {policies.facts.approved.isoformat()}.",
            action="Review and approve the policies again, and state the new day.",
        )
    elif policies.facts.approved > today:
        yield Finding(
            code="not-yet-approved",
            severity="info",
            title=f"A draft: approval is planned for {policies.facts.approved.isoformat()}",
            where=policies.facts.name,
        )


def _uncovered(policies: PolicySet) -> Iterator[Finding]:
    for framework in policies.coverage.frameworks:
        missing = [one for one in policies.coverage.of(framework.name) if one.extent == "none"]
        if missing:
            reasons = "; ".join(dict.fromkeys(reason for one in missing for reason in one.why.split("; ")))
            yield Finding(
                code="control-without-clause",
                severity="medium",
                title=f"{framework.title}: no clause states {counted(len(missing), 'control')}",
                where=", ".join(one.control.id for one in missing)[:MOST_NAMED],
                detail=reasons[:600],
                action="Add the missing facts, write a clause of your own, or justify the exclusion.",
                count=len(missing),
            )


def _left_out(policies: PolicySet) -> Iterator[Finding]:
    for one in policies.facts.leave_out:
        yield Finding(
            code="clause-left-out",
            severity="low",
            title=f"Left out: {one.clause}",
            where=one.clause,
            detail=" ".join(one.reason.split())[:300],
            action="Have the approver see the reason.",
        )


def _existing(compared: Comparison) -> Iterator[Finding]:
    for one in compared.differs:
        yield Finding(
            code="existing-differs",
            severity="high",
            title=f"'{compared.name}' states {one.setting} {one.found}, the facts {one.wanted}",
            where=compared.name,
            detail=f"“{one.sentence[:300]}”",
            action="Decide which holds, and withdraw the old text when the new one is approved.",
        )
    if compared.lacks:
        yield Finding(
            code="existing-lacks",
            severity="medium",
            title=f"'{compared.name}' has no passage like {counted(len(compared.lacks), 'clause')}",
            where=", ".join(compared.lacks)[:MOST_NAMED],
            detail=f"Compared by words with {counted(compared.sentences, 'sentence')}; read it yourself.",
            count=len(compared.lacks),
        )


def _unmapped(policies: PolicySet) -> Iterator[Finding]:
    own = [clause for policy in policies.policies for clause in policy.clauses if clause.is_own]
    without = [clause.id for clause in own if not clause.practices]
    if without:
        yield Finding(
            code="own-clause-without-practice",
            severity="low",
            title=f"Mapped to no control: {counted(len(without), 'clause')} of your own",
            where=", ".join(without)[:MOST_NAMED],
            action="Add practices to them.",
            count=len(without),
        )
