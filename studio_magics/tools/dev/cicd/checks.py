"""What to say of a workflow beside its security: its form, its names, its limits, its runners, its age."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Finding
from studio_magics.tools.dev.cicd.expressions import unknown_names
from studio_magics.tools.dev.cicd.pipeline import RUNNERS
from studio_magics.tools.dev.documents import as_list, as_map, shown
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from studio_magics.tools.dev.cicd.existing import Workflow
    from studio_magics.tools.dev.cicd.pins import Pins

SEVERITIES = ("critical", "high", "medium", "low", "info")
MAX_FORM_FINDINGS = 20
RETIRED = {
    "ubuntu-20.04": "April 2025",
    "ubuntu-18.04": "April 2023",
    "windows-2019": "June 2025",
    "macos-12": "December 2024",
    "macos-11": "June 2024",
    "macos-13": "December 2025",
}
"""Labels GitHub took away, or said when it would; as of September 2025."""
TAGGED = re.compile(r"([\w.-]+/[\w.-]+)@(v\d[\w.]*)")
COMMAND = re.compile(r"::(set-output|save-state|set-env|add-path) ")


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs

    path = _installed("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    return jsonschema_rs.Draft7Validator(json.loads(path.read_text("utf-8")))


def _installed(package: str) -> Path:
    """Where the package is; it is not imported, for that costs a second.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    return Path(found.origin).parent


def form_faults(value: Any, schema: str = "github-workflows") -> list[tuple[str, str]]:
    """Place and message of what GitHub's published schema does not allow."""
    return [
        (".".join(str(part) for part in error.instance_path) or "the file", str(error.message))
        for error in _validator(schema).iter_errors(value)
    ]


def own_findings(workflow: Workflow, pins: Pins, today: date) -> list[Finding]:
    """Everything but security."""
    found = [
        *_form(workflow),
        *_names(workflow),
        *_limits(workflow),
        *_runners(workflow),
        *_commands(workflow),
    ]
    return found + list(_versions(workflow, pins, today))


def _form(workflow: Workflow) -> Iterator[Finding]:
    for where, message in form_faults(workflow.value)[:MAX_FORM_FINDINGS]:
        yield Finding(
            code="not-a-workflow",
            severity="critical",
            title=f"{workflow.name}: {where} is not as GitHub's schema says",
            where=f"{workflow.name}: {where}",
            detail=shown(message, 240),
            action="GitHub will not start it; correct the place",
        )


def _names(workflow: Workflow) -> Iterator[Finding]:
    for job, said in dict.fromkeys(unknown_names(workflow)):
        yield Finding(
            code="unknown-name",
            severity="high",
            title=f"{workflow.name}: the job '{shown(job)}' uses {shown(said, 120)}",
            where=f"{workflow.name}: {shown(job)}",
            detail="Such an expression is empty, without any message.",
            action="Correct the name, or define it before",
        )


def _limits(workflow: Workflow) -> Iterator[Finding]:
    jobs = [name for name, job in workflow.jobs.items() if "timeout-minutes" not in job and "uses" not in job]
    if jobs:
        yield Finding(
            code="no-time-limit",
            severity="low",
            title=f"{workflow.name}: {counted(len(jobs), 'job')} may run for six hours",
            where=f"{workflow.name}: {shown(jobs[0])}",
            detail=f"No 'timeout-minutes': {', '.join(map(shown, jobs[:8]))}.",
            action="Add timeout-minutes to each job",
            count=len(jobs),
        )
    if "concurrency" not in workflow.value and "pull_request" in _trigger_names(workflow):
        yield Finding(
            code="no-concurrency",
            severity="info",
            title=f"{workflow.name}: an older run goes on when a newer commit comes",
            where=workflow.name,
            detail="Minutes are paid for results nobody reads.",
            action="Add a concurrency group",
        )
    for name, job in workflow.jobs.items():
        matrix = as_map(as_map(job.get("strategy")).get("matrix"))
        empty = [key for key, value in matrix.items() if isinstance(value, list) and not as_list(value)]
        if empty:
            yield Finding(
                code="empty-matrix",
                severity="high",
                title=f"{workflow.name}: the matrix of '{shown(name)}' has nothing in '{shown(empty[0])}'",
                where=f"{workflow.name}: {shown(name)}",
                detail="The job then never runs, and nothing says so.",
                action="Fill it, or leave it out",
            )


def _trigger_names(workflow: Workflow) -> set[str]:
    on = workflow.value.get("on")
    return {on} if isinstance(on, str) else {str(one) for one in as_list(on)} | set(as_map(on))


def _runners(workflow: Workflow) -> Iterator[Finding]:
    for name, job in workflow.jobs.items():
        label = job.get("runs-on")
        if not isinstance(label, str) or "${{" in label:
            continue
        where = f"{workflow.name}: {shown(name)}"
        if label in RETIRED:
            yield Finding(
                code="runner-retired",
                severity="high",
                title=f"{where} runs on {label}, which ended in {RETIRED[label]}",
                where=where,
                detail="Jobs wait for it in vain, or fail.",
                action="Use a current label, for example ubuntu-24.04",
            )
        elif (
            label not in RUNNERS
            and label != "self-hosted"
            and label.startswith(("ubuntu", "windows", "macos"))
        ):
            yield Finding(
                code="runner-unknown",
                severity="medium",
                title=f"{where} runs on '{shown(label)}', which is no known label",
                where=where,
                detail="A larger runner of your own may be called so; else the job waits for ever.",
                action=f"Known: {', '.join(RUNNERS[:6])} …",
            )


def _commands(workflow: Workflow) -> Iterator[Finding]:
    for name, job in workflow.jobs.items():
        for step in as_list(job.get("steps")):
            command = as_map(step).get("run")
            found = COMMAND.search(command) if isinstance(command, str) else None
            if found:
                yield Finding(
                    code="command-removed",
                    severity="high",
                    title=f"{workflow.name}: '{shown(name)}' uses ::{found[1]}, which no longer works",
                    where=f"{workflow.name}: {shown(name)}",
                    detail="",
                    action="Write to $GITHUB_OUTPUT, $GITHUB_STATE, $GITHUB_ENV or $GITHUB_PATH",
                )


def _not_pinned(workflow: Workflow, pins: Pins) -> Iterator[Finding]:
    from studio_magics.tools.dev.cicd.pins import numbers_of

    tagged = (TAGGED.fullmatch(one) for one in workflow.used())
    for action, tag in (found.groups() for found in tagged if found):
        newest = pins.actions.get(action)
        if newest and numbers_of(tag) > numbers_of(newest.version):
            yield Finding(
                code="newer-than-table",
                severity="info",
                title=f"{workflow.name}: {action}@{tag} is newer than the table of commits knows",
                where=workflow.name,
                detail=f"The table of {pins.as_of.isoformat()} ends at {newest.version}: it was not pinned.",
                action="Give 'pins' a newer table",
            )
        elif newest and newest.version.split(".")[0] != tag.split(".")[0]:
            yield Finding(
                code="another-major",
                severity="low",
                title=f"{workflow.name}: {action}@{tag}, while {newest.version} is there",
                where=workflow.name,
                detail="A newer major may ask for other inputs.",
                action="Read its release notes, then raise it",
            )


def _versions(workflow: Workflow, pins: Pins, today: date) -> Iterator[Finding]:
    from studio_magics.tools.dev.cicd.pins import STALE_DAYS

    commits = {one.rsplit("@", 1)[-1] for one in workflow.used()}
    known = pins.versions()
    age = (today - pins.as_of).days
    yield from _not_pinned(workflow, pins)
    if age > STALE_DAYS and any(commit in known for commit in commits):
        yield Finding(
            code="pins-old",
            severity="low",
            title=f"The pinned commits are those of {pins.as_of.isoformat()}, {age} days ago",
            where=workflow.name,
            detail="Newer releases may mend faults.",
            action="Let dependabot.yml raise them, or give a newer table as 'pins'",
        )
