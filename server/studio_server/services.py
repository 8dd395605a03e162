"""Everything one running server does; the HTTP layer and the command line both stand on this."""

import json
import logging
from dataclasses import dataclass

from studio_magics.contracts.events import HelloEvent
from studio_server.accounts.balance import Accounts
from studio_server.accounts.erasure import Erasure
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import People, User
from studio_server.accounts.plans import Plans
from studio_server.accounts.takeout import Takeout
from studio_server.accounts.traces import Traces
from studio_server.audit.recorder import Recorder
from studio_server.clock import to_microseconds
from studio_server.events.bus import EventBus
from studio_server.ids import IdSource
from studio_server.ledger import Ledger
from studio_server.payments.buying import Payments
from studio_server.registry.catalogue import Registry
from studio_server.runs.announcing import Announcer
from studio_server.runs.artefacts import ArtefactStore
from studio_server.runs.executor.protocol import Executor
from studio_server.runs.following import Following
from studio_server.runs.inspection import Inspection
from studio_server.runs.offers import Offers
from studio_server.runs.partial_uploads import PartialUploads
from studio_server.runs.replicas import Replica
from studio_server.runs.scheduler import Scheduler
from studio_server.runs.service import RunService
from studio_server.runs.sweeper import Sweeper
from studio_server.runs.uploads import Uploads
from studio_server.runs.user_secrets import UserSecrets
from studio_server.settings import Settings
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
HELLO_RUNS = 20


@dataclass(frozen=True)
class Services:
    """One running server. Made by `wiring.build`."""

    settings: Settings
    db: Store
    registry: Registry
    ledger: Ledger
    ids: IdSource
    people: People
    plans: Plans
    accounts: Accounts
    offers: Offers
    uploads: Uploads
    partial_uploads: PartialUploads
    artefacts: ArtefactStore
    secrets: UserSecrets
    runs: RunService
    scheduler: Scheduler
    executor: Executor
    bus: EventBus
    announcer: Announcer
    inspection: Inspection
    sweeper: Sweeper
    erasure: Erasure
    traces: Traces
    takeout: Takeout
    replica: Replica
    recorder: Recorder
    following: Following | None
    """None where no other server can be on the same database."""
    payments: Payments | None = None
    """None where nothing can be bought."""

    def begin(self) -> None:
        """Check the books, record the price version, end what a former process left open; blocks.

        Raises:
            BooksBroken: The server must not start on these books.
        """
        self.inspection.full()
        self.scheduler.clear_leftovers()
        left = self.db.write_blocking(self._begin)
        if left:
            log.warning("%d runs of a former process were closed, nothing was charged", left)

    async def user(self, identity: Identity) -> User:
        """The user behind an identity; a new one gets a wallet and this month's credits."""
        found = self.db.read(lambda tx: self.people.known(tx, identity))
        return found or await self.db.write(lambda tx: self.people.welcome(tx, identity))

    def hello(self, user: User) -> HelloEvent:
        """What a new event stream starts from."""
        balance = self.db.read(lambda tx: self.accounts.balance(tx, user))
        runs = self.runs.list(user.id, before=None, limit=HELLO_RUNS).runs
        return HelloEvent(balance=balance, runs=runs)

    def _begin(self, tx: Tx) -> int:
        content = json.dumps({"burn": vars(self.registry.burn), "tools": sorted(self.registry.tools)})
        tx.execute(
            "INSERT INTO price_versions (id, content, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (self.registry.price_version, content, to_microseconds(tx.now)),
        )
        self.replica.arrive(tx)
        left = self.runs.close_abandoned(tx)
        if self.settings.mode == "local":
            self.people.welcome(tx, owner_identity(self.settings))
        return left


def owner_identity(settings: Settings) -> Identity:
    """The one person of a local server."""
    return Identity(issuer="local", subject=settings.owner, display_name=settings.owner, via="embedded")
