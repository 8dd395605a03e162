"""The audit of security by zizmor, offline: it is given copies in a folder of their own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_list, as_map, as_text
from studio_magics.tools.dev.programs import program_path, run_program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.results import Severity

LEVELS: dict[str, Severity] = {"High": "high", "Medium": "medium", "Low": "low", "Informational": "info"}
FINDINGS_CODES = (0, 3, 10, 11, 12, 13, 14)
"""Ended well, with the gravest finding told in the code; 3: no workflow that could be read."""
MAX_SECONDS = 60.0
ADVICE = {
    "template-injection": "Give the value in 'env' and use it as \"$NAME\" in the script",
    "unpinned-uses": "Pin the action to a commit, with its version as a comment",
    "excessive-permissions": "Write 'permissions: {}' at the top, and what each job needs",
    "dangerous-triggers": "Use pull_request; never check out a stranger's code with your rights",
    "artipacked": "Add 'persist-credentials: false' to checkout",
    "cache-poisoning": "Leave out the cache where something is published",
    "hardcoded-container-credentials": "Use ${{ secrets.NAME }}",
    "secrets-inherit": "Name the secrets that are passed on",
    "unpinned-images": "Pin the image by its digest",
    "self-hosted-runner": "Never run a stranger's code on it",
    "bot-conditions": "Compare the author of the event, not the actor",
    "github-env": "Write to $GITHUB_OUTPUT instead",
    "overprovisioned-secrets": "Pass single secrets, not all",
    "known-vulnerable-actions": "Raise the action to a mended release",
    "ref-confusion": "Use a commit instead of a name that is a branch and a tag",
    "impostor-commit": "Use a commit of the action's own repository",
}


@dataclass(frozen=True)
class AuditFinding:
    """One thing zizmor found."""

    code: str
    severity: Severity
    said: str
    file: str
    line: int
    column: int
    confidence: str

    @property
    def action(self) -> str:
        """What to do."""
        return ADVICE.get(self.code, "See the description of the rule")


@dataclass(frozen=True)
class Audit:
    """What was found, and which workflows could not be audited."""

    found: tuple[AuditFinding, ...]
    passed_over: tuple[str, ...]


def audit(texts: Mapping[str, str]) -> Audit:
    """Everything found in workflows given by the names of their files; a place that aliases repeat, once.

    Raises:
        ProgramFailed: The audit itself failed.
        ModuleNotFoundError: zizmor is not installed.
    """
    program = str(program_path("zizmor"))
    options = ["--offline", "--no-config", "--no-progress", "--format", "json-v1", "--collect=workflows"]
    with TemporaryDirectory(prefix="studio-audit-") as folder:
        root = Path(folder)
        names = _written(root / ".github" / "workflows", texts)
        written = run_program(
            [program, *options, "--", "."], root, allowed=FINDINGS_CODES, seconds=MAX_SECONDS
        )
    done = {own for own in names if re.search(rf"completed \S*{own}", written.said)}
    values = as_list(json.loads(written.result)) if done else []
    each = dict.fromkeys(_finding(as_map(one), names) for one in values)
    found = sorted(each, key=lambda one: (one.file, one.line, one.code))
    return Audit(tuple(found), tuple(name for own, name in names.items() if own not in done))


def _written(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Copies under names of our own; given back with the names of the user's."""
    folder.mkdir(parents=True)
    names: dict[str, str] = {}
    for number, (name, text) in enumerate(texts.items(), 1):
        own = f"workflow-{number:03d}.yml"
        folder.joinpath(own).write_text(text, "utf-8")
        names[own] = name
    return names


def _finding(value: dict[str, Any], names: Mapping[str, str]) -> AuditFinding:
    determinations = as_map(value.get("determinations"))
    location = as_map(next(iter(_primary(value)), None))
    symbolic, concrete = as_map(location.get("symbolic")), as_map(location.get("concrete"))
    start = as_map(as_map(concrete.get("location")).get("start_point"))
    path = json.dumps(as_map(symbolic.get("key")))
    own = next((one for one in names if one in path), "")
    told = as_text(symbolic.get("annotation"))
    return AuditFinding(
        code=as_text(value.get("ident")),
        severity=LEVELS.get(as_text(determinations.get("severity")), "info"),
        said=f"{as_text(value.get('desc'))}: {told}" if told else as_text(value.get("desc")),
        file=names.get(own, ""),
        line=int(start.get("row", 0)) + 1,
        column=int(start.get("column", 0)) + 1,
        confidence=as_text(determinations.get("confidence")),
    )


def _primary(value: dict[str, Any]) -> list[Any]:
    """The places of a finding, the one it is about first."""
    places = as_list(value.get("locations"))
    return sorted(places, key=lambda one: as_map(as_map(one).get("symbolic")).get("kind") != "Primary")
