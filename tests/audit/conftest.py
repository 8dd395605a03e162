from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import ToyServer, person, serving
from studio_server.storage.opening import open_database

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


def at(path: Path, url: str | None) -> Books:
    """Open books at this address, or in the file when there is none."""
    opened = Books(path)
    opened.url = url
    if url is not None:
        opened.db.close()
        opened.db = open_database(url, path, opened.clock)
    return opened


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Books in SQLite, under the name that the command line looks for."""
    opened = at(tmp_path / "studio.db", None)
    yield opened
    opened.db.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """Books on each engine in turn."""
    opened = at(
        tmp_path / "studio.db", cluster().new_database(migrated) if request.param == "postgresql" else None
    )
    yield opened
    opened.db.close()
