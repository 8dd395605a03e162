"""Tells the streams of a user what changed: runs, the balance, thresholds that were reached."""

import asyncio
import logging
from collections.abc import Callable

from studio_magics.contracts.events import BalanceEvent, NoticeEvent, RunEvent
from studio_server.accounts import alerts
from studio_server.accounts.balance import Accounts
from studio_server.accounts.people import People
from studio_server.clock import to_microseconds
from studio_server.events.bus import EventBus
from studio_server.ledger import Ledger, day_window, month_window
from studio_server.registry.catalogue import Registry
from studio_server.runs import rows, views
from studio_server.runs.closing import Closing
from studio_server.runs.live import LiveRuns
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)


class Announcer:
    """Publishes to the event bus; used from the event loop only. Reads the books, changes no money."""

    def __init__(
        self,
        db: Store,
        bus: EventBus,
        *,
        registry: Registry,
        ledger: Ledger,
        people: People,
        accounts: Accounts,
        live: LiveRuns,
    ) -> None:
        self._db = db
        self._bus = bus
        self._registry = registry
        self._ledger = ledger
        self._people = people
        self._accounts = accounts
        self._live = live
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[Callable[[str], None]] = []

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Let `watcher` know of every move of a user's balance; it must return at once."""
        self._watchers.append(watcher)

    def run_changed(self, run_id: str) -> None:
        """How a run is now."""
        run = self._db.read(lambda tx: rows.by_id(tx, run_id))
        if run is not None and self._bus.listened_to(run.user_id):
            said = views.summary(self._registry, run, self._live.of(run_id))
            self._bus.publish(run.user_id, RunEvent(run=said))

    def money_moved(self, user_id: str) -> None:
        """The balance of a user as it is now, to who listens and to whoever watches its moves."""
        for watcher in self._watchers:
            watcher(user_id)
        self.show_balance(user_id)

    def show_balance(self, user_id: str) -> None:
        """The balance as it is now, to who listens alone: for moves that somebody else watched already."""
        if not self._bus.listened_to(user_id):
            return
        user = self._db.read(lambda tx: self._people.by_id(tx, user_id))
        if user is not None:
            balance = self._db.read(lambda tx: self._accounts.balance(tx, user))
            self._bus.publish(user_id, BalanceEvent(balance=balance))

    def run_closed(self, closing: Closing) -> None:
        """A run is over: how it ended, the new balance, and thresholds it reached."""
        user_id = closing.run.user_id
        self.run_changed(closing.run.id)
        self.money_moved(user_id)
        if self._bus.listened_to(user_id) and closing.receipt.charged_credits:
            task = asyncio.get_running_loop().create_task(self._tell_alerts(user_id))
            self._tasks.add(task)
            task.add_done_callback(self._told)

    async def _tell_alerts(self, user_id: str) -> None:
        for notice in await self._db.write(lambda tx: self._new_alerts(tx, user_id)):
            self._bus.publish(user_id, notice)

    def _told(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("telling alerts failed", exc_info=task.exception())

    def _new_alerts(self, tx: Tx, user_id: str) -> list[NoticeEvent]:
        user = self._people.by_id(tx, user_id)
        if user is None:
            return []
        view = self._ledger.wallet_view(tx, user.wallet_id)
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
