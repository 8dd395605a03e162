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
from studio_magics.tools.dev.cicd.runners import runner_findings
from studio_magics.tools.dev.documents import as_list, as_map, shown
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from studio_magics.tools.dev.cicd.existing import Workflow
    from studio_magics.tools.dev.cicd.pins import Pins

SEVERITIES = ("critical", "high", "medium", "low", "info")
MAX_FORM_FINDINGS = 20
TAGGED = re.compile(r"([\w.-]+/[\w.-]+)@(v\d[\w.]*)")
COMMAND = re.compile(r"::(set-output|save-state|set-env|add-path) ")


@cache
def _validator(name: str, part: str = "") -> Any:
    """The validator of a published schema, or of one of its definitions."""
    import jsonschema_rs

    path = _installed("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    schema = json.loads(path.read_text("utf-8"))
    chosen = {"$ref": f"#/definitions/{part}", "definitions": schema["definitions"]} if part else schema
    return jsonschema_rs.Draft7Validator(chosen)


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
    found: list[tuple[str, str]] = []
    for error in _validator(schema).iter_errors(_as_started(value)):
        place = [str(part) for part in error.instance_path]
        if schema == "github-workflows" and len(place) == len(("jobs", "name")) and place[0] == "jobs":
            found += _of_job(place[1], as_map(as_map(as_map(_as_started(value)).get("jobs")).get(place[1])))
        else:
            found.append((".".join(place) or "the file", str(error.message)))
    return found


def _of_job(name: str, job: dict[str, Any]) -> list[tuple[str, str]]:
    """What is wrong in a job, said by the kind of job it is meant to be and not as 'none of two'."""
    kind = "reusableWorkflowCallJob" if "uses" in job else "normalJob"
    errors = _validator("github-workflows", kind).iter_errors(job)
    return [
        (".".join(("jobs", name, *(str(part) for part in error.instance_path))), str(error.message))
        for error in errors
    ]


def _as_started(value: Any) -> Any:
    """The workflow without a strategy that has no matrix: the schema forbids it, and GitHub starts it."""
    jobs = as_map(as_map(value).get("jobs"))
    idle = [name for name, job in jobs.items() if _is_idle(as_map(job).get("strategy"))]
    if not idle:
        return value
    kept = {
        name: {key: part for key, part in as_map(job).items() if key != "strategy" or name not in idle}
        if isinstance(job, dict)
        else job
        for name, job in jobs.items()
    }
    return {**as_map(value), "jobs": kept}


def _is_idle(strategy: Any) -> bool:
    return isinstance(strategy, dict) and set(as_map(strategy)) <= {"fail-fast", "max-parallel"}


def own_findings(workflow: Workflow, pins: Pins, today: date) -> list[Finding]:
    """Everything but security."""
    found = [
        *_form(workflow),
        *_names(workflow),
        *_limits(workflow),
        *runner_findings(workflow, today),
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
        if _is_idle(job.get("strategy")):
            yield Finding(
                code="strategy-without-matrix",
                severity="info",
                title=f"{workflow.name}: the strategy of '{shown(name)}' has no matrix, so it does nothing",
                where=f"{workflow.name}: {shown(name)}",
                detail="",
                action="Add the matrix, or leave the strategy out",
            )
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
