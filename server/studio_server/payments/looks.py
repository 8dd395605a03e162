"""What a look at the provider found, whether it was at an order or at the agreement of a plan."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from studio_server.storage.tx import Tx

Also = Callable[[Tx], None]
"""Done in the transaction of a look."""


class Subject(Protocol):
    """What was looked at; `version` rises with every look."""

    @property
    def id(self) -> str:
        """Ours."""
        ...

    @property
    def user_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def state(self) -> str:
        """For people."""
        ...

    @property
    def version(self) -> int:
        """As it was before the look."""
        ...


class Look(Protocol):
    """How something is now; `moved` units were given (below 0: taken), `changed` says if anything was."""

    @property
    def order(self) -> Subject:
        """What was looked at."""
        ...

    @property
    def moved(self) -> int:
        """Units."""
        ...

    @property
    def changed(self) -> bool:
        """Whether there was anything to bring up to date."""
        ...


class Elsewhere(Protocol):
    """Who may know what no order knows."""

    def __call__(self, reference: str, *, also: Also, dry: bool) -> Awaitable[Look | None]:
        """Bring up to date what a reference belongs to; None when that is nothing of ours."""
        ...


async def nowhere(reference: str, *, also: Also, dry: bool) -> Look | None:
    """Nobody knows."""
    del reference, also, dry
