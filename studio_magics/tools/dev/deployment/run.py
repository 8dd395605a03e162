"""The work of the Deployment Wizard, in order."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Cell, Column, Provenance, Table, ToolResult
from studio_magics.tools.dev.deployment import aws, azure, gcp, vercel
from studio_magics.tools.dev.deployment.app import App, nothing_described, read_app
from studio_magics.tools.dev.deployment.checking import check_files
from studio_magics.tools.dev.deployment.detecting import detect, own_dockerfile
from studio_magics.tools.dev.deployment.facts import Facts, read_facts
from studio_magics.tools.dev.deployment.figures import cost_figure, target_figure
from studio_magics.tools.dev.deployment.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.deployment.images import compose, dockerfile, dockerignore
from studio_magics.tools.dev.deployment.pricing import Bill, bills, peak_instances
from studio_magics.tools.dev.deployment.risks import SEVERITIES, TITLES, faults, risks
from studio_magics.tools.dev.deployment.rollout import Step, markdown, plan
from studio_magics.tools.dev.deployment.sizes import given_size
from studio_magics.tools.dev.deployment.writing import yaml_text
from studio_magics.tools.dev.documents import read_part
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from studio_magics.contracts.results import Artefact, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.deployment.checking import Check
    from studio_magics.tools.dev.deployment.inputs import DeploymentInput

NOT_CHECKED: tuple[str, ...] = (
    "Nothing was deployed, built or started: whether the app works is not known.",
    "Quotas, rights, policies and names already taken in your accounts were not looked up.",
    "Cost leaves out tax, support, discounts, logs, images and databases; and what comes on top with load.",
)


def run(inputs: DeploymentInput, context: RunContext) -> ToolResult:
    """Read, write, check, price, plan, draw."""
    context.progress(0.02, "reading")
    facts = read_facts(inputs.facts, context)
    app = _app(inputs, facts, context)
    context.progress(0.15, "writing files")
    values = _values(app)
    context.progress(0.25, "checking with the checkers of the formats")
    checks = tuple(check_files(app, values))
    context.progress(0.8, "pricing and planning")
    priced = bills(app, facts)
    own = own_dockerfile(inputs.repository, context)
    found = [*faults(checks), *risks(app, facts, priced, own_image=own, today=context.now.date())]
    steps = plan(app)
    kept = _keep(app, values, _plan_json(app, checks, priced, found, steps), steps, context)
    context.progress(0.95, "drawing")
    costs = cost_figure(priced)
    return ToolResult(
        headline=_headline(app, checks, priced, found),
        summary=_summary(app, checks, priced, found),
        findings=tuple(found),
        tables=_tables(app, checks, priced, steps),
        figures=(*(target_figure(app, one) for one in app.targets), *((costs,) if costs else ())),
        artefacts=kept,
        not_checked=_not_checked(checks, own),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            data_as_of={"regions and list prices": facts.as_of.isoformat()},
        ),
    )


def _app(inputs: DeploymentInput, facts: Facts, context: RunContext) -> App:
    if not inputs.app.strip():
        raise nothing_described()
    seen, reasons = detect(inputs.repository, context)
    return read_app(read_part(inputs.app, "app"), seen, reasons, facts)


def _values(app: App) -> dict[str, Any]:
    """What the files say, for those that have a form of their own."""
    found: dict[str, Any] = {"compose.yaml": compose(app)} if app.in_containers else {}
    if "aws" in app.targets:
        found["aws/template.yaml"] = aws.template(app)
    if "gcp" in app.targets:
        found["gcp/service.yaml"] = gcp.service(app)
        if app.language != "container" or app.has_dockerfile:
            found["gcp/cloudbuild.yaml"] = gcp.cloud_build(app)
    if "azure" in app.targets:
        found["azure/template.json"] = azure.template(app)
    if "vercel" in app.targets:
        found["vercel.json"] = vercel.settings(app)
    return found


def _keep(
    app: App, values: dict[str, Any], plan_json: bytes, steps: tuple[Step, ...], context: RunContext
) -> tuple[Artefact, ...]:
    kept: list[Artefact] = []
    if app.in_containers and app.language != "container" and not app.has_dockerfile:
        kept.append(context.add_artefact("Dockerfile", "text/plain", dockerfile(app).encode(), title="Image"))
        kept.append(
            context.add_artefact(".dockerignore", "text/plain", dockerignore().encode(), title="Left out")
        )
    head = f"Made by the Deployment Wizard {VERSION}."
    for name, value in values.items():
        if name.endswith(".json"):
            text, kind = json.dumps(value, indent=2, ensure_ascii=False) + "\n", "application/json"
        else:
            text, kind = yaml_text(value, head), "application/yaml"
        kept.append(context.add_artefact(name, kind, text.encode(), title=name.rsplit("/", 1)[-1]))
    kept.append(
        context.add_artefact(
            "PLAN.md", "text/markdown", markdown(app, steps).encode(), title="Plan to follow"
        )
    )
    kept.append(context.add_artefact("plan.json", "application/json", plan_json, title="Plan for programs"))
    return tuple(kept)


def _plan_json(
    app: App, checks: Sequence[Check], priced: Sequence[Bill], found: Sequence[Finding], steps: Sequence[Step]
) -> bytes:
    value = {
        "version": 1,
        "app": app.name,
        "targets": [
            {
                "provider": bill.provider,
                "region": bill.region,
                "month_usd": bill.dollars if bill.is_known else None,
                "cost": [
                    {"part": one.name, "quantity": one.quantity, "usd": one.dollars} for one in bill.lines
                ],
                "steps": [
                    {"phase": one.phase, "what": one.what, "command": one.command}
                    for one in steps
                    if one.provider == bill.provider
                ],
            }
            for bill in priced
        ],
        "checks": [
            {
                "file": one.file,
                "checker": one.checker,
                "published": one.is_published,
                "faults": list(one.faults),
            }
            for one in checks
        ],
        "risks": [{"code": one.code, "severity": one.severity, "title": one.title} for one in found],
    }
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _headline(app: App, checks: Sequence[Check], priced: Sequence[Bill], found: Sequence[Finding]) -> str:
    names = ", ".join(TITLES[one] for one in app.targets)
    good = sum(not one.faults for one in checks)
    grave = sum(one.severity in {"critical", "high"} for one in found)
    known = [one for one in priced if one.is_known]
    cost = f"; from ${min(one.dollars for one in known):,.2f} a month" if known else ""
    risk = f"{counted(len(found), 'note')}, {grave} grave"
    return f"{app.name} for {names}: {good} of {counted(len(checks), 'file')} pass their checks; {risk}{cost}"


def _summary(
    app: App, checks: Sequence[Check], priced: Sequence[Bill], found: Sequence[Finding]
) -> dict[str, JsonValue]:
    return {
        "targets": dict(app.targets),
        "files_valid": all(not one.faults for one in checks),
        "month_usd": {one.provider: one.dollars if one.is_known else None for one in priced},
        "peak_instances": peak_instances(app),
        "findings": {level: sum(one.severity == level for one in found) for level in SEVERITIES},
    }


def _tables(
    app: App, checks: Sequence[Check], priced: Sequence[Bill], steps: Sequence[Step]
) -> tuple[Table, ...]:
    tables = [
        _table(
            "Files and their checks",
            "file checker verdict",
            [
                (one.file, one.checker, "passed" if not one.faults else f"{len(one.faults)} faults")
                for one in checks
            ],
        ),
        _table("Targets", "provider region size a_month", [_target(app, one) for one in priced]),
        _table(
            "A month by list price",
            "provider part quantity usd",
            [
                (TITLES[bill.provider], one.name, one.quantity, one.dollars)
                for bill in priced
                for one in bill.lines
            ],
        ),
        _table(
            "Plan",
            "provider phase step command",
            [(TITLES[one.provider], one.phase, one.what, one.command) for one in steps],
        ),
    ]
    if app.reasons:
        tables.append(_table("Seen in the repository", "seen in", list(app.reasons)))
    return tuple(one for one in tables if one.rows)


def _table(title: str, names: str, rows: Sequence[tuple[Cell, ...]]) -> Table:
    columns = tuple(
        Column(name=one.replace("_", " "), kind="number" if one == "usd" else "text") for one in names.split()
    )
    return Table(title=title, columns=columns, rows=tuple(rows))


def _target(app: App, bill: Bill) -> tuple[Cell, ...]:
    cpu, memory = given_size(bill.provider, app.cpu, app.memory_mb)
    size = "functions or files" if bill.provider == "vercel" else f"{cpu:g} vCPU, {memory:g} GiB"
    return (
        TITLES[bill.provider],
        bill.region,
        size,
        f"${bill.dollars:,.2f}" if bill.is_known else "no price known",
    )


def _not_checked(checks: Sequence[Check], own: str) -> tuple[str, ...]:
    said = list(NOT_CHECKED)
    forms = [one.file for one in checks if not one.is_published]
    if forms:
        said.append(
            f"{', '.join(forms)}: no package brings the provider's own checker; only the form was compared "
            "with our "
            "own description of it. The plan names the command that lets the provider check."
        )
    if any(one.file == "compose.yaml" for one in checks) and not own:
        said.append("The Dockerfile was written, not built.")
    return tuple(said)
