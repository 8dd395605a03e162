"""Regular housekeeping: ends holds and lots whose time has come, gives the month's credits, checks the books.

Every act is idempotent, so doing it twice or after a crash changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from studio_server.accounts.people import People
from studio_server.clock import Clock
from studio_server.ledger import ExpireHolds, ExpireLots, Ledger
from studio_server.runs.scheduler import Scheduler
from studio_server.storage.database import Database
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 15.0
INSPECTION_EVERY = 4
"""At every fourth round, once a minute, the chain is anchored and the books are checked if that is due."""
USERS_A_ROUND = 500
CLOCKS_MAY_DIFFER_SECONDS = 60.0


@dataclass(frozen=True)
class Housekeeping:
    """What the sweeper works with."""

    db: Database
    clock: Clock
    ledger: Ledger
    people: People
    scheduler: Scheduler
    inspect: Callable[[], None]
    """Write the anchor and check the books if that is due; runs in a thread."""


class Sweeper:
    """Does the housekeeping while the server runs."""

    def __init__(
        self, work: Housekeeping, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._work = work
        self._pause = pause
        self._wall = work.clock.now()
        self._monotonic = work.clock.monotonic()

    async def run(self) -> None:
        """Sweep until cancelled."""
        rounds = 0
        while True:
            await self._pause(INTERVAL_SECONDS)
            rounds += 1
            try:
                await self.sweep()
                if rounds % INSPECTION_EVERY == 0:
                    await asyncio.to_thread(self._work.inspect)
            except Exception:
                # Outermost boundary of the background task: the next round tries again.
                log.exception("housekeeping failed")

    async def sweep(self) -> None:
        """One round."""
        if self.clocks_agree():
            await self._work.db.write(self._expire)
        await self._work.db.write(self._allocate)
        await self._work.scheduler.give_up_old()
        self._work.scheduler.pump()

    def clocks_agree(self) -> bool:
        """Whether wall and monotonic clock moved alike; expiry waits while they do not."""
        wall, monotonic = self._work.clock.now(), self._work.clock.monotonic()
        differ = abs((wall - self._wall).total_seconds() - (monotonic - self._monotonic))
        self._wall, self._monotonic = wall, monotonic
        if differ > CLOCKS_MAY_DIFFER_SECONDS:
            log.warning("the wall clock moved by %.0f s more than time passed; nothing expires now", differ)
            return False
        return True

    def _expire(self, tx: Tx) -> None:
        self._work.ledger.execute(tx, ExpireHolds())
        self._work.ledger.execute(tx, ExpireLots())

    def _allocate(self, tx: Tx) -> None:
        for user in self._work.people.without_allocation(tx, limit=USERS_A_ROUND):
            self._work.people.allocate(tx, user)
