"""Regular housekeeping: ends what time ends, begins new periods, covers debts, tells people, checks books.

Every act is idempotent, so doing it twice, after a crash or on two replicas changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from studio_server.accounts.plans import Plans
from studio_server.clock import Clock
from studio_server.ledger import CoverDebts, ExpireHolds, ExpireLots, Ledger
from studio_server.notices.service import Notices
from studio_server.runs.replicas import Replica, asked_to_cancel
from studio_server.runs.scheduler import Scheduler
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 15.0
INSPECTION_EVERY = 4
"""At every fourth round, once a minute, the chain is anchored and the books are checked if that is due."""
USERS_A_ROUND = 500
RENEWED_TOGETHER = 20
CLOCKS_MAY_DIFFER_SECONDS = 60.0
CALM_ROUNDS = 8
"""After the wall clock was moved, so many rounds must find the clocks alike before anything ends again."""


@dataclass(frozen=True)
class Housekeeping:
    """What the sweeper works with."""

    db: Store
    clock: Clock
    ledger: Ledger
    plans: Plans
    notices: Notices
    announce: Callable[[str], None]
    """Push a user's balance as it is now."""
    scheduler: Scheduler
    replica: Replica
    close_orphans: Callable[[Tx], int]
    """End the runs of servers that are gone."""
    inspect: Callable[[], None]
    """Write the anchor and check the books if that is due; runs in a thread."""
    remove_traces: Callable[[], object]
    """Remove what people who left have left behind; runs in a thread."""
    sweep_files: Callable[[], object]
    """Delete files that are due: uploads nobody needs, artefacts that have ended; runs in a thread."""
    recover: Callable[[], None]
    """Open the store again if a failure stopped its writes and an attempt is due; runs in a thread."""


class Sweeper:
    """Does the housekeeping while the server runs."""

    def __init__(
        self, work: Housekeeping, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._work = work
        self._pause = pause
        self._wall = work.clock.now()
        self._monotonic = work.clock.monotonic()
        self._calm_rounds_needed = 0

    async def run(self) -> None:
        """Sweep until cancelled."""
        rounds = 0
        while True:
            await self._pause(INTERVAL_SECONDS)
            rounds += 1
            try:
                await asyncio.to_thread(self._work.recover)
                await self.sweep()
                if rounds % INSPECTION_EVERY == 0:
                    await asyncio.to_thread(self._work.inspect)
                    await asyncio.to_thread(self._work.remove_traces)
                    await asyncio.to_thread(self._work.sweep_files)
            except Exception:
                # Outermost boundary of the background task: the next round tries again.
                log.exception("housekeeping failed")

    async def sweep(self) -> None:
        """One round. What time ends waits while the clocks disagree; what is asked for goes on."""
        await self._look_after_replicas()
        if self.clocks_agree():
            await self._end_and_begin()
        await self._work.scheduler.give_up_old()
        self._work.scheduler.pump()

    async def _look_after_replicas(self) -> None:
        """Be seen, end what servers that are gone left, stop what another server was asked to cancel."""
        work = self._work
        await work.db.write(work.replica.beat)
        left = await work.db.write(work.close_orphans)
        if left:
            log.warning("%d runs of a server that is gone were closed, nothing was charged", left)
        for run_id in work.db.read(lambda tx: asked_to_cancel(tx, work.replica.id)):
            await work.scheduler.cancel(run_id)

    def clocks_agree(self) -> bool:
        """Whether wall and monotonic clock move alike and, since they last did not, have for long enough."""
        wall, monotonic = self._work.clock.now(), self._work.clock.monotonic()
        differ = abs((wall - self._wall).total_seconds() - (monotonic - self._monotonic))
        self._wall, self._monotonic = wall, monotonic
        if differ > CLOCKS_MAY_DIFFER_SECONDS:
            log.warning("the wall clock moved by %.0f s more than time passed; nothing expires now", differ)
            self._calm_rounds_needed = CALM_ROUNDS
            return False
        self._calm_rounds_needed = max(0, self._calm_rounds_needed - 1)
        return self._calm_rounds_needed == 0

    async def _end_and_begin(self) -> None:
        """In this order: a hold returns before its lot ends, what rolls over moves before it expires."""
        work = self._work
        await work.db.write(lambda tx: work.ledger.execute(tx, ExpireHolds()))
        renewed = await self._renew()
        await work.db.write(self._expire_and_cover)
        for user_id in sorted(renewed | await work.notices.round()):
            work.announce(user_id)

    async def _renew(self) -> set[str]:
        """Begin every period that is due, each user in a transaction of their own, and close what is left."""
        work = self._work
        due = work.db.read(lambda tx: work.plans.due(tx, limit=USERS_A_ROUND))
        await self._each(due, work.plans.renew)
        left = work.db.read(lambda tx: work.ledger.periods_past_end(tx, limit=USERS_A_ROUND))
        await self._each(left, work.plans.close_stray)
        return set(due)

    async def _each(self, ids: Sequence[str], act: Callable[[Tx, str], object]) -> None:
        for start in range(0, len(ids), RENEWED_TOGETHER):
            together = [self._one(act, name) for name in ids[start : start + RENEWED_TOGETHER]]
            for ended in await asyncio.gather(*together, return_exceptions=True):
                if isinstance(ended, Exception):
                    log.error("one of those that were due could not be dealt with", exc_info=ended)

    async def _one(self, act: Callable[[Tx, str], object], name: str) -> None:
        await self._work.db.write(lambda tx: act(tx, name))

    def _expire_and_cover(self, tx: Tx) -> None:
        self._work.ledger.execute(tx, ExpireLots())
        self._work.ledger.execute(tx, CoverDebts())
