"""A card is kept because its owner asked, shown by four digits, and goes when they say so."""

import pytest

from tests.payments.card_shop import OK, keep_card, method_of
from tests.payments.shop import Shop


async def test_a_card_is_kept_only_where_its_owner_asked_for_it(shop: Shop) -> None:
    await shop.bought()
    assert (await shop.ada.get("/api/billing/card")).json() == {"card": None}
    assert (shop.rows("saved_cards"), len(shop.fake.books.customers)) == (0, 0)
    await keep_card(shop)
    shown = (await shop.ada.get("/api/billing/card")).json()["card"]
    assert shown == {
        "brand": "visa",
        "last4": "4242",
        "exp_month": 8,
        "exp_year": 2030,
        "name": "Visa ending 4242",
        "has_expired": False,
    }
    assert (shop.bought_credits(), shop.rows("saved_cards")) == (1_000, 1)
    await shop.settled()


async def test_of_a_card_nothing_is_kept_but_what_its_owner_is_shown(shop: Shop) -> None:
    await keep_card(shop)
    columns = shop.read(lambda tx: tx.execute("SELECT * FROM saved_cards"))[0]
    method = shop.fake.books.methods[method_of(shop)]
    assert list(columns[:8]) == [
        method["id"],
        columns[1],
        method["customer"],
        "kept",
        "visa",
        "4242",
        8,
        2030,
    ]
    folder = shop.services.settings.data_dir
    rows = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert OK.encode() not in rows


@pytest.mark.parametrize("first", [False, True])
async def test_a_page_opened_with_another_wish_about_the_card_is_ended_first(shop: Shop, first: bool) -> None:
    before = (
        await shop.ada.post("/api/billing/checkout", json={"pack": "starter", "save_card": first})
    ).json()
    after = (
        await shop.ada.post("/api/billing/checkout", json={"pack": "starter", "save_card": not first})
    ).json()
    assert before["session_id"] != after["session_id"]
    assert shop.fake.books.sessions[before["session_id"]]["status"] == "expired"
    shop.fake.books.pay(after["session_id"])
    await shop.deliver()
    assert (shop.bought_credits(), shop.rows("payment_moves"), shop.rows("payment_orders")) == (500, 1, 2)
    assert bool(method_of(shop)) is not first
    await shop.settled()


async def test_a_removed_card_is_gone_here_and_at_the_provider_and_does_not_come_back(shop: Shop) -> None:
    method = await keep_card(shop)
    answer = await shop.ada.delete("/api/billing/card")
    assert (answer.status_code, answer.json()) == (200, {"card": None})
    assert (shop.fake.books.methods[method]["customer"], shop.rows("saved_cards")) == (None, 0)
    await shop.deliver(copies=2)
    await shop.settled()
    assert (method_of(shop), shop.rows("saved_cards")) == ("", 0)


async def test_a_card_that_could_not_be_taken_off_is_blank_and_goes_with_the_next_round(shop: Shop) -> None:
    method = await keep_card(shop)
    shop.fake.faults["POST /v1/payment_methods/{id}/detach"] = ["fail"] * 3
    assert (await shop.ada.delete("/api/billing/card")).json() == {"card": None}
    left = shop.read(lambda tx: tx.execute("SELECT state, brand, last4, exp_year FROM saved_cards"))
    assert left == [("leaving", "", "", 0)]
    await shop.services.payments.recharging.round()
    assert (shop.fake.books.methods[method]["customer"], shop.rows("saved_cards")) == (None, 0)


async def test_another_card_takes_the_place_of_the_first_which_is_taken_off(shop: Shop) -> None:
    first = await keep_card(shop)
    second = await keep_card(shop, "4000002500003155")
    assert first != second == method_of(shop)
    await shop.services.payments.recharging.round()
    assert shop.fake.books.methods[first]["customer"] is None
    assert shop.fake.books.methods[second]["customer"] is not None
    assert shop.rows("saved_cards") == 1
    await shop.settled()


async def test_a_card_its_bank_replaced_is_shown_with_its_new_expiry(shop: Shop) -> None:
    from tests.fakes.fake_stripe.cards import renew

    renew(shop.fake.books, await keep_card(shop), exp_year=2034)
    assert await shop.deliver(copies=2) == [200, 200]
    assert (await shop.ada.get("/api/billing/card")).json()["card"]["exp_year"] == 2034
    await shop.settled()


async def test_a_card_that_was_taken_off_at_the_provider_is_no_longer_shown(shop: Shop) -> None:
    from tests.fakes.fake_stripe.cards import detach

    detach(shop.fake.books, await keep_card(shop))
    assert await shop.deliver(copies=2) == [200, 200]
    assert (await shop.ada.get("/api/billing/card")).json() == {"card": None}
    await shop.settled()


async def test_keeping_a_card_and_removing_it_are_on_the_audit_chain_without_its_name(shop: Shop) -> None:
    method = await keep_card(shop)
    await shop.ada.delete("/api/billing/card")
    query = "SELECT action, actor, details FROM audit WHERE action LIKE 'card_%' ORDER BY sequence"
    rows = shop.read(lambda tx: tx.execute(query))
    assert [row[0] for row in rows] == ["card_saved", "card_removed"]
    assert all(method not in str(row) and "4242" not in str(row) for row in rows)


async def test_somebody_elses_card_is_neither_seen_nor_removed(shop: Shop) -> None:
    method = await keep_card(shop)
    assert (await shop.bob.get("/api/billing/card")).json() == {"card": None}
    await shop.bob.delete("/api/billing/card")
    assert method_of(shop) == method
    for route in ("card", "recharge"):
        assert (await shop.nobody().get(f"/api/billing/{route}")).status_code == 401
