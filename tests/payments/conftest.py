from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.payments.shop import Shop, open_shop

STRIPE_SENDS_TEXT_AS_DATA = "ignore:Use 'content=:DeprecationWarning"
"""Of httpx, about how Stripe's client calls it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.filterwarnings(STRIPE_SENDS_TEXT_AS_DATA))


@pytest_asyncio.fixture
async def shop(tmp_path: Path) -> AsyncGenerator[Shop]:
    async with open_shop(tmp_path / "data") as opened:
        yield opened
