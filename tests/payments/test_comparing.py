"""Comparing with Stripe: what was lost is found, what is right is left alone, what is wrong is told."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.postgres import cluster, migrated
from studio_server import reconciling
from studio_server.ledger.checker import check
from studio_server.storage.audit_chain import first_broken

from tests.payments.card_shop import charges, keep_card, recharge, top_up, user_of
from tests.payments.shop import PLAN_CREDITS, Shop, open_shop
from tests.payments.test_leaving import leave


async def test_a_dry_run_tells_what_would_be_corrected_and_changes_nothing(shop: Shop) -> None:
    page = await shop.buy()
    shop.fake.books.events.clear()
    before = shop.everything()
    report = await shop.services.payments.reconciler.all(dry=True)
    assert report.lines()[0] == f"{page['order_id']}: paid, +500 units"
    assert shop.everything() == before
    await shop.services.payments.reconciler.all()
    assert shop.bought_credits() == 500
    again = await shop.services.payments.reconciler.all(dry=True)
    assert again.corrections == []


async def test_a_dry_run_tells_of_a_second_payment_and_writes_no_order_for_it(shop: Shop) -> None:
    page = await shop.buy()
    await shop.deliver()
    order = shop.order(page["order_id"])
    shop.fake.books.foreign_intent(1_000, order=order.id, user=order.user_id)
    shop.fake.books.events.clear()
    before = shop.everything()
    report = await shop.services.payments.reconciler.all(dry=True)
    assert [each.moved for each in report.corrections] == [500]
    assert shop.everything() == before
    await shop.services.payments.reconciler.all()
    assert (shop.bought_credits(), shop.rows("payment_orders")) == (1_000, 2)


async def test_a_dry_run_leaves_the_card_of_somebody_who_left_where_it_is(shop: Shop) -> None:
    said = {"pack": "starter", "save_card": True}
    page = (await shop.ada.post("/api/billing/checkout", json=said)).json()
    await leave(shop)
    shop.fake.books.pay(page["session_id"])
    shop.fake.books.events.clear()
    before = shop.everything()
    await shop.services.payments.reconciler.all(dry=True)
    assert shop.everything() == before
    assert None not in {each["customer"] for each in shop.fake.books.methods.values()}
    await shop.services.payments.reconciler.all()
    assert {each["customer"] for each in shop.fake.books.methods.values()} == {None}


async def test_a_refund_and_a_dispute_that_nobody_heard_of_are_found(shop: Shop) -> None:
    first, second = await shop.bought(), await shop.bought("standard")
    shop.fake.books.refund(first)
    shop.fake.books.dispute(second)
    shop.fake.books.events.clear()
    report = await shop.services.payments.reconciler.all()
    assert sorted(each.moved for each in report.corrections) == [-1_400, -500]
    assert shop.bought_credits() == 0
    assert shop.incidents() == ["corrected_by_reconciliation"] * 2 + ["disputed"]
    await shop.settled()


async def test_every_five_minutes_only_orders_that_are_not_over_are_looked_at(shop: Shop) -> None:
    await shop.bought()
    page = await shop.buy("standard")
    report = await shop.services.payments.reconciler.open_orders()
    assert (report.looked_at, [each.order.id for each in report.corrections]) == (1, [page["order_id"]])
    shop.clock.advance(timedelta(days=4))
    await shop.begin("professional")
    shop.clock.advance(timedelta(days=4))
    assert (await shop.services.payments.reconciler.open_orders()).looked_at == 0


async def test_other_sales_on_the_same_account_are_left_alone(shop: Shop) -> None:
    foreign = shop.fake.books.foreign_intent(900, product="mug")
    shop.fake.books.refund(foreign["id"])
    shop.fake.books.events.clear()
    report = await shop.services.payments.reconciler.all()
    assert (report.corrections, report.failures) == ([], [])
    assert shop.rows("payment_moves") == 0


async def test_more_than_a_page_of_objects_is_compared(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio_server.payments.at_stripe.payments.PAGE", 2)
    for _ in range(5):
        shop.fake.books.pay((await shop.begin())["session_id"])
    shop.fake.books.events.clear()
    await shop.services.payments.reconciler.all()
    assert (shop.bought_credits(), shop.rows("payment_moves")) == (5 * 500, 5)
    await shop.settled()


@pytest.mark.undelivered
async def test_what_could_not_be_looked_at_is_told_and_the_rest_is_compared(shop: Shop) -> None:
    first, second = await shop.buy(), await shop.buy("standard")
    shop.fake.books.events.clear()
    shop.fake.faults["GET /v1/checkout/sessions/{id}"] = ["fail"] * 3
    report = await shop.services.payments.reconciler.open_orders()
    assert report.failures == [first["order_id"]]
    assert [each.order.id for each in report.corrections] == [second["order_id"]]


async def test_every_correction_is_on_the_audit_chain(shop: Shop) -> None:
    await shop.buy()
    shop.fake.books.events.clear()
    await shop.services.payments.reconciler.all()
    found = shop.read(
        lambda tx: tx.execute("SELECT details FROM audit WHERE action = 'payment_incident' ORDER BY sequence")
    )
    assert found == [("corrected_by_reconciliation +500 units",)]
    assert shop.read(first_broken) is None


async def test_the_audit_chain_tells_the_steps_of_a_purchase(shop: Shop) -> None:
    intent = await shop.bought()
    shop.fake.books.refund(intent)
    await shop.deliver()
    steps = shop.read(
        lambda tx: tx.execute("SELECT action FROM audit WHERE action LIKE 'purchase_%' ORDER BY sequence")
    )
    assert [step for (step,) in steps] == ["purchase_started", "purchase_paid", "purchase_refunded"]


def test_the_command_needs_payments_to_be_set_up(tmp_path: Path) -> None:
    from studio_server.settings import Settings

    settings = Settings.for_local(data_dir=tmp_path / "data", owner="ada")
    code, told = reconciling.reconcile(settings, dry=True, days=35)
    assert (code, told) == (1, ["payments are off: set STUDIO_STRIPE_SECRET_KEY"])


async def test_on_postgresql_a_purchase_its_refund_and_its_dispute_end_the_same(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with open_shop(tmp_path / "data", database_url=url) as shop:
        intent = await shop.bought()
        shop.fake.books.refund(intent, 333)
        await shop.deliver(copies=2, together=True)
        assert shop.bought_credits() == 333
        dispute = shop.fake.books.dispute(intent)
        await shop.deliver(copies=3, together=True)
        assert shop.bought_credits() == 0
        shop.fake.books.close_dispute(dispute["id"], "won")
        await shop.deliver()
        page = await shop.buy("dollars-50")
        await shop.deliver(copies=2, together=True, seed=1)
        assert (shop.bought_credits(), shop.dollars()) == (333, 55_000_000)
        assert shop.order(page["order_id"]).state == "paid"
        await shop.settled()


async def test_on_postgresql_a_card_is_charged_recharges_and_goes_the_same(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with open_shop(tmp_path / "data", database_url=url) as shop:
        method = await keep_card(shop)
        answers = await asyncio.gather(*(top_up(shop, key=f"k{n % 2}") for n in range(4)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await recharge(shop)).json()["waits_for"] == "balance"
        await shop.spend(PLAN_CREDITS + 1_000 - 50)
        await shop.services.payments.recharging.round()
        assert (charges(shop), shop.bought_credits()) == (3, 1_500 - 1_250)
        await shop.deliver(copies=2, together=True)
        await shop.ada.delete("/api/billing/card")
        assert (shop.fake.books.methods[method]["customer"], shop.rows("saved_cards")) == (None, 0)
        assert (await shop.ada.get("/api/billing/recharge")).json()["reason"] == "card_removed"
        await shop.settled()


async def test_two_servers_that_are_asked_at_once_charge_one_order_once(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with (
        open_shop(tmp_path / "a", database_url=url) as one,
        open_shop(tmp_path / "b", database_url=url, fake=one.fake) as two,
    ):
        await keep_card(one)
        await recharge(one)
        await one.spend(PLAN_CREDITS + 500 - 50)
        user_id = user_of(one)
        looks = [shop.services.payments.recharging.consider(user_id) for shop in (one, two) for _ in range(3)]
        await asyncio.gather(*looks)
        assert (charges(one), one.rows("payment_orders"), one.rows("payment_moves")) == (2, 2, 2)
        answers = await asyncio.gather(*(top_up(shop, key="same") for shop in (one, two) for _ in range(3)))
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert (charges(one), one.rows("payment_orders"), one.rows("payment_moves")) == (3, 3, 3)
        await two.settled()


async def test_two_servers_on_one_database_that_hear_of_one_payment_credit_it_once(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with (
        open_shop(tmp_path / "a", database_url=url) as one,
        open_shop(tmp_path / "b", database_url=url, fake=one.fake) as two,
    ):
        page = await one.buy()
        events, one.fake.books.events[:] = list(one.fake.books.events), []
        again = [event | {"id": f"{event['id']}_again"} for event in events]
        told = await asyncio.gather(
            one.courier.bring_all(events, together=True),
            two.courier.bring_all([*events, *again], together=True),
            two.verify(page["session_id"]),
        )
        assert set(told[0] + told[1]) == {200}
        assert (one.bought_credits(), one.moves(page["order_id"])) == (500, [("grant", 500)])
        await two.settled()


@pytest.mark.parametrize("lost", ["session", "intent"])
async def test_a_payment_that_stripe_no_longer_knows_changes_nothing(shop: Shop, lost: str) -> None:
    await shop.bought()
    getattr(shop.fake.books, f"{lost}s").clear()
    report = await shop.services.payments.reconciler.all()
    assert report.corrections == []
    assert shop.bought_credits() == 500
    assert shop.incidents() == ([] if lost == "session" else ["payment_no_longer_known"])
    assert shop.services.db.read(check) == []
