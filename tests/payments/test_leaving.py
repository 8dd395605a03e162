"""Who leaves takes the list of purchases along; what Stripe knows of the person is no longer linked."""

import io
import json
import zipfile

import pytest
from studio_server.ledger.checker import check

from tests.payments.card_shop import keep_card, recharge, user_of
from tests.payments.shop import Shop


async def leave(shop: Shop) -> None:
    """Ada erases her account."""
    user_id = (await shop.ada.get("/api/account")).json()["user_id"]
    answer = await shop.ada.delete("/api/account", params={"confirm": user_id})
    assert answer.status_code == 200, answer.text


async def test_the_export_holds_purchases_and_the_statement_in_dollars(shop: Shop) -> None:
    await shop.bought()
    await shop.bought("dollars-10")
    content = (await shop.ada.get("/api/account/export")).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        bought = json.loads(archive.read("json/purchases.json"))
        dollars = json.loads(archive.read("json/dollar_statement.json"))
    assert [(each["pack_id"], each["state"]) for each in bought] == [
        ("starter", "paid"),
        ("dollars-10", "paid"),
    ]
    assert [each["available_after"] for each in dollars] == [0, 10_000_000]


async def test_after_an_erasure_no_page_of_stripes_is_linked_and_none_comes_back(shop: Shop) -> None:
    await shop.bought()
    await shop.bought("dollars-10")
    await leave(shop)
    for _ in range(2):
        links = shop.read(lambda tx: tx.execute("SELECT session_url, receipt_url FROM payment_orders"))
        assert links == [(None, None), (None, None)]
        await shop.services.payments.reconciler.all()
    states = shop.read(lambda tx: tx.execute("SELECT state FROM wallets ORDER BY asset, opened_us"))
    assert [state for (state,) in states].count("closed") == 2
    assert shop.services.db.read(check) == []


async def test_a_payment_that_comes_after_its_owner_left_is_held_and_reported(shop: Shop) -> None:
    page = await shop.begin()
    await leave(shop)
    shop.fake.books.pay(page["session_id"])
    assert set(await shop.deliver(copies=2)) == {200}
    assert (shop.order(page["order_id"]).state, shop.rows("payment_moves")) == ("held", 0)
    assert shop.incidents() == ["wallet_is_closed"]
    await shop.settled()


async def test_a_refund_after_its_owner_left_breaks_nothing(shop: Shop) -> None:
    intent = await shop.bought()
    await leave(shop)
    shop.fake.books.refund(intent)
    assert set(await shop.deliver(copies=2)) == {200}
    assert shop.incidents() == ["wallet_is_closed"]
    await shop.settled()


async def test_an_erasure_takes_the_saved_card_off_and_leaves_nothing_of_it_or_of_the_recharge(
    shop: Shop,
) -> None:
    method = await keep_card(shop)
    await recharge(shop)
    await leave(shop)
    left = shop.read(lambda tx: tx.execute("SELECT state, brand, last4, exp_year FROM saved_cards"))
    assert (left, shop.rows("recharges")) == ([("leaving", "", "", 0)], 0)
    named = "SELECT customer_id, method_id FROM payment_orders"
    assert shop.read(lambda tx: tx.execute(named)) == [(None, None)]
    await shop.services.payments.recharging.round()
    assert (shop.fake.books.methods[method]["customer"], shop.rows("saved_cards")) == (None, 0)
    await shop.services.payments.reconciler.all()
    assert shop.rows("saved_cards") == 0
    await shop.settled()


async def test_the_export_holds_the_saved_card_and_the_recharge(shop: Shop) -> None:
    await keep_card(shop)
    await recharge(shop)
    content = (await shop.ada.get("/api/account/export")).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        card = json.loads(archive.read("json/saved_card.json"))
        wish = json.loads(archive.read("json/auto_recharge.json"))
        bought = json.loads(archive.read("json/purchases.json"))
    assert [(each["brand"], each["last_digits"], each["expires_year"]) for each in card] == [
        ("visa", "4242", 2030)
    ]
    assert [(each["state"], each["pack_id"], each["ceiling_minor"]) for each in wish] == [
        ("on", "starter", 3_000)
    ]
    assert [each["way"] for each in bought] == ["page"]


async def test_a_card_paid_with_after_its_owner_left_is_never_kept(shop: Shop) -> None:
    said = {"pack": "starter", "save_card": True}
    page = (await shop.ada.post("/api/billing/checkout", json=said)).json()
    await leave(shop)
    shop.fake.books.pay(page["session_id"])
    assert set(await shop.deliver(copies=2)) == {200}
    assert (shop.order(page["order_id"]).state, shop.rows("saved_cards")) == ("held", 0)
    assert {each["customer"] for each in shop.fake.books.methods.values()} == {None}
    await shop.settled()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO saved_cards VALUES ('pm_1', ?, 'cus_1', 'kept', 'visa', '4242', 1, 2030, 1)",
        "INSERT INTO recharges VALUES (?, 'on', 'asked', 1, 'starter', 1000, 'gbp', 1, 1, 1, 1000, 500)",
    ],
)
async def test_no_card_and_no_recharge_is_written_about_somebody_who_left(shop: Shop, statement: str) -> None:
    user_id = user_of(shop)
    await leave(shop)
    with pytest.raises(Exception, match="this person has left"):
        await shop.services.db.write(lambda tx: tx.execute(statement, (user_id,)))
