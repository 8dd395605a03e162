"""Wires the Schema Inspector: forecast, run and result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding, Provenance, ToolResult
from studio_magics.tools.base import InputRejected, RunContext, Tool
from studio_magics.tools.data.schema import change_shown, contract, diagram, exports
from studio_magics.tools.data.schema.changes import Comparison, compare
from studio_magics.tools.data.schema.costs import files_of, forecast
from studio_magics.tools.data.schema.earlier import read_earlier
from studio_magics.tools.data.schema.facts import Inspection
from studio_magics.tools.data.schema.inputs import SchemaInput
from studio_magics.tools.data.schema.naming_checks import naming_findings
from studio_magics.tools.data.schema.normal_forms import normal_form_findings
from studio_magics.tools.data.schema.opening import open_input
from studio_magics.tools.data.schema.profile import profile_table
from studio_magics.tools.data.schema.reference_checks import reference_findings
from studio_magics.tools.data.schema.relations import declared_relations, inferred_relations
from studio_magics.tools.data.schema.table_checks import table_findings
from studio_magics.tools.data.schema.table_files import is_table, table_names
from studio_magics.tools.data.schema.tables import all_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from studio_magics.contracts.results import Figure
    from studio_magics.tools.data.schema.facts import Opened, Relation, TableProfile

TOOL_ID = "data-studio-schema"
VERSION = "1.1.0"
MAX_TABLES = 500
MAX_FINDINGS = 200
SHOWN_NAMES = 20
_SEVERITIES = ("critical", "high", "medium", "low", "info")

EXAMPLE = "%studio run schema --source shop.db"


def run(inputs: SchemaInput, context: RunContext) -> ToolResult:
    """Open read-only, measure, judge, compare with an earlier one, draw."""
    if inputs.previous is not None:
        context.progress(0.01, "opening the earlier one")
    before = read_earlier(inputs, context)
    context.progress(0.02, "opening")
    opened = open_input(inputs, context)
    try:
        seen = _inspect(opened, inputs, context)
    finally:
        opened.store.close()
    context.progress(0.85, "judging")
    compared = None if before is None else compare(before, seen.schema)
    findings = _findings(seen, inputs, compared)
    context.progress(0.92, "drawing")
    figure = diagram.draw(seen)
    context.progress(0.97, "writing files")
    return ToolResult(
        headline=_headline(seen, findings, compared),
        summary=_summary(seen, findings, compared),
        findings=findings[:MAX_FINDINGS],
        tables=((change_shown.change_table(compared),) if compared else ()) + all_tables(seen),
        figures=((change_shown.change_figure(compared),) if compared else ()) + (figure,),
        artefacts=tuple(
            context.add_artefact(name, kind, content, title=title)
            for name, kind, content, title in _files(seen, figure, inputs, compared)
        ),
        not_checked=_not_checked(seen, inputs, findings),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={
                seen.schema.engine if seen.schema.engine != "files" else "duckdb": seen.schema.engine_version
            },
        ),
    )


def _files(
    seen: Inspection, figure: Figure, inputs: SchemaInput, compared: Comparison | None
) -> Iterator[tuple[str, str, bytes, str]]:
    """Name, media type, content and title of every file."""
    yield "schema.json", "application/json", exports.as_json(seen), "Schema"
    yield "schema.sql", "application/sql", exports.as_ddl(seen), "CREATE statements"
    yield "schema.mmd", "text/vnd.mermaid", (figure.mermaid or "").encode(), "Mermaid diagram"
    yield "schema.odcs.yaml", "application/yaml", contract.as_contract(seen.schema, TOOL_ID), "Data contract"
    if seen.schema.engine == "files":
        listed = [file.name for file in files_of(inputs) if is_table(file.name)]
        paths = dict(zip(table_names(listed), listed, strict=True))
        package = contract.as_data_package(seen.schema, paths)
        yield "datapackage.json", "application/json", package, "Data package"
    if compared is not None:
        told = change_shown.as_json(compared, seen.schema)
        yield "schema-changes.json", "application/json", told, "What changed"


def _inspect(opened: Opened, inputs: SchemaInput, context: RunContext) -> Inspection:
    schema, store = opened.schema, opened.store
    field = "url" if inputs.source is None else "source"
    if not schema.tables:
        raise InputRejected(field, found=f"no tables in '{schema.name}'", allowed="at least one table")
    if len(schema.tables) > MAX_TABLES:
        raise InputRejected(
            field, found=f"{len(schema.tables)} tables", allowed=f"at most {MAX_TABLES} tables"
        )
    profiles: dict[str, TableProfile] = {}
    for number, table in enumerate(schema.tables):
        context.progress(0.4 + 0.25 * number / len(schema.tables), f"counting {table.name}")
        profiles[table.name] = profile_table(
            table, store, engine=schema.engine, sample_rows=inputs.sample_rows
        )
    context.progress(0.66, "following references")
    relations: list[Relation] = list(declared_relations(schema, store))
    context.progress(0.75, "looking for undeclared references")
    relations += inferred_relations(
        schema, profiles, store, lambda: context.progress(0.76, "looking for undeclared references")
    )
    return Inspection(schema, profiles, tuple(relations))


def _findings(seen: Inspection, inputs: SchemaInput, compared: Comparison | None) -> tuple[Finding, ...]:
    found = [
        *(change_shown.change_findings(compared.changes) if compared else ()),
        *_companion(seen),
        *reference_findings(seen),
        *table_findings(seen),
        *normal_form_findings(seen),
        *naming_findings(seen.schema, inputs.naming),
    ]
    return tuple(sorted(found, key=lambda item: (_SEVERITIES.index(item.severity), -(item.count or 0))))


def _companion(seen: Inspection) -> list[Finding]:
    if not seen.schema.companion_missing:
        return []
    return [
        Finding(
            code="wal-companion",
            severity="medium",
            title=f"'{seen.schema.name}' is in WAL mode and came without its '-wal' file",
            detail="Changes that were not yet moved into the database file are not in this result.",
            action="Run 'PRAGMA wal_checkpoint(TRUNCATE)' first, or give a folder with both files.",
        )
    ]


def _headline(seen: Inspection, findings: tuple[Finding, ...], compared: Comparison | None) -> str:
    tables = len(seen.schema.tables)
    rows = sum(profile.row_count for profile in seen.profiles.values())
    orphans = sum(relation.orphans for relation in seen.relations)
    worst = sum(item.severity in {"critical", "high"} for item in findings)
    faults = _counted(worst, "serious fault") if worst else "no serious fault"
    lost = f", {_counted(orphans, 'orphaned row')}" if orphans else ""
    against = f"; {change_shown.headline(compared)}" if compared else ""
    return (
        f"{seen.schema.name}: {_counted(tables, 'table')}, {_counted(rows, 'row')},"
        f" {_counted(len(seen.relations), 'reference')}{lost}; {faults}, {_counted(len(findings), 'finding')}"
        f"{against}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _summary(
    seen: Inspection, findings: tuple[Finding, ...], compared: Comparison | None
) -> dict[str, JsonValue]:
    by_severity: dict[str, JsonValue] = {
        level: sum(item.severity == level for item in findings) for level in _SEVERITIES
    }
    against: dict[str, JsonValue] = {}
    if compared is not None:
        against = {
            "compatibility": compared.verdict,
            "changes": len(compared.changes),
            "breaking_changes": sum(one.is_breaking for one in compared.changes),
        }
    return {
        **against,
        "engine": seen.schema.engine,
        "tables": len(seen.schema.tables),
        "views": len(seen.schema.views),
        "rows": sum(profile.row_count for profile in seen.profiles.values()),
        "references_declared": sum(relation.is_declared for relation in seen.relations),
        "references_inferred": sum(not relation.is_declared for relation in seen.relations),
        "orphans": sum(relation.orphans for relation in seen.relations),
        "findings": by_severity,
    }


def _not_checked(seen: Inspection, inputs: SchemaInput, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    sampled = [name for name, p in seen.profiles.items() if p.row_count > len(p.sample)]
    said = [*seen.schema.notes]
    if sampled:
        more = f" and {len(sampled) - SHOWN_NAMES} more" if len(sampled) > SHOWN_NAMES else ""
        said.append(
            f"Lists in cells, numbers kept as text and dependencies of columns were looked for in the first "
            f"{inputs.sample_rows:,} rows of: {', '.join(sampled[:SHOWN_NAMES])}{more}."
        )
    if seen.schema.other_schemas:
        said.append(f"Other schemas were not read: {', '.join(seen.schema.other_schemas[:SHOWN_NAMES])}.")
    parents = {key.parent for table in seen.schema.tables for key in table.foreign_keys if "." in key.parent}
    other = {name for name in parents if seen.schema.table(name) is None}
    if other:
        said.append(f"References into other schemas were not followed: {', '.join(sorted(other))}.")
    said.append("Conditions (CHECK), views, triggers, procedures, rights and query plans were not judged.")
    said.append(
        "Undeclared references are found only between single columns whose names point to a table; "
        "plural and reserved words are judged by English rules."
    )
    if len(findings) > MAX_FINDINGS:
        said.append(f"{len(findings) - MAX_FINDINGS} findings of lesser weight are not listed.")
    return tuple(said)


TOOL = Tool(
    id=TOOL_ID,
    version=VERSION,
    title="Schema Inspector",
    places=frozenset({"kernel", "server"}),
    input_model=SchemaInput,
    forecast=forecast,
    run=run,
    example=EXAMPLE,
    description=(
        "Inspects a SQLite or DuckDB file, a folder of CSV and Parquet files or, in the kernel, a PostgreSQL "
        "database, without changing anything. Returns tables, columns, keys and references with exact row "
        "and orphan counts, undeclared references found in the data, faults of keys, indexes, types, names "
        "and normal form, a diagram, and schema.json, schema.sql, schema.mmd and a data contract (ODCS; of "
        "table files also a Frictionless Data Package). With an earlier source or schema.json it names every "
        "change and judges backward and forward compatibility."
    ),
    kernel_only=("url",),
    libraries=("duckdb", "SQLAlchemy", "PyYAML"),
)
