"""A shop that sells plans: verbs for tests, and what must hold after each."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.payments import moves
from studio_server.payments.plans import agreements, invoices

from tests.fakes.fake_stripe.billing import price_named
from tests.fakes.toy_server import person
from tests.payments.shop import Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    import httpx
    from studio_server.payments.plans.agreements import Agreement

    from tests.fakes.fake_stripe.billing import Billing

TABLES = ("plan_moves", "plan_periods", "plan_changes", "notices")


@dataclass
class PlanShop:
    """A shop, and Ada's plan in it."""

    shop: Shop

    @property
    def billing(self) -> Billing:
        """What the fake sells every month."""
        return self.shop.fake.billing

    async def ask(
        self, plan: str = "supporter", *, client: httpx.AsyncClient | None = None
    ) -> dict[str, Any]:
        """The page to begin or change a plan on."""
        answer = await (client or self.shop.ada).post("/api/billing/plan/checkout", json={"plan": plan})
        assert answer.status_code == 200, (answer.text, self.shop.fake.broken)
        return answer.json()

    async def pay(self, plan: str = "supporter", card: str = "4242424242424242") -> str:
        """A plan that was begun and paid; nobody has told the server. Its subscription."""
        page = await self.ask(plan)
        return self.shop.fake.books.pay(page["session_id"], card)["subscription"]

    async def subscribed(self, plan: str = "supporter", card: str = "4242424242424242") -> str:
        """A plan that was paid and credited; its subscription. Its events are gone."""
        found = await self.pay(plan, card)
        await self.shop.deliver()
        return found

    async def change(self, plan: str) -> None:
        """Ada confirms a change, cancels or keeps on the page she is sent to."""
        url = (await self.ask(plan))["url"]
        portal, link = self.shop.fake.portal, url.rsplit("/", 1)[1]
        flow = portal.links[link]["flow"].get("type")
        what = {"subscription_cancel": "cancel", None: "keep"}.get(flow)
        portal.act(link, what or f"change:{price_named(self.shop.fake.books, plan)['id']}")

    def to_the_end(self) -> None:
        """Let the paid period be over."""
        (item,) = next(iter(self.shop.fake.books.subscriptions.values()))["items"]["data"]
        ends = datetime.fromtimestamp(item["current_period_end"], UTC)
        self.shop.clock.advance(max(timedelta(0), ends - self.shop.clock.now()))

    def plan(self, name: str = "ada") -> str:
        """Whose plan runs."""
        return self.shop.read(lambda tx: self.shop.services.people.known(tx, person(name))).plan.id

    def credits(self) -> int:
        """Credits of paid plans and packs: what is available beyond the free month."""
        return self.shop.bought_credits()

    def period(self) -> tuple[datetime, datetime]:
        """When the period that was paid began, and when it ends."""
        user_id = self.agreement().user_id
        found = self.shop.read(lambda tx: self.shop.services.plans.state(tx, user_id)).period
        return found.starts_at, found.ends_at

    def periods(self) -> list[tuple[str, str]]:
        """Periods of our own clock, and what became of them."""
        sql = "SELECT reference, state FROM plan_periods WHERE user_id = ? ORDER BY starts_at, reference"
        return self.shop.read(lambda tx: tx.execute(sql, (self.agreement().user_id,)))

    def lots(self) -> list[tuple[str, int]]:
        """Every lot of Ada's, as it was given: source and amount."""
        sql = (
            "SELECT l.source, l.amount FROM lots l JOIN users u ON u.wallet_id = l.wallet_id WHERE u.id = ?"
            " ORDER BY l.issued_us, l.lot_id"
        )
        return self.shop.read(lambda tx: tx.execute(sql, (self.agreement().user_id,)))

    async def notices(self) -> str:
        """What Ada was told."""
        found = (await self.shop.ada.get("/api/notices")).json()["notices"]
        return "\n".join(each["text"] for each in found)

    async def renew(self) -> None:
        """What the sweeper does about periods that have ended."""
        services = self.shop.services
        for user_id in self.shop.read(lambda tx: services.plans.due(tx, limit=99)):
            await services.db.write(lambda tx, of=user_id: services.plans.renew(tx, of))

    def agreement(self) -> Agreement:
        """The latest agreement."""
        found = self.shop.read(lambda tx: agreements._all(tx, "1 = 1 ORDER BY created_us DESC, id DESC"))
        return found[0]

    def states(self) -> list[str]:
        """How agreements stand."""
        return [
            state for (state,) in self.shop.read(lambda tx: tx.execute("SELECT state FROM plan_agreements"))
        ]

    def first_subscription(self) -> str:
        """The first one at the provider."""
        return next(iter(self.shop.fake.books.subscriptions))

    def now(self, subscription: str) -> dict[str, Any]:
        """A subscription as the provider has it."""
        return self.shop.fake.books.subscriptions[subscription]

    def given(self) -> list[tuple[str, str, int, list[tuple[str, int]]]]:
        """Every invoice in order: kind, state, credits, and what it did."""
        found = self.shop.read(lambda tx: tx.execute("SELECT id FROM plan_invoices ORDER BY issued_us, id"))
        rows = [self.shop.read(lambda tx, i=i: invoices.known(tx, i)) for (i,) in found]
        return [(row.kind, row.state, row.units, self._moves(row.id)) for row in rows]

    def stands(self, subscription: str) -> list[int]:
        """What each invoice of a subscription stands for now, in order; each was granted at most once."""
        sql = (
            "SELECT i.id FROM plan_invoices i JOIN plan_agreements a ON a.id = i.agreement_id"
            " WHERE a.subscription_id = ? ORDER BY i.issued_us, i.id"
        )
        found = []
        for (invoice_id,) in self.shop.read(lambda tx: tx.execute(sql, (subscription,))):
            steps = self._moves(invoice_id)
            assert [kind for kind, _ in steps].count("grant") <= 1
            found.append(sum(-amount if kind == "void" else amount for kind, amount in steps))
        return found

    def intent_of(self, kind: str) -> str:
        """The payment of the latest invoice of a kind."""
        sql = "SELECT intent_id FROM plan_invoices WHERE kind = ? ORDER BY issued_us DESC, id DESC LIMIT 1"
        return self.shop.read(lambda tx: tx.one(sql, (kind,)))[0]

    async def standing(self) -> dict[str, Any]:
        """What Ada is told of her plan."""
        return (await self.shop.ada.get("/api/billing/plan")).json()

    async def settled(self) -> None:
        """Books and provider agree, plans too."""
        before = self._everything()
        await self.shop.settled()
        assert self._everything() == before

    def _moves(self, invoice_id: str) -> list[tuple[str, int]]:
        found = self.shop.read(lambda tx: moves.of(tx, invoice_id, moves.OF_INVOICES))
        return [(each.kind, each.amount) for each in found]

    def _everything(self) -> dict[str, Any]:
        rows = {t: self.shop.read(lambda tx, t=t: sorted(tx.execute(f"SELECT * FROM {t}"))) for t in TABLES}
        seen = "SELECT id, state, subscription_id, next_plan_id FROM plan_agreements"
        plans = "SELECT user_id, plan_id, next_plan_id, renews, number, starts_at, ends_at FROM subscriptions"
        of = "SELECT id, state, units, reversed_minor, disputed FROM plan_invoices"
        for name, sql in (("agreements", seen), ("plans", plans), ("invoices", of)):
            rows[name] = self.shop.read(lambda tx, sql=sql: sorted(tx.execute(sql), key=repr))
        return rows


@contextlib.asynccontextmanager
async def open_plan_shop(folder: Path, **more: Any) -> AsyncGenerator[PlanShop]:
    """A server that sells plans, while the block runs."""
    async with open_shop(folder, **more) as shop:
        yield PlanShop(shop)
