"""Runs the tool: read, plan, run on the sample, judge, and write the code."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.tools.data.lineage.exports import open_lineage
from studio_magics.tools.data.lineage.mapping import map_lineage
from studio_magics.tools.data.lineage.naming import folded_dataset
from studio_magics.tools.data.lineage.texts import Gathered, SqlText
from studio_magics.tools.data.pipelines import code
from studio_magics.tools.data.pipelines.dbt_project import as_dbt
from studio_magics.tools.data.pipelines.designing import designed
from studio_magics.tools.data.pipelines.figures import figures_of, mermaid
from studio_magics.tools.data.pipelines.findings import SEVERITIES, Seen, all_findings
from studio_magics.tools.data.pipelines.identity import LIBRARIES, TOOL_ID, VERSION
from studio_magics.tools.data.pipelines.inputs import wish_of
from studio_magics.tools.data.pipelines.loading import load, sql_texts, written_out
from studio_magics.tools.data.pipelines.plan import plan_of, refuse_unreadable
from studio_magics.tools.data.pipelines.running import kept_parquet, run_steps
from studio_magics.tools.data.pipelines.tables import all_tables
from studio_magics.tools.tabular import quoted
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.contracts.results import Artefact, Finding
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.lineage.model import Lineage
    from studio_magics.tools.data.pipelines.inputs import PipelineInput, PipelineWish
    from studio_magics.tools.data.pipelines.loading import Loaded
    from studio_magics.tools.data.pipelines.plan import Plan
    from studio_magics.tools.data.pipelines.running import Ran

MAX_FINDINGS = 200
MAX_PARQUET_BYTES = 16_000_000


def run(inputs: PipelineInput, context: RunContext) -> ToolResult:
    """Plan the steps, run them on the sample, and write them out as code.

    Raises:
        InputRejected: A table, a step or a test that cannot be used; names it.
        MemoryError: The tables need more memory than a run has.
    """
    context.progress(0.02, "reading")
    wish, texts = wish_of(inputs.pipeline), sql_texts(inputs, context)
    refuse_unreadable(wish, texts)
    loaded = load(inputs, wish, context)
    try:
        return _run(inputs, wish, texts, loaded, context)
    finally:
        loaded.store.close()


def _run(
    inputs: PipelineInput, wish: PipelineWish, texts: dict[str, str], loaded: Loaded, context: RunContext
) -> ToolResult:
    is_design = not wish.steps and not texts
    if is_design:
        wish = designed(wish, loaded)
    plan = plan_of(wish, texts, loaded.sources)
    context.progress(0.42, "checking")
    ran = run_steps(plan, loaded.store, context)
    context.progress(0.82, "tracing columns")
    seen = Seen(plan, ran, _lineage(plan, ran, context), _is_sampled(inputs, loaded))
    findings = all_findings(seen)
    context.progress(0.92, "drawing")
    figures = figures_of(seen)
    context.progress(0.95, "writing the code")
    return ToolResult(
        headline=_headline(seen, is_design=is_design),
        summary=_summary(seen, findings, is_design=is_design),
        findings=findings[:MAX_FINDINGS],
        tables=all_tables(seen, loaded.store),
        figures=figures,
        artefacts=_artefacts(inputs, seen, loaded, context),
        not_checked=_not_checked(inputs, seen, loaded),
        provenance=Provenance(
            tool_id=TOOL_ID,
            tool_version=VERSION,
            libraries={name: version(name) for name in LIBRARIES},
            input_digest=_digest(inputs),
        ),
    )


def _digest(inputs: PipelineInput) -> str:
    return "sha256:" + sha256(inputs.model_dump_json().encode()).hexdigest()


def _is_sampled(inputs: PipelineInput, loaded: Loaded) -> bool:
    return bool(inputs.sample_rows) and any(rows > inputs.sample_rows for rows in loaded.rows.values())


def _lineage(plan: Plan, ran: Ran, context: RunContext) -> Lineage:
    """The columns of every step, with the types the database gave them."""
    gathered = Gathered(declared={name: dict(ran.columns[name]) for name in plan.sources})
    for step in plan.steps:
        sql = f"CREATE {step.wish.kind} {quoted(step.name)} AS {step.sql}"
        gathered.texts.append(SqlText(step.name, sql, target=step.name))
    lineage = map_lineage(
        gathered, None, "duckdb", lambda share, stage: context.progress(0.82 + 0.08 * share, stage)
    )
    for name, columns in ran.columns.items():
        known = lineage.columns.setdefault(folded_dataset(name, "duckdb"), {})
        folded = {column.casefold(): kind for column, kind in columns.items()}
        for column in known:
            known[column] = folded.get(column.casefold(), known[column])
    return lineage


def _headline(seen: Seen, *, is_design: bool) -> str:
    plan, ran = seen.plan, seen.ran
    text = f"{plan.wish.name}: {counted(len(plan.steps), 'step')} over {counted(len(plan.sources), 'source')}"
    if is_design:
        text += " designed from the data"
    if ran.failed:
        return f"{text}; {counted(len(ran.failed), 'step')} broke, {len(ran.skipped)} not run"
    fails = sum(bool(one.broken) or one.broken is None for one in ran.checks)
    tests = (
        f"{fails} of {counted(len(ran.checks), 'test')} failed"
        if fails
        else (f"all {counted(len(ran.checks), 'test')} kept" if ran.checks else "no tests")
    )
    rows = ", ".join(f"{name} {ran.rows[name]:,}" for name in plan.outputs[:3] if name in ran.rows)
    return f"{text} ran; {tests}" + (f"; rows: {rows}" if rows else "")


def _summary(seen: Seen, findings: tuple[Finding, ...], *, is_design: bool) -> dict[str, Any]:
    plan, ran = seen.plan, seen.ran
    return {
        "name": plan.wish.name,
        "designed": is_design,
        "order": [step.name for step in plan.steps],
        "sources": list(plan.sources),
        "outputs": list(plan.outputs),
        "rows": dict(ran.rows),
        "failed": dict(ran.failed),
        "tests": {
            "kept": sum(one.broken == 0 for one in ran.checks),
            "failed": sum(bool(one.broken) for one in ran.checks),
            "unusable": sum(one.broken is None for one in ran.checks),
        },
        "schedule": code.CRON_WORDS.get(plan.wish.schedule, plan.wish.schedule),
        "findings": {level: sum(one.severity == level for one in findings) for level in SEVERITIES},
    }


def _artefacts(
    inputs: PipelineInput, seen: Seen, loaded: Loaded, context: RunContext
) -> tuple[Artefact, ...]:
    plan, ran = seen.plan, seen.ran
    rows = {name: written_out(name, source.rows) for name, source in plan.wish.sources.items() if source.rows}
    selects = {**loaded.readers, **rows}
    events = open_lineage(seen.lineage, namespace=plan.wish.name, at=context.now, seed=_digest(inputs))
    made = [
        ("pipeline.yaml", "application/yaml", code.as_yaml(plan), "Pipeline, as the tool reads it"),
        ("pipeline.sql", "application/sql", code.as_sql(plan, selects), "Script for DuckDB"),
        ("pipeline.py", "text/x-python", code.as_program(plan, selects), "Program in Python"),
        ("airflow_dag.py", "text/x-python", code.as_airflow(plan), "DAG for Airflow"),
        ("dbt_project.zip", "application/zip", as_dbt(plan, selects), "dbt project"),
        ("openlineage.ndjson", "application/x-ndjson", events, "OpenLineage events"),
        ("pipeline.mmd", "text/vnd.mermaid", mermaid(seen).encode(), "Mermaid diagram"),
    ]
    kept = {name: ran.rows[name] for name in plan.outputs if name in ran.rows and ran.columns[name]}
    for name, content in kept_parquet(kept, loaded.store, MAX_PARQUET_BYTES).items():
        made.append((f"{name}.parquet", "application/vnd.apache.parquet", content, f"Result of {name}"))
    return tuple(
        context.add_artefact(name, kind, content, title=title) for name, kind, content, title in made
    )


def _not_checked(inputs: PipelineInput, seen: Seen, loaded: Loaded) -> tuple[str, ...]:
    said: list[str] = []
    if seen.is_sampled:
        cut = [f"{name} ({count:,})" for name, count in loaded.rows.items() if count > inputs.sample_rows]
        said.append(
            f"Only the first {inputs.sample_rows:,} rows were tried of {', '.join(cut)}; joins and tests may "
            "come out otherwise on all of them."
        )
    if seen.ran.skipped:
        said.append(f"Not run, because a step before broke: {', '.join(seen.ran.skipped)}.")
    said.append(
        "airflow_dag.py and dbt_project.zip were written, not run: neither program is part of this tool."
    )
    said.append("How long steps take and what they cost elsewhere was not measured.")
    said += list(loaded.notes)
    return tuple(said)
