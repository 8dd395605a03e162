"""The pytest plugin: `--studio` gives every tested notebook a fresh deterministic server of its own.

    pytest --studio --nbval notebooks/

With nbval it also compares JSON outputs (receipts, estimates), which nbval alone cannot sanitize. Without
`--studio` it offers the fixture `studio_server` and does nothing else.
"""

import json
from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest

from studio_magics.testing.server import TestServer, isolated_server, kernel_environment

NOTEBOOK = ".ipynb"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--studio`."""
    group = parser.getgroup("studio", "Studio: metered runs in notebooks")
    group.addoption("--studio", action="store_true", help="a fresh deterministic credit server per notebook")


def pytest_configure(config: pytest.Config) -> None:
    """Start watching for notebooks when asked to."""
    if config.getoption("--studio"):
        config.pluginmanager.register(NotebookServers(), "studio-notebook-servers")


@pytest.fixture
def studio_server() -> Generator[TestServer]:
    """A deterministic credit server with one funded user; kernels started meanwhile find it."""
    with isolated_server() as server, kernel_environment(server):
        yield server


class NotebookServers:
    """One server at a time: a new one whenever the notebook under test changes."""

    def __init__(self) -> None:
        self._notebook = ""
        self._running = ExitStack()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        """Before the first cell of a notebook, and so before its kernel starts."""
        if item.path.suffix != NOTEBOOK or str(item.path) == self._notebook:
            return
        self._running.close()
        server = self._running.enter_context(isolated_server())
        self._running.enter_context(kernel_environment(server))
        self._notebook = str(item.path)
        _sanitize_json(item)

    def pytest_sessionfinish(self) -> None:
        """End the last server."""
        self._running.close()


def _sanitize_json(item: pytest.Item) -> None:
    """Let nbval's sanitizer see JSON as text with sorted keys; by itself it passes JSON by untouched."""
    sanitize = getattr(item, "sanitize", None)
    kind: Any = type(item)
    if sanitize is None or getattr(kind, "studio_sanitizes_json", False):
        return
    original = kind.sanitize

    def with_json(self: Any, text: Any) -> Any:
        flat = json.dumps(text, sort_keys=True) if isinstance(text, dict | list) else text
        return original(self, flat)

    kind.sanitize = with_json
    kind.studio_sanitizes_json = True
