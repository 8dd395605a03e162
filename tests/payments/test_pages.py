"""The pages a browser comes back to."""

import re

import httpx
import pytest
from fakes.toy_server import person, serving

from tests.payments.card_shop import keep_card, recharge
from tests.payments.plan_shop import PlanShop
from tests.payments.shop import Shop


async def test_the_success_page_credits_at_once_and_says_how_much(shop: Shop) -> None:
    page = await shop.buy()
    answer = await shop.ada.get("/account/credits/success", params={"session_id": page["session_id"]})
    assert answer.status_code == 200
    assert "500 credits" in answer.text
    assert "800 credits now" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert shop.bought_credits() == 500


@pytest.mark.parametrize(
    ("card", "words"), [("", "was not made yet"), ("bank", "Your payment is on its way")]
)
async def test_the_success_page_promises_nothing_that_is_not_paid(shop: Shop, card: str, words: str) -> None:
    page = await shop.buy(card=card) if card else await shop.begin()
    answer = await shop.ada.get("/account/credits/success", params={"session_id": page["session_id"]})
    assert words in answer.text
    assert shop.bought_credits() == 0


async def test_the_fakes_own_page_leads_back_to_the_success_page(shop: Shop) -> None:
    page = await shop.begin()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shop.fake.app)) as browser:
        form = await browser.get(page["url"])
        assert "10.00 GBP" in form.text
        declined = await browser.post(page["url"], data={"card": "4000000000000002"})
        assert (declined.status_code, "declined" in declined.text) == (402, True)
        asked = await browser.post(page["url"], data={"card": "4000002760003184"})
        assert "Confirm with my bank" in asked.text
        back = await browser.post(page["url"], data={"card": "4000002760003184", "confirmed": "1"})
        cancelled = httpx.URL((await shop.begin("standard"))["url"])
        away = await browser.post(cancelled, data={"card": "cancel"})
    assert (
        back.headers["location"] == f"http://studio/account/credits/success?session_id={page['session_id']}"
    )
    assert "500 credits" in (await shop.ada.get(back.headers["location"])).text
    assert "Nothing was charged" in (await shop.ada.get(away.headers["location"])).text


async def test_the_credits_page_compares_packs_and_lists_purchases(shop: Shop) -> None:
    await shop.bought()
    text = (await shop.ada.get("/account/credits")).text
    assert all(
        word in text for word in ("£10", "£25", "1,400 credits", "10 %", "$115", "%studio buy starter")
    )
    assert "Your purchases" in text
    packs = (await shop.ada.get("/api/billing/packs")).json()["packs"]
    assert [each["saving_percent"] for each in packs] == [0, 10, 16, 0, 7, 9, 13]
    prices = ["£2.00", "£1.79", "£1.67", "$1.00", "$0.93", "$0.91", "$0.87"]
    assert [each["unit_price"] for each in packs] == prices
    assert all(price in text for price in prices)
    best = [each["id"] for each in packs if each["is_best_value"]]
    assert best == ["professional", "dollars-100"]
    assert text.count("best value") == 2


async def test_the_credits_page_says_what_there_is_in_the_order_it_is_spent_and_the_plan(shop: Shop) -> None:
    await shop.bought()
    text = (await shop.ada.get("/account/credits")).text
    assert "<strong>800</strong> credits available" in text
    assert "300 of your plan until 1 December 2026, then 500 bought until 2 November 2027" in text
    assert "Your plan: Free" in text
    assert "300 credits a month" in text
    assert "The next credits come on 1 December 2026." in text


async def test_style_and_script_of_the_pages_are_files_and_nothing_else_may_run(shop: Shop) -> None:
    answer = await shop.ada.get("/account/credits")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<style" not in answer.text
    assert " onclick" not in answer.text
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        file = await shop.ada.get(f"/account/{name}")
        assert (file.status_code, file.headers["content-type"].partition(";")[0]) == (200, kind)


async def test_a_name_with_markup_is_shown_as_text(shop: Shop) -> None:
    async with shop.server.client(person("<script>alert(1)</script>")) as hostile:
        text = (await hostile.get("/account/credits")).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.undelivered
async def test_who_is_not_signed_in_sees_packs_and_nobodys_payment(shop: Shop) -> None:
    page = await shop.buy()
    async with shop.nobody() as nobody:
        text = (await nobody.get("/account/credits/success", params={"session_id": page["session_id"]})).text
        assert "on its way" in text
        assert "%studio buy starter" in (await nobody.get("/account/credits")).text
    assert shop.bought_credits() == 0


async def test_a_server_without_payments_sells_nothing_and_says_so(tmp_path) -> None:
    async with serving(tmp_path / "data") as server, server.client(person("ada")) as ada:
        assert (await ada.get("/api/billing/packs")).json() == {"packs": []}
        answer = await ada.post("/api/billing/checkout", json={"pack": "starter"})
        assert (answer.status_code, answer.json()["code"]) == (409, "payments_off")
        for path in ("/api/stripe/webhook", "/account/credits/success", "/account/credits"):
            assert (await ada.get(path)).status_code == 404


async def test_the_credits_page_offers_to_keep_a_card_with_a_box_that_is_not_ticked(shop: Shop) -> None:
    text = (await shop.ada.get("/account/credits")).text
    box = '<input type="checkbox" id="save-card" name="save_card"><label for="save-card">Keep the card'
    assert box in text
    assert "It needs a saved card." in text
    await keep_card(shop)
    text = (await shop.ada.get("/account/credits")).text
    assert "Visa ending 4242, valid until 08/2030" in text
    assert 'data-confirm="Charge £10 to Visa ending 4242 now, for 500 credits?"' in text
    assert 'name="on"><label for="recharge-on">' in text
    await recharge(shop)
    text = (await shop.ada.get("/account/credits")).text
    assert 'name="on" checked><label for="recharge-on">' in text
    assert "Below 100 credits it buys Starter for £10, at most £30 a month (£0 so far)" in text


async def test_every_field_and_button_of_the_credits_page_has_a_label_of_its_own(shop: Shop) -> None:
    await keep_card(shop)
    text = (await shop.ada.get("/account/credits")).text
    fields = re.findall(r'<(?:input|select)[^>]* id="([^"]+)"', text)
    assert sorted(fields) == ["recharge-ceiling", "recharge-on", "recharge-pack", "recharge-threshold"]
    assert all(f'<label for="{field}">' in text for field in fields)
    names = re.findall(r'<button[^>]*aria-label="([^"]+)"', text)
    assert len(names) == len(set(names))


async def test_a_card_of_somebody_else_is_on_nobodys_page(shop: Shop) -> None:
    await keep_card(shop)
    async with shop.nobody() as nobody:
        for client in (shop.bob, nobody):
            assert "4242" not in (await client.get("/account/credits")).text


async def test_the_credits_page_compares_plans_and_marks_the_own_one(plans: PlanShop) -> None:
    before = (await plans.shop.ada.get("/account/credits")).text
    assert "Your plan: Free" in before
    assert before.count("your plan</span>") == 1
    assert all(f"Choose the plan {name}" in before for name in ("Supporter, £15 a month", "Pro, £45 a month"))
    assert "Choose the plan Free" not in before
    assert "api/billing/portal" not in before
    await plans.subscribed()
    after = (await plans.shop.ada.get("/account/credits")).text
    assert "Your plan: Supporter" in after
    assert "It renews on 2 December 2026 for £15 a month." in after
    assert "Choose the plan Supporter" not in after
    assert "api/billing/portal" in after
    assert "Supporter, monthly" in after
    assert ">Invoice<" in after
    await plans.change("free")
    await plans.shop.deliver()
    assert (
        "From 2 December 2026 on you have the plan Free."
        in (await plans.shop.ada.get("/account/credits")).text
    )


async def test_the_success_page_of_a_plan_says_that_it_has_begun(plans: PlanShop) -> None:
    page = await plans.ask()
    waiting = (
        await plans.shop.ada.get("/account/credits/success", params={"session_id": page["session_id"]})
    ).text
    assert "%studio plan supporter" in waiting
    assert "has begun" not in waiting
    plans.shop.fake.books.pay(page["session_id"])
    text = (
        await plans.shop.ada.get("/account/credits/success", params={"session_id": page["session_id"]})
    ).text
    assert "<strong>Supporter, monthly</strong>, has begun. You have 3,300 credits now." in text
    assert ">Invoice<" in text
