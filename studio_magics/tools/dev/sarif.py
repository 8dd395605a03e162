"""Findings as SARIF 2.1.0, the form in which tools of analysis exchange results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.results import Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Severity, str] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note",
}  # fmt: skip
SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.0", "low": "2.0", "info": "0.0"}
"""What code hosts read as 'security-severity'."""


@dataclass(frozen=True)
class SarifRule:
    """What was looked for."""

    code: str
    said: str
    help: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SarifResult:
    """One place where it was found."""

    code: str
    severity: Severity
    message: str
    file: str
    line: int = 1
    column: int = 1
    fingerprint: str = ""


def sarif(name: str, version: str, rules: Sequence[SarifRule], results: Sequence[SarifResult]) -> bytes:
    """One run of one tool."""
    known = {rule.code: number for number, rule in enumerate(rules)}
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": name, "version": version, "rules": [_rule(one) for one in rules]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, known) for one in results],
            }
        ],
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _rule(rule: SarifRule) -> dict[str, Any]:
    found: dict[str, Any] = {"id": rule.code, "shortDescription": {"text": rule.said}}
    if rule.help:
        found["help"] = {"text": rule.help}
    if rule.tags:
        found["properties"] = {"tags": list(rule.tags)}
    return found


def _result(result: SarifResult, known: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "ruleId": result.code,
        "level": LEVELS[result.severity],
        "message": {"text": result.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(result.file), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": max(result.line, 1), "startColumn": max(result.column, 1)},
                }
            }
        ],
        "properties": {"security-severity": SCORES[result.severity]},
    }
    if result.code in known:
        found["ruleIndex"] = known[result.code]
    if result.fingerprint:
        found["partialFingerprints"] = {"studio/v1": result.fingerprint}
    return found
