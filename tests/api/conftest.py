from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest_asyncio
from fakes.toy_server import ToyServer, person, serving


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncGenerator[ToyServer]:
    async with serving(tmp_path / "data") as running:
        yield running


@pytest_asyncio.fixture
async def ada(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("ada")) as client:
        yield client


@pytest_asyncio.fixture
async def bob(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("bob")) as client:
        yield client


@pytest_asyncio.fixture
async def nobody(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(None) as client:
        yield client
