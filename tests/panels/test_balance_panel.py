"""The panel shows what the server says, asks only when told to, and says why when there is no answer."""

import sys

import pytest

from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import NotInstalled
from studio_magics.client.studio_client import StudioClient
from studio_magics.panels.balance_panel import balance_panel
from studio_magics.panels.notebook import NotebookStudio
from studio_magics.runners.session import Session
from tests.client.fake_server import Serving
from tests.runners.conftest import Nowhere


@pytest.fixture
def fake():
    with Serving() as server:
        yield server


@pytest.fixture
def studio(fake):
    def quick(endpoint: Endpoint) -> StudioClient:
        return StudioClient(endpoint, pause=[].append)

    made = NotebookStudio(session=Session(Nowhere(), make=quick, pause=[].append))
    made.connect(fake.url, fake.token)
    yield made
    made.disconnect()


def test_the_panel_shows_balance_and_limits(studio):
    head, day, month, note, _ = studio.panel().children
    assert head.value == "<strong>300 credits</strong> · ada · Free"
    assert (day.value, day.max, day.description) == (0, 30, "Today 0 of 30")
    assert month.description == "This month 0 of 300"
    assert "the tool's maximum" in note.value


def test_the_button_asks_again_and_nothing_else_does(studio, fake):
    panel = studio.panel()
    asked = len(fake.asked)
    fake.available = 250
    assert len(fake.asked) == asked
    panel.children[-1].click()
    assert len(fake.asked) == asked + 1
    assert panel.children[0].value.startswith("<strong>250 credits</strong>")


def test_a_lost_server_is_told_in_the_panel_and_the_button_stays_usable(studio, fake):
    panel = studio.panel()
    fake.drops["/api/credits/balance"] = 3
    panel.children[-1].click()
    assert "role='alert'" in panel.children[3].value
    assert not panel.children[-1].disabled


def test_without_ipywidgets_the_refusal_says_how_to_install_it(studio, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(NotInstalled) as refused:
        balance_panel(studio)
    assert "pip install ipywidgets" in refused.value.lines()[1]
