"""Who leaves takes the list of purchases along; what Stripe knows of the person is no longer linked."""

import io
import json
import zipfile

from studio_server.ledger.checker import check

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
