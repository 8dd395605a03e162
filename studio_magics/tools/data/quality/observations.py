"""One thing noticed about the data, and whether it lowers the score: a fault does, a suspicion does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_magics.contracts.results import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.quality.profile import ValueCount

Dimension = Literal["completeness", "validity", "uniqueness", "consistency", "timeliness"]
RANK: dict[Severity, int] = {"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}


@dataclass(frozen=True)
class Observation:
    """A finding with what the score and the order need."""

    code: str
    severity: Severity
    title: str
    column: str = ""
    detail: str = ""
    action: str = ""
    count: int | None = None
    share: float = 0.0
    """Rows concerned over rows looked at, 0 to 1."""
    dimension: Dimension | None = None
    """The part of the score it lowers; None for a suspicion, which lowers nothing."""

    def as_finding(self) -> Finding:
        """The finding that people see."""
        return Finding(
            code=self.code,
            severity=self.severity,
            title=self.title,
            where=self.column,
            detail=self.detail,
            action=self.action,
            count=self.count,
        )


def ranked(observations: Sequence[Observation]) -> list[Observation]:
    """The most severe first, then the larger share, then by name, so that the order is always the same."""
    return sorted(
        observations, key=lambda one: (RANK[one.severity], -one.share, one.code, one.column, one.title)
    )


def severity_of_share(share: float, *, high: float, medium: float) -> Severity:
    """High from `high` on, medium from `medium` on, else low."""
    if share >= high:
        return "high"
    return "medium" if share >= medium else "low"


def percent(share: float) -> str:
    """A share in per cent that never rounds something to nothing or nearly all to all."""
    if share in {0.0, 1.0}:
        return f"{share:.0%}".replace("%", " %")
    digits = next((digits for digits in (1, 2, 3) if 0 < round(share * 100, digits) < 100), 4)  # noqa: PLR2004  - per cent
    return f"{share * 100:.{digits}f} %"


def rows(count: int) -> str:
    """'1 row' or '1,234 rows'."""
    return "1 row" if count == 1 else f"{count:,} rows"


def values(count: int) -> str:
    """'1 value' or '1,234 values'."""
    return "1 value" if count == 1 else f"{count:,} values"


def examples(found: Sequence[ValueCount], limit: int) -> str:
    """'“NA” (12 rows), “-” (3 rows)'; with a limit of 0 only how many there are."""
    if not limit:
        return f"{len(found):,} different values (not shown)"
    return ", ".join(f"“{shortened(value.text)}” ({rows(value.count)})" for value in found[:limit])


SHOWN_BLANKS = str.maketrans({"\n": "⏎", "\r": "⏎", "\t": "⇥", "\u00a0": "⍽", "\u202f": "⍽"})
"""Blanks that nobody would see, and the signs they are shown as."""


def shortened(text: str, length: int = 40) -> str:
    """A value for one line: blanks at the ends shown as “·”, long texts cut."""
    flat = text.translate(SHOWN_BLANKS)
    inner = flat.strip(" ")
    if not inner:
        return "·" * min(len(flat), length)
    lead, tail = len(flat) - len(flat.lstrip(" ")), len(flat) - len(flat.rstrip(" "))
    flat = "·" * min(lead, 5) + inner + "·" * min(tail, 5)
    return flat if len(flat) <= length else flat[: length - 1] + "…"
