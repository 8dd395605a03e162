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
async def plans(folder: Path, request: pytest.FixtureRequest) -> AsyncGenerator[PlanShop]:
    async with open_plan_shop(folder / "data") as opened:
        yield opened
        await compared(opened.shop, request)


@pytest_asyncio.fixture
async def shop(folder: Path, request: pytest.FixtureRequest) -> AsyncGenerator[Shop]:
    async with open_shop(folder / "data") as opened:
        yield opened
        await compared(opened, request)


async def compared(shop: Shop, request: pytest.FixtureRequest) -> None:
    """Every test ends so: comparing with the provider changes nothing, and the ledger is sound."""
    if request.node.get_closest_marker("guard_off"):
        return
    if request.node.get_closest_marker("undelivered"):
        await shop.services.payments.reconciler.all()
    await shop.settled()
