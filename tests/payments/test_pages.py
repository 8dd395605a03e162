"""The pages a browser comes back to."""

import httpx
import pytest
from fakes.toy_server import person, serving

from tests.payments.shop import Shop


async def test_the_success_page_credits_at_once_and_says_how_much(shop: Shop) -> None:
    page = await shop.buy()
    answer = await shop.ada.get("/billing/success", params={"session_id": page["session_id"]})
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
    answer = await shop.ada.get("/billing/success", params={"session_id": page["session_id"]})
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
    assert back.headers["location"] == f"http://studio/billing/success?session_id={page['session_id']}"
    assert "500 credits" in (await shop.ada.get(back.headers["location"])).text
    assert "Nothing was charged" in (await shop.ada.get(away.headers["location"])).text


async def test_the_credits_page_compares_packs_and_lists_purchases(shop: Shop) -> None:
    await shop.bought()
    text = (await shop.ada.get("/billing/credits")).text
    assert all(
        word in text for word in ("£10", "£25", "1,400 credits", "10 %", "$115", "%studio buy starter")
    )
    assert "Your purchases" in text
    packs = (await shop.ada.get("/api/billing/packs")).json()["packs"]
    assert [each["saving_percent"] for each in packs] == [0, 10, 16, 0, 7, 9, 13]


async def test_who_is_not_signed_in_sees_packs_and_nobodys_payment(shop: Shop) -> None:
    page = await shop.buy()
    async with shop.nobody() as nobody:
        text = (await nobody.get("/billing/success", params={"session_id": page["session_id"]})).text
        assert "on its way" in text
        assert "%studio buy starter" in (await nobody.get("/billing/credits")).text
    assert shop.bought_credits() == 0


async def test_a_server_without_payments_sells_nothing_and_says_so(tmp_path) -> None:
    async with serving(tmp_path / "data") as server, server.client(person("ada")) as ada:
        assert (await ada.get("/api/billing/packs")).json() == {"packs": []}
        answer = await ada.post("/api/billing/checkout", json={"pack": "starter"})
        assert (answer.status_code, answer.json()["code"]) == (409, "payments_off")
        for path in ("/api/stripe/webhook", "/billing/success", "/billing/credits"):
            assert (await ada.get(path)).status_code == 404
