"""A fake server, a Studio connected to it, and the counter tool installed."""

import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.discovery import Surroundings
from studio_magics.client.studio_client import StudioClient
from studio_magics.runners.session import Session
from studio_magics.runners.studio import Studio
from tests.client.fake_server import Serving
from tests.runners.counting import offered


class Nowhere(Surroundings):
    """No server anywhere, unless the test says so."""

    environment: dict[str, str] = {}  # noqa: RUF012  - empty for every test

    def jupyter_runtime(self):
        return None

    def standalone_files(self):
        return ()

    def embedded(self):
        return None


def quick(endpoint: Endpoint) -> StudioClient:
    """A client that does not wait between attempts."""
    return StudioClient(endpoint, pause=[].append)


@pytest.fixture(autouse=True)
def installed(tmp_path_factory):
    with offered(tmp_path_factory.mktemp("tools"), COUNTER="data-studio-counter"):
        yield


@pytest.fixture
def fake():
    with Serving() as server:
        yield server


@pytest.fixture
def alone():
    """A Studio without any server."""
    return Studio(session=Session(Nowhere(), make=quick, pause=[].append))


@pytest.fixture
def studio(fake):
    made = Studio(session=Session(Nowhere(), make=quick, pause=[].append))
    made.connect(fake.url, fake.token)
    fake.asked.clear()
    yield made
    made.disconnect()
