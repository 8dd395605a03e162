"""A database with a table to write to, on each engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from studio_server.clock import FixedClock
from studio_server.storage import Database, Store
from studio_server.storage.postgres.database import PostgresDatabase

from tests.fakes.postgres import LONG_AGO, cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CREATE_NOTES = "CREATE TABLE notes (note TEXT PRIMARY KEY NOT NULL)"


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon."""
    return FixedClock(NOON)


@pytest.fixture
def sqlite(tmp_path: Path, clock: FixedClock) -> Iterator[Database]:
    """An open SQLite database with an empty table `notes`."""
    opened = Database.open(tmp_path / "store.db", clock=clock)
    opened.write_blocking(lambda tx: tx.execute(CREATE_NOTES))
    yield opened
    opened.close()


def with_notes(url: str) -> None:
    """Fill the template of every test's database: the schema, and an empty table `notes`."""
    opened = PostgresDatabase.open(url, clock=FixedClock(LONG_AGO))
    opened.write_blocking(lambda tx: tx.execute(CREATE_NOTES))
    opened.close()


@pytest.fixture
def address() -> str:
    """The address of a new PostgreSQL database with an empty table `notes`."""
    return cluster().new_database(with_notes)


@pytest.fixture
def postgres(address: str, clock: FixedClock) -> Iterator[PostgresDatabase]:
    """That database, open."""
    opened = PostgresDatabase.open(address, clock=clock)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Store:
    """Each engine's open database in turn."""
    return request.getfixturevalue(request.param)
