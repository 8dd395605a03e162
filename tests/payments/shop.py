"""A real server that sells, over a fake Stripe in process: verbs for tests, and what must hold after each."""

from __future__ import annotations

import contextlib
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import httpx
import stripe
from studio_server.app import create_app
from studio_server.clock import FixedClock
from studio_server.ledger import Asset, PlaceHold, Settle
from studio_server.ledger.checker import check
from studio_server.payments import incidents, moves, orders
from studio_server.registry.catalogue import PlanEntry
from studio_server.runs.executor.local import LocalExecutor
from studio_server.settings import Settings
from studio_server.wiring import build

from tests.fakes.fake_stripe.app import FakeStripe, made
from tests.fakes.fake_stripe.courier import Courier
from tests.fakes.toy_server import ToyServer, person, toy_registry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from studio_server.payments.orders import Order
    from studio_server.registry.catalogue import Registry
    from studio_server.services import Services
    from studio_server.storage.tx import Tx

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECRET, OLD_SECRET = "whsec_canary_of_today", "whsec_canary_of_yesterday"
KEY = "sk_test_canary_key"
"""Both are canaries: they must be found in no answer, log, event or row."""
PLAN_CREDITS = 300


class InProcess(stripe.HTTPXClient):
    """The client's own transport, pointed at the fake; it does not sleep between attempts."""

    def __init__(self, app: Any) -> None:
        super().__init__(timeout=10)
        if not isinstance(self._client_async, httpx.AsyncClient):
            raise TypeError("the client keeps its connections elsewhere now")
        self._client_async = httpx.AsyncClient(transport=httpx.ASGITransport(app))

    def sleep_async(self, secs: float) -> Any:
        """No pause."""
        del secs
        return super().sleep_async(0)


@dataclass
class Shop:
    """The server, the fake, and the way between them."""

    services: Services
    fake: FakeStripe
    courier: Courier
    clock: FixedClock
    ada: httpx.AsyncClient
    bob: httpx.AsyncClient
    server: ToyServer

    def nobody(self) -> httpx.AsyncClient:
        """A browser nobody vouches for."""
        return self.server.client(None)

    async def begin(self, pack: str = "starter", *, client: httpx.AsyncClient | None = None) -> dict:
        """A page to pay on."""
        answer = await (client or self.ada).post("/api/billing/checkout", json={"pack": pack})
        assert answer.status_code == 200, (answer.text, self.fake.broken)
        return answer.json()

    async def buy(self, pack: str = "starter", card: str = "4242424242424242") -> dict[str, Any]:
        """A page that was paid on; nobody has told the server."""
        page = await self.begin(pack)
        self.fake.books.pay(page["session_id"], card)
        return page

    async def bought(self, pack: str = "starter") -> str:
        """A pack that was paid and credited; its payment. Its events are gone."""
        page = await self.buy(pack)
        await self.verify(page["session_id"])
        self.fake.books.events.clear()
        return self.order(page["order_id"]).intent_id or ""

    async def verify(self, session_id: str, *, client: httpx.AsyncClient | None = None) -> httpx.Response:
        """The question the success page asks."""
        query = {"session_id": session_id}
        return await (client or self.ada).get("/api/billing/verify-payment", params=query)

    async def deliver(self, **how: Any) -> list[int]:
        """Everything that was not delivered yet; then it is."""
        events, self.fake.books.events[:] = list(self.fake.books.events), []
        return await self.courier.bring_all(events, **how)

    def read(self, work: Any) -> Any:
        """One read."""
        return self.services.db.read(work)

    def order(self, order_id: str) -> Order:
        """One order."""
        return self.read(lambda tx: orders.by_id(tx, order_id))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return self.read(lambda tx: tx.one(f"SELECT count(*) FROM {table}"))[0]

    def moves(self, order_id: str) -> list[tuple[str, int]]:
        """What a payment did, in order."""
        return [(each.kind, each.amount) for each in self.read(lambda tx: moves.of(tx, order_id))]

    def incidents(self) -> list[str]:
        """Kinds of incidents, sorted."""
        return sorted(each[0] for each in self.read(incidents.listed))

    def bought_credits(self, name: str = "ada") -> int:
        """Credits beyond the free plan's: what is available, less what is owed."""

        def net(tx: Tx) -> int:
            user = self.services.people.known(tx, person(name))
            view = self.services.ledger.wallet_view(tx, user.wallet_id)
            return view.available + view.held - view.debt - PLAN_CREDITS

        return self.read(net)

    def dollars(self) -> int:
        """Millionths of a dollar Ada has."""

        def found(tx: Tx) -> int:
            user = self.services.people.known(tx, person("ada"))
            wallet = self.services.ledger.wallet_id_of(tx, user.id, Asset.USD)
            return 0 if wallet is None else self.services.ledger.wallet_view(tx, wallet).available

        return self.read(found)

    async def spend(self, amount: int) -> None:
        """Ada spends credits."""

        def work(tx: Tx) -> None:
            user = self.services.people.known(tx, person("ada"))
            held = self.services.ledger.execute(
                tx, PlaceHold(f"spend:{amount}", user.wallet_id, "run", amount, "p", 60)
            )
            self.services.ledger.execute(tx, Settle(held.hold_id, amount, "p"))

        await self.services.db.write(work)

    async def settled(self) -> None:
        """Books and provider agree: comparing changes nothing, and the ledger is sound."""
        payments = self.services.payments
        assert payments is not None
        assert self.fake.broken == [], self.fake.broken
        before = self.everything()
        report = await payments.reconciler.all()
        assert report.corrections == [], report.lines()
        assert report.failures == []
        assert self.everything() == before
        assert self.services.db.read(check) == []

    def everything(self) -> dict[str, Any]:
        """What money did; the version of an order rises whenever it is looked at."""
        tables = ("payment_moves", "effects", "payment_incidents")
        found = {}
        for table in tables:
            rows = self.read(lambda tx, t=table: tx.execute(f"SELECT * FROM {t}"))
            found[table] = sorted(rows, key=repr)
        seen = "SELECT id, state, intent_id, session_id, reversed_minor, disputed FROM payment_orders"
        return found | {"orders": self.read(lambda tx: sorted(tx.execute(seen)))}


def with_plans(registry: Registry) -> Registry:
    """The toys, and the plans that are on sale."""
    data = tomllib.loads(files("studio_server.registry").joinpath("plans.toml").read_text("utf-8"))
    sold = {row["id"]: PlanEntry(**row) for row in data["plan"] if "price_minor" in row}
    return replace(registry, plans={**registry.plans, **sold})


@contextlib.asynccontextmanager
async def open_shop(folder: Path, **more: Any) -> AsyncGenerator[Shop]:
    """A server that sells, while the block runs."""
    clock = FixedClock(START)
    fake = more.pop("fake", None) or made(clock.now, base="https://pay.example")
    fake.key = KEY
    wanted = {
        "stripe_secret_key": KEY,
        "stripe_webhook_secrets": (SECRET,),
        "stripe_api_base": "https://stripe.example",
        "free_credits": True,
        "requests_per_second": 10_000,
        **more,
    }
    settings = Settings.for_local(data_dir=folder, owner="ada", reuse_results_seconds=0, **wanted)
    kept: list[Services] = []

    def make(chosen: Settings) -> Services:
        registry = with_plans(toy_registry(daily_cap=100_000))
        executor = LocalExecutor(capacity=1)
        kept.append(
            build(chosen, clock=clock, executor=executor, registry=registry, stripe_http=InProcess(fake.app))
        )
        return kept[0]

    app = create_app(settings, make_services=make)
    async with app.router.lifespan_context(app):
        server = ToyServer(kept[0], app)
        nobody = server.client(None)

        async def post(body: bytes, headers: dict[str, str]) -> int:
            answer = await nobody.post("/api/stripe/webhook", content=body, headers=headers)
            return answer.status_code

        async with server.client(person("ada")) as ada, server.client(person("bob")) as bob, nobody:
            for client in (ada, bob):
                await client.get("/api/account")
            yield Shop(kept[0], fake, Courier(post, SECRET, clock.now), clock, ada, bob, server)
