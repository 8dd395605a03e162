"""Tells the streams of this server what other servers on the same database did.

A server publishes its own acts at once. What another one committed, such as a payment it was told of or a run
it carries out, is seen here in the books themselves a moment later. Reads only; a SQLite file has one server.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from studio_server.events.bus import EventBus
from studio_server.runs.announcing import Announcer
from studio_server.runs.replicas import Replica
from studio_server.storage.tx import Tx

INTERVAL_SECONDS = 2.0
PAUSE_AFTER_FAILURE_SECONDS = 30.0
MOST_ACTS = 5_000
"""Acts read at one look; what is left is read at the next."""
ACTS = (
    "SELECT e.sequence, w.owner_id, r.id FROM effects e JOIN wallets w ON w.wallet_id = e.wallet_id"
    " LEFT JOIN holds h ON h.hold_id = e.hold_id LEFT JOIN runs r ON r.id = h.purpose AND r.replica_id <> ?"
    " WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?"
)
UNDER_WAY = "SELECT id, user_id, state FROM runs WHERE state IN ('queued', 'running') AND replica_id <> ?"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """How far a look came."""

    act: int
    under_way: dict[str, str]
    """State of every unfinished run of the others, by its id."""


@dataclass(frozen=True)
class News:
    """What is new since the look before, of the people who listen here."""

    seen: Seen
    users: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()


class Following:
    """Looks at the books of one database for the streams of one server; lives on the event loop."""

    def __init__(
        self,
        read: Callable[[Callable[[Tx], News]], News],
        bus: EventBus,
        announcer: Announcer,
        replica: Replica,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._read = read
        self._bus = bus
        self._announcer = announcer
        self._replica = replica
        self._pause = pause
        self._seen: Seen | None = None

    async def run(self) -> None:
        """Look until cancelled; books that cannot be read now are looked at again."""
        while True:
            await self._pause(INTERVAL_SECONDS)
            try:
                await self.look()
            except Exception:
                # Outermost boundary of the background task: the next look tries again.
                log.exception("what other servers did could not be read")
                await self._pause(PAUSE_AFTER_FAILURE_SECONDS)

    async def look(self) -> None:
        """Publish what others did since the last look; the first one only notes how things are."""
        listening = self._bus.listening
        news = await asyncio.to_thread(self._read, lambda tx: self._news(tx, listening))
        for run_id in sorted(news.runs):
            self._announcer.run_changed(run_id)
        for user_id in sorted(news.users):
            self._announcer.show_balance(user_id)
        self._seen = news.seen  # only now: what could not be told is told at the next look

    def _news(self, tx: Tx, listening: frozenset[str]) -> News:
        before = self._seen
        if before is None or not listening:
            last = tx.one("SELECT coalesce(max(sequence), 0) FROM effects") or (0,)
            return News(Seen(int(last[0]), {}))
        acts = tx.execute(ACTS, (self._replica.id, before.act, MOST_ACTS))
        open_now = tx.execute(UNDER_WAY, (self._replica.id,))
        under_way = {run_id: state for run_id, user_id, state in open_now if user_id in listening}
        known = before.under_way.items()
        changed = {run_id for run_id, _ in under_way.items() ^ known}
        return News(
            Seen(int(acts[-1][0]) if acts else before.act, under_way),
            users=frozenset(row[1] for row in acts if row[1] in listening),
            runs=frozenset(changed | {row[2] for row in acts if row[2] is not None and row[1] in listening}),
        )
