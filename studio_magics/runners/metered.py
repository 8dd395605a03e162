"""Runs a tool on the server: estimate, upload, start once, follow to the end, receipt.

Owns the order of these steps and the idempotency key; the server owns money and limits.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.client.connection import new_key
from studio_magics.client.problems import BALANCE_LIMITS, next_step, what
from studio_magics.client.refusals import (
    InsufficientCredits,
    LimitReached,
    RunFailed,
    RunStopped,
    ServerFault,
    ServerRefusal,
    ServerUnreachable,
    StillRunning,
    StudioRefusal,
    TooFast,
    UsageRefused,
)
from studio_magics.contracts.billing import Estimate, EstimateRequest
from studio_magics.contracts.runs import TERMINAL_STATES, Run, RunRequest
from studio_magics.display.runs import queue_text
from studio_magics.display.wording import credits_text, limit_text, plural, size_text
from studio_magics.runners.outcome import StudioRun, stopped_before_start
from studio_magics.runners.validation import stays_here, validated

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_magics.client.studio_client import StudioClient
    from studio_magics.display.progress import Progress
    from studio_magics.runners.finding import FoundTool
    from studio_magics.runners.staging import Staged

WAIT_SECONDS = 10
"""How long one long poll may wait."""
MAX_FOLLOW_SECONDS = 3_600
MAX_LOST_POLLS = 20
"""Polls in a row that may fail, each with its own attempts, before following is given up."""
SECONDS_BETWEEN_LOST_POLLS = 1.0
MAX_CANCEL_POLLS = 6


@dataclass(frozen=True)
class Attempt:
    """A start that may or may not have reached the server: the same key starts it once."""

    request: RunRequest
    key: str


class MeteredRunner:
    """Runs tools on one server."""

    def __init__(
        self,
        client: Callable[[], StudioClient],
        *,
        exchange: Callable[[], AbstractContextManager[None]] = nullcontext,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`exchange` surrounds each poll and may forget a server that is lost, so that it is found anew."""
        self._client = client
        self._exchange = exchange
        self._clock = clock
        self._pause = pause
        self._open_attempts: dict[str, Attempt] = {}

    def estimate(self, found: FoundTool, staged: Staged, max_credits: int | None) -> Estimate:
        """What the run would cost; sets nothing aside, sends no data."""
        if found.tool is not None:
            validated(found.tool, found.fields, staged.inputs)
        return self._client().estimate(_estimate_request(found, staged, max_credits))

    def run(
        self,
        found: FoundTool,
        staged: Staged,
        max_credits: int | None,
        progress: Progress,
        *,
        fresh: bool = False,
    ) -> StudioRun:
        """Charge at most the quoted ceiling and give the result; a stored one is free, unless `fresh`.

        Raises:
            ServerRefusal: The server refused; nothing was charged.
            RunFailed: The run ended without a result; the text says what was charged.
            RunStopped: The person interrupted; the run was cancelled.
        """
        run = self.start(found, staged, max_credits, progress, fresh=fresh)
        return self._finished(self._followed(run, progress))

    def wait(self, run: Run, progress: Progress, timeout: float | None = None) -> StudioRun:
        """Follow a run that somebody started, to its end; interrupting ends the waiting, not the run.

        Raises:
            StillRunning: `timeout` seconds have passed.
            RunFailed: The run ended without a result; the text says what was charged.
        """
        try:
            return self._finished(self._polled(run, progress, timeout))
        except KeyboardInterrupt as stop:
            said = f"Waiting for {run.tool_title} was stopped; the run {run.id} goes on, {_at_most(run)}."
            action = f"%studio wait {run.id}, or %studio cancel {run.id} to stop it"
            raise StillRunning(said, action=action, run=run) from stop

    def fetched(self, run: Run) -> StudioRun:
        """A run of the server as its user knows it."""
        return StudioRun(
            id=run.id,
            tool_id=run.tool_id,
            tool_title=run.tool_title,
            state=run.state,
            place="server",
            receipt=run.receipt,
            result=run.result,
            fetch=lambda name: self._client().artefact(run.id, name),
            run=run,
        )

    def start(
        self,
        found: FoundTool,
        staged: Staged,
        max_credits: int | None,
        progress: Progress,
        *,
        fresh: bool = False,
    ) -> Run:
        """Have the run started, once, and follow it no further.

        Raises:
            ServerRefusal: The server refused; nothing was set aside.
            RunStopped: The person interrupted before it was started.
        """
        asked = _estimate_request(found, staged, max_credits)
        fingerprint = f"{asked.model_dump_json()} {fresh}"
        attempt = self._open_attempts.get(fingerprint)
        if attempt is None:
            try:
                request = self._quoted(found, staged, max_credits, progress, fresh=fresh)
            except KeyboardInterrupt as stop:
                raise stopped_before_start(found.title) from stop
            attempt = Attempt(request, new_key())
            self._open_attempts[fingerprint] = attempt
        return self._start(found.id, fingerprint, attempt)

    def _quoted(
        self,
        found: FoundTool,
        staged: Staged,
        max_credits: int | None,
        progress: Progress,
        *,
        fresh: bool,
    ) -> RunRequest:
        """Ask for the price and send the data; sets nothing aside."""
        progress.update(0, "estimating")
        quoted = self.estimate(found, staged, max_credits)
        if quoted.stored_run_id is None or fresh:
            refuse_early(quoted)
        self._upload(staged, progress)
        return RunRequest(inputs=staged.inputs, max_credits=max_credits, quote=quoted.quote, fresh=fresh)

    def _start(self, tool_id: str, fingerprint: str, attempt: Attempt) -> Run:
        try:
            run = self._client().start_run(tool_id, attempt.request, key=attempt.key)
        except ServerFault:
            raise
        except ServerRefusal:
            self._open_attempts.pop(fingerprint, None)
            raise
        except KeyboardInterrupt as stop:
            raise self._stopped(self._client().start_run(tool_id, attempt.request, key=attempt.key)) from stop
        except ServerUnreachable as lost:
            action = "run the same cell again: if the run was started, it is found and not started twice"
            raise ServerUnreachable(lost.what, action=action) from lost
        self._open_attempts.pop(fingerprint, None)
        return run

    def _upload(self, staged: Staged, progress: Progress) -> None:
        total = len(staged.content)
        for number, (digest, path) in enumerate(sorted(staged.content.items()), start=1):
            progress.update(0, f"sending data, {number} of {total}")
            if self._client().upload_info(digest) is None:
                name = f"{number} of {total}"
                self._client().upload(digest, path, told=_told(progress, name))

    def _followed(self, run: Run, progress: Progress) -> Run:
        seen = [run]
        try:
            return self._polled(run, progress, None, seen)
        except KeyboardInterrupt as stop:
            raise self._stopped(seen[-1]) from stop

    def _polled(
        self, run: Run, progress: Progress, timeout: float | None, seen: list[Run] | None = None
    ) -> Run:
        """The run when it is over; `seen` gets every state on the way."""
        began, lost_polls = self._clock(), 0
        patience = MAX_FOLLOW_SECONDS if timeout is None else timeout
        while run.state not in TERMINAL_STATES:
            progress.update(run.progress_percent, queue_text(run) or run.stage or run.state, run.log_lines)
            left = began + patience - self._clock()
            if left <= 0:
                raise _still_running(run, patience)
            try:
                with self._exchange():
                    wait = max(1, min(WAIT_SECONDS, round(left)))
                    run = self._client().run(run.id, since=run.revision, wait_seconds=wait)
                lost_polls = 0
            except (ServerUnreachable, ServerFault, TooFast) as lost:
                lost_polls += 1
                if lost_polls >= MAX_LOST_POLLS:
                    raise _lost_sight(run, lost) from lost
                self._pause(SECONDS_BETWEEN_LOST_POLLS)
            except ServerRefusal as refusal:
                raise _lost_sight(run, refusal) from refusal
            if seen is not None:
                seen.append(run)
        return run

    def _stopped(self, run: Run) -> StudioRefusal:
        """Ask the server to cancel and say what that cost."""
        try:
            run = self._client().cancel(run.id)
            for _ in range(MAX_CANCEL_POLLS):
                if run.state in TERMINAL_STATES:
                    break
                run = self._client().run(run.id, since=run.revision, wait_seconds=2)
        except StudioRefusal as failure:
            said = f"Following {run.tool_title} was stopped, but cancelling it did not work: {failure.what}"
            return RunStopped(said, action=f"%studio cancel {run.id}", run=self.fetched(run))
        if run.state == "succeeded":
            said = f"{run.tool_title} had finished before it could be cancelled; {_charged(run)}."
            return RunStopped(said, action=f"%studio run-info {run.id}", run=self.fetched(run))
        if run.state not in TERMINAL_STATES:
            said = f"{run.tool_title} is being cancelled; {_at_most(run)}."
            return RunStopped(said, action=f"%studio run-info {run.id}", run=self.fetched(run))
        said = f"{run.tool_title} was cancelled; {_charged(run)}."
        return RunStopped(said, action=_receipt_step(run), run=self.fetched(run))

    def _finished(self, run: Run) -> StudioRun:
        if run.state == "succeeded":
            return self.fetched(run)
        said = _failure(run)
        if run.charged_credits or (run.receipt and run.receipt.charged_credits):
            said = f"{said} {_charged(run).capitalize()}."
        elif "nothing was charged" not in said.lower():
            said = f"{said} Nothing was charged."
        action = next_step(run.failure) if run.failure else ""
        raise RunFailed(said, action=action or _receipt_step(run), run=self.fetched(run))


def _told(progress: Progress, name: str) -> Callable[[int, int], None]:
    """Shows how much of an upload has arrived."""

    def tell(arrived: int, size: int) -> None:
        progress.update(0, f"sending data, {name}: {size_text(arrived)} of {size_text(size)}")

    return tell


def refuse_early(quoted: Estimate) -> None:
    """Refuse before data is sent when the server has said already that it would refuse the run.

    Raises:
        InsufficientCredits: The balance does not cover the ceiling.
        LimitReached: A limit does not allow it now.
    """
    standing = quoted.standing
    if standing is None or not standing.refused_by:
        return
    figures = f"at most {quoted.max_credits:,} needed, {standing.available_credits:,} available"
    today = f"today {standing.day_used_credits:,} of {standing.day_cap_credits:,}"
    said = f"{quoted.tool_title} was refused by {limit_text(standing.refused_by)} ({figures}, {today})."
    kind = InsufficientCredits if standing.refused_by in BALANCE_LIMITS else LimitReached
    raise kind(said, action=standing.action or quoted.free_alternative)


def _estimate_request(found: FoundTool, staged: Staged, max_credits: int | None) -> EstimateRequest:
    stays_here(found, staged)
    if max_credits is not None and (isinstance(max_credits, bool) or not isinstance(max_credits, int)):  # pyright: ignore[reportUnnecessaryIsInstance]  - people call this
        said = f"The ceiling is a whole number of credits, not {max_credits!r}."
        raise UsageRefused(said, action="max_credits=8, or --max-credits 8")
    more: dict[str, Any] = {} if max_credits is None else {"max_credits": max_credits}
    return EstimateRequest(tool=found.id, inputs=staged.inputs, **more)


def _failure(run: Run) -> str:
    if run.failure is not None:
        return what(run.failure)
    return f"{run.tool_title} ended as {run.state.replace('_', ' ')}."


def _at_most(run: Run) -> str:
    return f"at most {credits_text(run.max_credits)} can be charged"


def _charged(run: Run) -> str:
    """'charged 3 credits of at most 8, 5 returned'."""
    paid = run.receipt
    if paid is None:
        return f"charged {credits_text(run.charged_credits or 0)} of at most {run.max_credits:,}"
    charged = f"charged {credits_text(paid.charged_credits)} of at most {paid.max_credits:,}"
    return f"{charged}, {paid.returned_credits:,} returned"


def _receipt_step(run: Run) -> str:
    return f"%studio receipt {run.receipt_id}" if run.receipt_id else f"%studio run-info {run.id}"


def _still_running(run: Run, seconds: float) -> StillRunning:
    state = queue_text(run) or run.state
    waited = plural(round(seconds), "second")
    said = f"{run.tool_title} is still {state} after {waited}; it goes on at the server, {_at_most(run)}."
    return StillRunning(said, action=f"%studio wait {run.id}", run=run)


def _lost_sight(run: Run, lost: StudioRefusal) -> ServerUnreachable:
    said = f"{lost.what} The run {run.id} goes on there; {_at_most(run)}."
    return ServerUnreachable(said, action=f"%studio wait {run.id}")
