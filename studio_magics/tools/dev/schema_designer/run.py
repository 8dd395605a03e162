"""The work of the Database Schema Designer, in order."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.dev.schema_designer.differences import Differences, compare, turned
from studio_magics.tools.dev.schema_designer.exports import json_schema, mermaid
from studio_magics.tools.dev.schema_designer.figures import diagram
from studio_magics.tools.dev.schema_designer.filling import with_neutral_fills
from studio_magics.tools.dev.schema_designer.findings import (
    SEVERITIES,
    design_findings,
    migration_findings,
    proof_findings,
)
from studio_magics.tools.dev.schema_designer.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.dev.schema_designer.migration import ddl_script, migrate, script
from studio_magics.tools.dev.schema_designer.proof import Proof, prove_creation, prove_migration
from studio_magics.tools.dev.schema_designer.reading import ordered, read_design, read_file
from studio_magics.tools.dev.schema_designer.reserved import title_of
from studio_magics.tools.dev.schema_designer.tables import all_tables
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from pydantic import JsonValue

    from studio_magics.contracts.results import Artefact, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.schema_designer.design import Design
    from studio_magics.tools.dev.schema_designer.inputs import SchemaDesignInput


def run(inputs: SchemaDesignInput, context: RunContext) -> ToolResult:
    """Read, judge, write, try."""
    context.progress(0.02, "reading")
    design, older = _read(inputs, context)
    context.progress(0.2, "comparing")
    found = compare(older, design) if older else None
    findings = design_findings(design, inputs.databases)
    findings += migration_findings(found) if found else []
    context.progress(0.35, "trying it on SQLite")
    back = _way_back(found) if found else None
    proof = _proof(design, found, back)
    findings += proof_findings(proof)
    context.progress(0.7, "writing scripts")
    files = _scripts(inputs, design, found, back, context)
    context.progress(0.9, "drawing")
    ranked = tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))
    return ToolResult(
        headline=_headline(design, found, proof, ranked),
        summary=_summary(design, found, proof, ranked),
        findings=ranked,
        tables=all_tables(design, found, proof),
        figures=(diagram(design, found),),
        artefacts=files,
        not_checked=_not_checked(inputs, design, older),
        provenance=Provenance(
            tool_id=TOOL_ID, tool_version=VERSION, libraries={name: version(name) for name in LIBRARIES}
        ),
    )


def _read(inputs: SchemaDesignInput, context: RunContext) -> tuple[Design, Design | None]:
    field = "tables" if inputs.document is None else "document"
    text = inputs.tables if inputs.document is None else read_file(inputs.document, field, context)
    design = ordered(read_design(text, field, inputs.databases))
    if inputs.previous is None:
        return design, None
    older = read_design(read_file(inputs.previous, "previous", context), "previous", ())
    return design, ordered(older)


def _way_back(found: Differences) -> Differences:
    after, before = turned(found.before, with_neutral_fills(found.after))
    return compare(after, with_neutral_fills(before))


def _proof(design: Design, found: Differences | None, back: Differences | None) -> Proof:
    if found is None or back is None:
        return prove_creation(design)
    return prove_migration(found, migrate(found, "sqlite"), migrate(back, "sqlite"))


def _scripts(
    inputs: SchemaDesignInput,
    design: Design,
    found: Differences | None,
    back: Differences | None,
    context: RunContext,
) -> tuple[Artefact, ...]:
    kept: list[Artefact] = []

    def keep(name: str, media_type: str, content: bytes, title: str) -> None:
        kept.append(context.add_artefact(name, media_type, content, title=title))

    for dialect in inputs.databases:
        product = title_of(dialect)
        text = ddl_script(design, dialect, f"{design.name}: all tables for {product}")
        keep(f"schema.{dialect}.sql", "application/sql", text.encode(), f"All tables, {product}")
        for word, one in (("up", found), ("down", back)):
            if one is not None:
                text = script(migrate(one, dialect), dialect, f"{design.name}: {word}, {product}")
                keep(
                    f"{word}.{dialect}.sql", "application/sql", text.encode(), f"Migration {word}, {product}"
                )
    keep("schema.json", "application/schema+json", json_schema(design), "JSON Schema of the rows")
    keep("schema.mmd", "text/vnd.mermaid", mermaid(design).encode(), "Mermaid diagram")
    return tuple(kept)


def _headline(design: Design, found: Differences | None, proof: Proof, findings: tuple[Finding, ...]) -> str:
    grave = sum(one.severity in {"critical", "high"} for one in findings)
    columns = sum(len(one.columns) for one in design.tables)
    start = f"{design.name}: {counted(len(design.tables), 'table')}, {counted(columns, 'column')}"
    tried = "created on SQLite" if found is None else "up and down tried on SQLite with rows"
    if found is not None and found.is_empty:
        start += "; nothing to migrate"
    elif found is not None:
        start += f"; {counted(_changes(found), 'change')}"
    result = f"{tried}: {'works' if proof.passed else 'FAILS'}"
    return f"{start}; {result}; {counted(grave, 'grave finding')}"


def _changes(found: Differences) -> int:
    inner = sum(
        len(one.added) + len(one.dropped) + len(one.renamed) + len(one.changed) + len(one.rules_added)
        for one in found.changed
    )
    return len(found.created) + len(found.dropped) + len(found.renamed) + inner


def _summary(
    design: Design, found: Differences | None, proof: Proof, findings: tuple[Finding, ...]
) -> dict[str, JsonValue]:
    return {
        "schema": design.name,
        "tables": len(design.tables),
        "columns": sum(len(one.columns) for one in design.tables),
        "references": sum(len(table.all_references) for table in design.tables),
        "changes": None if found is None else _changes(found),
        "tried": proof.passed,
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _not_checked(inputs: SchemaDesignInput, design: Design, older: Design | None) -> tuple[str, ...]:
    said = [f"The scripts for {title_of(one)} were not run: there is no such database here."
            for one in inputs.databases if one != "sqlite"]  # fmt: skip
    said.append("Whether queries will be fast, and how much space it needs, was not judged.")
    if older is not None:
        said.append(
            "Rows were made up, three for each table; your own may hold what a migration cannot take."
        )
        said.append("How long a migration locks a large table was not judged.")
    for one in (design, older):
        if one is not None and one.notes:
            more = f" and {len(one.notes) - 8} more" if len(one.notes) > 8 else ""  # noqa: PLR2004  - as many as are read
            said.append(f"Left out while reading: {'; '.join(one.notes[:8])}{more}.")
    return tuple(said)
