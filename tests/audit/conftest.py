from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import ToyServer, person, serving

from tests.fakes.postgres import cluster, migrated
from tests.ledger.books import Books


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncGenerator[ToyServer]:
    async with serving(tmp_path / "data") as running:
        yield running


@pytest_asyncio.fixture
async def ada(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("ada")) as client:
        yield client


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books in SQLite, under the name that the command line looks for."""
    opened = Books(tmp_path / "studio.db")
    yield opened
    opened.db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """Books on each engine in turn."""
    url = cluster().new_database(migrated) if request.param == "postgresql" else None
    opened = Books(tmp_path / "studio.db", url=url)
    yield opened
    opened.db.close()
