"""Shared by all tests: the fakes are importable, and what measures time has three attempts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

MORE_ATTEMPTS = 2


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What this process started for its tests goes with them."""
    postgres = sys.modules.get("tests.fakes.postgres")
    if postgres is not None:
        postgres.remove_clusters()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A busy machine adds to a time and never takes any away: such a test fails if it fails three times."""
    for item in items:
        if item.get_closest_marker("measures_time") is not None:
            item.add_marker(pytest.mark.flaky(reruns=MORE_ATTEMPTS))
