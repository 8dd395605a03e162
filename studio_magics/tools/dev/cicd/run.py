"""The work of the CI/CD Pipeline Builder, in order."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Cell, Column, Finding, Provenance, Table, ToolResult
from studio_magics.tools.dev.cicd.auditing import AuditFinding, audit
from studio_magics.tools.dev.cicd.checks import SEVERITIES, form_faults, own_findings
from studio_magics.tools.dev.cicd.detecting import detect
from studio_magics.tools.dev.cicd.existing import (
    FIELD,
    LIMITS,
    Workflow,
    read_workflows,
    refuse_unworkable,
)
from studio_magics.tools.dev.cicd.figures import graphs
from studio_magics.tools.dev.cicd.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.cicd.pins import Pins, read_pins
from studio_magics.tools.dev.cicd.pipeline import Pipeline, read_pipeline
from studio_magics.tools.dev.cicd.runners import AS_OF
from studio_magics.tools.dev.cicd.workflow import dependabot_of, workflow_of
from studio_magics.tools.dev.cicd.writing import pinned_text, yaml_text
from studio_magics.tools.dev.documents import as_list, as_map, as_text, load_yaml, read_part, shown
from studio_magics.tools.dev.sarif import SarifResult, SarifRule, sarif
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from studio_magics.contracts.results import Artefact, Severity
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.cicd.inputs import PipelineInput

MAX_FINDINGS = 200
FOLDER = ".github/workflows"
NOT_CHECKED: tuple[str, ...] = (
    "Nothing was run: whether the commands work in a runner is not known.",
    "zizmor worked offline: known faults of actions were not looked up, nor whose commits they are.",
    "Scripts inside 'run' were not read as shell; settings of the repository are not in the file.",
)


def run(inputs: PipelineInput, context: RunContext) -> ToolResult:
    """Read or build, check, audit, draw."""
    context.progress(0.02, "reading")
    pins = read_pins(inputs.pins, context)
    pipeline, workflows = _workflows(inputs, pins, context)
    context.progress(0.35, "auditing with zizmor")
    done = audit({one.name: one.text for one in workflows})
    audited = done.found
    context.progress(0.65, "checking form and names")
    findings = [one for workflow in workflows for one in own_findings(workflow, pins, context.now.date())]
    findings += [_of_audit(one) for one in audited]
    findings += [_passed_over(one) for one in done.passed_over]
    ranked = sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.where))
    context.progress(0.8, "writing files")
    kept, pinned = _files(pipeline, workflows, pins, _sarif(audited, ranked), context)
    context.progress(0.95, "drawing")
    return ToolResult(
        headline=_headline(workflows, ranked, pinned, built=pipeline is not None),
        summary=_summary(workflows, ranked, audited, pinned),
        findings=tuple(ranked[:MAX_FINDINGS]),
        tables=_tables(workflows, pipeline, pinned),
        figures=graphs(workflows, _worst(workflows, audited)),
        artefacts=kept,
        not_checked=_not_checked(inputs, pipeline, ranked),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            data_as_of={"commits of actions": pins.as_of.isoformat(), "labels of runners": AS_OF},
        ),
    )


def _workflows(
    inputs: PipelineInput, pins: Pins, context: RunContext
) -> tuple[Pipeline | None, list[Workflow]]:
    if inputs.workflow is not None:
        return None, read_workflows(inputs.workflow, context)
    if inputs.repository is not None:
        pipeline = detect(inputs.repository, context)
    else:
        pipeline = read_pipeline(read_part(inputs.pipeline, "pipeline"))
    head = f"Made by the CI/CD Pipeline Builder {VERSION}; actions pinned as of {pins.as_of.isoformat()}."
    text = yaml_text(workflow_of(pipeline, pins), pins.versions(), head)
    made = Workflow(inputs.file_name, text, load_yaml(text, "pipeline"))
    refuse_unworkable(made)
    return pipeline, [made]


def _passed_over(name: str) -> Finding:
    return Finding(
        code="not-audited",
        severity="high",
        title=f"{name} could not be audited: it is not formed as a workflow",
        where=name,
        detail="Nothing is known of its security; that is not the same as safe.",
        action="Correct its form first",
    )


def _of_audit(found: AuditFinding) -> Finding:
    return Finding(
        code=found.code,
        severity=found.severity,
        title=f"{found.file} line {found.line}: {shown(found.said, 140)}",
        where=f"{found.file}:{found.line}",
        detail=f"Found by zizmor, confidence {found.confidence.lower()}.",
        action=found.action,
    )


def _files(
    pipeline: Pipeline | None, workflows: Sequence[Workflow], pins: Pins, report: bytes, context: RunContext
) -> tuple[tuple[Artefact, ...], list[str]]:
    kept: list[Artefact] = []
    pinned: list[str] = []
    for one in workflows:
        text, done = (one.text, list[str]()) if pipeline else pinned_text(one.text, pins)
        pinned += [f"{one.name}: {line}" for line in done]
        if pipeline or done:
            name = f"{FOLDER}/{one.name.rsplit('/', 1)[-1]}"
            title = "Workflow" if pipeline else "The same with pinned actions"
            kept.append(context.add_artefact(name, "application/yaml", text.encode(), title=title))
    if pipeline:
        text = yaml_text(dependabot_of(pipeline), {}, "Keeps actions and dependencies fresh.")
        kept.append(
            context.add_artefact(".github/dependabot.yml", "application/yaml", text.encode(), title="Updates")
        )
    kept.append(
        context.add_artefact("findings.sarif", "application/sarif+json", report, title="Findings as SARIF")
    )
    return tuple(kept), pinned


def _sarif(audited: Sequence[AuditFinding], findings: Sequence[Finding]) -> bytes:
    audit_codes = {one.code for one in audited}
    own = [one for one in findings if one.code not in audit_codes]
    results = [
        SarifResult(one.code, one.severity, one.said, f"{FOLDER}/{one.file}", one.line, one.column)
        for one in audited
    ]
    results += [
        SarifResult(one.code, one.severity, one.title, f"{FOLDER}/{one.where.split(':')[0]}") for one in own
    ]
    rules = {one.code: SarifRule(one.code, one.said, one.action, ("security",)) for one in audited}
    rules |= {one.code: SarifRule(one.code, one.code.replace("-", " "), one.action) for one in own}
    return sarif("CI/CD Pipeline Builder", VERSION, list(rules.values()), results)


def _worst(workflows: Sequence[Workflow], audited: Sequence[AuditFinding]) -> dict[tuple[str, str], Severity]:
    """The gravest finding of zizmor for each job, told by the lines the jobs begin in."""
    found: dict[tuple[str, str], Severity] = {}
    for workflow in workflows:
        part = read_part(workflow.text, FIELD, LIMITS)
        starts = sorted((part.lines.get(f"jobs.{name}", 1), name) for name in workflow.jobs)
        for one in audited:
            before = [name for line, name in starts if line <= one.line]
            if one.file == workflow.name and before:
                key = (workflow.name, before[-1])
                known: Severity = found.get(key, "info")
                graver = SEVERITIES.index(one.severity) < SEVERITIES.index(known)
                found[key] = one.severity if graver else known
    return found


def _headline(
    workflows: Sequence[Workflow], findings: Sequence[Finding], pinned: Sequence[str], *, built: bool
) -> str:
    jobs = sum(len(one.jobs) for one in workflows)
    grave = sum(one.severity in {"critical", "high"} for one in findings)
    start = f"{shown(workflows[0].name)} built" if built else counted(len(workflows), "workflow")
    said = f"{start}: {counted(jobs, 'job')}; {counted(len(findings), 'finding')}, {grave} grave"
    return f"{said}; {counted(len(pinned), 'action')} pinned" if pinned else said


def _summary(
    workflows: Sequence[Workflow],
    findings: Sequence[Finding],
    audited: Sequence[AuditFinding],
    pinned: Sequence[str],
) -> dict[str, JsonValue]:
    return {
        "workflows": len(workflows),
        "jobs": sum(len(one.jobs) for one in workflows),
        "fits_schema": all(not form_faults(one.value) for one in workflows),
        "audit_findings": len(audited),
        "pinned": list(pinned),
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _tables(
    workflows: Sequence[Workflow], pipeline: Pipeline | None, pinned: Sequence[str]
) -> tuple[Table, ...]:
    rows = tuple(_row(one, name, job) for one in workflows for name, job in one.jobs.items())
    names = ("workflow", "job", "runs on", "waits for", "rights", "minutes", "steps")
    kinds = {"minutes": "integer", "steps": "integer"}
    columns = tuple(Column.model_validate({"name": one, "kind": kinds.get(one, "text")}) for one in names)
    found = [Table(title="Jobs", columns=columns, rows=rows[:200])]
    if pipeline and pipeline.reasons:
        two = (Column(name="decided"), Column(name="seen in"))
        found.append(Table(title="Seen in the repository", columns=two, rows=pipeline.reasons))
    if pinned:
        found.append(
            Table(
                title="Pinned", columns=(Column(name="action"),), rows=tuple((one,) for one in pinned[:200])
            )
        )
    return tuple(found)


def _row(workflow: Workflow, name: str, job: dict[str, Any]) -> tuple[Cell, ...]:
    rights = job.get("permissions", workflow.value.get("permissions"))
    said = ", ".join(f"{key}: {value}" for key, value in as_map(rights).items()) or as_text(rights)
    where = job.get("runs-on")
    minutes = job.get("timeout-minutes")
    return (
        workflow.name,
        name,
        ", ".join(str(one) for one in as_list(where)) if isinstance(where, list) else as_text(where),
        ", ".join(workflow.needs()[name]),
        said or ("none" if rights == {} else "default"),
        minutes if isinstance(minutes, int) else None,
        len(as_list(job.get("steps"))),
    )


def _not_checked(
    inputs: PipelineInput, pipeline: Pipeline | None, findings: Sequence[Finding]
) -> tuple[str, ...]:
    said: list[str] = [*NOT_CHECKED]
    if inputs.repository is not None:
        said.append(
            "Files whose names begin with a dot do not travel with a folder; give workflows as 'workflow'."
        )
    if pipeline and pipeline.services:
        said.append("Images of services are named by version, not by digest: no digest is known here.")
    if len(findings) > MAX_FINDINGS:
        said.append(f"{len(findings) - MAX_FINDINGS} lesser findings are only in findings.sarif.")
    return tuple(said)
