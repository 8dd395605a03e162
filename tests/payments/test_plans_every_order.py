"""Each history of a plan, its events in every order: the end is the same, with one grant per invoice."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.billing import Billing
    from tests.payments.plan_shop import PlanShop

NOISE = ("invoice.created", "charge.succeeded", "customer.subscription.created")
"""Events that say nothing the others do not say; left out where a history has more than five."""


def _begun(billing: Billing, subscription: str, intent: str) -> None:
    """Nothing but the first month."""


def _refunded(billing: Billing, subscription: str, intent: str) -> None:
    billing.books.refund(intent, 500)
    del billing.books.events[-1]  # that there was a refund, twice


def _disputed(billing: Billing, subscription: str, intent: str) -> None:
    dispute = billing.books.dispute(intent)
    billing.books.close_dispute(dispute["id"], "won")


def _failed_then_paid(billing: Billing, subscription: str, intent: str) -> None:
    billing.books.events.clear()
    billing.cards[subscription] = "declined"
    billing.renew(subscription)
    billing.retry(subscription, does="ok")
    kept = [each for each in billing.books.events if each["type"] not in NOISE]
    billing.books.events[:] = kept[-4:]


def _ended(billing: Billing, subscription: str, intent: str) -> None:
    billing.cancel(subscription)
    billing.end(subscription)
    del billing.books.events[0]


HISTORIES = {
    "begun": (_begun, [3_000], 3),
    "refunded": (_refunded, [2_000], 4),
    "disputed and won": (_disputed, [3_000], 5),
    "failed, then paid": (_failed_then_paid, [3_000, 3_000], 4),
    "ended": (_ended, [3_000], 4),
}
"""Name → what happens, what each invoice stands for at last, how many events tell of it."""
DELIVERIES = sum(events * math.factorial(events) for _, _, events in HISTORIES.values())


def test_nine_hundred_deliveries_are_made() -> None:
    assert DELIVERIES == 906


@pytest.mark.parametrize("name", HISTORIES)
async def test_in_whatever_order_its_events_arrive_a_plan_ends_the_same(plans: PlanShop, name: str) -> None:
    history, expected, count = HISTORIES[name]
    books = plans.shop.fake.books
    for order in itertools.permutations(range(count)):
        subscription = await plans.pay()
        books.events[:] = [each for each in books.events if each["type"] not in NOISE]
        intent = [each["data"]["object"]["id"] for each in books.events if "payment_intent" in each["type"]]
        history(plans.billing, subscription, intent[0])
        assert len(books.events) == count, [each["type"] for each in books.events]
        events = [books.events[place] for place in order]
        books.events.clear()
        assert await plans.shop.courier.bring_all(events) == [200] * count, (name, order)
        stands = plans.stands(subscription)
        assert stands == expected, (name, order, stands)
        if plans.agreement().state != "ended":
            plans.billing.end(subscription)
            await plans.shop.deliver()
    assert "corrected_by_reconciliation" not in plans.shop.incidents()
    await plans.settled()
