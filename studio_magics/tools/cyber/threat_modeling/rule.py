"""What a rule is: when a threat applies, what protects against it, and where the field describes it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from studio_magics.tools.cyber.threat_modeling.facts import Target

Method = Literal["STRIDE", "LINDDUN"]
STRIDE = {
    "S": "Spoofing",
    "T": "Tampering",
    "R": "Repudiation",
    "I": "Information disclosure",
    "D": "Denial of service",
    "E": "Elevation of privilege",
}
LINDDUN = {
    "L": "Linking",
    "Id": "Identifying",
    "Nr": "Non-repudiation",
    "De": "Detecting",
    "Dd": "Data disclosure",
    "U": "Unawareness and unintervenability",
    "Nc": "Non-compliance",
}


@dataclass(frozen=True)
class Rule:
    """One way things go wrong."""

    code: str
    """'<letter of the category>-<words>'; part of the identifiers of threats, so it never changes."""
    method: Method
    title: str
    """What an attacker does, in a few words; the element is named beside it."""
    why: str
    action: str
    when: Callable[[Target], bool]
    kinds: frozenset[str]
    protected_by: tuple[str, ...]
    """Any one of these controls counts as mitigation."""
    ease: int
    """1 needs luck, insiders or skill; 3 anybody with a browser; one more where the outside reaches it."""
    harm: Callable[[Target], int]
    """1 to 5."""
    cwe: tuple[int, ...] = ()
    capec: tuple[int, ...] = ()
    attack: tuple[str, ...] = ()
    pytm: tuple[str, ...] = ()
    """Related entries of pytm's catalogue."""

    @property
    def category(self) -> str:
        """The name of the category."""
        letter = self.code.partition("-")[0]
        return STRIDE[letter] if self.method == "STRIDE" else LINDDUN[letter]


def by_data(target: Target) -> int:
    """Harm as great as the data is sensitive."""
    return target.sensitivity


def by_person(target: Target) -> int:
    """Harm to people: 5 for special data, 4 for other personal data."""
    return 5 if "special" in target.classes else 4


def by_importance(target: Target) -> int:
    """Harm of an outage: 5 for what the business stands on."""
    return 5 if target.critical else 3


def at_least(least: int) -> Callable[[Target], int]:
    """As great as the data is sensitive, and never below this."""
    return lambda target: max(least, target.sensitivity)


PROCESS = frozenset({"process"})
STORE = frozenset({"store"})
FLOW = frozenset({"flow"})
PERSON = frozenset({"person"})
OUTSIDE = frozenset({"person", "external"})
INSIDE = frozenset({"process", "store"})
EXTERNAL = frozenset({"external"})
