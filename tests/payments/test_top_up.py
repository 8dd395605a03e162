"""Buying with the saved card: one charge per key, never a second one, a clear way out. Cases 32 to 36."""

import asyncio
from datetime import timedelta

import pytest

from tests.fakes.fake_stripe.cards import detach
from tests.fakes.fake_stripe.customers import delete
from tests.payments.card_shop import (
    ASKS,
    CHARGE,
    DECLINES,
    charges,
    keep_card,
    method_of,
    orders,
    statuses,
    top_up,
    user_of,
)
from tests.payments.shop import Shop


async def test_a_pack_is_bought_with_the_saved_card_at_once(shop: Shop) -> None:
    await keep_card(shop)
    answer = await top_up(shop)
    said = answer.json()
    assert (answer.status_code, said["purchase"]["state"], said["purchase"]["way"]) == (
        200,
        "paid",
        "saved_card",
    )
    assert (said["available_credits"], shop.bought_credits(), charges(shop)) == (1_300, 1_000, 2)
    first, second = shop.fake.books.intents.values()
    assert (second["amount"], second["currency"], second["customer"]) == (1_000, "gbp", first["customer"])
    assert await shop.deliver(copies=2, seed=3) == [200] * 4
    assert (shop.bought_credits(), shop.rows("payment_moves"), shop.rows("payment_orders")) == (1_000, 2, 2)
    await shop.settled()


async def test_six_at_once_under_one_key_are_one_charge_and_one_credit(shop: Shop) -> None:
    await keep_card(shop)
    answers = await asyncio.gather(*(top_up(shop) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["purchase"]["order_id"] for answer in answers}) == 1
    assert (charges(shop), shop.bought_credits(), shop.rows("payment_orders")) == (2, 1_000, 2)
    assert shop.fake.calls[CHARGE] == 1
    await shop.settled()


async def test_six_clicks_at_once_under_keys_of_their_own_are_one_charge(shop: Shop) -> None:
    await keep_card(shop)
    answers = await asyncio.gather(*(top_up(shop, key=f"k{n}") for n in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert (charges(shop), shop.bought_credits(), shop.rows("payment_orders")) == (2, 1_000, 2)
    await shop.settled()


async def test_of_two_packs_at_once_the_second_is_refused_while_the_first_is_charged(shop: Shop) -> None:
    await keep_card(shop)
    first, second = await asyncio.gather(top_up(shop), top_up(shop, "standard", key="k2"))
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "charge_under_way"
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    assert (await top_up(shop, "standard", key="k2")).status_code == 200
    assert (charges(shop), shop.bought_credits()) == (3, 2_400)
    await shop.settled()


async def test_asked_again_under_its_key_it_is_the_same_order_and_under_another_key_a_new_one(
    shop: Shop,
) -> None:
    await keep_card(shop)
    first, again, other = [(await top_up(shop, key=key)).json() for key in ("k1", "k1", "k2")]
    assert first["purchase"]["order_id"] == again["purchase"]["order_id"] != other["purchase"]["order_id"]
    assert (charges(shop), shop.bought_credits()) == (3, 1_500)
    await shop.settled()


async def test_another_request_under_a_used_key_is_refused_and_charges_nothing(shop: Shop) -> None:
    await keep_card(shop)
    await top_up(shop)
    answer = await top_up(shop, "standard")
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    await shop.settled()


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"key": None}, 422, "invalid_request"),
        ({"price": 999}, 409, "price_changed"),
        ({"pack": "everything", "price": 1}, 404, "unknown_pack"),
    ],
)
async def test_what_was_not_agreed_to_is_refused_and_charges_nothing(
    shop: Shop, said: dict, status: int, code: str
) -> None:
    await keep_card(shop)
    answer = await top_up(shop, **said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (charges(shop), shop.rows("payment_orders")) == (1, 1)


async def test_without_a_saved_card_nothing_is_charged_and_the_way_to_save_one_is_named(shop: Shop) -> None:
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_saved_card")
    assert "--save-card" in answer.json()["action"]
    assert shop.rows("payment_orders") == 0


@pytest.mark.parametrize(("card", "code"), [(ASKS, "authentication_required"), (DECLINES, "card_declined")])
async def test_a_card_that_is_not_paid_is_402_with_a_page_to_pay_on_and_no_second_way_to_pay(
    shop: Shop, card: str, code: str
) -> None:
    await keep_card(shop, card)
    answer = await top_up(shop)
    said = answer.json()
    assert (answer.status_code, said["code"], said["url"][:24]) == (402, code, "https://pay.example/pay/")
    assert (statuses(shop), shop.bought_credits()) == (["succeeded", "canceled"], 500)
    assert shop.fake.calls[CHARGE] == 1
    again = await top_up(shop)
    assert (again.status_code, again.json()["url"], shop.fake.calls[CHARGE]) == (402, said["url"], 1)
    shop.fake.books.pay(said["url"].rsplit("/", 1)[1])
    await shop.deliver(seed=5, copies=2)
    assert (shop.bought_credits(), charges(shop), shop.rows("payment_moves")) == (1_000, 2, 2)
    assert [order[:2] for order in orders(shop)] == [
        ("page", "paid"),
        ("saved_card", "failed"),
        ("page", "paid"),
    ]
    await shop.settled()


async def test_a_card_without_funds_says_the_banks_word_and_can_be_charged_again_later(shop: Shop) -> None:
    method = await keep_card(shop)
    shop.fake.books.behaviour[method] = "insufficient_funds"
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["reason"]) == (
        402,
        "nothing was charged; the bank says insufficient_funds",
    )
    shop.fake.books.behaviour[method] = "ok"
    assert (await top_up(shop, key="k2")).status_code == 200
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    await shop.settled()


async def test_a_refused_charge_that_could_not_be_ended_offers_no_page_until_it_is(shop: Shop) -> None:
    await keep_card(shop, ASKS)
    shop.fake.faults["POST /v1/payment_intents/{id}/cancel"] = ["fail"] * 3
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["code"]) == (503, "charge_unsettled")
    assert statuses(shop)[-1] == "requires_payment_method"
    assert len(shop.fake.books.sessions) == 1
    assert (await top_up(shop)).status_code == 402
    assert (statuses(shop)[-1], shop.fake.calls[CHARGE]) == ("canceled", 1)
    await shop.settled()


async def test_what_a_crash_left_open_is_ended_by_the_next_round(shop: Shop) -> None:
    await keep_card(shop, ASKS)
    shop.fake.faults["POST /v1/payment_intents/{id}/cancel"] = ["fail"] * 3
    await top_up(shop)
    await shop.services.payments.recharging.round()
    assert (statuses(shop)[-1], orders(shop)[-1]) == (
        "canceled",
        ("saved_card", "failed", "authentication_required"),
    )
    await shop.settled()


async def test_a_charge_whose_answer_was_lost_is_found_and_credited_and_never_made_again(shop: Shop) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE] = ["lose"] * 3
    assert (await top_up(shop)).status_code == 200
    assert (charges(shop), shop.bought_credits(), shop.rows("payment_moves")) == (2, 1_000, 2)
    assert (await top_up(shop)).status_code == 200
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    await shop.settled()


@pytest.mark.parametrize("key", ["k1", "k2"])
async def test_a_charge_that_nobody_can_ask_about_is_looked_for_before_the_card_is_charged_again(
    shop: Shop, key: str
) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE] = ["lose"] * 3
    shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["code"]) == (503, "charge_unsettled")
    assert (charges(shop), shop.bought_credits(), shop.fake.calls[CHARGE]) == (2, 500, 3)
    assert (await top_up(shop, key=key)).status_code == 200
    assert (charges(shop), shop.bought_credits(), shop.fake.calls[CHARGE]) == (2, 1_000, 3)
    await shop.settled()


async def test_an_event_or_a_comparison_credits_a_charge_whose_answer_was_lost(shop: Shop) -> None:
    for how in ("event", "comparison"):
        await keep_card(shop)
        shop.fake.faults[CHARGE] = ["lose"] * 3
        shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
        assert (await top_up(shop, key=how)).status_code == 503
        before = shop.bought_credits()
        if how == "event":
            await shop.deliver(copies=2)
        else:
            assert len((await shop.services.payments.reconciler.open_orders()).corrections) == 1
        assert shop.bought_credits() == before + 500
        assert (await top_up(shop, key=how)).json()["purchase"]["state"] == "paid"
        await shop.settled()


@pytest.mark.parametrize("fault", ["fail_and_remember", "fail_undone_and_remember"])
async def test_a_failure_that_is_remembered_under_the_key_is_looked_for_and_charges_once(
    shop: Shop, fault: str
) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE] = [fault]
    first = await top_up(shop)
    was_done = fault == "fail_and_remember"
    assert (first.status_code, charges(shop)) == ((200, 2) if was_done else (503, 1))
    assert (await top_up(shop)).status_code == 200
    assert (charges(shop), shop.bought_credits(), shop.rows("payment_moves")) == (2, 1_000, 2)
    await shop.settled()


async def test_a_day_later_when_no_key_is_remembered_the_charge_is_found_all_the_same(shop: Shop) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE] = ["lose"] * 3
    shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
    await top_up(shop)
    shop.fake.forget_keys()
    shop.clock.advance(timedelta(days=1, hours=1))
    assert (await top_up(shop)).json()["purchase"]["state"] == "paid"
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    await shop.settled()


async def test_while_the_provider_fails_nothing_is_charged_and_afterwards_once(shop: Shop) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE] = ["fail"] * 3
    assert (await top_up(shop)).status_code == 503
    assert orders(shop)[-1] == ("saved_card", "failed", "provider_failed")
    assert (await top_up(shop)).status_code == 200
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
    await shop.settled()


async def test_a_late_answer_is_waited_for_and_charges_once(shop: Shop) -> None:
    await keep_card(shop)
    shop.fake.faults[CHARGE], shop.fake.late[CHARGE] = ["late"], asyncio.Event()
    charging = asyncio.create_task(top_up(shop))
    await shop.fake.arrived[CHARGE].wait()
    await shop.deliver()
    joined = asyncio.create_task(top_up(shop, key="k2"))
    shop.fake.late[CHARGE].set()
    answers = [await charging, await joined]
    assert {answer.json()["purchase"]["state"] for answer in answers} == {"paid"}
    assert (charges(shop), shop.rows("payment_moves")) == (
        2 + (shop.rows("payment_orders") - 2),
        charges(shop),
    )
    await shop.settled()


async def test_a_card_taken_off_at_the_provider_is_not_charged_and_is_no_longer_shown(shop: Shop) -> None:
    detach(shop.fake.books, await keep_card(shop))
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["code"]) == (402, "card_removed")
    assert (charges(shop), method_of(shop), orders(shop)[1][2]) == (1, "", "card_removed")
    assert (await top_up(shop, key="k2")).json()["code"] == "no_saved_card"
    await shop.settled()


async def test_with_its_customer_deleted_a_card_is_not_charged_and_another_can_be_saved(shop: Shop) -> None:
    method = await keep_card(shop)
    delete(shop.fake.books, shop.fake.books.methods[method]["customer"])
    answer = await top_up(shop)
    assert (answer.status_code, answer.json()["code"]) == (402, "card_removed")
    assert charges(shop) == 1
    begin = {"pack": "standard", "save_card": True}
    assert (await shop.ada.post("/api/billing/checkout", json=begin)).status_code == 502
    assert await keep_card(shop, pack="standard") != method
    assert (await top_up(shop, key="k2")).status_code == 200
    assert (charges(shop), shop.bought_credits()) == (3, 2_400)
    await shop.settled()


async def test_a_disputed_charge_of_the_card_takes_its_credits_back(shop: Shop) -> None:
    method = await keep_card(shop)
    shop.fake.books.behaviour[method] = "disputed"
    await top_up(shop)
    await shop.deliver(seed=7, copies=2)
    assert (charges(shop), shop.bought_credits()) == (2, 500)
    assert shop.incidents() == ["disputed"]
    await shop.settled()


async def test_every_step_of_a_top_up_is_on_the_audit_chain(shop: Shop) -> None:
    await keep_card(shop)
    order_id = (await top_up(shop)).json()["purchase"]["order_id"]
    query = "SELECT action, actor FROM audit WHERE subject = ? ORDER BY sequence"
    rows = shop.read(lambda tx: tx.execute(query, (order_id,)))
    assert rows == [("purchase_started", user_of(shop)), ("purchase_paid", "system")]


async def test_the_key_of_a_checkout_stands_for_one_order_and_no_other_request(shop: Shop) -> None:
    async def begin(pack: str) -> object:
        return await shop.ada.post(
            "/api/billing/checkout", json={"pack": pack}, headers={"Idempotency-Key": "k"}
        )

    first, again, other = await begin("starter"), await begin("starter"), await begin("standard")
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    shop.fake.books.pay(first.json()["session_id"])
    await shop.deliver()
    paid = await begin("starter")
    assert (paid.json()["order_id"], paid.json()["url"]) == (first.json()["order_id"], first.json()["url"])
    assert (shop.bought_credits(), shop.rows("payment_orders"), len(shop.fake.books.sessions)) == (500, 1, 1)
    await shop.settled()
