"""The clauses that ship: read from their file, chosen by facts, filled with the organisation's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_magics.tools.cyber.policy_generator.facts import Facts, PolicyName

ALWAYS = "always"
AS_OF = "# as of "
ROLES = ("owner", "approver", "it", "privacy", "people")


@dataclass(frozen=True)
class Template:
    """One clause of the library."""

    id: str
    policy: PolicyName
    practices: tuple[str, ...]
    when: tuple[str, ...]
    text: str

    def is_wanted(self, known: frozenset[str]) -> bool:
        """Whether the facts ask for it."""
        return all(
            word == ALWAYS or (word[1:] not in known if word.startswith("!") else word in known)
            for word in self.when
        )


@dataclass(frozen=True)
class PolicyHead:
    """Title of a policy, and which role owns it."""

    name: PolicyName
    title: str
    role: str


@dataclass(frozen=True)
class Clause:
    """One clause as it will be read."""

    id: str
    policy: PolicyName
    text: str
    practices: tuple[str, ...]
    is_own: bool = False


def heads() -> Mapping[str, PolicyHead]:
    """All policies that exist."""
    return _read()[0]


def templates() -> Mapping[str, Template]:
    """All clauses of the library."""
    return _read()[1]


def as_of() -> str:
    """The day of the library."""
    return next(line.removeprefix(AS_OF) for line in _lines() if line.startswith(AS_OF))


@cache
def _lines() -> tuple[str, ...]:
    text = (
        files("studio_magics.tools.cyber.policy_generator")
        .joinpath("clauses.txt")
        .read_text(encoding="utf-8")
    )
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@cache
def _read() -> tuple[Mapping[str, PolicyHead], Mapping[str, Template]]:
    policies: dict[str, PolicyHead] = {}
    clauses: dict[str, Template] = {}
    policy = cast("PolicyName", "security")
    for line in _lines():
        if line.startswith("["):
            name, _, rest = line[1:].partition("] ")
            title, _, role = rest.partition(" | ")
            policy = cast("PolicyName", name)
            policies[name] = PolicyHead(policy, title, role)
        elif not line.startswith("#"):
            ident, practices, when, text = (part.strip() for part in line.split(" | ", 3))
            clauses[ident] = Template(ident, policy, tuple(practices.split()), tuple(when.split()), text)
    return policies, clauses


def choose(facts: Facts) -> tuple[Clause, ...]:
    """The clauses for these facts, by policy, the organisation's own last in each."""
    return tuple(clause for name in heads() for clause in _of_policy(name, facts))


def _of_policy(name: str, facts: Facts) -> Iterator[Clause]:
    left_out = {one.clause for one in facts.leave_out}
    words = _words(facts)
    for one in templates().values():
        if one.policy == name and one.id not in left_out and one.is_wanted(facts.known):
            yield Clause(one.id, one.policy, one.text.format_map(words), one.practices)
    for number, own in enumerate(facts.clauses, 1):
        if own.policy == name:
            yield Clause(f"own-{number}", own.policy, " ".join(own.text.split()), own.practices, is_own=True)


def _words(facts: Facts) -> Mapping[str, object]:
    named = {role: facts.roles.of(role) for role in ROLES}
    return {**facts.settings.model_dump(), **named, "name": facts.name, "review_months": facts.review_months}
