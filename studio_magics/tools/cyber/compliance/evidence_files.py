"""What files of evidence say against what is claimed: open findings in SARIF, VEX and OSCAL plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.compliance import sarif
from studio_magics.tools.intake.json_text import load_json
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from studio_magics.tools.cyber.compliance.statement import Evidence

MAX_BYTES = 30_000_000
OPEN_STATES = frozenset({"", "in_triage", "exploitable"})
GRAVE = frozenset({"critical", "high"})
GRAVE_SCORE = 7.0
SHOWN_BY_KIND = {
    "SARIF": ("application-testing",),
    "CycloneDX": ("vulnerability-scanning", "components"),
    "OSCAL plan": ("risk-assessment",),
}
"""What a file is about when its `shows` says nothing."""


@dataclass(frozen=True)
class Read:
    """What was understood of one file."""

    evidence: str
    format: str
    open_findings: int
    """Findings that are grave and not closed: they speak against 'met'."""
    told: str
    about: tuple[str, ...] = ()
    """Practices and controls concerned."""
    documented: tuple[str, ...] = ()
    """Controls that a component definition describes as implemented."""


def read_evidence(path: Path, one: Evidence, shows: tuple[str, ...], end: date) -> Read | None:
    """Read a file whose format is known; None for all others, which count as named and not as read.

    `shows` are the practices and controls the evidence is about.

    Raises:
        InputRejected: A file that ends in .json or .sarif and holds no JSON, or is too large.
    """
    if not one.file.lower().endswith((".json", ".sarif")):
        return None
    if path.stat().st_size > MAX_BYTES:
        raise InputRejected("files", found=f"'{one.file}': more than {MAX_BYTES:,} bytes", allowed="less")
    try:
        document = _mapping(load_json(path.read_bytes()))
    except IntakeRefused as refused:
        raise InputRejected(
            "files", found=f"'{one.file}': {refused.found}", allowed=refused.allowed, action=refused.action
        ) from refused
    if "runs" in document:
        return _about(_sarif(document, one), shows)
    if document.get("bomFormat") == "CycloneDX":
        return _about(_cyclonedx(document, one), shows)
    if "plan-of-action-and-milestones" in document:
        return _about(_plan(_mapping(document["plan-of-action-and-milestones"]), one, end), shows)
    if "component-definition" in document:
        return _definition(_mapping(document["component-definition"]), one)
    return None


def _about(read: Read, shows: tuple[str, ...]) -> Read:
    return replace(read, about=shows or SHOWN_BY_KIND.get(read.format, ()))


def _sarif(document: dict[str, Any], one: Evidence) -> Read:
    runs = _mappings(document.get("runs"))
    found = [(result, sarif.level(result, run)) for run in runs for result in _mappings(run.get("results"))]
    errors = sum(1 for result, level in found if level == "error" and sarif.is_open(result))
    told = f"{counted(len(found), 'result')}, of which open: {counted(errors, 'error')}"
    return Read(one.id, "SARIF", errors, told)


def _cyclonedx(document: dict[str, Any], one: Evidence) -> Read:
    listed = _mappings(document.get("vulnerabilities"))
    standing = [
        each for each in listed if str(_mapping(each.get("analysis")).get("state", "")) in OPEN_STATES
    ]
    grave = sum(1 for each in standing if any(map(_is_grave, _mappings(each.get("ratings")))))
    return Read(
        one.id, "CycloneDX", grave, f"{len(listed)} vulnerabilities, {grave} critical or high and open"
    )


def _is_grave(rating: dict[str, Any]) -> bool:
    """By the word, or by the score of CVSS where there is no word."""
    severity, score = rating.get("severity"), rating.get("score")
    if severity is None and isinstance(score, int | float):
        return "CVSS" in str(rating.get("method", "CVSS")) and score >= GRAVE_SCORE
    return severity in GRAVE


def _plan(document: dict[str, Any], one: Evidence, end: date) -> Read:
    risks = [risk for risk in _mappings(document.get("risks")) if risk.get("status") != "closed"]
    overdue = sum(1 for risk in risks if "" < str(risk.get("deadline", ""))[:10] < end.isoformat())
    return Read(one.id, "OSCAL plan", overdue, f"{len(risks)} open risks, {overdue} past their deadline")


def _definition(document: dict[str, Any], one: Evidence) -> Read:
    found = [
        str(need.get("control-id", ""))
        for part in _mappings(document.get("components"))
        for implementation in _mappings(part.get("control-implementations"))
        for need in _mappings(implementation.get("implemented-requirements"))
    ]
    unique = tuple(dict.fromkeys(found))
    told = f"{len(unique)} controls described as implemented"
    return Read(one.id, "OSCAL component definition", 0, told, (), unique)


def _mapping(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _mappings(value: Any) -> list[dict[str, Any]]:
    listed = cast("list[Any]", value) if isinstance(value, list) else []
    return [_mapping(one) for one in listed if isinstance(one, dict)]
