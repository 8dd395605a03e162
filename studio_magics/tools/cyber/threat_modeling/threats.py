"""Applies the rules to the facts: one threat per rule and target, scored, with its status."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from studio_magics.contracts.results import Severity
from studio_magics.tools.cyber.threat_modeling import linddun_rules, stride_rules
from studio_magics.tools.cyber.threat_modeling.facts import Target, targets
from studio_magics.tools.cyber.threat_modeling.rule import Rule
from studio_magics.tools.cyber.threat_modeling.system import Decision, System

Status = Literal["open", "mitigated", "accepted", "transferred"]
MOST = 5
"""The top of both scales."""
BANDS: tuple[tuple[int, Severity], ...] = ((20, "critical"), (12, "high"), (6, "medium"), (0, "low"))
"""Least likelihood x harm → severity."""
EXPOSURE = ((0, 1), (1, 1))
"""Hops from the least trusted zone → what is added to the ease of the attack."""


@dataclass(frozen=True)
class Threat:
    """One rule on one target."""

    rule: Rule
    target: Target
    likelihood: int
    harm: int
    status: Status
    because: str
    """The control that protects, or the reason of the decision; empty while open."""

    @property
    def id(self) -> str:
        """Stable from run to run as long as the element keeps its name."""
        return f"{self.rule.code}@{self.target.name}"

    @property
    def score(self) -> int:
        """Likelihood times harm, 1 to 25."""
        return self.likelihood * self.harm

    @property
    def severity(self) -> Severity:
        """The band of the score."""
        return next(name for least, name in BANDS if self.score >= least)


def find_threats(system: System, methods: str) -> list[Threat]:
    """All threats, open and worst first."""
    decisions = {decision.threat: decision for decision in system.decisions}
    rules = _rules(methods)
    found = [
        _threat(rule, target, decisions)
        for target in targets(system)
        for rule in rules
        if _applies(rule, target)
    ]
    return sorted(found, key=lambda one: (one.status != "open", -one.score, one.rule.code, one.target.name))


def unused_decisions(system: System, threats: Iterable[Threat]) -> list[Decision]:
    """Decisions that name no threat of this description."""
    known = {threat.id for threat in threats}
    return [decision for decision in system.decisions if decision.threat not in known]


def _rules(methods: str) -> tuple[Rule, ...]:
    chosen = {"stride": stride_rules.RULES, "linddun": linddun_rules.RULES}
    return chosen.get(methods, (*stride_rules.RULES, *linddun_rules.RULES))


def _applies(rule: Rule, target: Target) -> bool:
    return target.kind in rule.kinds and rule.when(target)


def _threat(rule: Rule, target: Target, decisions: dict[str, Decision]) -> Threat:
    likelihood = min(rule.ease + dict(EXPOSURE).get(target.hops, 0), MOST)
    harm = min(rule.harm(target), MOST)
    status, because = _status(rule, target, decisions)
    return Threat(rule, target, likelihood, harm, status, because)


def _status(rule: Rule, target: Target, decisions: dict[str, Decision]) -> tuple[Status, str]:
    decision = decisions.get(f"{rule.code}@{target.name}")
    if decision is not None:
        return decision.status, decision.reason
    present = [control for control in rule.protected_by if control in target.controls]
    return ("mitigated", f"control: {', '.join(present)}") if present else ("open", "")
