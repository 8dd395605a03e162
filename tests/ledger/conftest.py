"""Every test's books are checked at its end, and no test is told a day that another one asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from studio_server.ledger import windows

from tests.fakes.postgres import cluster, migrated
from tests.ledger.books import Books

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def days_worked_out_anew() -> Iterator[None]:
    """Days and months that are kept would hide a change of the calendar, and outlive it."""
    for kept in (windows._day, windows._month):
        kept.cache_clear()
    yield
    for kept in (windows._day, windows._month):
        kept.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the books are: every test runs on both engines."""
    return cluster().new_database(migrated) if request.param == "postgresql" else None


@pytest.fixture
def books(tmp_path: Path, url: str | None) -> Iterator[Books]:
    """Open books that must still be right when the test is over."""
    opened = Books(tmp_path / "books.db", url=url)
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


@pytest.fixture
def open_books(tmp_path: Path, url: str | None) -> Iterator[Books]:
    """Open books that the test may damage."""
    opened = Books(tmp_path / "books.db", url=url)
    yield opened
    opened.db.close()
