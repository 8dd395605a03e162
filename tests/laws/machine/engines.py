"""The engines the same machine runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.storage.opening import open_database

from tests.fakes.postgres import cluster, migrated

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.clock import Clock
    from studio_server.storage.store import Store

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Engine:
    """Where one database is, and how to open it: twice at once for two replicas on PostgreSQL."""

    path: Path
    url: str | None

    @classmethod
    def fresh(cls, name: str, folder: Path) -> Engine:
        """A database in which nothing is yet."""
        return cls(folder / "books.db", cluster().new_database(migrated) if name == POSTGRESQL else None)

    def open(self, clock: Clock) -> Store:
        """Connect to it."""
        return open_database(self.url, self.path, clock)
