"""What one law's harness hands back: how much was tried, from which seed, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tally:
    """The result of one harness run; no findings means the law held every time."""

    name: str
    count: int
    """Cases that were really tried, of the kind `detail` names."""
    seed: int
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    detail: str = ""
