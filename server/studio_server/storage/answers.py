"""Who waits for the writer, and how they are told: threads at once, event loops once per batch.

Waking a loop costs a system call and a change of threads; a batch that answers sixty-four does it once.
Whoever was told often asks again at once. After a batch that told many the writer lets their loops go round
before it takes what waits: all of them then share the next commit, instead of half of them each, and the two
threads do not take the interpreter from each other call by call.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

MANY = 8
"""From so many answers to one loop on it is let go round."""
ROUNDS = 2
"""In the first those who were told go on, in the second what they caused has arrived."""
PATIENCE_SECONDS = 0.01
"""A loop that is held up for longer is not waited for."""


class Answer(Protocol):
    """The place where one answer is awaited; only the writer calls this."""

    def begin(self) -> bool:
        """Whether the work may begin: False once whoever asked has given up."""
        ...

    def tell(self, value: Any) -> None:
        """It is done, and durable."""
        ...

    def refuse(self, failure: BaseException) -> None:
        """It was not done."""
        ...

    @property
    def given(self) -> bool:
        """Whether nothing more is to be told."""
        ...


@dataclass(frozen=True)
class ForThread:
    """A thread waits."""

    awaited: Future[Any] = field(default_factory=Future[Any])

    def begin(self) -> bool:
        """Whether the work may begin."""
        return self.awaited.set_running_or_notify_cancel()

    def tell(self, value: Any) -> None:
        """Hand the value over, at once."""
        self.awaited.set_result(value)

    def refuse(self, failure: BaseException) -> None:
        """Hand the failure over, at once."""
        self.awaited.set_exception(failure)

    @property
    def given(self) -> bool:
        """Whether it was told, or is not waited for."""
        return self.awaited.done()


class ForLoop:
    """An event loop waits: told with everything else that is told in this batch."""

    __slots__ = ("_given", "awaited", "failure", "given", "loop", "value")

    def __init__(self, given: deque[ForLoop]) -> None:
        self._given = given
        self.loop = asyncio.get_running_loop()
        self.awaited: asyncio.Future[Any] = self.loop.create_future()
        self.value: Any = None
        self.failure: BaseException | None = None
        self.given = False

    def begin(self) -> bool:
        """Whether the work may begin; cancelled after this look, it takes effect all the same."""
        return not self.awaited.cancelled()

    def tell(self, value: Any) -> None:
        """Hand the value over at the end of the batch."""
        self.value, self.given = value, True
        self._given.append(self)

    def refuse(self, failure: BaseException) -> None:
        """Hand the failure over at the end of the batch."""
        self.failure, self.given = failure, True
        self._given.append(self)

    def deliver(self) -> None:
        """On its loop: whoever gave up meanwhile hears nothing."""
        if self.awaited.done():
            return
        if self.failure is None:
            self.awaited.set_result(self.value)
        else:
            self.awaited.set_exception(self.failure)


class Answers:
    """Answers for loops that were given and wait to be carried; `carry` is called at the end of a batch."""

    def __init__(self) -> None:
        self._given: deque[ForLoop] = deque()
        self._rounds: list[_Rounds] = []

    def for_loop(self) -> ForLoop:
        """A place for an answer that the running loop awaits; cancelling it cancels what has not begun."""
        return ForLoop(self._given)

    def carry(self) -> None:
        """Wake every loop that waits for something that was answered since."""
        by_loop: dict[asyncio.AbstractEventLoop, list[ForLoop]] = defaultdict(list)
        while self._given:
            answer = self._given.popleft()
            by_loop[answer.loop].append(answer)
        for loop, answered in by_loop.items():
            with suppress(RuntimeError):  # closed: nobody waits there any more
                rounds = _Rounds(loop)
                loop.call_soon_threadsafe(rounds.deliver, answered)
                if len(answered) >= MANY:
                    self._rounds.append(rounds)

    def let_loops_go_round(self) -> None:
        """Wait until every loop that was told much went round, or for a moment."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._rounds:
            self._rounds.pop().over.wait(max(until - time.monotonic(), 0))


class _Rounds:
    """One loop that was told, and how often it still goes round."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._left = ROUNDS
        self.over = threading.Event()

    def deliver(self, answered: list[ForLoop]) -> None:
        """On the loop: tell everyone, and begin to count."""
        for answer in answered:
            answer.deliver()
        self._go_round()

    def _go_round(self) -> None:
        if self._left == 0:
            self.over.set()
            return
        self._left -= 1
        self._loop.call_soon(self._go_round)
