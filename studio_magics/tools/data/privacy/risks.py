"""Whether an impact assessment is due, and what may go wrong for people before and after the measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.data.privacy.assessment import Assessed

LARGE_ROWS = 100_000
SHOWN = 10
CRITERIA_FOR_DPIA = 2
LEVELS = ("negligible", "limited", "significant", "maximum")
EXPOSED = (0.0, 0.05, 0.2)
"""Shares of rows that can be told apart at which it becomes likelier that people are recognised."""


def listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Criterion:
    """One of the nine criteria of the European data protection authorities for a DPIA."""

    name: str
    holds: bool
    why: str


def criteria(seen: Assessed) -> tuple[Criterion, ...]:
    """The nine criteria (WP 248 rev.01), from what was found and what was said."""
    said = seen.processing
    special = [
        look.name
        for group in ("special", "criminal", "financial", "location")
        for _, look in seen.of_group(group)
    ]
    rows = sum(table.rows for table in seen.tables)
    large = said.large_scale or rows >= LARGE_ROWS
    minors = any(
        "child" in one.lower() or "minor" in one.lower() or "pupil" in one.lower() for one in said.subjects
    )
    return (
        Criterion("Evaluation or scoring", said.scoring, "as described"),
        Criterion(
            "Automated decisions with legal or similar effect", said.automated_decisions, "as described"
        ),
        Criterion("Systematic monitoring", said.monitoring, "as described"),
        Criterion("Sensitive or highly personal data", bool(special), listed(special) or "none found"),
        Criterion("Large scale", large, f"{rows:,} rows" if rows >= LARGE_ROWS else "as described"),
        Criterion(
            "Matching of data sets",
            said.matching or len(seen.tables) > 1,
            f"{len(seen.tables)} tables" if len(seen.tables) > 1 else "as described",
        ),
        Criterion("People who cannot easily object", said.vulnerable_subjects or minors, "as described"),
        Criterion("New technology", said.new_technology, "as described"),
        Criterion("Keeps people from a right, service or contract", said.prevents_service, "as described"),
    )


def needs_dpia(found: tuple[Criterion, ...]) -> bool:
    """Two criteria that hold are usually enough."""
    return sum(one.holds for one in found) >= CRITERIA_FOR_DPIA


@dataclass(frozen=True)
class Scenario:
    """One thing that may go wrong for the people concerned."""

    name: str
    severity: int
    likelihood: int
    residual_likelihood: int
    measures: tuple[str, ...]
    article: str

    @property
    def inherent(self) -> int:
        """Severity times likelihood, from 1 to 16."""
        return self.severity * self.likelihood

    @property
    def residual(self) -> int:
        """The same with the measures."""
        return self.severity * self.residual_likelihood


REDUCES: dict[str, tuple[str, ...]] = {
    "Read by the wrong people": (
        "encryption-at-rest",
        "encryption-in-transit",
        "access-control",
        "access-logging",
        "pseudonymisation",
        "training",
        "incident-response",
    ),
    "People are recognised": (
        "pseudonymisation",
        "anonymisation",
        "minimisation-review",
        "access-control",
    ),
    "Used for something else": (
        "access-control",
        "access-logging",
        "training",
        "consent-records",
        "minimisation-review",
    ),
    "Kept too long": ("deletion-process", "minimisation-review"),
    "Wrong, lost, out of reach": ("backups", "access-logging", "rights-process"),
    "Sent where law is weaker": (
        "processor-contracts",
        "encryption-in-transit",
        "encryption-at-rest",
    ),
}
MEASURES_FOR_A_STEP = 2


def scenarios(seen: Assessed) -> tuple[Scenario, ...]:
    """Six scenarios: severity by the gravest kind, likelihood by exposure, before and after measures."""
    grave = max((look.weight for _, look in seen.personal), default=0)
    severity = 4 if grave >= 6 else 3 if grave >= 4 else 2 if grave else 1  # noqa: PLR2004  - the weights of kinds
    exposed = max(
        (table.anonymity.now.exposed_share for table in seen.tables if table.anonymity), default=0.0
    )
    said = seen.processing
    likelihood = {
        "Read by the wrong people": 3,
        "People are recognised": 1 + sum(exposed > one for one in EXPOSED),
        "Used for something else": 3 if not said.purposes else 2,
        "Kept too long": 4 if said.retention_days is None else 2,
        "Wrong, lost, out of reach": 2,
        "Sent where law is weaker": 4
        if any(one.safeguard == "none" for one in said.transfers)
        else 2
        if said.transfers or said.recipients
        else 1,
    }
    articles = (
        "Art. 32",
        "Recital 26, Art. 25",
        "Art. 5(1)(b)",
        "Art. 5(1)(e)",
        "Art. 5(1)(d), 32(1)(b)",
        "Art. 44 to 46",
    )
    found: list[Scenario] = []
    for (name, reducing), article in zip(REDUCES.items(), articles, strict=True):
        used = tuple(one for one in reducing if one in said.measures)
        after = max(likelihood[name] - len(used) // MEASURES_FOR_A_STEP - (1 if len(used) == 1 else 0), 1)
        found.append(Scenario(name, severity, likelihood[name], after, used, article))
    return tuple(sorted(found, key=lambda one: (-one.residual, one.name)))
