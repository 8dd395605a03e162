"""Runs as they go over the wire."""

from typing import Any

from studio_magics.contracts.billing import Receipt
from studio_magics.contracts.problems import Problem
from studio_magics.contracts.results import ToolResult
from studio_magics.contracts.runs import Run, RunSummary
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows
from studio_server.runs.live import Live, revision
from studio_server.runs.rows import RunRow
from studio_server.storage.tx import Tx

WHOLE = 100


def summary(registry: Registry, run: RunRow, live: Live | None) -> RunSummary:
    """One line of a run."""
    return RunSummary(**_members(registry, run, live))


def page(registry: Registry, tx: Tx, run: RunRow, live: Live | None) -> Run:
    """A run with its receipt, failure and result."""
    receipt = rows.receipt_text(tx, run.user_id, run_id=run.id) if run.over else None
    result = rows.result_text(tx, run.source) if run.state == "succeeded" else None
    return Run(
        **_members(registry, run, live),
        tool_version=run.tool_version,
        typical_credits=run.typical_credits,
        started_at=run.started_at,
        failure=Problem.model_validate(run.failure) if run.failure else None,
        receipt=Receipt.model_validate_json(receipt) if receipt else None,
        result=ToolResult.model_validate_json(result) if result else None,
        log_lines=live.log if live and not run.over else tuple(run.log_lines),
    )


def _members(registry: Registry, run: RunRow, live: Live | None) -> dict[str, Any]:
    entry = registry.tools.get(run.tool_id)
    return {
        "id": run.id,
        "tool_id": run.tool_id,
        "tool_title": entry.title if entry else run.tool_id,
        "state": run.state,
        "progress_percent": WHOLE if run.state == "succeeded" else (live.percent if live else 0),
        "stage": live.stage if live and not run.over else "",
        "log_line": live.log[-1] if live and live.log and not run.over else "",
        "queue_position": live.position if live and run.state == "queued" else None,
        "answered_from": run.answered_from or None,
        "revision": revision(run.revision, live if not run.over else None),
        "max_credits": run.maximum_credits,
        "charged_credits": run.charged_credits,
        "receipt_id": run.receipt_id,
        "input_summary": run.input_summary,
        "created_at": run.created_at,
        "ended_at": run.ended_at,
    }
