"""One file of the corpus: made here, byte for byte the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Case:
    """A file, and what must be said of it: None for a harmless one that only looks like a trap."""

    id: str
    name: str
    content: bytes | Callable[[], bytes]
    refused: str | None = None

    def bytes(self) -> bytes:
        """Its content."""
        return self.content if isinstance(self.content, bytes) else self.content()
