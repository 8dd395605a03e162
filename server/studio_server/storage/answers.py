"""Carrying the writer's answers to the event loops that wait for them: one wake-up per loop and batch.

Waking a loop costs a system call and a change of threads; a batch that answers sixty-four does it once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

Waiting = tuple["asyncio.Future[Any]", "Future[Any]"]


class Answers:
    """Answers that were given and wait to be carried; `carry` is called at the end of every batch."""

    def __init__(self) -> None:
        self._given: deque[tuple[asyncio.AbstractEventLoop, Waiting]] = deque()

    def awaited(self, answer: Future[Any]) -> asyncio.Future[Any]:
        """What the running loop can await; cancelling it cancels work that has not begun."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        waiting.add_done_callback(lambda done: answer.cancel() if done.cancelled() else None)
        answer.add_done_callback(lambda given: self._given.append((loop, (waiting, given))))
        return waiting

    def carry(self) -> None:
        """Wake every loop that waits for something that was answered since."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Waiting]] = defaultdict(list)
        with suppress(IndexError):
            while True:
                loop, waiting = self._given.popleft()
                by_loop[loop].append(waiting)
        for loop, answered in by_loop.items():
            with suppress(RuntimeError):  # closed: nobody waits there any more
                loop.call_soon_threadsafe(_deliver, answered)


def _deliver(answered: list[Waiting]) -> None:
    for waiting, answer in answered:
        if waiting.done():
            continue
        if answer.cancelled():
            waiting.cancel()
        elif (refusal := answer.exception()) is not None:
            waiting.set_exception(refusal)
        else:
            waiting.set_result(answer.result())
