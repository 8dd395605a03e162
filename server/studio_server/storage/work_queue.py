"""The bounded queue in front of the writer: many put one piece of work each, one takes all that wait."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class QueueFull(Exception):
    """No place became free in time."""


class QueueClosed(Exception):
    """Nothing more is taken in."""


class WorkQueue(Generic[T]):
    """First in, first out; at most `limit` wait and at most `at_once` are taken together."""

    def __init__(self, limit: int, at_once: int) -> None:
        self._limit, self._at_once = limit, at_once
        self._waiting: deque[T] = deque()
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._closed = False

    def put(self, work: T, patience_seconds: float) -> None:
        """Add at the end, after at most so long a wait for a place.

        Raises:
            QueueFull, QueueClosed: it was not taken in.
        """
        with self._lock:
            if len(self._waiting) >= self._limit and patience_seconds > 0:
                self._room.wait_for(self._has_room, patience_seconds)
            if self._closed:
                raise QueueClosed
            if len(self._waiting) >= self._limit:
                raise QueueFull
            self._waiting.append(work)
            self._arrived.notify()

    def take(self) -> list[T]:
        """What waits, as soon as something does; nothing once it is closed and empty."""
        with self._lock:
            while not self._waiting and not self._closed:
                self._arrived.wait()
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._at_once))]
            self._room.notify(len(taken))
            return taken

    def close(self) -> None:
        """Take nothing more in; what waits can still be taken."""
        with self._lock:
            self._closed = True
            self._arrived.notify_all()
            self._room.notify_all()

    def _has_room(self) -> bool:
        return self._closed or len(self._waiting) < self._limit
