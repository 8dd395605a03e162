"""The rules held against datasets, people and grants: what is violated, by which line, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.governance.inputs import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.governance.access import Decided
    from studio_magics.tools.data.governance.gathering import Gathered
    from studio_magics.tools.data.governance.inputs import DatasetFacts

BY_LEVEL: tuple[Severity, ...] = ("low", "low", "medium", "high")


@dataclass(frozen=True)
class Violation:
    """One thing that is not as a rule wants it."""

    rule: str
    severity: Severity
    subject: str
    """The dataset, person or activity."""
    told: str
    action: str
    line: str = ""
    """Where the rule is written."""

    @property
    def key(self) -> str:
        """What tells it apart from others, also in the run before."""
        return f"{self.rule}|{self.subject}|{self.told}"


def violations(gathered: Gathered, decided: list[Decided], today: date) -> list[Violation]:
    """Everything that is violated."""
    found: list[Violation] = []
    for name, facts in gathered.said.datasets.items():
        found += [
            *_ownership(name, facts, gathered),
            *_keeping(name, facts, gathered),
            *_care(name, facts, gathered, today),
        ]
    found += [
        *_grants(gathered, decided),
        *_strangers(gathered),
        *_unused(gathered, today),
        *_separation(gathered),
    ]
    found += _responsibilities(gathered)
    return found


def _grave(facts: DatasetFacts) -> Severity:
    return BY_LEVEL[LEVELS.index(facts.level or "restricted")]


def _ownership(name: str, facts: DatasetFacts, gathered: Gathered) -> Iterator[Violation]:
    rules = gathered.said.rules
    if rules.owner_required and not facts.owner:
        line = gathered.line("rules", "owner_required") or gathered.line("datasets", name)
        yield Violation("owner-required", _grave(facts), name, "nobody owns it", "Name an owner.", line)
    if rules.steward_required and not facts.steward:
        line = gathered.line("rules", "steward_required")
        yield Violation("steward-required", "low", name, "it has no steward", "Name a steward.", line)
    found = gathered.found_levels.get(name, "internal")
    if (
        rules.class_from_catalogue
        and found != "internal"  # which a catalogue says of anything
        and facts.level
        and LEVELS.index(facts.level) < LEVELS.index(found)
    ):
        told = f"it is called {facts.level}, its columns are {found}"
        line = gathered.line("datasets", name, "class")
        yield Violation("class-understated", "high", name, told, f"Class it as {found}.", line)


def _keeping(name: str, facts: DatasetFacts, gathered: Gathered) -> Iterator[Violation]:
    most = gathered.said.rules.max_retention_days.get(facts.level or "restricted")
    line = gathered.line("rules", "max_retention_days", str(facts.level))
    if most is not None and facts.retention_days is None:
        yield Violation(
            "retention-named",
            _grave(facts),
            name,
            "nobody says how long it is kept",
            f"Set retention_days, at most {most:,}.",
            line,
        )
    elif most is not None and facts.retention_days is not None and facts.retention_days > most:
        told = f"it is kept {facts.retention_days:,} days, at most {most:,} are allowed"
        yield Violation(
            "retention-limit", _grave(facts), name, told, "Shorten it and delete what is older.", line
        )
    if (
        facts.oldest_days is not None
        and facts.retention_days is not None
        and facts.oldest_days > facts.retention_days
    ):
        told = f"its oldest row is {facts.oldest_days:,} days old, {facts.retention_days:,} are allowed"
        where = gathered.line("datasets", name, "retention_days")
        yield Violation("deletion-overdue", "high", name, told, "Run the deletion.", where)


def _care(name: str, facts: DatasetFacts, gathered: Gathered, today: date) -> Iterator[Violation]:
    rules, level = gathered.said.rules, facts.level or "restricted"
    if level in rules.encrypt and not facts.encrypted:
        told = "it is not encrypted" if facts.encrypted is False else "nobody says whether it is encrypted"
        line = gathered.line("rules", "encrypt")
        yield Violation("encryption", _grave(facts), name, told, "Encrypt it at rest.", line)
    places = rules.locations.get(level)
    if places is not None and facts.location not in places:
        told = f"it is in '{facts.location or 'an unnamed place'}', allowed: {', '.join(places)}"
        line = gathered.line("rules", "locations", level)
        yield Violation("location", _grave(facts), name, told, "Move it, or name where it is.", line)
    least = rules.min_quality.get(level)
    if least is not None and (facts.quality is None or facts.quality < least):
        told = (
            "its quality was not measured" if facts.quality is None else f"its quality is {facts.quality:g}"
        )
        line = gathered.line("rules", "min_quality", level)
        yield Violation(
            "quality",
            "medium",
            name,
            f"{told}, at least {least:g} is wanted",
            "Measure and repair it: %studio run quality.",
            line,
        )
    if rules.review_days is not None and (
        facts.reviewed is None or (today - facts.reviewed).days > rules.review_days
    ):
        told = (
            "it was never reviewed" if facts.reviewed is None else f"it was last reviewed on {facts.reviewed}"
        )
        yield Violation(
            "review",
            "low",
            name,
            told,
            "Review class, owner and access.",
            gathered.line("rules", "review_days"),
        )


def _grants(gathered: Gathered, decided: list[Decided]) -> Iterator[Violation]:
    for one in decided:
        facts = gathered.said.datasets[one.dataset]
        if one.fault:
            told = f"'{one.who}' to {one.action}: a policy could not be evaluated ({one.fault})"
            yield Violation("policy-fault", "high", one.dataset, told, "Correct the policy.")
        elif not one.allowed:
            by = ", ".join(f"'{policy.name}'" for policy in one.policies)
            why = f"forbidden by {by}" if one.policies else "no policy permits it"
            line = f"policies.cedar, line {one.policies[0].line}" if one.policies else "policies.cedar"
            yield Violation(
                "access-not-allowed",
                _grave(facts),
                one.dataset,
                f"'{one.who}' may {one.action} it; {why}",
                "Take the right away, or change the policy.",
                line,
            )
        if one.contradicted:
            told = f"'{one.who}' to {one.action}: one policy permits it, another forbids it; forbidding wins"
            line = f"policies.cedar, line {one.policies[0].line}" if one.policies else ""
            yield Violation(
                "policies-contradict", "medium", one.dataset, told, "Make the exception explicit.", line
            )


def _strangers(gathered: Gathered) -> Iterator[Violation]:
    known = {*gathered.said.people, *gathered.said.roles}
    for who in sorted({one.who for one in gathered.said.access} - known):
        datasets = sorted({one.dataset for one in gathered.said.access if one.who == who})
        yield Violation(
            "unknown-principal",
            "high",
            who,
            f"nobody of this name is known, with access to {', '.join(datasets[:8])}",
            "Take the rights away, or add the person.",
        )
    for name in sorted({one.dataset for one in gathered.said.access} - set(gathered.said.datasets)):
        yield Violation(
            "unknown-dataset",
            "medium",
            name,
            "there are rights on it, and nobody describes it",
            "Add it to the datasets.",
        )


def _unused(gathered: Gathered, today: date) -> Iterator[Violation]:
    most = gathered.said.rules.unused_days
    if most is None:
        return
    for one in gathered.said.access:
        last = one.used or one.granted
        if last is not None and (today - last).days > most:
            told = f"'{one.who}' has not used the right to {', '.join(one.actions)} since {last}"
            yield Violation(
                "access-unused",
                "low",
                one.dataset,
                told,
                "Take it away.",
                gathered.line("rules", "unused_days"),
            )


def _separation(gathered: Gathered) -> Iterator[Violation]:
    for number, (one, other) in enumerate(gathered.said.rules.separate):
        for person, roles in gathered.said.people.items():
            if one in roles and other in roles:
                yield Violation(
                    "separation",
                    "high",
                    person,
                    f"has both '{one}' and '{other}'",
                    "Give one of the roles to somebody else.",
                    gathered.line("rules", "separate", number),
                )


def _responsibilities(gathered: Gathered) -> list[Violation]:
    found: list[Violation] = []
    known = {*gathered.said.people, *gathered.said.roles}
    for number, one in enumerate(gathered.said.raci):
        line = gathered.line("raci", number)
        if len(one.accountable) != 1:
            told = (
                "nobody is accountable" if not one.accountable else f"{len(one.accountable)} are accountable"
            )
            found.append(
                Violation("raci-accountable", "medium", one.activity, told, "Name exactly one.", line)
            )
        if not one.responsible:
            found.append(
                Violation(
                    "raci-responsible", "medium", one.activity, "nobody does it", "Name who does.", line
                )
            )
        named = {*one.responsible, *one.accountable, *one.consulted, *one.informed}
        for who in sorted(named - known):
            told = f"'{who}' is neither a person nor a role"
            found.append(Violation("raci-unknown", "low", one.activity, told, "Correct the name.", line))
    return found
