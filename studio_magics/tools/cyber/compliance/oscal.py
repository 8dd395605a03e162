"""OSCAL 1.2.1: assessment results with one result for each framework, and a plan of action with the fixes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from studio_magics.tools.cyber.compliance.priorities import EFFORT

if TYPE_CHECKING:
    from datetime import datetime

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.cyber.compliance.assessing import Assessed
    from studio_magics.tools.cyber.compliance.audit import Audit
    from studio_magics.tools.cyber.compliance.priorities import Fix
    from studio_magics.tools.cyber.compliance.statement import Evidence
    from studio_magics.tools.cyber.frameworks import Framework

OSCAL_VERSION = "1.2.1"
NAMESPACE = UUID("7f0f2f5e-1c43-5d0e-9a4b-0a6f3f6f9d21")
SYSTEM = "https://studio.example/ns/compliance"
"""Names our properties; a name, not an address that is asked."""
METHODS = {"interview": "INTERVIEW", "scan": "TEST", "configuration": "TEST"}


class OscalWriter:
    """Writes one audit; identifiers are the same for the same organisation and part."""

    def __init__(self, audit: Audit, now: datetime, files: dict[str, InputFile]) -> None:
        self._audit = audit
        self._files = files
        self._stamp = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        self._day = now.date().isoformat()

    def results(self) -> bytes:
        """Assessment results: observations from evidence, a finding for every control that was assessed."""
        document = {
            "assessment-results": {
                "uuid": self._id("results", self._stamp),
                "metadata": self._metadata("Assessment results"),
                "import-ap": {"href": f"#{self._id('method')}"},
                "results": [self._result(one) for one in self._audit.stated.scope.frameworks],
                "back-matter": {"resources": [self._method(), *self._resources()]},
            }
        }
        return _json(document)

    def plan(self) -> bytes:
        """Plan of action: one item for each fix, the most urgent first; a note when there is none."""
        items = [self._item(number, fix) for number, fix in enumerate(self._audit.fixes, 1)]
        nothing = {
            "uuid": self._id("item"),
            "title": "No gap",
            "description": "No gap was found in what was assessed.",
        }
        document = {
            "plan-of-action-and-milestones": {
                "uuid": self._id("plan", self._stamp),
                "metadata": self._metadata("Plan of action"),
                "system-id": {"identifier-type": "https://ietf.org/rfc/rfc4122", "id": self._id("system")},
                "poam-items": items or [nothing],
            }
        }
        return _json(document)

    def _id(self, *parts: str) -> str:
        return str(uuid5(NAMESPACE, "\x1f".join((self._audit.stated.statement.name, *parts))))

    def _metadata(self, title: str) -> dict[str, Any]:
        return {
            "title": f"{title}: {self._audit.stated.statement.name}",
            "last-modified": self._stamp,
            "version": self._day,
            "oscal-version": OSCAL_VERSION,
            "parties": [{"uuid": self._id("tool"), "type": "organization", "name": "Compliance Auditor"}],
        }

    def _result(self, framework: Framework) -> dict[str, Any]:
        found = self._audit.of(framework.name)
        assessed = [one for one in found if one.status != "not-assessed"]
        written: dict[str, Any] = {
            "uuid": self._id("result", framework.name),
            "title": framework.title,
            "description": f"{len(assessed)} of {len(found)} controls assessed from answers and evidence.",
            "start": f"{self._audit.assessment.start.isoformat()}T00:00:00+00:00",
            "end": f"{self._audit.assessment.end.isoformat()}T00:00:00+00:00",
            "reviewed-controls": {"control-selections": [_selection(found)]},
        }
        observed = [
            self._observation(one)
            for one in self._audit.stated.evidence.values()
            if self._is_of(one, framework)
        ]
        for number, observation in enumerate(observed):
            observed[number] = {
                **observation,
                "uuid": self._id("observation", observation["title"], framework.name),
            }
        if observed:
            written["observations"] = observed
        if assessed:
            written["findings"] = [self._finding(one, framework) for one in assessed]
        return written

    def _is_of(self, evidence: Evidence, framework: Framework) -> bool:
        return any(one.control.framework == framework.name for one in self._audit.uses(evidence.id))

    def _observation(self, one: Evidence) -> dict[str, Any]:
        reads = {read.evidence: read.told for read in self._audit.assessment.reads}
        return {
            "uuid": self._id("observation", one.id),
            "title": one.id,
            "description": f"{one.title}. {reads.get(one.id, '')}".strip(),
            "methods": [METHODS.get(one.kind, "EXAMINE")],
            "collected": f"{one.date.isoformat()}T00:00:00+00:00",
            "relevant-evidence": [{"href": f"#{self._id('evidence', one.id)}", "description": one.title}],
        }

    def _finding(self, one: Assessed, framework: Framework) -> dict[str, Any]:
        is_fine = one.status in {"met", "not-applicable"}
        reason = {"met": "pass", "not-applicable": "other"}.get(one.status, "fail")
        status: dict[str, Any] = {"state": "satisfied" if is_fine else "not-satisfied", "reason": reason}
        if one.judged.because:
            status["remarks"] = one.judged.because
        written: dict[str, Any] = {
            "uuid": self._id("finding", one.control.id),
            "title": f"{one.control.id}: {one.status}",
            "description": one.control.words,
            "props": [
                {"name": "status", "ns": SYSTEM, "value": one.status},
                {"name": "basis", "ns": SYSTEM, "value": one.basis.replace(" ", "-")},
            ],
            "target": {"type": "objective-id", "target-id": one.control.id, "status": status},
        }
        seen = [
            {"observation-uuid": self._id("observation", each, framework.name)}
            for each in one.judged.evidence
        ]
        return {**written, "related-observations": seen} if seen else written

    def _method(self) -> dict[str, Any]:
        text = (
            "Answers of the organisation, judged by dated evidence: what is said to be met without "
            "evidence of the "
            "period, or against open findings in a file of evidence, is partly met."
        )
        return {"uuid": self._id("method"), "title": "How it was assessed", "description": text}

    def _resources(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for one in self._audit.stated.evidence.values():
            resource: dict[str, Any] = {"uuid": self._id("evidence", one.id), "title": one.title}
            file = self._files.get(one.id)
            if file is None:
                resource["description"] = f"{one.kind} of {one.date.isoformat()}, kept elsewhere"
            else:
                digest = {"algorithm": "SHA-256", "value": file.digest.removeprefix("sha256:")}
                resource["rlinks"] = [{"href": _href(file.name), "hashes": [digest]}]
            found.append(resource)
        return found

    def _item(self, number: int, fix: Fix) -> dict[str, Any]:
        return {
            "uuid": self._id("item", fix.practice.name),
            "title": f"{number}. {fix.practice.words}",
            "description": f"Closes or helps to close {', '.join(one.control.id for one in fix.gaps)}.",
            "props": [
                {"name": "practice", "ns": SYSTEM, "value": fix.practice.name},
                {"name": "priority", "ns": SYSTEM, "value": f"{fix.priority:.2f}"},
                {"name": "effort", "ns": SYSTEM, "value": EFFORT[fix.effort]},
                *(
                    [{"name": "owner", "ns": SYSTEM, "value": self._audit.owner_of(fix)}]
                    if self._audit.owner_of(fix)
                    else []
                ),
            ],
        }


def _selection(found: list[Assessed]) -> dict[str, Any]:
    """All controls in scope, without those nothing is said about."""
    unknown = [{"control-id": one.control.id} for one in found if one.status == "not-assessed"]
    told = f"{len(unknown)} controls were not assessed." if unknown else "All controls in scope."
    written: dict[str, Any] = {"description": told, "include-all": {}}
    return {**written, "exclude-controls": unknown} if unknown else written


def _href(name: str) -> str:
    from urllib.parse import quote

    return quote(name)


def _json(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
