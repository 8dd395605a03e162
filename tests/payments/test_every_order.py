"""Each history of a payment, its events in every order up to five: the end is always the same.

1,992 deliveries. The books are one for all: every payment is judged by its own net grant and its own rows.
"""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.books import Books
    from tests.payments.shop import Shop

SEED = 20261126
WALKS = 25


def _refunded(books: Books, session_id: str) -> None:
    books.pay(session_id)
    books.refund(books.sessions[session_id]["payment_intent"], 333)


def _refund_failed(books: Books, session_id: str) -> None:
    books.pay(session_id)
    refund = books.refund(books.sessions[session_id]["payment_intent"], 700)
    books.fail_refund(refund["id"])
    del books.events[0], books.events[-2]  # that money moved, twice: four are left


def _slow(books: Books, session_id: str) -> None:
    books.pay(session_id, "bank")
    books.settle(session_id, paid=True)


def _dispute_won(books: Books, session_id: str) -> None:
    books.pay(session_id)
    dispute = books.dispute(books.sessions[session_id]["payment_intent"])
    books.close_dispute(dispute["id"], "won")


def _dispute_lost(books: Books, session_id: str) -> None:
    books.pay(session_id)
    dispute = books.dispute(books.sessions[session_id]["payment_intent"])
    books.close_dispute(dispute["id"], "lost")
    del books.events[0]


HISTORIES = {
    "refunded in part": (_refunded, 333, 5),
    "refund failed": (_refund_failed, 500, 4),
    "slow": (_slow, 500, 5),
    "dispute lost": (_dispute_lost, 0, 4),
    "dispute won": (_dispute_won, 500, 5),
}
"""Name → what happens, what is left of 500, how many events tell of it."""
DELIVERIES = sum(events * math.factorial(events) for _, _, events in HISTORIES.values())


def test_about_two_thousand_deliveries_are_made() -> None:
    assert DELIVERIES == 1_992


@pytest.mark.parametrize("name", HISTORIES)
async def test_in_whatever_order_its_events_arrive_a_payment_ends_the_same(shop: Shop, name: str) -> None:
    history, expected, count = HISTORIES[name]
    expected_total = 0
    for order in itertools.permutations(range(count)):
        page = await shop.begin()
        shop.fake.books.events.clear()
        history(shop.fake.books, page["session_id"])
        assert len(shop.fake.books.events) == count
        events = [shop.fake.books.events[place] for place in order]
        assert await shop.courier.bring_all(events) == [200] * len(order), (name, order)
        moves = shop.moves(page["order_id"])
        net = sum(-amount if kind == "void" else amount for kind, amount in moves)
        assert (net, len(moves) <= 3) == (expected, True), (name, order, moves)
        expected_total += expected
    shop.fake.books.events.clear()
    assert shop.bought_credits() == expected_total
    await shop.settled()


async def test_while_the_world_goes_on_between_deliveries_the_books_follow_it(shop: Shop) -> None:
    chances = random.Random(SEED)  # noqa: S311  - which step, no secret
    print(f"seed {SEED}")
    for _ in range(WALKS):
        page = await shop.begin()
        books = shop.fake.books
        waiting: list = []
        dispute, refund = {}, {}
        books.pay(page["session_id"])
        for _ in range(chances.randrange(4, 12)):
            _one_more(chances, books, books.sessions[page["session_id"]], dispute, refund)
            waiting += books.events
            books.events.clear()
            for event in chances.sample(waiting, k=chances.randrange(min(3, len(waiting) + 1))):
                assert await shop.courier.bring(event) == 200
        await shop.courier.bring_all(waiting, seed=chances.randrange(1_000))
        assert shop.incidents().count("paid_otherwise") == 0
    await shop.settled()


def _one_more(chances: random.Random, books: Books, session: dict, dispute: dict, refund: dict) -> None:
    """Something that can happen now to a paid payment."""
    from tests.fakes.fake_stripe.books import Refused

    intent = session["payment_intent"]
    match chances.randrange(4):
        case 0 if not dispute:
            dispute |= books.dispute(intent)
        case 1 if dispute.get("status") == "needs_response":
            dispute["status"] = chances.choice(["won", "lost"])
            books.close_dispute(dispute["id"], dispute["status"])
        case 2:
            try:
                refund |= books.refund(intent, chances.randrange(1, 600))
            except Refused:
                return
        case 3 if refund.get("status") == "succeeded":
            refund["status"] = "failed"
            books.fail_refund(refund["id"])
        case _:
            return
