from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from fakes.toy_server import ToyServer, person, serving
from studio_server.clock import FixedClock

from tests.leaving.canaries import CANARY, echo_registry, forget_echo


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 10, 9, 0, tzinfo=UTC))


@pytest_asyncio.fixture
async def server(tmp_path: Path, clock: FixedClock) -> AsyncGenerator[ToyServer]:
    async with serving(tmp_path / "data", registry=echo_registry(), clock=clock) as running:
        yield running
    forget_echo()


@pytest_asyncio.fixture
async def canary(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(CANARY) as client:
        yield client


@pytest_asyncio.fixture
async def bob(server: ToyServer) -> AsyncGenerator[httpx.AsyncClient]:
    async with server.client(person("bob")) as client:
        yield client
