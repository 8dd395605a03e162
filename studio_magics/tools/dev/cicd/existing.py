"""Workflows that are there already: read, and refused where nobody could work on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.inputs import InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cicd.pipeline import circle_of
from studio_magics.tools.dev.clear_secrets import clear_secret
from studio_magics.tools.dev.documents import as_list, as_map, as_text, load_yaml, shown
from studio_magics.tools.dev.plain_files import plain_path
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.yaml_text import YamlLimits

if TYPE_CHECKING:
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext

MAX_FILES = 100
MAX_FILE_BYTES = 500_000
FIELD = "workflow"
LIMITS = YamlLimits(written_out=50_000)
"""GitHub takes anchors and aliases too, and stops at as many parts; merges (<<) it refuses."""


@dataclass(frozen=True)
class Workflow:
    """One workflow with its text."""

    name: str
    """The name of the file."""
    text: str
    value: dict[str, Any]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """The jobs by name."""
        return {name: as_map(job) for name, job in as_map(self.value.get("jobs")).items()}

    def used(self) -> tuple[str, ...]:
        """Every action and workflow behind 'uses', each once; what stands in comments is none."""
        steps = [as_map(step) for job in self.jobs.values() for step in as_list(job.get("steps"))]
        said = (as_text(one.get("uses")) for one in (*self.jobs.values(), *steps))
        return tuple(dict.fromkeys(one for one in said if one))

    def needs(self) -> dict[str, tuple[str, ...]]:
        """What each job waits for."""
        found: dict[str, tuple[str, ...]] = {}
        for name, job in self.jobs.items():
            needs = job.get("needs")
            found[name] = (needs,) if isinstance(needs, str) else tuple(str(one) for one in as_list(needs))
        return found


def read_workflows(source: InputFile | InputFolder, context: RunContext) -> list[Workflow]:
    """All workflows of a file or folder.

    Raises:
        InputRejected: None is there; no YAML; a circle or an unknown job in 'needs'; a secret in clear.
    """
    files = list(source.files) if isinstance(source, InputFolder) else [source]
    chosen = [one for one in files if one.name.lower().endswith((".yml", ".yaml"))]
    if not chosen or len(chosen) > MAX_FILES:
        found = f"{len(chosen)} files that end in .yml or .yaml"
        raise InputRejected(
            FIELD, found=found, allowed=f"1 to {MAX_FILES}", action="give .github/workflows/*.yml"
        )
    made = [made for one in chosen if (made := _read(one, context, needed=len(chosen) == 1))]
    if not made:
        raise InputRejected(FIELD, found="no file with 'jobs'", allowed="workflows of GitHub Actions")
    return made


def _read(file: InputFile, context: RunContext, *, needed: bool) -> Workflow | None:
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected(
            FIELD,
            found=f"{shown(file.name)} of {file.size_bytes:,} bytes",
            allowed=f"at most {MAX_FILE_BYTES:,}",
        )
    try:
        text = decoded(plain_path(file, context).read_bytes())
    except IntakeRefused as refused:
        raise InputRejected(
            FIELD, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused
    value = _loaded(text, file.name)
    if not isinstance(value, dict) or "jobs" not in value:
        if needed:
            raise InputRejected(
                FIELD, found=f"{shown(file.name)} has no 'jobs'", allowed="a workflow of GitHub Actions"
            )
        return None
    made = Workflow(file.name, text, as_map(value))
    refuse_unworkable(made)
    return made


def _loaded(text: str, name: str) -> Any:
    try:
        return load_yaml(text, FIELD, LIMITS)
    except InputRejected as refused:
        merges = refused.found.startswith("a merge")
        raise InputRejected(
            FIELD,
            found=f"{shown(name)}: {refused.found}",
            allowed="anchors and aliases; GitHub takes no merges (<<)" if merges else refused.allowed,
            action=refused.action,
        ) from refused


def refuse_unworkable(workflow: Workflow) -> None:
    """Refuse what GitHub would not start, or what must not be passed on.

    Raises:
        InputRejected: As `read_workflows`.
    """
    for number, line in enumerate(workflow.text.splitlines(), 1):
        kind = clear_secret(line)
        if kind:
            raise InputRejected(
                FIELD,
                found=f"{shown(workflow.name)} line {number}: {kind} written in clear",
                allowed="secrets by name: ${{ secrets.NAME }}",
                action="withdraw it now: whoever can read the file has it; then put a new one into "
                "the settings",
            )
    needs = workflow.needs()
    for name, wanted in needs.items():
        unknown = next((one for one in wanted if one not in needs), None)
        if unknown is not None:
            found = (
                f"{shown(workflow.name)}: the job '{shown(name)}' needs '{shown(unknown)}', which is no job"
            )
            raise InputRejected(FIELD, found=found, allowed=", ".join(list(needs)[:20]))
    circle = circle_of(needs)
    if circle:
        found = (
            f"{shown(workflow.name)}: jobs that wait for each other: "
            f"{' → '.join(shown(one) for one in circle)}"
        )
        raise InputRejected(FIELD, found=found, allowed="needs without a circle")
