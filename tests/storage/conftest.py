"""A database with a table to write to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from studio_server.clock import FixedClock
from studio_server.storage import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon."""
    return FixedClock(NOON)


@pytest.fixture
def database(tmp_path: Path, clock: FixedClock) -> Iterator[Database]:
    """An open database with an empty table `notes`."""
    opened = Database.open(tmp_path / "store.db", clock=clock)
    opened.write_blocking(lambda tx: tx.execute("CREATE TABLE notes (note TEXT PRIMARY KEY) STRICT"))
    yield opened
    opened.close()
