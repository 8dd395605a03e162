"""The engines the same machine runs on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.storage import Database

if TYPE_CHECKING:
    from studio_server.clock import Clock
    from studio_server.storage.store import Store

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True)
class Engine:
    """Where one database is, and how to open it: twice at once for two replicas of PostgreSQL."""

    name: str
    place: str

    @classmethod
    def fresh(cls, name: str, folder: Path) -> Engine:
        """A database that does not exist yet."""
        if name == SQLITE:
            return cls(name, str(folder / "books.db"))
        from tests.fakes.postgres import cluster

        return cls(name, cluster().new_database(_prepare))

    def open(self, clock: Clock) -> Store:
        """Connect to it."""
        if self.name == SQLITE:
            return Database.open(Path(self.place), clock=clock)
        from studio_server.storage.postgres.database import PostgresDatabase

        return PostgresDatabase.open(self.place, clock=clock)


def available(name: str) -> None:
    """Skip the test where an engine is not installed."""
    if name == POSTGRESQL:
        import pytest

        from tests.fakes.postgres import NoPostgres, cluster

        pytest.importorskip("psycopg")
        try:
            cluster()
        except NoPostgres as missing:
            pytest.skip(str(missing))


def _prepare(url: str) -> None:
    """An empty schema, made once and copied from then on."""
    from studio_server.clock import SystemClock
    from studio_server.storage.postgres.database import PostgresDatabase

    PostgresDatabase.open(url, clock=SystemClock()).close()
