"""Runs the tool: gather, read, trace, follow the change, and put the answer together."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.lineage.changing import follow_change, most_depended_on
from studio_magics.tools.data.lineage.exports import as_json, open_lineage
from studio_magics.tools.data.lineage.figures import figures_of, mermaid
from studio_magics.tools.data.lineage.findings import SEVERITIES, all_findings, listed
from studio_magics.tools.data.lineage.gathering import gather, read_ddl
from studio_magics.tools.data.lineage.guessing import better_dialect
from studio_magics.tools.data.lineage.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.data.lineage.mapping import map_lineage, silent
from studio_magics.tools.data.lineage.model import following
from studio_magics.tools.data.lineage.tables import all_tables
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.results import Artefact, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.lineage.changing import Change
    from studio_magics.tools.data.lineage.inputs import LineageInput
    from studio_magics.tools.data.lineage.model import Lineage
    from studio_magics.tools.data.lineage.texts import Gathered

DEFAULT_DIALECT = "postgres"
MAX_FINDINGS = 200


def run(inputs: LineageInput, context: RunContext) -> ToolResult:
    """Trace every column of the statements that were given.

    Raises:
        InputRejected: Nothing to trace, nothing that parses, or a change of something that is not there.
    """
    context.progress(0.02, "gathering")
    gathered = gather(inputs, context)
    dialect = inputs.dialect or gathered.dialect or DEFAULT_DIALECT
    sqlglot_dialect = "" if dialect == "ansi" else dialect
    lineage = map_lineage(gathered, read_ddl(inputs, context), sqlglot_dialect, context.progress)
    with silent():
        better = better_dialect(lineage.faults, dialect) if lineage.faults else None
    _refuse_empty(lineage, gathered, dialect, better)
    context.progress(0.92, "following the change" if inputs.change else "ranking")
    leaving = following(lineage)
    change = follow_change(inputs.change, lineage, leaving)
    ranked = most_depended_on(lineage, leaving)
    context.progress(0.96, "drawing")
    findings = all_findings(lineage, gathered, change, better)
    return ToolResult(
        headline=_headline(lineage, change),
        summary=_summary(lineage, change, dialect, findings),
        findings=findings[:MAX_FINDINGS],
        tables=all_tables(lineage, change, ranked),
        figures=figures_of(lineage, change, ranked),
        artefacts=_artefacts(lineage, change, inputs, context),
        not_checked=_not_checked(lineage, gathered, findings, dialect),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            input_digest=_digest(inputs),
        ),
    )


def _digest(inputs: LineageInput) -> str:
    return "sha256:" + sha256(inputs.model_dump_json().encode()).hexdigest()


def _refuse_empty(lineage: Lineage, gathered: Gathered, dialect: str, better: str | None) -> None:
    if lineage.steps or lineage.untraced:
        return
    field = "source" if not gathered.texts or gathered.texts[0].name != "cell" else "sql"
    if lineage.faults:
        first = lineage.faults[0]
        raise InputRejected(
            "dialect" if better else field,
            found=f"{first.place}: {first.message}; nothing parses as {dialect}",
            allowed="SQL of the chosen dialect",
            action=f"--dialect {better}" if better else "check the statements",
        )
    if gathered.unread:
        first = gathered.unread[0]
        raise InputRejected(
            field,
            found=f"{first.where}: {first.why}",
            allowed="SQL without templates, or dbt's target/manifest.json",
            action="run `dbt compile` and give target/manifest.json",
        )
    kinds = ", ".join(sorted(lineage.ignored)) or "none"
    raise InputRejected(
        field,
        found=f"no statement that reads and writes columns (statements: {kinds})",
        allowed="SELECT, CREATE … AS, INSERT … SELECT, UPDATE or MERGE",
        action="add the statements, not only the DDL",
    )


def _headline(lineage: Lineage, change: Change | None) -> str:
    sources = sum(kind == "source" for kind in lineage.kinds.values())
    edges = sum(edge.is_direct for edge in lineage.edges())
    text = (
        f"{counted(len(lineage.steps), 'statement')} traced: {counted(edges, 'column link')} from "
        f"{counted(sources, 'source')} into {counted(len(lineage.kinds) - sources, 'dataset')}"
    )
    lost = len(lineage.faults) + len(lineage.untraced)
    if lost:
        text += f"; {counted(lost, 'statement')} could not be read"
    if change is not None:
        text += (
            f"; {change.name} reaches {counted(len(change.columns), 'column')} in "
            f"{counted(len(change.datasets), 'dataset')}"
        )
    return text


def _summary(
    lineage: Lineage, change: Change | None, dialect: str, findings: tuple[Finding, ...]
) -> dict[str, Any]:
    kinds = list(lineage.kinds.values())
    return {
        "dialect": dialect,
        "statements": len(lineage.steps),
        "unparsed": len(lineage.faults),
        "untraced": len(lineage.untraced),
        "datasets": {kind: kinds.count(kind) for kind in dict.fromkeys(sorted(kinds))},
        "column_links": sum(edge.is_direct for edge in lineage.edges()),
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
        "impact": None
        if change is None
        else {"columns": len(change.columns), "datasets": list(change.datasets)},
    }


def _artefacts(
    lineage: Lineage, change: Change | None, inputs: LineageInput, context: RunContext
) -> tuple[Artefact, ...]:
    events = open_lineage(lineage, namespace=inputs.namespace, at=context.now, seed=_digest(inputs))
    return (
        context.add_artefact(
            "openlineage.ndjson", "application/x-ndjson", events, title="OpenLineage events"
        ),
        context.add_artefact("lineage.json", "application/json", as_json(lineage, change), title="Lineage"),
        context.add_artefact(
            "lineage.mmd", "text/vnd.mermaid", mermaid(lineage).encode(), title="Mermaid diagram"
        ),
    )


def _not_checked(
    lineage: Lineage, gathered: Gathered, findings: tuple[Finding, ...], dialect: str
) -> tuple[str, ...]:
    said = [
        (
            f"Statements were read as {dialect}, not executed; what stored procedures, triggers, rights and "
            "programs outside do with the data is not seen."
        )
    ]
    if lineage.ignored:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in sorted(lineage.ignored.items()))
        said.append(f"Statements without columns to follow were passed over: {kinds}.")
    if gathered.skipped:
        said.append(f"Files that hold no SQL read here: {listed(gathered.skipped)}.")
    if gathered.unread:
        said.append(f"{counted(len(gathered.unread), 'text')} could not be read; see the findings.")
    if len(findings) > MAX_FINDINGS:
        said.append(f"{len(findings) - MAX_FINDINGS} findings of lesser weight are not listed.")
    return tuple(said)
