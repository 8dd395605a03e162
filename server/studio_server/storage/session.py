"""What the writer needs of an engine: one batch at a time, each piece of work in its own savepoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.storage.tx import Tx


class WriteSession(Protocol):
    """The one connection that writes. Every method is called on the writer's thread."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """The driver's own errors."""
        ...

    @property
    def disk_faults(self) -> tuple[type[Exception], ...]:
        """Those of them for which the disk is at fault and not the statement."""
        ...

    @property
    def recorded(self) -> datetime:
        """The latest time that a committed write of this session carries, or that it found."""
        ...

    def begin(self) -> Tx:
        """Begin a batch, as the only writer of this database; whatever it raises, nothing was done."""
        ...

    def refusal(self, failure: BaseException) -> BaseException:
        """What the caller of work that failed is told: mostly the failure itself."""
        ...

    def mark(self) -> None:
        """Begin one piece of work."""
        ...

    def keep(self) -> None:
        """End one piece of work and keep it for the commit.

        Raises:
            TransactionBroken: the work left a transaction behind that cannot be carried on.
        """
        ...

    def undo(self) -> None:
        """End one piece of work and undo it alone; what it raises means that this was not possible."""
        ...

    def commit(self, at: datetime, *, wrote: bool) -> None:
        """Make the batch durable and its time the recorded one.

        Raises:
            CommitFailed: the outcome is unknown.
            Another error: nothing was done.
        """
        ...

    def roll_back(self) -> None:
        """End the batch without effect, as far as that can still be done."""
        ...

    def scrub(self, tables: tuple[str, ...]) -> None:
        """Rewrite what holds these tables without what was deleted from them; outside any batch, others wait.

        Raises:
            The driver's errors: it could not be done now; nothing is lost.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
