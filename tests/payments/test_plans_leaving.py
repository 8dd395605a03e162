"""Who leaves is charged no more, and takes agreements and invoices along; two servers tell one plan once."""

import asyncio
import io
import json
import zipfile
from pathlib import Path

import pytest
from studio_server.accounts.erasure import ErasureRefused
from studio_server.ledger.checker import check

from tests.fakes.postgres import cluster, migrated
from tests.fakes.toy_server import person
from tests.payments.plan_shop import PlanShop, open_plan_shop
from tests.payments.test_leaving import leave


async def test_the_export_holds_agreements_invoices_and_the_customer(plans: PlanShop) -> None:
    await plans.subscribed()
    content = (await plans.shop.ada.get("/api/account/export")).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        of = {name: json.loads(archive.read(f"json/{name}.json")) for name in NAMES}
    assert of["payment_customer"][0]["customer_id"] in plans.shop.fake.books.customers
    assert (of["plan_agreements"][0]["plan_id"], of["plan_agreements"][0]["state"]) == ("supporter", "live")
    assert (of["plan_invoices"][0]["credits"], of["plan_invoices"][0]["amount_minor"]) == (3_000, 1_500)


NAMES = ("payment_customer", "plan_agreements", "plan_invoices")


async def test_who_leaves_is_charged_no_more_and_no_page_of_stripes_is_linked(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    await leave(plans.shop)
    books = plans.shop.fake.books
    assert books.subscriptions[subscription]["status"] == "canceled"
    assert [each.get("deleted") for each in books.customers.values()] == [True]
    assert set(await plans.shop.deliver(copies=2, seed=1)) == {200}
    links = "SELECT invoice_url, receipt_url FROM plan_invoices"
    for _ in range(2):
        assert plans.shop.read(lambda tx: tx.execute(links)) == [(None, None)]
        await plans.shop.services.payments.reconciler.all()
    assert plans.shop.rows("payment_customers") == 0
    assert plans.states() == ["ended"]
    assert plans.shop.services.db.read(check) == []


async def test_who_leaves_before_paying_cannot_pay_any_more(plans: PlanShop) -> None:
    page = await plans.ask()
    await leave(plans.shop)
    assert plans.shop.fake.books.sessions[page["session_id"]]["status"] == "expired"
    await plans.settled()


async def test_while_stripe_does_not_answer_nobody_is_erased(plans: PlanShop) -> None:
    await plans.subscribed()
    plans.shop.fake.faults["DELETE /v1/customers/{id}"] = ["fail"] * 3
    user_id = (await plans.shop.ada.get("/api/account")).json()["user_id"]
    answer = await plans.shop.ada.delete("/api/account", params={"confirm": user_id})
    assert (answer.status_code, plans.shop.rows("departures")) == (503, 0)
    await leave(plans.shop)


async def test_a_plan_that_is_renewed_refuses_an_erasure_that_did_not_end_it(plans: PlanShop) -> None:
    await plans.subscribed()
    services = plans.shop.services
    user = plans.shop.read(lambda tx: services.people.known(tx, person("ada")))
    with pytest.raises(ErasureRefused) as refused:
        await services.db.write(lambda tx: services.erasure.erase(tx, user, actor=user.id))
    assert (refused.value.obstacle, plans.shop.rows("departures")) == ("plan", 0)


async def test_an_invoice_paid_after_its_owner_left_is_held_and_told(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    await leave(plans.shop)
    await plans.shop.deliver()
    plans.shop.fake.books.subscriptions[subscription]["status"] = "active"
    plans.to_the_end()
    plans.billing.renew(subscription)
    assert set(await plans.shop.deliver(copies=2)) == {200}
    assert [state for _, state, *_ in plans.given()] == ["paid", "held"]
    assert plans.shop.incidents() == ["wallet_is_closed"]
    await plans.settled()


async def test_on_postgresql_a_plan_its_upgrade_refund_and_end_come_out_the_same(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with open_plan_shop(tmp_path / "data", database_url=url) as plans:
        subscription = await plans.pay()
        await plans.shop.deliver(copies=2, together=True)
        assert (plans.credits(), plans.plan()) == (3_000, "supporter")
        await plans.change("pro")
        await plans.shop.deliver(copies=2, together=True, seed=2)
        assert (plans.credits(), plans.plan()) == (12_000, "pro")
        plans.shop.fake.books.refund(plans.intent_of("change"))
        await plans.shop.deliver(copies=2, together=True)
        assert plans.credits() == 3_000
        plans.billing.end(subscription)
        await plans.shop.deliver(copies=2)
        assert plans.plan() == "free"
        await plans.settled()


async def test_two_servers_on_one_database_that_hear_of_one_plan_credit_it_once(tmp_path: Path) -> None:
    url = cluster().new_database(migrated)
    async with (
        open_plan_shop(tmp_path / "a", database_url=url) as one,
        open_plan_shop(tmp_path / "b", database_url=url, fake=one.shop.fake) as two,
    ):
        pages = await asyncio.gather(one.ask(), two.ask())
        assert pages[0]["session_id"] == pages[1]["session_id"]
        one.shop.fake.books.pay(pages[0]["session_id"])
        events, one.shop.fake.books.events[:] = list(one.shop.fake.books.events), []
        again = [event | {"id": f"{event['id']}_again"} for event in events]
        told = await asyncio.gather(
            one.shop.courier.bring_all(events, together=True),
            two.shop.courier.bring_all([*events, *again], together=True),
            two.shop.verify(pages[0]["session_id"]),
        )
        failed = [status for status in told[0] + told[1] if status != 200]
        assert set(failed) <= {503}
        await one.shop.courier.bring_all([*events, *again])
        assert one.given() == [("first", "paid", 3_000, [("grant", 3_000)])]
        await two.settled()
