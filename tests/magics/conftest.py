"""A real IPython shell with the extension loaded, a fake server, and the counter tool installed."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from studio_magics.client.connection import Endpoint
from studio_magics.client.studio_client import StudioClient
from studio_magics.panels import notebook as api
from studio_magics.runners.session import Session
from tests.client.fake_server import Serving
from tests.runners.conftest import Nowhere
from tests.runners.counting import offered


@pytest.fixture(autouse=True)
def installed(tmp_path_factory):
    with offered(tmp_path_factory.mktemp("tools"), COUNTER="data-studio-counter"):
        yield


@pytest.fixture
def fake():
    with Serving() as server:
        yield server


def quick(endpoint: Endpoint) -> StudioClient:
    """A client that does not wait between attempts."""
    return StudioClient(endpoint, pause=[].append)


class Cell:
    """What one execution gave: displays, error, value."""

    def __init__(self, result, displays):
        self.value = result.result
        self.error = result.error_in_exec or result.error_before_exec
        self.displays = displays

    @property
    def texts(self):
        return [display["data"]["text/plain"] for display in self.displays]


class Notebook:
    """Runs cells in a real shell and collects what they show."""

    def __init__(self, shell):
        self.shell = shell

    def run(self, source) -> Cell:
        self.shell.display_pub.outputs = []
        result = self.shell.run_cell(source, store_history=True)
        return Cell(result, self.shell.display_pub.outputs)


@pytest.fixture
def shell():
    from IPython.core.displaypub import CapturingDisplayPublisher

    config = Config()
    config.HistoryManager.enabled = False
    made = InteractiveShell.instance(
        config=config, colors="nocolor", display_pub_class=CapturingDisplayPublisher
    )
    made.run_line_magic("load_ext", "studio_magics")
    yield made
    made.run_line_magic("unload_ext", "studio_magics")
    InteractiveShell.clear_instance()


@pytest.fixture
def studio(fake, monkeypatch):
    made = api.NotebookStudio(session=Session(Nowhere(), make=quick, pause=[].append))
    monkeypatch.setattr(api, "this_studio", lambda: made)
    made.connect(fake.url, fake.token)
    fake.asked.clear()
    yield made
    made.disconnect()


@pytest.fixture
def notebook(shell, studio):
    return Notebook(shell)
