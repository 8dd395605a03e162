"""A fake server and a client of it for every test here."""

import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.studio_client import StudioClient
from tests.client.fake_server import Serving


@pytest.fixture
def fake():
    with Serving() as server:
        yield server


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def client(fake, pauses):
    made = StudioClient(Endpoint(fake.url, fake.token, "set by the test"), pause=pauses.append)
    yield made
    made.close()
