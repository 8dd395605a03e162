import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.payments.plan_shop import PlanShop, open_plan_shop
from tests.payments.shop import Shop, open_shop

STRIPE_SENDS_TEXT_AS_DATA = "ignore:Use 'content=:DeprecationWarning"
"""Of httpx, about how Stripe's client calls it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.filterwarnings(STRIPE_SENDS_TEXT_AS_DATA))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a place: these tests wait for the disk half of their time."""
    memory = Path("/dev/shm")  # noqa: S108  - a new folder of its own in it
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="studio-shop-", dir=memory) as made:
        yield Path(made)


@pytest_asyncio.fixture
async def plans(folder: Path) -> AsyncGenerator[PlanShop]:
    async with open_plan_shop(folder / "data") as opened:
        yield opened


@pytest_asyncio.fixture
async def shop(folder: Path) -> AsyncGenerator[Shop]:
    async with open_shop(folder / "data") as opened:
        yield opened
