"""Plans whose world goes on between deliveries: renewals, failures, changes, refunds and disputes at random.

At the end every invoice stands for what a second computation, from the provider's books alone, says it does.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.fake_stripe.billing import price_named
from tests.fakes.fake_stripe.books import Refused

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.books import Books
    from tests.payments.plan_shop import PlanShop

SEEDS = range(20261126, 20261126 + 12)
STEPS = 14
CREDITS = {"studio_plan_supporter": 3_000, "studio_plan_pro": 12_000}


def expected(books: Books, invoice: dict[str, Any]) -> int:
    """What an invoice is worth now, from the provider's books alone."""
    if invoice["status"] != "paid" or invoice["total"] <= 0:
        return 0
    lines = invoice["lines"]["data"]
    whole = [each for each in lines if each["parent"]["type"] == "subscription_item_details"]
    units = CREDITS[whole[0]["pricing"]["price_details"]["product"]] if whole else _share(books, invoice)
    payment = next(p for p in books.invoice_payments.values() if p["invoice"] == invoice["id"])
    intent = payment["payment"]["payment_intent"]
    gone = sum(
        each["amount"]
        for each in (*books.refunds.values(), *books.disputes.values())
        if each["payment_intent"] == intent and each["status"] not in ("failed", "won")
    )
    return units - -(-units * min(invoice["total"], gone) // invoice["total"])


def _share(books: Books, change: dict[str, Any]) -> int:
    """The difference of two plans for what is left of the period the change fell in."""
    minus, plus = change["lines"]["data"]
    ends = plus["period"]["end"]
    whole = [
        each["period"] for i in books.invoices.values() for each in i["lines"]["data"] if i is not change
    ]
    starts = max(p["start"] for p in whole if p["end"] == ends and p["start"] <= plus["period"]["start"])
    more = sum(
        sign * CREDITS[line["pricing"]["price_details"]["product"]] for sign, line in ((1, plus), (-1, minus))
    )
    return -(-more * (ends - plus["period"]["start"]) // (ends - starts))


@pytest.mark.parametrize("seed", SEEDS)
async def test_whatever_happens_each_invoice_ends_worth_what_stripe_says(plans: PlanShop, seed: int) -> None:
    print(f"seed {seed}")
    chances, books = random.Random(seed), plans.shop.fake.books  # noqa: S311  - which step, no secret
    subscription = await plans.subscribed(chances.choice(["supporter", "pro"]))
    await plans.ask("pro")
    await plans.ask("supporter")
    waiting: list[dict[str, Any]] = []
    for _ in range(STEPS):
        one_step(chances, plans, subscription)
        waiting += books.events
        books.events.clear()
        for event in chances.sample(waiting, k=chances.randrange(min(4, len(waiting) + 1))):
            assert await plans.shop.courier.bring(event) == 200
    await plans.shop.courier.bring_all(waiting, seed=seed)
    assert plans.stands(subscription) == [expected(books, each) for each in books.invoices.values()]
    assert set(plans.shop.incidents()) <= {"disputed"}
    await plans.settled()


def one_step(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    """Something that can happen now."""
    plans.shop.clock.advance(timedelta(hours=chances.randrange(1, 200)))
    if plans.now(subscription)["status"] == "canceled":
        return
    try:
        chances.choice(HAPPENS)(chances, plans, subscription)
    except Refused:
        return


def _renews(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    plans.billing.cards[subscription] = chances.choice(["ok", "ok", "declined"])
    plans.to_the_end()
    plans.billing.renew(subscription)


def _retries(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    invoice = plans.shop.fake.books.invoices[plans.now(subscription)["latest_invoice"]]
    if invoice["status"] == "open":
        plans.billing.retry(subscription, does="ok")


def _changes(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    wanted = chances.choice(["supporter", "pro"])
    plans.billing.change(subscription, price_named(plans.shop.fake.books, wanted)["id"])


def _cancels(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    plans.billing.cancel(subscription, keep=chances.random() < 0.7)


def _refunds(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    books = plans.shop.fake.books
    books.refund(_payment(chances, books), chances.randrange(1, 900))


def _disputes(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    books = plans.shop.fake.books
    dispute = books.dispute(_payment(chances, books))
    if chances.random() < 0.5:
        books.close_dispute(dispute["id"], chances.choice(["won", "lost"]))


def _fails_refund(chances: random.Random, plans: PlanShop, subscription: str) -> None:
    books = plans.shop.fake.books
    done = [each for each in books.refunds.values() if each["status"] == "succeeded"]
    if done:
        books.fail_refund(chances.choice(done)["id"])


HAPPENS = (_renews, _renews, _retries, _changes, _changes, _cancels, _refunds, _disputes, _fails_refund)


def _payment(chances: random.Random, books: Books) -> str:
    """A payment that succeeded."""
    return chances.choice([i["id"] for i in books.intents.values() if i["status"] == "succeeded"])
