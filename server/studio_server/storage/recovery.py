"""Recovery: after a failure of its disk, the store is opened again by itself once its books are right.

Owns: when to try. Does not own: what counts as right books, nor how an engine takes new connections.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from studio_server.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.clock import Clock
    from studio_server.storage.tx import Tx

FIRST_PAUSE_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 300.0

log = logging.getLogger(__name__)


class Recoverable(Protocol):
    """A store of any engine that refuses writes after a failure until it has taken new connections."""

    @property
    def clock(self) -> Clock:
        """Whose monotonic time the pauses are counted in."""
        ...

    @property
    def recoverable(self) -> bool:
        """Writes are refused after a failure, not because the books were found broken."""
        ...

    def reopen(self, accept: Callable[[Tx], None]) -> None:
        """Take new connections, and writes again if `accept` lets the books pass."""
        ...


class Recovery:
    """Tries to get a failed store back, at once and then at pauses that double up to five minutes."""

    def __init__(self, db: Recoverable, accept: Callable[[Tx], None]) -> None:
        self._db = db
        self._accept = accept
        self._pause_seconds = 0.0
        self._rests_until = 0.0

    def attempt(self) -> None:
        """Try once if writes are refused after a failure and the pause is over; blocks.

        A disk that still fails is logged and tried again later.

        Raises:
            Whatever `accept` finds wrong with the books: writes stay refused.
        """
        if not self._db.recoverable:
            self._pause_seconds = 0.0
            return
        now = self._db.clock.monotonic()
        if self._pause_seconds and now < self._rests_until:
            return
        self._pause_seconds = min(max(FIRST_PAUSE_SECONDS, 2 * self._pause_seconds), LONGEST_PAUSE_SECONDS)
        self._rests_until = now + self._pause_seconds
        try:
            self._db.reopen(self._accept)
        except StorageError as refused:
            log.warning("writes stay refused for %.0f s more: %s", self._pause_seconds, refused)
        else:
            log.warning("the store was opened again after a failure; its books are right")
