"""Buying a pack: the order, its page, and credit exactly once however the news arrives. Cases 15 to 24."""

import asyncio

import pytest

from tests.payments.shop import Shop


async def test_a_pack_that_is_paid_is_credited_once_by_the_events_of_stripe(shop: Shop) -> None:
    page = await shop.buy("starter")
    assert shop.bought_credits() == 0
    assert await shop.deliver() == [200, 200, 200]
    assert (shop.bought_credits(), shop.moves(page["order_id"])) == (500, [("grant", 500)])
    assert (shop.rows("payment_orders"), shop.rows("payment_events")) == (1, 3)
    await shop.settled()


@pytest.mark.parametrize(
    ("pack", "credits_"), [("starter", 500), ("standard", 1_400), ("professional", 3_000)]
)
async def test_every_pack_of_credits_costs_and_gives_what_it_says(
    shop: Shop, pack: str, credits_: int
) -> None:
    page = await shop.buy(pack)
    intent = next(iter(shop.fake.books.intents.values()))
    assert (intent["amount"], intent["currency"]) == (page["pack"]["price_minor"], "gbp")
    await shop.verify(page["session_id"])
    assert shop.bought_credits() == page["pack"]["credits"] == credits_
    await shop.settled()


@pytest.mark.parametrize(("pack", "cents"), [(10, 1_000), (25, 2_700), (50, 5_500), (100, 11_500)])
async def test_a_pack_of_dollars_goes_to_the_wallet_in_dollars_and_adds_no_credit(
    shop: Shop, pack: int, cents: int
) -> None:
    page = await shop.buy(f"dollars-{pack}")
    await shop.deliver()
    assert (shop.dollars(), shop.bought_credits()) == (cents * 10_000, 0)
    again = await shop.buy(f"dollars-{pack}")
    answer = (await shop.verify(again["session_id"])).json()
    assert answer["available_dollars_micros"] == 2 * cents * 10_000
    assert page["order_id"] != again["order_id"]
    assert shop.rows("wallets") == 3
    await shop.settled()


async def test_what_was_bought_ends_after_a_year_and_is_listed_with_its_receipt(shop: Shop) -> None:
    page = await shop.buy()
    await shop.verify(page["session_id"])
    lots = (await shop.ada.get("/api/credits/balance")).json()["lots"]
    assert [each["ends_at"][:10] for each in lots if each["source"] == "purchase"] == ["2027-11-02"]
    listed = (await shop.ada.get("/api/billing/purchases")).json()["purchases"]
    assert [(each["state"], each["price"]) for each in listed] == [("paid", "£10")]
    assert listed[0]["receipt_url"].startswith("https://pay.example/receipt/ch_")
    assert (await shop.bob.get("/api/billing/purchases")).json() == {"purchases": []}


async def test_asking_eight_times_while_three_copies_of_the_news_arrive_credits_once(shop: Shop) -> None:
    page = await shop.buy()
    asking = [shop.verify(page["session_id"]) for _ in range(8)]
    answers = await asyncio.gather(shop.deliver(copies=3, together=True), *asking)
    assert {answer.json()["purchase"]["state"] for answer in answers[1:]} == {"paid"}
    assert set(answers[0]) == {200}
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_asking_before_any_event_credits_at_once_and_the_event_then_changes_nothing(
    shop: Shop,
) -> None:
    page = await shop.buy()
    answer = (await shop.verify(page["session_id"])).json()
    assert (answer["purchase"]["state"], answer["available_credits"]) == ("paid", 800)
    assert set(await shop.deliver()) == {200}
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_somebody_elses_payment_is_as_unknown_as_one_that_never_was(shop: Shop) -> None:
    page = await shop.buy()
    foreign = await shop.verify(page["session_id"], client=shop.bob)
    unknown = await shop.verify("cs_test_99999999", client=shop.bob)
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert (shop.bought_credits(), shop.bought_credits("bob")) == (0, 0)
    success = await shop.bob.get("/account/credits/success", params={"session_id": page["session_id"]})
    assert (success.status_code, "500" in success.text) == (404, False)
    await shop.verify(page["session_id"])
    assert (shop.bought_credits(), shop.bought_credits("bob")) == (500, 0)
    await shop.settled()


async def test_a_page_that_is_not_paid_gives_nothing(shop: Shop) -> None:
    page = await shop.begin()
    assert (await shop.verify(page["session_id"])).json()["purchase"]["state"] == "waiting"
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (0, 0)
    await shop.settled()


async def test_a_slow_payment_is_credited_when_the_bank_has_paid_and_not_before(shop: Shop) -> None:
    page = await shop.buy(card="bank")
    await shop.deliver()
    assert (shop.bought_credits(), shop.order(page["order_id"]).state) == (0, "pending")
    shop.fake.books.settle(page["session_id"], paid=True)
    await shop.deliver(copies=2)
    assert (shop.bought_credits(), shop.moves(page["order_id"])) == (500, [("grant", 500)])
    await shop.settled()


async def test_a_slow_payment_that_fails_is_never_credited(shop: Shop) -> None:
    page = await shop.buy(card="bank")
    await shop.deliver()
    shop.fake.books.settle(page["session_id"], paid=False)
    await shop.deliver()
    assert (shop.bought_credits(), shop.order(page["order_id"]).state) == (0, "failed")
    await shop.settled()
    assert (await shop.begin())["order_id"] != page["order_id"]


async def test_a_declined_card_gives_nothing_and_the_same_page_can_be_paid_afterwards(shop: Shop) -> None:
    from tests.fakes.fake_stripe.books import Refused

    page = await shop.begin()
    for card in ("4000000000000002", "4000000000009995", "4000002760003184"):
        with pytest.raises(Refused):
            shop.fake.books.pay(page["session_id"], card)
    await shop.deliver()
    assert (await shop.verify(page["session_id"])).json()["purchase"]["state"] == "waiting"
    assert (await shop.begin())["session_id"] == page["session_id"]
    shop.fake.books.pay(page["session_id"], "4000002760003184", confirmed=True)
    await shop.deliver()
    assert (shop.bought_credits(), shop.rows("payment_moves"), shop.rows("payment_orders")) == (500, 1, 1)
    await shop.settled()


async def test_a_double_click_opens_one_page(shop: Shop) -> None:
    pages = await asyncio.gather(*(shop.begin() for _ in range(6)))
    assert len({page["session_id"] for page in pages}) == 1
    assert (shop.rows("payment_orders"), len(shop.fake.books.sessions)) == (1, 1)
    assert shop.fake.calls["POST /v1/checkout/sessions"] == 1


async def test_a_pack_that_was_paid_meanwhile_is_credited_and_the_next_click_is_a_new_order(
    shop: Shop,
) -> None:
    first = await shop.buy()
    second = await shop.begin()
    assert second["order_id"] != first["order_id"]
    assert (shop.bought_credits(), shop.rows("payment_orders")) == (500, 2)


async def test_a_second_payment_of_one_order_is_credited_as_an_order_of_its_own(shop: Shop) -> None:
    page = await shop.buy()
    await shop.deliver()
    order = shop.order(page["order_id"])
    shop.fake.books.foreign_intent(1_000, order=order.id, user=order.user_id)
    await shop.deliver(copies=3)
    assert (shop.bought_credits(), shop.rows("payment_orders"), shop.rows("payment_moves")) == (1_000, 2, 2)
    assert shop.incidents() == ["paid_twice"]
    await shop.settled()


async def test_a_late_word_that_a_page_was_completed_is_decided_by_what_stripe_says_now(shop: Shop) -> None:
    page = await shop.begin()
    shop.fake.books.emit("checkout.session.completed", shop.fake.books.sessions[page["session_id"]])
    shop.fake.books.expire(page["session_id"])
    await shop.deliver(seed=1)
    assert (shop.bought_credits(), shop.order(page["order_id"]).state) == (0, "expired")
    await shop.settled()


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"currency": "jpy"}, {"amount": 100_000}])
async def test_a_payment_that_differs_from_the_order_is_not_credited_and_an_operator_is_told(
    shop: Shop, wrong: dict
) -> None:
    page = await shop.begin()
    session = shop.fake.books.sessions[page["session_id"]]
    session |= {"amount_total": wrong.get("amount", 1_000), "currency": wrong.get("currency", "gbp")}
    shop.fake.books.pay(page["session_id"])
    await shop.deliver(copies=2)
    assert (shop.bought_credits(), shop.order(page["order_id"]).state) == (0, "held")
    assert shop.incidents() == ["paid_otherwise"]
    await shop.settled()


async def test_a_page_completed_without_any_payment_gives_nothing_and_is_reported_once(shop: Shop) -> None:
    page = await shop.begin()
    session = shop.fake.books.sessions[page["session_id"]]
    session |= {"status": "complete", "payment_status": "no_payment_required", "amount_total": 0}
    shop.fake.books.emit("checkout.session.completed", session)
    await shop.deliver(copies=3)
    assert (shop.bought_credits(), shop.incidents()) == (0, ["complete_without_payment"])
    await shop.settled()


@pytest.mark.parametrize("named", ["nothing", "somebody"])
async def test_our_own_order_decides_when_the_payment_names_nobody_or_somebody_else(
    shop: Shop, named: str
) -> None:
    other = (await shop.begin(client=shop.bob))["order_id"]
    page = await shop.buy()
    intent = next(iter(shop.fake.books.intents.values()))
    bob = shop.order(other).user_id
    intent["metadata"] = {} if named == "nothing" else {"order": other, "user": bob}
    events = [e for e in shop.fake.books.events if e["type"] == "payment_intent.succeeded"]
    shop.fake.books.events[:] = events
    await shop.deliver()
    assert (shop.bought_credits(), shop.bought_credits("bob")) == (500, 0)
    assert (shop.order(page["order_id"]).state, shop.incidents()) == ("paid", ["says_another_order"])
    await shop.settled()


async def test_a_page_whose_answer_was_lost_is_found_again(shop: Shop) -> None:
    shop.fake.faults["POST /v1/checkout/sessions"] = ["lose", "lose", "lose"]
    page = await shop.begin()
    assert (len(shop.fake.books.sessions), shop.rows("payment_orders")) == (1, 1)
    shop.fake.books.pay(page["session_id"])
    await shop.deliver()
    assert shop.bought_credits() == 500
    await shop.settled()


async def test_a_failure_that_stripe_remembers_does_not_keep_anybody_from_buying(shop: Shop) -> None:
    shop.fake.faults["POST /v1/checkout/sessions"] = ["fail_and_remember"]
    shop.fake.books.sessions.clear()
    first = await shop.ada.post("/api/billing/checkout", json={"pack": "starter"})
    assert first.status_code in {200, 503}
    page = await shop.begin()
    shop.fake.books.pay(page["session_id"])
    await shop.deliver()
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_while_stripe_fails_nothing_is_promised_and_afterwards_the_pack_can_be_bought(
    shop: Shop,
) -> None:
    shop.fake.faults["POST /v1/checkout/sessions"] = ["fail"] * 3
    answer = await shop.ada.post("/api/billing/checkout", json={"pack": "starter"})
    assert (answer.status_code, answer.json()["code"]) == (503, "payments_unreachable")
    await shop.buy()
    await shop.deliver()
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_a_page_that_stripe_no_longer_knows_is_over_and_a_new_one_is_opened(shop: Shop) -> None:
    page = await shop.begin()
    shop.fake.books.sessions.clear()
    again = await shop.begin()
    assert again["order_id"] != page["order_id"]
    assert shop.order(page["order_id"]).state == "expired"
    shop.fake.books.pay(again["session_id"])
    await shop.deliver()
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (500, 1)
    await shop.settled()


async def test_an_unknown_pack_is_refused_with_the_packs_there_are(shop: Shop) -> None:
    answer = await shop.ada.post("/api/billing/checkout", json={"pack": "everything"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pack")
    assert "standard" in answer.json()["action"]
    assert shop.rows("payment_orders") == 0


async def test_an_order_whose_page_was_never_opened_gives_way_to_one_with_other_wishes(shop: Shop) -> None:
    shop.fake.faults["POST /v1/checkout/sessions"] = ["fail"] * 3
    shop.fake.faults["GET /v1/checkout/sessions"] = ["fail"] * 3
    answer = await shop.ada.post("/api/billing/checkout", json={"pack": "starter"})
    assert answer.status_code == 503
    answer = await shop.ada.post("/api/billing/checkout", json={"pack": "starter", "save_card": True})
    assert answer.status_code == 200
    states = shop.read(lambda tx: sorted(tx.execute("SELECT state FROM payment_orders")))
    assert states == [("failed",), ("open",)]
