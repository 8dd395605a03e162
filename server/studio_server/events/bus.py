"""The event bus: who listens gets what changed, newest state wins, nobody can fill the memory.

In one process. Knows no HTTP. Publishing never blocks and never fails because of a listener.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

from studio_magics.contracts.events import BalanceEvent, Event, RunEvent

MAX_PENDING = 256


class TooManyStreams(RuntimeError):
    """The user has as many open event streams as allowed."""

    def __init__(self, allowed: int) -> None:
        super().__init__(f"{allowed} event streams are open already")
        self.allowed = allowed


class Listener:
    """One open stream. Pending events of the same subject replace each other."""

    def __init__(self) -> None:
        self._pending: OrderedDict[str, Event] = OrderedDict()
        self._wake = asyncio.Event()
        self.closed = False

    def offer(self, event: Event) -> None:
        """Queue `event`, in place of an older one of the same subject."""
        subject = _subject(event, len(self._pending))
        self._pending.pop(subject, None)
        self._pending[subject] = event
        while len(self._pending) > MAX_PENDING:
            self._pending.popitem(last=False)
        self._wake.set()

    async def next(self, patience_seconds: float) -> Event | None:
        """The oldest pending event, or None when none came in time."""
        if not self._pending and not self.closed:
            try:
                await asyncio.wait_for(self._wake.wait(), patience_seconds)
            except TimeoutError:
                return None
        self._wake.clear()
        if not self._pending:
            return None
        _, event = self._pending.popitem(last=False)
        if self._pending:
            self._wake.set()
        return event

    def close(self) -> None:
        """End the stream: `next` answers at once from now on."""
        self.closed = True
        self._wake.set()


class EventBus:
    """All listeners of one server, by user. Used from the event loop only."""

    def __init__(self, *, max_streams: int) -> None:
        self._listeners: dict[str, list[Listener]] = {}
        self._max_streams = max_streams
        self._closed = False

    @contextmanager
    def listen(self, user_id: str) -> Generator[Listener]:
        """A listener for this user's events while the block runs.

        Raises:
            TooManyStreams: The user has the allowed number open.
        """
        listeners = self._listeners.setdefault(user_id, [])
        if len(listeners) >= self._max_streams:
            raise TooManyStreams(self._max_streams)
        listener = Listener()
        listener.closed = self._closed
        listeners.append(listener)
        try:
            yield listener
        finally:
            listeners.remove(listener)
            if not listeners:
                self._listeners.pop(user_id, None)

    def listened_to(self, user_id: str) -> bool:
        """Whether anybody would see this user's events."""
        return user_id in self._listeners

    @property
    def listening(self) -> frozenset[str]:
        """Everybody who would see events now."""
        return frozenset(self._listeners)

    def publish(self, user_id: str, event: Event) -> None:
        """Hand `event` to every stream of this user."""
        for listener in self._listeners.get(user_id, []):
            listener.offer(event)

    def end(self, user_id: str) -> None:
        """End the streams of this user, who has no account any more."""
        for listener in self._listeners.get(user_id, []):
            listener.close()

    def close(self) -> None:
        """End all streams, and every later one after its first event."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.close()


def _subject(event: Event, place: int) -> str:
    if isinstance(event, RunEvent):
        return event.run.id
    if isinstance(event, BalanceEvent):
        return "balance"
    return f"{event.kind}-{place}"
