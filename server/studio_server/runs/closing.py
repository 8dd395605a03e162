"""Ends a run: what an outcome costs, the end of its hold and its receipt, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from studio_magics.contracts.billing import Measured, Receipt
from studio_magics.contracts.problems import FieldProblem, Problem
from studio_magics.contracts.runs import RunState
from studio_server.audit.events import RunEnded, record_run_end
from studio_server.ids import IdSource
from studio_server.ledger import HoldFinished, Ledger, Release, Settle
from studio_server.pricing.burn import Usage, burnt_credits, charge
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows
from studio_server.runs.executor.protocol import Outcome
from studio_server.runs.offers import lines_of
from studio_server.runs.rows import RunRow
from studio_server.storage.tx import Tx


@dataclass(frozen=True)
class Verdict:
    """What an outcome means: the state, whether work is paid for, and why."""

    state: RunState
    pays: bool
    code: str
    reason: str


PLATFORM_FAULT = "the platform failed; nothing was charged"
VERDICTS: dict[str, Verdict] = {
    "succeeded": Verdict("succeeded", True, "", "measured work"),
    "input_rejected": Verdict("failed", False, "input_rejected", "the tool refused the input before work"),
    "tool_failed": Verdict(
        "failed", True, "tool_failed", "the tool failed after work; measured work is charged"
    ),
    "limit_cpu": Verdict("timed_out", True, "cpu_limit", "stopped at the CPU limit of this run"),
    "limit_wall": Verdict("timed_out", True, "time_limit", "stopped at the time limit of this run"),
    "limit_memory": Verdict("failed", True, "memory_limit", "stopped at the memory limit of this run"),
    "limit_output": Verdict("failed", True, "output_limit", "stopped at the output limit of this run"),
    "limit_disk": Verdict("failed", True, "disk_limit", "stopped at the disk limit of this run"),
    "cancelled": Verdict("cancelled", True, "cancelled", "the work until then is charged"),
    "lost": Verdict("lost", False, "platform_fault", PLATFORM_FAULT),
}
WITHDRAWN = Verdict("cancelled", False, "cancelled", "it had not begun; nothing was charged")
STOPPED_EARLY = Verdict("cancelled", False, "cancelled", "no work was measured; nothing was charged")
PREDICATES = ("needed ", "took ", "made ")
"""What an executor's sentence without a subject begins with."""
NEXT_STEPS = {
    "input_rejected": "correct the input and run again; nothing was charged",
    "tool_failed": "%studio run-info {run} shows what happened",
    "cpu_limit": "try a smaller input or a higher --max-credits",
    "time_limit": "try a smaller input or a higher --max-credits",
    "memory_limit": "try a smaller input, or Parquet in place of CSV",
    "output_limit": "ask for less output, or a smaller input",
    "disk_limit": "try a smaller input",
    "cancelled": "run it again when you need it",
    "platform_fault": "run it again; nothing was charged",
}


@dataclass(frozen=True)
class Closing:
    """A run that has ended, and the receipt for it."""

    run: RunRow
    receipt: Receipt


class Closer:
    """Ends runs, inside the transaction handed in. Each run ends once, whoever asks."""

    def __init__(self, registry: Registry, ledger: Ledger, ids: IdSource, *, deterministic: bool) -> None:
        self._registry = registry
        self._ledger = ledger
        self._ids = ids
        self._deterministic = deterministic

    def close(
        self,
        tx: Tx,
        run_id: str,
        outcome: Outcome,
        *,
        verdict: Verdict | None = None,
        log_lines: Sequence[str] = (),
    ) -> Closing | None:
        """End the run with this outcome and the last lines of its log; None when it is over already."""
        run = rows.by_id(tx, run_id)
        if run is None or run.over:
            return None
        verdict = verdict or _verdict(outcome)
        usage = self._usage(run, outcome)
        charged = self._end_hold(tx, run, verdict, usage)
        receipt = self._receipt(tx, run, verdict, usage, charged)
        failure = _failure(run, self._registry.tools[run.tool_id].title, verdict, outcome)
        values = _last_values(run, receipt, usage, failure) | {"state": verdict.state, "ended_at": tx.now}
        values["log_lines"] = list(log_lines)
        result = outcome.result if verdict.state == "succeeded" else None
        stored = values | {"result": result.model_dump_json() if result else None}
        rows.change(tx, run.id, ("queued", "running"), stored)
        rows.insert_receipt(tx, run.user_id, receipt)
        record_run_end(tx, _ended(receipt, verdict))
        return Closing(replace(run, **values), receipt)

    def _usage(self, run: RunRow, outcome: Outcome) -> Usage | None:
        if outcome.measured is None:
            return None
        if self._deterministic:
            return Usage(run.forecast_cpu_ms, run.forecast_wall_ms, run.forecast_peak_bytes)
        measured = outcome.measured
        return Usage(measured.cpu_ms, measured.wall_ms, measured.peak_bytes)

    def _end_hold(self, tx: Tx, run: RunRow, verdict: Verdict, usage: Usage | None) -> int:
        if not verdict.pays or usage is None:
            reason = "platform_error" if verdict.state == "lost" or usage is None else "user_error"
            return self._release(tx, run, reason)
        burnt = charge(self._registry.burn, usage, ceiling=run.maximum_credits)
        settle = Settle(hold_id=run.hold_id, charge=burnt, price_version=run.price_version)
        return self._ledger.execute(tx, settle).settled

    def _release(self, tx: Tx, run: RunRow, reason: str) -> int:
        """Return the hold; one whose lease has ended is back already, and the run ends all the same."""
        try:
            return self._ledger.execute(tx, Release(hold_id=run.hold_id, reason=reason)).settled
        except HoldFinished as finished:
            return finished.settled

    def _receipt(self, tx: Tx, run: RunRow, verdict: Verdict, usage: Usage | None, charged: int) -> Receipt:
        wallet_id = self._wallet(tx, run.user_id)
        return Receipt(
            id=self._ids.new("rcpt"),
            run_id=run.id,
            tool_id=run.tool_id,
            tool_title=self._registry.tools[run.tool_id].title,
            tool_version=run.tool_version,
            price_version=run.price_version,
            outcome=verdict.state,
            reason=self._why(verdict, usage, charged),
            min_credits=run.minimum_credits,
            typical_credits=run.typical_credits,
            max_credits=run.maximum_credits,
            charged_credits=charged,
            returned_credits=run.maximum_credits - charged,
            lines=lines_of(self._registry.burn, usage) if usage and charged else (),
            measured=_measured(usage),
            available_credits_after=self._ledger.wallet_view(tx, wallet_id).available,
            created_at=tx.now,
        )

    def _why(self, verdict: Verdict, usage: Usage | None, charged: int) -> str:
        """Why this charge: the work alone, or the least or the most a run costs."""
        if not charged or usage is None:
            return verdict.reason
        burnt = burnt_credits(self._registry.burn, usage)
        if burnt < charged:
            return f"{verdict.reason}; a run costs at least {charged} credits"
        if burnt > charged:
            return f"{verdict.reason}; never above the ceiling of {charged} credits"
        return f"{verdict.reason}, rounded up once"

    def _wallet(self, tx: Tx, user_id: str) -> str:
        row = tx.one("SELECT wallet_id FROM users WHERE id = ?", (user_id,))
        return row[0] if row else ""


def _verdict(outcome: Outcome) -> Verdict:
    if outcome.kind == "cancelled" and outcome.measured is None:
        return STOPPED_EARLY
    return VERDICTS[outcome.kind]


def _ended(receipt: Receipt, verdict: Verdict) -> RunEnded:
    return RunEnded(
        receipt.run_id,
        tool_id=receipt.tool_id,
        state=verdict.state,
        code=verdict.code,
        receipt_id=receipt.id,
        charged_credits=receipt.charged_credits,
        returned_credits=receipt.returned_credits,
    )


def _measured(usage: Usage | None) -> Measured | None:
    if usage is None:
        return None
    return Measured(
        cpu_ms=usage.cpu_ms, wall_ms=usage.wall_ms, peak_bytes=usage.peak_bytes, byte_ms=usage.byte_ms
    )


def _last_values(
    run: RunRow, receipt: Receipt, usage: Usage | None, failure: Problem | None
) -> dict[str, Any]:
    return {
        "revision": run.revision + 1,
        "charged_credits": receipt.charged_credits,
        "receipt_id": receipt.id,
        "failure": failure.model_dump(mode="json", exclude_none=True) if failure else None,
        "measured_cpu_ms": usage.cpu_ms if usage else None,
        "measured_wall_ms": usage.wall_ms if usage else None,
        "measured_peak_bytes": usage.peak_bytes if usage else None,
    }


def _error(title: str, outcome: Outcome, verdict: Verdict) -> str:
    if verdict.state == "cancelled":
        return f"{title} was cancelled."
    if outcome.rejection is not None:
        return f"The tool cannot use the input '{outcome.rejection.field}'."
    message = outcome.message or verdict.reason
    if message.startswith(PREDICATES):
        return f"{title} {message}."
    return f"{message[:1].upper()}{message[1:]}".rstrip(".") + "."


def _next_step(run: RunRow, verdict: Verdict, outcome: Outcome) -> str:
    own = outcome.rejection.action if outcome.rejection is not None else ""
    return own or NEXT_STEPS[verdict.code].format(run=run.id)


def _failure(run: RunRow, title: str, verdict: Verdict, outcome: Outcome) -> Problem | None:
    if verdict.state == "succeeded":
        return None
    fields: tuple[FieldProblem, ...] = ()
    if outcome.rejection is not None:
        said = outcome.rejection
        fields = (FieldProblem(field=said.field, found=said.found, allowed=said.allowed, action=said.action),)
    return Problem(
        type=f"urn:studio:problem:{verdict.code}",
        status=422 if verdict.code == "input_rejected" else 500 if verdict.state == "lost" else 409,
        code=verdict.code,
        error=_error(title, outcome, verdict),
        reason=verdict.reason,
        action=_next_step(run, verdict, outcome),
        fields=fields,
        run_id=run.id,
    )
