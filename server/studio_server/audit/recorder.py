"""Events that are too many for a write each: they wait in memory and go to the chain together.

Only for what moves no money (estimates). A crash loses at most what waited, the last second of it; events
that tell of money are written in the transaction that moves it and never come here.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from studio_server.audit.events import SYSTEM, Event, EventsMissed, act_of
from studio_server.storage import Tx
from studio_server.storage.audit_chain import Act, append_all

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0
RETRY_SECONDS = 15.0
MOST_TOGETHER = 256
MOST_WAITING = 4_096
MISSED_SUBJECT = "recorder"


class Writes(Protocol):
    """What can write: a database of either engine."""

    async def write(self, work: Callable[[Tx], Any]) -> Any:
        """Run `work` in one transaction and return once its effect is durable."""
        ...


class Recorder:
    """Takes events on the event loop and writes them in batches. What does not fit is counted."""

    def __init__(self, db: Writes, *, most_waiting: int = MOST_WAITING) -> None:
        self._db = db
        self._most_waiting = most_waiting
        self._waiting: deque[Act] = deque()
        self._missed = 0
        self._flushing = asyncio.Lock()
        self._some, self._many, self._stopping = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @property
    def waiting(self) -> int:
        """Events that are not on the chain yet."""
        return len(self._waiting)

    def take(self, actor: str, event: Event) -> None:
        """Let an event wait for the next write; when too many wait already it is only counted.

        Raises:
            NotForTheRecord: A field could be a person's words.
        """
        if len(self._waiting) >= self._most_waiting:
            self._missed += 1
        else:
            self._waiting.append(act_of(actor, event))
        self._some.set()
        if len(self._waiting) >= MOST_TOGETHER:
            self._many.set()

    async def run(self) -> None:
        """Write what waits, a second after the first of it or at 256, until stopped; then the rest."""
        ends = False
        while not ends:
            await self._some.wait()
            await _at_most(self._many, INTERVAL_SECONDS)
            ends = self._stopping.is_set()
            try:
                await self.flush()
            except Exception:
                # Outermost boundary of the background task: the events wait for the next round.
                log.exception("events could not be written to the audit chain")
                await _at_most(self._stopping, RETRY_SECONDS)

    def stop(self) -> None:
        """Let `run` write what waits and end."""
        for signal in (self._stopping, self._some, self._many):
            signal.set()

    async def flush(self) -> None:
        """Write everything that waits, at most 256 in one transaction.

        Raises:
            StorageError: Not all was written; what was not waits on. After a commit whose outcome is unknown,
                what was written waits on too and will be on record twice.
        """
        async with self._flushing:  # or two at once would write the same events
            while self._waiting or self._missed:
                await self._write_some()
            if not self._stopping.is_set():
                self._some.clear()
                self._many.clear()

    async def _write_some(self) -> None:
        count, missed = min(len(self._waiting), MOST_TOGETHER), self._missed
        batch = [self._waiting[place] for place in range(count)]
        if missed and count == len(self._waiting):
            batch.append(act_of(SYSTEM, EventsMissed(MISSED_SUBJECT, missed)))
        told = len(batch) > count
        await self._db.write(partial(append_all, acts=batch))
        for _ in range(count):
            self._waiting.popleft()
        self._missed -= missed if told else 0


async def _at_most(signal: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(signal.wait(), seconds)
