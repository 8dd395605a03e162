"""Threats as findings: one per rule, worst first, naming every element it concerns."""

from collections.abc import Sequence

from studio_magics.contracts.results import Finding
from studio_magics.tools.cyber.threat_modeling.previous import Comparison
from studio_magics.tools.cyber.threat_modeling.system import Decision
from studio_magics.tools.cyber.threat_modeling.tables import references
from studio_magics.tools.cyber.threat_modeling.threats import Threat

_SEVERITIES = ("critical", "high", "medium", "low", "info")
MAX_NAMED = 6


def find_all(
    threats: Sequence[Threat], strays: Sequence[Decision], compared: Comparison | None
) -> tuple[Finding, ...]:
    """All findings, most severe first."""
    groups: dict[str, list[Threat]] = {}
    for one in threats:
        if one.status == "open":
            groups.setdefault(one.rule.code, []).append(one)
    found = [_open(group) for group in groups.values()]
    found.sort(key=lambda pair: (_SEVERITIES.index(pair[1].severity), -pair[0], pair[1].code))
    more = [*_accepted(threats), *_strays(strays), *_news(compared)]
    return tuple(sorted([*(one for _, one in found), *more], key=lambda one: _SEVERITIES.index(one.severity)))


def _open(group: Sequence[Threat]) -> tuple[int, Finding]:
    worst = max(group, key=lambda one: one.score)
    rule = worst.rule
    names = list(dict.fromkeys(one.target.name for one in group))
    where = ", ".join(names[:MAX_NAMED]) + (
        f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    )
    subject = "People" if rule.code == "S-phishing" else "Somebody can"
    if rule.method == "LINDDUN":
        subject = "People" if rule.code.startswith(("U-", "Nc-")) else "Others can"
    return worst.score, Finding(
        code=rule.code,
        severity=worst.severity,
        title=f"{subject} {rule.title} ({rule.category})",
        where=where,
        detail=(
            f"{rule.why} Likelihood {worst.likelihood} x harm {worst.harm} = {worst.score}. "
            f"{references(rule)}"
        ),
        action=f"{rule.action} Controls: {', '.join(rule.protected_by)}.",
        count=len(group),
    )


def _accepted(threats: Sequence[Threat]) -> list[Finding]:
    return [
        Finding(
            code="accepted-high",
            severity="medium",
            title=f"A {one.severity} threat was {one.status}",
            where=one.id,
            detail=one.because,
            action="Have whoever owns the risk confirm it at the next review.",
        )
        for one in threats
        if one.status in {"accepted", "transferred"} and one.severity in {"critical", "high"}
    ]


def _strays(strays: Sequence[Decision]) -> list[Finding]:
    return [
        Finding(
            code="decision-without-threat",
            severity="info",
            title=f"The decision on '{stray.threat}' fits no threat of this description",
            where=stray.threat,
            action="Correct the identifier, or take the decision out.",
        )
        for stray in strays
    ]


def _news(compared: Comparison | None) -> list[Finding]:
    if compared is None:
        return []
    found: list[Finding] = []
    if compared.new:
        found.append(
            Finding(
                code="new-threats",
                severity="medium",
                title=f"{len(compared.new)} threats are open that were not there before",
                where=", ".join(compared.new[:MAX_NAMED]),
                action="Look at what changed in the system.",
                count=len(compared.new),
            )
        )
    if compared.closed:
        found.append(
            Finding(
                code="closed-threats",
                severity="info",
                title=f"{len(compared.closed)} threats of the earlier run are open no more",
                where=", ".join(compared.closed[:MAX_NAMED]),
                count=len(compared.closed),
            )
        )
    return found
