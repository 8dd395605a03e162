"""Work that is done for many who wait as one set, instead of for one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_server.storage.tx import Engine, Tx

A_contra = TypeVar("A_contra", contravariant=True)


@dataclass(frozen=True)
class Answered:
    """What one of them is told once the batch is durable: a value, or why there is none."""

    value: Any = None
    refusal: Exception | None = None

    def take(self) -> Any:
        """The value.

        Raises:
            The refusal, where there is one.
        """
        if self.refusal is not None:
            raise self.refusal
        return self.value


class Joint(Protocol[A_contra]):
    """How such work is done. The writer calls it on its thread, inside a savepoint."""

    @property
    def fewest(self) -> Mapping[Engine, int]:
        """Of how many on a set is worth it, by engine; fewer are done alone."""
        ...

    def together(self, tx: Tx, asked: Sequence[A_contra]) -> Sequence[Answered | None]:
        """Do it for all of them; None for each that has to be done alone, for which nothing was done.

        A refusal has changed nothing. What it raises undoes the whole set: then each is done alone.
        """
        ...

    def alone(self, tx: Tx, asked: A_contra) -> Any:
        """Do it for one of them; what it raises is its caller's, and undoes it alone."""
        ...
