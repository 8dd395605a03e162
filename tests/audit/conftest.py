from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import ToyServer, person, serving

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
    """Books under the name that the command line looks for."""
    opened = Books(tmp_path / "studio.db")
    yield opened
    opened.db.close()
