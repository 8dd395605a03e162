"""Builds a server from its settings: opens the database and connects the parts, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_server.accounts.balance import Accounts
from studio_server.accounts.erasure import Erasure
from studio_server.accounts.people import People
from studio_server.accounts.plans import Plans
from studio_server.accounts.returning import Returning
from studio_server.accounts.takeout import Takeout
from studio_server.accounts.traces import Traces
from studio_server.audit.recorder import Recorder
from studio_server.clock import Clock, FixedClock, SystemClock
from studio_server.events.bus import EventBus
from studio_server.ids import CountedIds, IdSource, TimeOrderedIds
from studio_server.ledger import Ledger
from studio_server.notices.service import Notices
from studio_server.payments.buying import Payments
from studio_server.payments.opening import open_payments, refuse_payments
from studio_server.registry import catalogue
from studio_server.registry.catalogue import Registry
from studio_server.runs.announcing import Announcer
from studio_server.runs.answers import Answers
from studio_server.runs.artefact_sweeping import ArtefactSweep
from studio_server.runs.artefacts import ArtefactStore
from studio_server.runs.closing import Closer
from studio_server.runs.executor.cluster.choosing import executor_for, refuse_impossible
from studio_server.runs.executor.patience import WAITING_SHARE
from studio_server.runs.executor.protocol import Executor
from studio_server.runs.following import Following
from studio_server.runs.inspection import Inspection
from studio_server.runs.live import LiveRuns
from studio_server.runs.offers import Offers
from studio_server.runs.partial_uploads import PartialUploads
from studio_server.runs.replicas import Replica
from studio_server.runs.rows import RunRow
from studio_server.runs.scheduler import Scheduler, Surroundings
from studio_server.runs.service import Parts, RunService
from studio_server.runs.shares import Shares
from studio_server.runs.sweeper import Housekeeping, Sweeper
from studio_server.runs.turns import Ticket
from studio_server.runs.upload_sweeping import Kept, UploadSweep
from studio_server.runs.uploads import Uploads
from studio_server.runs.user_secrets import UserSecrets
from studio_server.services import Services
from studio_server.settings import DETERMINISTIC_START, Settings, erasure_key, signing_secret, takeout_key
from studio_server.storage.opening import open_database
from studio_server.storage.recovery import Recovery
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

if TYPE_CHECKING:
    from studio_server.payments.at_stripe.payments import HttpClient

COUNTED_BESIDE_EFFECTS = 1_000
"""More numbers than a deterministic server gives to runs, receipts and users after its last ledger entry."""


@dataclass(frozen=True)
class Ground:
    """What every other part stands on."""

    settings: Settings
    clock: Clock
    ids: IdSource
    registry: Registry
    db: Store


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    executor: Executor | None = None,
    registry: Registry | None = None,
    stripe_http: "HttpClient | None" = None,
) -> Services:
    """Open the database and connect a server; nothing runs yet. Blocks shortly.

    `registry` None is the catalogue that ships with the server, `stripe_http` None is the network.

    Raises:
        StorageError, RegistryInvalid, ExecutorUnsupported, PaymentsMisconfigured: The server cannot start.
    """
    refuse_impossible(settings)
    refuse_payments(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    clock = clock or (FixedClock(DETERMINISTIC_START) if settings.deterministic else SystemClock())
    registry = registry or catalogue.load()
    db = open_database(settings.database_url, settings.database_path, clock)
    ids: IdSource = CountedIds(db.read(_unused_number)) if settings.deterministic else TimeOrderedIds(clock)
    ground = Ground(settings, clock, ids, registry, db)
    return _connect(ground, executor or executor_for(settings), stripe_http)


def _unused_number(tx: Tx) -> int:
    """Where a deterministic server counts on; in new books from 1, else above all that was counted before."""
    last = tx.one("SELECT max(serial) FROM effects")
    return int(last[0].partition("/")[0]) + COUNTED_BESIDE_EFFECTS if last and last[0] else 1


def _connect(ground: Ground, executor: Executor, stripe_http: "HttpClient | None") -> Services:
    settings, registry, db, ids = ground.settings, ground.registry, ground.db, ground.ids
    ledger = Ledger(ids)
    plans, returning, people = _people(ground, ledger)
    accounts = Accounts(settings, ledger, plans, minimum_credits=registry.burn.minimum_credits)
    answers = Answers(registry, ledger, ids, kept_for=settings.results_are_kept_for)
    offers = Offers(registry, ledger, signing_secret(settings), answers=answers)
    uploads, artefacts = _uploads(ground), _artefacts(ground)
    secrets = UserSecrets(db, settings.data_dir / "secrets")
    closer = Closer(registry, ledger, ids, deterministic=settings.deterministic)
    live, bus = LiveRuns(), EventBus(max_streams=settings.max_event_streams)
    announcer = Announcer(
        db, bus, registry=registry, ledger=ledger, people=people, accounts=accounts, live=live
    )
    ticket = Shares(db, registry, people).ticket
    around = _surroundings(ground, executor, closer, ticket, uploads, artefacts, secrets, live, announcer)
    scheduler = Scheduler(around, max_queue=timedelta(seconds=settings.max_queue_seconds))
    lease = _lease(settings)
    replica = Replica()
    runs = RunService(
        Parts(
            *(db, registry, ledger, people, offers, answers, uploads, artefacts, closer, scheduler, live),
            *(ids, lease, replica.id, secrets),
        )
    )
    inspection = Inspection(db, settings.anchor_path)
    traces = Traces(db, settings.data_dir, returning, remove_artefacts=artefacts.remove)
    sweep_files = _sweeps(ground, uploads, artefacts)
    care = _housekeeping(
        *(ground, ledger, plans, bus, announcer, scheduler, replica, runs, inspection, traces), sweep_files
    )
    return Services(
        settings=settings,
        db=db,
        registry=registry,
        ledger=ledger,
        ids=ids,
        people=people,
        plans=plans,
        accounts=accounts,
        offers=offers,
        uploads=uploads,
        partial_uploads=PartialUploads(db, uploads),
        artefacts=artefacts,
        secrets=secrets,
        runs=runs,
        scheduler=scheduler,
        executor=executor,
        bus=bus,
        announcer=announcer,
        inspection=inspection,
        sweeper=Sweeper(care),
        erasure=Erasure(ledger, returning),
        traces=traces,
        takeout=Takeout(db, takeout_key(settings)),
        replica=replica,
        recorder=Recorder(db),
        following=_following(db, bus, announcer, replica),
        payments=_payments(ground, ledger, plans, announcer, bus, stripe_http),
    )


def _following(db: Store, bus: EventBus, announcer: Announcer, replica: Replica) -> Following | None:
    shared = db.read(lambda tx: tx.engine) == "postgresql"
    return Following(db.read, bus, announcer, replica) if shared else None


def _payments(  # noqa: PLR0917  - each part once
    ground: Ground,
    ledger: Ledger,
    plans: Plans,
    announcer: Announcer,
    bus: EventBus,
    http: "HttpClient | None",
) -> Payments | None:
    """Payments that hear of every move of a balance, so that they can recharge it."""
    opened = open_payments(
        *(ground.settings, ground.db, ledger, ground.ids, announcer.money_moved),
        registry=ground.registry,
        plans=plans,
        publish=bus.publish,
        http=http,
    )
    if opened is not None:
        announcer.watch(opened.recharging.balance_moved)
    return opened


def _housekeeping(  # noqa: PLR0917  - each part once, in the order it is made
    ground: Ground,
    ledger: Ledger,
    plans: Plans,
    bus: EventBus,
    announcer: Announcer,
    scheduler: Scheduler,
    replica: Replica,
    runs: RunService,
    inspection: Inspection,
    traces: Traces,
    sweep_files: Callable[[], None],
) -> Housekeeping:
    return Housekeeping(
        db=ground.db,
        clock=ground.clock,
        ledger=ledger,
        plans=plans,
        notices=Notices(ground.db, ground.ids, ground.clock, bus.publish),
        announce=announcer.money_moved,
        scheduler=scheduler,
        replica=replica,
        close_orphans=runs.close_abandoned,
        inspect=inspection.regular,
        remove_traces=traces.remove,
        sweep_files=sweep_files,
        recover=Recovery(ground.db, inspection.accept).attempt,
    )


def _people(ground: Ground, ledger: Ledger) -> tuple[Plans, Returning, People]:
    settings, registry, ids = ground.settings, ground.registry, ground.ids
    plans = Plans(registry, ledger, ids, free_credits=settings.free_credits)
    returning = Returning(erasure_key(settings), wait=timedelta(days=settings.free_credits_wait_days))
    return plans, returning, People(registry, ledger, ids, plans, returning=returning)


def _uploads(ground: Ground) -> Uploads:
    settings = ground.settings
    return Uploads(
        ground.db,
        settings.data_dir / "uploads",
        max_bytes=settings.max_upload_bytes,
        max_bytes_together=settings.max_stored_upload_bytes,
    )


def _artefacts(ground: Ground) -> ArtefactStore:
    settings, days = ground.settings, ground.settings.keep_artefacts_days
    keep_for = None if days is None else timedelta(days=days)
    return ArtefactStore(settings.data_dir / "artefacts", settings.artefacts_url, keep_for=keep_for)


def _sweeps(ground: Ground, uploads: Uploads, artefacts: ArtefactStore) -> Callable[[], None]:
    settings = ground.settings
    kept = Kept(
        uploads=timedelta(days=settings.keep_uploads_days),
        partial_uploads=timedelta(hours=settings.keep_partial_uploads_hours),
    )
    of_uploads = UploadSweep(ground.db, uploads, settings.data_dir / "uploads", kept)
    of_artefacts = ArtefactSweep(ground.db, ground.clock, artefacts)

    def sweep() -> None:
        of_uploads.sweep()
        of_artefacts.sweep()

    return sweep


def _surroundings(  # noqa: PLR0917  - each part once, in the order of the record
    ground: Ground,
    executor: Executor,
    closer: Closer,
    ticket: Callable[[RunRow], Ticket],
    uploads: Uploads,
    artefacts: ArtefactStore,
    secrets: UserSecrets,
    live: LiveRuns,
    announcer: Announcer,
) -> Surroundings:
    return Surroundings(
        db=ground.db,
        executor=executor,
        closer=closer,
        ticket=ticket,
        uploads=uploads,
        live=live,
        work_folder=ground.settings.data_dir / "work",
        artefacts=artefacts,
        secrets=secrets,
        on_change=announcer.run_changed,
        on_closed=announcer.run_closed,
    )


def _lease(settings: Settings) -> Callable[[RunRow], timedelta]:
    """A hold outlives the longest wait, the longest legal run and the time to settle."""

    def lease(run: RunRow) -> timedelta:
        wall = timedelta(milliseconds=run.limits.wall_ms) * (1 + WAITING_SHARE)
        return wall + timedelta(seconds=settings.max_queue_seconds + settings.settle_grace_seconds)

    return lease
