"""Every test's books are checked at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ledger.books import Books

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Open books that must still be right when the test is over."""
    opened = Books(tmp_path / "books.db")
    yield opened
    violations = opened.violations()
    opened.db.close()
    assert violations == []


@pytest.fixture
def open_books(tmp_path: Path) -> Iterator[Books]:
    """Open books that the test may damage."""
    opened = Books(tmp_path / "books.db")
    yield opened
    opened.db.close()
