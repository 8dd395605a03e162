"""Everything the server does, wired together once; the HTTP layer and the command line both stand on this."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from studio_magics.contracts.events import BalanceEvent, HelloEvent, NoticeEvent, RunEvent
from studio_server.accounts import alerts
from studio_server.accounts.balance import Accounts
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import People, User
from studio_server.clock import Clock, FixedClock, SystemClock, to_microseconds
from studio_server.events.bus import EventBus
from studio_server.ids import CountedIds, IdSource, TimeOrderedIds
from studio_server.ledger import Ledger, day_window, month_window
from studio_server.ledger.anchor import write_anchor
from studio_server.ledger.checker import check
from studio_server.registry import catalogue
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows
from studio_server.runs.closing import Closer, Closing
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Executor
from studio_server.runs.live import LiveRuns
from studio_server.runs.offers import Offers
from studio_server.runs.rows import RunRow
from studio_server.runs.scheduler import Scheduler, Surroundings
from studio_server.runs.service import Parts, RunService
from studio_server.runs.sweeper import Housekeeping, Sweeper
from studio_server.runs.uploads import Uploads
from studio_server.settings import DETERMINISTIC_START, Settings, signing_secret
from studio_server.storage.database import Database
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
HELLO_RUNS = 20


class BooksBroken(RuntimeError):
    """The books do not balance; the server takes no further writes."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"the books do not balance: {'; '.join(faults[:3])}")
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Services:
    """One running server."""

    settings: Settings
    db: Database
    registry: Registry
    ledger: Ledger
    ids: IdSource
    people: People
    accounts: Accounts
    offers: Offers
    uploads: Uploads
    runs: RunService
    scheduler: Scheduler
    executor: Executor
    live: LiveRuns
    bus: EventBus
    sweeper: Sweeper

    def begin(self) -> None:
        """Check the books, record the price version, end what a former process left open; blocks.

        Raises:
            BooksBroken: The server must not start on these books.
        """
        inspect(self.db, self.settings)
        left = self.db.write_blocking(self._begin)
        if left:
            log.warning("%d runs of a former process were closed, nothing was charged", left)

    def _begin(self, tx: Tx) -> int:
        version = self.registry.price_version
        content = json.dumps({"burn": vars(self.registry.burn), "tools": sorted(self.registry.tools)})
        tx.execute(
            "INSERT INTO price_versions (id, content, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (version, content, to_microseconds(tx.now)),
        )
        left = self.runs.close_abandoned(tx)
        if self.settings.mode == "local":
            self.people.welcome(tx, owner_identity(self.settings))
        return left

    async def user(self, identity: Identity) -> User:
        """The user behind an identity; a new one gets a wallet and this month's credits."""
        found = self.db.read(lambda tx: self.people.known(tx, identity))
        return found or await self.db.write(lambda tx: self.people.welcome(tx, identity))

    def hello(self, user: User) -> HelloEvent:
        """What a new event stream starts from."""
        balance = self.db.read(lambda tx: self.accounts.balance(tx, user))
        return HelloEvent(balance=balance, runs=self.runs.list(user.id, before=None, limit=HELLO_RUNS).runs)

    def run_changed(self, run_id: str) -> None:
        """Tell the owner's streams how a run is now."""
        run = self.db.read(lambda tx: rows.by_id(tx, run_id))
        if run is not None:
            self.bus.publish(run.user_id, RunEvent(run=self.runs.summary(run)))

    def money_moved(self, user_id: str) -> None:
        """Tell the owner's streams the new balance."""
        if not self.bus.listened_to(user_id):
            return
        user = self.db.read(lambda tx: self.people.by_id(tx, user_id))
        if user is not None:
            balance = self.db.read(lambda tx: self.accounts.balance(tx, user))
            self.bus.publish(user_id, BalanceEvent(balance=balance))

    def run_closed(self, closing: Closing) -> None:
        """Tell the owner's streams that a run is over, the new balance, and thresholds it reached."""
        user_id = closing.run.user_id
        self.bus.publish(user_id, RunEvent(run=self.runs.summary(closing.run)))
        self.money_moved(user_id)
        if self.bus.listened_to(user_id) and closing.receipt.charged_credits:
            task = asyncio.get_running_loop().create_task(self._tell_alerts(user_id))
            task.add_done_callback(_log_fault)

    async def _tell_alerts(self, user_id: str) -> None:
        for notice in await self.db.write(lambda tx: self._new_alerts(tx, user_id)):
            self.bus.publish(user_id, notice)

    def _new_alerts(self, tx: Tx, user_id: str) -> list[NoticeEvent]:
        user = self.people.by_id(tx, user_id)
        if user is None:
            return []
        view = self.ledger.wallet_view(tx, user.wallet_id)
        wanted = alerts.wanted(tx, user_id)
        notices: list[NoticeEvent] = []
        for kind, word, window, spending in (
            ("day", "today's", day_window(tx.now), view.daily),
            ("month", "this month's", month_window(tx.now), view.monthly),
        ):
            percent = alerts.reached(wanted, used=spending.settled, cap=spending.cap or 0)
            start = to_microseconds(window.start)
            if percent is not None and spending.cap and alerts.tell_once(tx, user_id, kind, start, percent):
                text = f"{percent} % of {word} limit is used: {spending.settled} of {spending.cap} credits"
                notices.append(NoticeEvent(severity="warning", text=text))
        return notices


def owner_identity(settings: Settings) -> Identity:
    """The one person of a local server."""
    return Identity(issuer="local", subject=settings.owner, display_name=settings.owner, via="embedded")


def build(settings: Settings, *, clock: Clock | None = None, executor: Executor | None = None) -> Services:
    """Open the database and wire a server; nothing runs yet. Blocks shortly.

    Raises:
        DatabaseInUse, UnsafeSqlite, MigrationRefused, RegistryInvalid: The server cannot start.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    clock = clock or (FixedClock(DETERMINISTIC_START) if settings.deterministic else SystemClock())
    ids: IdSource = CountedIds() if settings.deterministic else TimeOrderedIds(clock)
    registry = catalogue.load()
    db = Database.open(settings.database_path, clock=clock)
    return _wire(settings, clock, ids, registry, db, executor or LocalExecutor(capacity=settings.workers))


def _wire(
    settings: Settings, clock: Clock, ids: IdSource, registry: Registry, db: Database, executor: Executor
) -> Services:
    ledger = Ledger(ids)
    people = People(registry, ledger, ids)
    offers = Offers(registry, ledger, signing_secret(settings))
    uploads = Uploads(
        db,
        settings.data_dir / "uploads",
        max_bytes=settings.max_upload_bytes,
        max_bytes_together=settings.max_stored_upload_bytes,
    )
    closer = Closer(registry, ledger, ids, deterministic=settings.deterministic)
    live, bus = LiveRuns(), EventBus(max_streams=settings.max_event_streams)
    late: list[Services] = []
    around = Surroundings(
        db=db,
        executor=executor,
        closer=closer,
        uploads=uploads,
        live=live,
        work_folder=settings.data_dir / "work",
        artefact_folder=settings.data_dir / "artefacts",
        on_change=lambda run_id: late[0].run_changed(run_id),
        on_closed=lambda closing: late[0].run_closed(closing),
    )
    scheduler = Scheduler(around, max_queue=timedelta(seconds=settings.max_queue_seconds))
    runs = RunService(
        Parts(db, registry, ledger, people, offers, uploads, closer, scheduler, live, ids, _lease(settings))
    )
    care = Housekeeping(db, clock, ledger, people, scheduler, lambda: inspect(db, settings))
    accounts = Accounts(settings, ledger, minimum_credits=registry.burn.minimum_credits)
    services = Services(
        settings, db, registry, ledger, ids, people, accounts, offers, uploads, runs, scheduler, executor, live,
        bus, Sweeper(care),
    )  # fmt: skip
    late.append(services)
    return services


def inspect(db: Database, settings: Settings) -> None:
    """Check every invariant and write the anchor; broken books stop all writes.

    Raises:
        BooksBroken: Naming what does not hold.
    """
    violations = db.read(check)
    if violations:
        faults = [str(violation) for violation in violations]
        db.stop_writes(faults[0])
        raise BooksBroken(faults)
    write_anchor(db, settings.anchor_path)


def _lease(settings: Settings) -> Callable[[RunRow], timedelta]:
    """A hold outlives the longest wait, the longest legal run and the time to settle."""

    def lease(run: RunRow) -> timedelta:
        wall = timedelta(milliseconds=run.limits.wall_ms)
        return wall + timedelta(seconds=settings.max_queue_seconds + settings.settle_grace_seconds)

    return lease


def _log_fault(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("telling alerts failed", exc_info=task.exception())
