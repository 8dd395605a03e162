"""Runs as people ask for them: start, look, wait, cancel. The same service behind every door.

Owns the order of things: price, hold and run row in one transaction, then the queue. Every method serves one
user and sees only what is theirs.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from studio_magics.contracts.runs import Run, RunList, RunRequest, RunSummary
from studio_server.accounts.people import People, User
from studio_server.audit.events import LimitViolation, RunAllowed, RunBlocked, record
from studio_server.ids import IdSource
from studio_server.ledger import HoldRefused, Ledger, PlaceHold
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows, views
from studio_server.runs.answers import Answers
from studio_server.runs.artefacts import ArtefactStore
from studio_server.runs.closing import Closer
from studio_server.runs.executor.protocol import Outcome
from studio_server.runs.inputs import wrong_size
from studio_server.runs.live import LiveRuns
from studio_server.runs.offers import Offer, Offers
from studio_server.runs.replicas import ask_to_cancel, orphaned, taken
from studio_server.runs.rows import RunRow
from studio_server.runs.scheduler import Scheduler
from studio_server.runs.uploads import UploadMissing, Uploads
from studio_server.runs.user_secrets import UserSecrets
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

PAGE = 50


class Numbers(TypedDict):
    """What a refusal by a limit tells, as it goes on record."""

    limit: str
    used: int
    held: int
    needed: int
    available: int


class ArtefactGone(LookupError):
    """The file was kept until then."""

    def __init__(self, name: str, run_id: str, until: datetime) -> None:
        super().__init__(f"{name} of {run_id} was kept until {until:%Y-%m-%d}")
        self.name, self.run_id, self.until = name, run_id, until


class RunNotFound(LookupError):
    """This user has no such run (or receipt, or artefact)."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"there is no {wanted}")
        self.wanted = wanted


@dataclass(frozen=True)
class Parts:
    """What the service works with."""

    db: Store
    registry: Registry
    ledger: Ledger
    people: People
    offers: Offers
    answers: Answers
    uploads: Uploads
    artefacts: ArtefactStore
    closer: Closer
    scheduler: Scheduler
    live: LiveRuns
    ids: IdSource
    lease: Callable[[RunRow], timedelta]
    replica_id: str
    secrets: UserSecrets


class RunService:
    """Starts runs and tells how they are."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def place(self, tx: Tx, user: User, tool: str, request: RunRequest) -> RunRow:
        """Set the ceiling aside and store the run as queued; call `enqueue` once this is committed.

        Where the result of the same work is stored, nothing is set aside and the run is over at once.

        Raises:
            ToolNotFound, ToolComingSoon, ToolRunsElsewhere, InputInvalid, InputTooLarge, UploadMissing,
            CeilingBelowMinimum, QuoteRefused, HoldRefused: Nothing was set aside.
        """
        parts = self._parts
        offer = parts.offers.offer(tx, tool, request.inputs, request.max_credits)
        if request.quote is not None:
            offer = parts.offers.honour(tx, offer, request.quote, user, max_credits=request.max_credits)
        source = None if request.fresh else parts.answers.find(tx, user.id, offer.prepared)
        if source is not None:
            parts.people.allocate(tx, user)
            return parts.answers.give(tx, user, self._row(tx, user, offer), source)
        self._refuse_missing(tx, user, offer)
        parts.people.allocate(tx, user)
        return self._hold(tx, user, offer)

    def _refuse_missing(self, tx: Tx, user: User, offer: Offer) -> None:
        parts = self._parts
        parts.secrets.use(tx, user.id, offer.prepared.tool, offer.prepared.inputs)
        for file in offer.prepared.files:
            stored = parts.uploads.find(tx, user.id, file.digest)
            if stored is None:
                raise UploadMissing(file.digest, file.name)
            if stored.size_bytes != file.size_bytes:
                raise wrong_size(offer.prepared.tool, file, stored.size_bytes)
            parts.uploads.use(tx, user.id, file.digest)

    async def record_refusal(self, user: User, tool: str, refused: HoldRefused) -> None:
        """Keep on record that a limit refused a run; the refusal itself left no trace in the books."""
        subject, numbers = refused.wallet_id, _numbers(refused)
        tool_id = self._parts.registry.find(tool).id
        violation = LimitViolation(subject, cap=refused.cap, **numbers)
        blocked = RunBlocked(subject, tool_id, **numbers)

        def work(tx: Tx) -> None:
            record(tx, user.id, violation)
            record(tx, user.id, blocked)

        await self._parts.db.write(work)

    def enqueue(self, run: RunRow) -> None:
        """Let a stored run take its turn; one that is over already needs none."""
        if not run.over:
            self._parts.scheduler.add(run)

    def summary(self, run: RunRow) -> RunSummary:
        """One line of a run as it is now."""
        return views.summary(self._parts.registry, run, self._parts.live.of(run.id))

    def page(self, user_id: str, run_id: str) -> Run:
        """A run of this user, whole.

        Raises:
            RunNotFound: They have no such run.
        """
        return self._parts.db.read(lambda tx: self.page_in(tx, user_id, run_id))

    def page_in(self, tx: Tx, user_id: str, run_id: str) -> Run:
        """The same inside a transaction."""
        run = rows.by_id(tx, run_id)
        if run is None or run.user_id != user_id:
            raise RunNotFound(f"run {run_id}")
        return views.page(self._parts.registry, tx, run, self._parts.live.of(run_id))

    async def follow(self, user_id: str, run_id: str, *, since: int, wait_seconds: float) -> Run:
        """The run as soon as it has changed since that revision, or when patience ends."""
        page = self.page(user_id, run_id)
        if page.revision > since or page.ended_at is not None or wait_seconds <= 0:
            return page
        await self._parts.live.changed(run_id, wait_seconds)
        return self.page(user_id, run_id)

    def list(self, user_id: str, *, before: str | None, limit: int) -> RunList:
        """Runs of this user, newest first."""
        found = self._parts.db.read(lambda tx: rows.of_user(tx, user_id, before=before, limit=limit + 1))
        shown = found[:limit]
        return RunList(
            runs=tuple(self.summary(run) for run in shown),
            next_before=shown[-1].id if len(found) > limit else None,
        )

    async def cancel(self, user_id: str, run_id: str) -> Run:
        """Stop a run of this user; a run that is over stays as it is.

        Raises:
            RunNotFound: They have no such run.
        """
        page = self.page(user_id, run_id)
        if page.ended_at is None and not await self._parts.scheduler.cancel(run_id):
            await self._parts.db.write(lambda tx: ask_to_cancel(tx, run_id))
        return self.page(user_id, run_id)

    def receipt(self, user_id: str, wanted: str | None) -> str:
        """A receipt of this user as JSON text: by its id, by its run's id, or the latest.

        Raises:
            RunNotFound: They have no such receipt.
        """
        by_run = wanted if wanted and wanted.startswith("run_") else None
        by_id = wanted if wanted and not by_run else None
        text = self._parts.db.read(lambda tx: rows.receipt_text(tx, user_id, receipt_id=by_id, run_id=by_run))
        if text is None:
            raise RunNotFound(f"receipt {wanted}" if wanted else "receipt yet")
        return text

    def artefact(self, user_id: str, run_id: str, name: str) -> rows.ArtefactRow:
        """A file of a run of this user; asks the storage whether it is there, so it blocks.

        Raises:
            RunNotFound: There is no such run or file.
            ArtefactGone: It was kept for its time.
        """
        source = self.page(user_id, run_id).answered_from or run_id
        found = self._parts.db.read(lambda tx: rows.artefact(tx, source, name))
        if found is None:
            raise RunNotFound(f"file {name} of {run_id}")
        ended = found.expires_at is not None and found.expires_at <= self._parts.db.clock.now()
        if found.expires_at is not None and (found.removed or ended):
            raise ArtefactGone(name, run_id, found.expires_at)
        if not self._parts.artefacts.is_there(found):
            raise RunNotFound(f"file {name} of {run_id}")
        return found

    def close_abandoned(self, tx: Tx) -> int:
        """End every run whose server is gone, or forgot it, as its own fault: nothing is charged.

        A server forgets a run whose end it could not write, because the disk had failed just then.
        """
        own = taken(tx, self._parts.replica_id)
        left = orphaned(tx) + [run_id for run_id in own if not self._parts.scheduler.knows(run_id)]
        for run_id in left:
            self._parts.closer.close(tx, run_id, Outcome("lost", "The server stopped during the run."))
        return len(left)

    def _hold(self, tx: Tx, user: User, offer: Offer) -> RunRow:
        parts = self._parts
        run = self._row(tx, user, offer)
        held = parts.ledger.execute(
            tx,
            PlaceHold(
                effect_key=f"run:{run.id}:hold",
                wallet_id=user.wallet_id,
                purpose=run.id,
                ceiling=run.maximum_credits,
                price_version=run.price_version,
                lease_seconds=int(parts.lease(run).total_seconds()),
            ),
            actor=user.id,
        )
        placed = replace(run, hold_id=held.hold_id)
        rows.insert(tx, placed)
        record(tx, user.id, _allowed(placed))
        return placed

    def _row(self, tx: Tx, user: User, offer: Offer) -> RunRow:
        prepared, priced = offer.prepared, offer.priced
        return RunRow(
            id=self._parts.ids.new("run"),
            user_id=user.id,
            tool_id=offer.entry.id,
            tool_version=prepared.tool.version,
            price_version=self._parts.registry.price_version,
            state="queued",
            revision=1,
            hold_id="",
            inputs=json.loads(json.dumps(prepared.inputs)),
            input_digest=prepared.digest,
            input_summary=prepared.summary,
            minimum_credits=priced.minimum,
            typical_credits=priced.typical,
            maximum_credits=priced.maximum,
            limits=priced.limits,
            forecast_cpu_ms=prepared.forecast.cpu_ms,
            forecast_wall_ms=prepared.forecast.wall_ms,
            forecast_peak_bytes=prepared.forecast.peak_bytes,
            measured_cpu_ms=None,
            measured_wall_ms=None,
            measured_peak_bytes=None,
            charged_credits=None,
            receipt_id=None,
            failure=None,
            created_at=tx.now,
            started_at=None,
            ended_at=None,
            replica_id=self._parts.replica_id,
        )


def _allowed(run: RunRow) -> RunAllowed:
    return RunAllowed(
        run.id,
        tool_id=run.tool_id,
        price_version=run.price_version,
        input_digest=run.input_digest,
        hold_id=run.hold_id,
        max_credits=run.maximum_credits,
    )


def _numbers(refused: HoldRefused) -> Numbers:
    return {
        "limit": refused.limit,
        "used": refused.used,
        "held": refused.held,
        "needed": refused.needed,
        "available": refused.available,
    }
