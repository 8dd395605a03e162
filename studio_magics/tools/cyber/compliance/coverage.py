"""How much is met: counts and shares by framework, family and theme."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.compliance.assessing import STATUSES, WORTH, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from studio_magics.tools.cyber.compliance.assessing import Assessed


def counts(controls: Iterable[Assessed]) -> Mapping[Status, int]:
    """How many have each status."""
    found = Counter(one.status for one in controls)
    return {status: found[status] for status in STATUSES}


def score(controls: Iterable[Assessed]) -> int:
    """0 to 100: met counts 1, partly met 1/2, all others 0, of what is applicable; 0 when nothing is."""
    worth = [WORTH[one.status] for one in controls if one.status != "not-applicable"]
    return round(100 * sum(worth) / len(worth)) if worth else 0


def by_family(controls: Iterable[Assessed], framework: str) -> Mapping[str, list[Assessed]]:
    """Controls of one framework by family, in its order."""
    found: dict[str, list[Assessed]] = {}
    for one in controls:
        if one.control.framework == framework:
            found.setdefault(one.control.family, []).append(one)
    return found
