"""One thing a scanner found, before it is ranked and told."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from studio_magics.contracts.results import Severity

Confidence = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")


@dataclass(frozen=True)
class Issue:
    """One finding of one scanner in one line."""

    rule: str
    file: str
    line: int
    severity: Severity
    confidence: Confidence
    said: str
    why: str
    action: str
    cwe: int = 0
    scanner: str = ""
    in_test: bool = False
    cell: int | None = None
    """The cell of a notebook."""

    @property
    def place(self) -> str:
        """'src/app.py:12'."""
        where = f" cell {self.cell}" if self.cell is not None else ""
        return f"{self.file}{where}:{self.line}"

    @property
    def fingerprint(self) -> str:
        """Stays the same while rule, file and line do."""
        return sha256(f"{self.rule}\x00{self.file}\x00{self.line}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class RuleText:
    """What a rule of ruff and Bandit means."""

    severity: Severity
    cwe: int
    said: str
    why: str
    action: str


@cache
def rule_texts() -> dict[str, RuleText]:
    """Number → meaning."""
    table = tomllib.loads(files(__package__ or "").joinpath("rules.toml").read_text("utf-8"))["rules"]
    return {
        number: RuleText(cast("Severity", row[0]), int(row[1]), str(row[2]), str(row[3]), str(row[4]))
        for number, row in table.items()
    }


def rank(issue: Issue) -> tuple[int, int, int, str, int]:
    """The gravest first; in tests later, doubtful ones later."""
    return (
        SEVERITIES.index(issue.severity),
        int(issue.in_test),
        CONFIDENCES.index(issue.confidence),
        issue.file,
        issue.line,
    )
