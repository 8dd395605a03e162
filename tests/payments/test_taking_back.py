"""Refunds and disputes: the net grant is what the payment's final state says. Cases 25 to 31."""

import asyncio

import pytest

from tests.payments.shop import Shop


async def test_a_third_refunded_and_then_the_rest_ends_at_exactly_nothing(shop: Shop) -> None:
    intent = await shop.bought()
    shop.fake.books.refund(intent, 333)
    await shop.deliver(copies=3, seed=3)
    assert shop.bought_credits() == 500 - 167
    shop.fake.books.refund(intent, 333)
    shop.fake.books.refund(intent)
    await shop.deliver(copies=2, seed=4)
    assert shop.bought_credits() == 0
    assert shop.rows("payment_moves") == 3
    await shop.settled()


async def test_a_refund_that_overtakes_its_payment_leaves_no_grant(shop: Shop) -> None:
    page = await shop.buy()
    intent = shop.fake.books.sessions[page["session_id"]]["payment_intent"]
    paid, shop.fake.books.events[:] = list(shop.fake.books.events), []
    shop.fake.books.refund(intent)
    await shop.deliver()
    await shop.courier.bring_all(paid)
    assert (shop.bought_credits(), shop.moves(page["order_id"])) == (0, [])
    await shop.settled()


async def test_a_refund_that_fails_afterwards_is_given_back_once(shop: Shop) -> None:
    intent = await shop.bought()
    refund = shop.fake.books.refund(intent, 400)
    await shop.deliver()
    assert shop.bought_credits() == 300
    shop.fake.books.fail_refund(refund["id"])
    await shop.deliver(copies=4, together=True)
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 3)
    await shop.settled()


@pytest.mark.parametrize(
    ("status", "closed", "while_open", "at_last"),
    [
        ("needs_response", "won", 0, 500),
        ("needs_response", "lost", 0, 0),
        ("warning_needs_response", "warning_closed", 500, 500),
    ],
)
async def test_a_dispute_takes_back_when_it_opens_and_gives_again_only_when_it_is_won(
    shop: Shop, status: str, closed: str, while_open: int, at_last: int
) -> None:
    intent = await shop.bought()
    dispute = shop.fake.books.dispute(intent, status=status)
    await shop.deliver(copies=2)
    assert shop.bought_credits() == while_open
    await shop.settled()
    shop.fake.books.close_dispute(dispute["id"], closed)
    await shop.deliver(copies=2)
    assert shop.bought_credits() == at_last
    assert ("disputed" in shop.incidents()) == (while_open == 0)
    await shop.settled()


async def test_refund_and_dispute_beyond_the_payment_take_no_more_than_it_gave(shop: Shop) -> None:
    intent = await shop.bought()
    shop.fake.books.refund(intent, 600)
    dispute = shop.fake.books.dispute(intent)
    await shop.deliver(seed=1)
    assert shop.bought_credits() == 0
    shop.fake.books.close_dispute(dispute["id"], "won")
    await shop.deliver()
    assert shop.bought_credits() == 200
    shop.fake.books.refund(intent, 400)
    await shop.deliver()
    assert shop.bought_credits() == 0
    await shop.settled()


async def test_a_dispute_won_in_part_takes_the_difference_again(shop: Shop) -> None:
    intent = await shop.bought()
    first = shop.fake.books.dispute(intent)
    await shop.deliver()
    shop.fake.books.refund(intent, 250)
    shop.fake.books.close_dispute(first["id"], "won")
    await shop.deliver(seed=9)
    order = shop.read(lambda tx: tx.one("SELECT id FROM payment_orders"))[0]
    kinds = [("grant", 500), ("void", 500), ("restore", 500), ("void", 125)]
    assert (shop.bought_credits(), shop.moves(order)) == (375, kinds)
    await shop.settled()


async def test_a_slow_look_at_a_payment_never_overwrites_a_later_one(shop: Shop) -> None:
    page = await shop.buy()
    intent = shop.fake.books.sessions[page["session_id"]]["payment_intent"]
    slow, asked = "GET /v1/payment_intents/{id}", asyncio.Event()
    shop.fake.late[slow], shop.fake.faults[slow] = asked, ["late"]
    looking = asyncio.create_task(shop.verify(page["session_id"]))
    await shop.fake.arrived[slow].wait()
    shop.fake.books.refund(intent)
    await shop.deliver()
    assert shop.bought_credits() == 0
    asked.set()
    answer = (await looking).json()
    assert (answer["purchase"]["refunded_minor"], shop.bought_credits()) == (1_000, 0)
    await shop.settled()


async def test_credits_that_were_spent_are_owed_and_block_spending_until_they_are_covered(shop: Shop) -> None:
    intent = await shop.bought()
    await shop.spend(700)
    shop.fake.books.dispute(intent)
    await shop.deliver()
    assert shop.bought_credits() == -700
    answer = await shop.ada.post("/api/toy/count/run", json={"inputs": {"burn_ms": 1}})
    assert answer.status_code == 402
    await shop.settled()
    page = await shop.buy("standard")
    await shop.verify(page["session_id"])
    assert shop.bought_credits() == 700
    await shop.settled()


async def test_dollars_are_taken_back_from_the_wallet_in_dollars(shop: Shop) -> None:
    intent = await shop.bought("dollars-25")
    shop.fake.books.refund(intent, 1_250)
    await shop.deliver()
    assert shop.dollars() == 13_500_000
    shop.fake.books.refund(intent)
    await shop.deliver()
    assert (shop.dollars(), shop.bought_credits()) == (0, 0)
    await shop.settled()
