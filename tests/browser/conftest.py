"""One browser and one JupyterLab per module, one fresh profile per page."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.jupyter_server import LabServer, serving_lab
from tests.browser.lab import Lab, opened_lab

OpenLab = Callable[[str], AbstractContextManager[Lab]]


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LabServer]:
    with serving_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def open_lab(server: LabServer, browser: Browser) -> OpenLab:
    """Open a page of this module's JupyterLab."""
    return partial(opened_lab, browser, server)
