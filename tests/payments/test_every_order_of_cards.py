"""Each history of a charged card, its events in every order while nobody has the answer: the same end."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

from tests.payments.card_shop import ASKS, CHARGE, DECLINES, OK, charges, keep_card, orders, top_up

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.books import Books
    from tests.payments.shop import Shop


def _paid(books: Books, intent_id: str) -> None:
    del books, intent_id


def _refunded(books: Books, intent_id: str) -> None:
    books.refund(intent_id, 333)


def _lost(books: Books, intent_id: str) -> None:
    books.close_dispute(books.dispute(intent_id)["id"], "lost")


def _won(books: Books, intent_id: str) -> None:
    books.close_dispute(books.dispute(intent_id)["id"], "won")


PAID = {
    "paid": (_paid, 500, 2),
    "refunded": (_refunded, 333, 4),
    "lost": (_lost, 0, 4),
    "won": (_won, 500, 4),
}
"""Name → what happens next, what is left of 500, how many events tell of it."""


async def unanswered(shop: Shop, key: str) -> str:
    """A charge whose answer was lost while nobody could look; its payment."""
    shop.fake.books.events.clear()
    shop.fake.faults[CHARGE] = ["lose"] * 3
    shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
    assert (await top_up(shop, key=key)).status_code == 503
    shop.fake.faults.clear()
    return list(shop.fake.books.intents)[-1]


@pytest.mark.parametrize("name", PAID)
async def test_in_whatever_order_its_events_arrive_a_charge_ends_the_same(shop: Shop, name: str) -> None:
    history, left, count = PAID[name]
    await keep_card(shop, OK)
    before, expected = shop.bought_credits(), 0
    for order in itertools.permutations(range(count)):
        intent = await unanswered(shop, f"{name} {order}")
        history(shop.fake.books, intent)
        assert len(shop.fake.books.events) == count
        events = [shop.fake.books.events[place] for place in order]
        assert await shop.courier.bring_all(events, copies=2) == [200] * (2 * count), order
        expected += left
        assert shop.bought_credits() == before + expected, order
    shop.fake.books.events.clear()
    deliveries = math.factorial(count)
    assert (charges(shop), shop.fake.calls[CHARGE]) == (1 + deliveries, 3 * deliveries)
    await shop.settled()


@pytest.mark.parametrize("card", [ASKS, DECLINES])
async def test_in_whatever_order_its_events_arrive_a_refused_charge_gives_nothing(
    shop: Shop, card: str
) -> None:
    await keep_card(shop, card)
    for order in itertools.permutations(range(2)):
        await unanswered(shop, f"{order}")
        assert (await top_up(shop, key=f"{order}")).status_code == 402
        events = [shop.fake.books.events[place] for place in order]
        assert [each["type"] for each in sorted(events, key=lambda each: each["id"])] == [
            "payment_intent.payment_failed",
            "payment_intent.canceled",
        ]
        assert await shop.courier.bring_all(events, copies=2) == [200] * 4
    assert [order[:2] for order in orders(shop) if order[0] == "saved_card"] == [("saved_card", "failed")] * 2
    assert (shop.bought_credits(), charges(shop), shop.rows("payment_moves")) == (500, 1, 1)
    await shop.settled()
