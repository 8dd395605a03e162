"""Beginning, changing and seeing a plan: one page at a time, one's own only, and shown as it is."""

import asyncio
from datetime import timedelta

import pytest
from studio_server.accounts.plans import PlanIsPaid
from studio_server.storage.tx import Tx

from tests.fakes.fake_stripe.billing import price_named
from tests.fakes.fake_stripe.books import Refused
from tests.payments.plan_shop import PlanShop

CREATE, PORTAL = "POST /v1/checkout/sessions", "POST /v1/billing_portal/sessions"


async def test_six_who_click_at_once_open_one_page_of_one_agreement(plans: PlanShop) -> None:
    pages = await asyncio.gather(*(plans.ask() for _ in range(6)))
    assert {page["url"] for page in pages} == {pages[0]["url"]}
    assert (len(plans.shop.fake.books.sessions), plans.shop.rows("plan_agreements")) == (1, 1)
    (session,) = plans.shop.fake.books.sessions.values()
    assert session["client_reference_id"] == plans.agreement().id
    assert list(plans.shop.fake.books.customers) == [session["customer"]]


async def test_asking_for_another_plan_ends_the_page_of_the_first(plans: PlanShop) -> None:
    first = await plans.ask()
    second = await plans.ask("pro")
    with pytest.raises(Refused, match="no longer open"):
        plans.shop.fake.books.pay(first["session_id"])
    plans.shop.fake.books.pay(second["session_id"])
    await plans.shop.deliver(seed=1)
    assert (plans.plan(), plans.credits()) == ("pro", 12_000)
    assert sorted(plans.states()) == ["expired", "live"]
    await plans.settled()


async def test_a_page_that_was_paid_before_another_plan_was_asked_for_leads_to_the_portal(
    plans: PlanShop,
) -> None:
    await plans.pay()
    page = await plans.ask("pro")
    assert (page["kind"], plans.plan(), plans.shop.rows("plan_agreements")) == ("portal", "supporter", 1)
    await plans.shop.deliver()
    await plans.settled()


@pytest.mark.parametrize("fault", ["lose", "fail_and_remember"])
async def test_a_lost_answer_opens_no_second_page(plans: PlanShop, fault: str) -> None:
    plans.shop.fake.faults[CREATE] = [fault] * 3
    page = await plans.ask()
    assert list(plans.shop.fake.books.sessions) == [page["session_id"]]


async def test_a_page_that_could_not_be_opened_ends_its_agreement_and_the_next_has_its_own_key(
    plans: PlanShop,
) -> None:
    plans.shop.fake.faults[CREATE] = ["fail"] * 3
    answer = await plans.shop.ada.post("/api/billing/plan/checkout", json={"plan": "supporter"})
    assert answer.status_code == 503
    await plans.ask()
    assert sorted(plans.states()) == ["failed", "open"]


async def test_a_customer_that_was_deleted_at_stripe_is_replaced(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    (gone,) = plans.shop.fake.books.customers
    await plans.shop.services.payments.plans._customers.delete(gone)
    await plans.shop.deliver()
    assert (plans.agreement().subscription_id, plans.plan()) == (subscription, "free")
    await plans.subscribed()
    assert (plans.plan(), len(plans.shop.fake.books.customers)) == ("supporter", 2)
    await plans.settled()


async def test_verify_credits_before_any_webhook_and_is_the_owners_alone(plans: PlanShop) -> None:
    page = await plans.ask()
    waiting = (await plans.shop.verify(page["session_id"])).json()["purchase"]
    assert (waiting["state"], waiting["kind"], waiting["price"]) == ("waiting", "plan", "£15")
    plans.shop.fake.books.pay(page["session_id"])
    foreign = await plans.shop.verify(page["session_id"], client=plans.shop.bob)
    assert foreign.status_code == 404
    assert foreign.json() == (await plans.shop.verify("cs_of_nobody", client=plans.shop.bob)).json()
    answer = (await plans.shop.verify(page["session_id"])).json()
    assert (answer["purchase"]["state"], answer["available_credits"]) == ("paid", 3_300)
    assert plans.credits() == 3_000
    await plans.shop.deliver(copies=2, seed=9)
    assert plans.given() == [("first", "paid", 3_000, [("grant", 3_000)])]
    await plans.settled()


async def test_the_portal_is_the_callers_own_and_no_request_names_a_customer(plans: PlanShop) -> None:
    await plans.subscribed()
    (customer,) = plans.shop.fake.books.customers
    for path in ("/api/billing/portal", "/api/billing/plan/checkout"):
        said = {"plan": "free", "customer": customer}
        answer = await plans.shop.bob.post(path, json=said if "checkout" in path else {"customer": customer})
        assert answer.status_code in (409, 422), answer.text
    answer = await plans.shop.ada.post("/api/billing/portal")
    link = answer.json()["url"].rsplit("/", 1)[1]
    assert plans.shop.fake.portal.links[link]["session"]["customer"] == customer
    async with plans.shop.nobody() as nobody:
        assert (await nobody.post("/api/billing/portal")).status_code == 401


async def test_what_the_portal_allows_is_ours_and_is_made_once(plans: PlanShop) -> None:
    await plans.subscribed()
    for plan in ("pro", "free", "supporter"):
        await plans.ask(plan)
    (found,) = plans.shop.fake.books.configurations.values()
    features = found["features"]
    assert features["subscription_cancel"]["mode"] == "at_period_end"
    assert features["subscription_update"]["proration_behavior"] == "always_invoice"
    assert features["subscription_update"]["schedule_at_period_end"] == {
        "conditions": [{"type": "decreasing_item_amount"}]
    }


async def test_where_stripe_opens_no_page_at_this_change_it_opens_the_whole_portal(plans: PlanShop) -> None:
    await plans.subscribed()
    await plans.change("free")
    await plans.shop.deliver()
    plans.shop.fake.portal.refuses_changes = True
    page = await plans.ask("pro")
    link = plans.shop.fake.portal.links[page["url"].rsplit("/", 1)[1]]
    assert (page["kind"], link["flow"]) == ("portal", {})


async def test_who_comes_back_from_the_portal_sees_what_was_changed_there(plans: PlanShop) -> None:
    await plans.subscribed()
    await plans.change("pro")
    link = list(plans.shop.fake.portal.links.values())[-1]
    assert link["session"]["return_url"].endswith("/account/plan")
    answer = await plans.shop.ada.get("/account/plan")
    assert (answer.status_code, answer.headers["location"]) == (303, "credits")
    assert (plans.plan(), plans.credits()) == ("pro", 12_000)
    plans.shop.fake.faults["GET /v1/subscriptions/{id}"] = ["fail"] * 3
    assert (await plans.shop.ada.get("/account/plan")).status_code == 303
    async with plans.shop.nobody() as nobody:
        assert (await nobody.get("/account/plan")).status_code == 303
    await plans.shop.deliver()
    await plans.settled()


async def test_who_pays_for_no_plan_has_nothing_to_cancel_and_an_unknown_plan_is_not_sold(
    plans: PlanShop,
) -> None:
    answer = await plans.shop.ada.post("/api/billing/plan/checkout", json={"plan": "free"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_paid_plan")
    answer = await plans.shop.ada.post("/api/billing/plan/checkout", json={"plan": "gold"})
    assert (answer.status_code, answer.json()["action"]) == (404, "choose one of supporter, pro")
    assert plans.shop.rows("plan_agreements") == 0


async def test_the_list_says_what_a_month_costs_and_the_standing_what_comes(plans: PlanShop) -> None:
    listed = (await plans.shop.ada.get("/api/billing/plans")).json()["plans"]
    assert [(p["plan"]["id"], p["price"], p["is_sold"]) for p in listed] == [
        ("free", "free", False),
        ("supporter", "£15 a month", True),
        ("pro", "£45 a month", True),
    ]
    assert (await plans.standing())["state"] == "free"
    page = await plans.ask()
    assert (await plans.standing())["waiting_url"] == page["url"]
    plans.shop.fake.books.pay(page["session_id"])
    await plans.shop.deliver()
    standing = await plans.standing()
    assert (standing["state"], standing["next_price"], standing["has_portal"]) == (
        "paid",
        "£15 a month",
        True,
    )


async def test_purchases_and_pages_show_invoices_with_links(plans: PlanShop) -> None:
    page = await plans.ask()
    plans.shop.fake.books.pay(page["session_id"])
    text = (
        await plans.shop.ada.get("/account/credits/success", params={"session_id": page["session_id"]})
    ).text
    assert "has begun. You have 3,300 credits now" in text
    assert "/invoice/in_" in text
    plans.shop.clock.advance(timedelta(days=1))
    await plans.change("pro")
    await plans.shop.deliver()
    bought = (await plans.shop.ada.get("/api/billing/purchases")).json()["purchases"]
    assert [(each["title"], each["kind"]) for each in bought] == [
        ("Pro, monthly, change", "plan"),
        ("Supporter, monthly", "plan"),
    ]
    assert all(each["invoice_url"] and each["receipt_url"] for each in bought)
    shown = (await plans.shop.ada.get("/account/credits")).text
    assert "Your plan: Pro" in shown
    assert "It renews on 2 December 2026 for £45 a month" in shown
    assert shown.count("/invoice/in_") == 2


async def test_the_page_of_credits_lets_one_subscribe_change_and_cancel(plans: PlanShop) -> None:
    shown = (await plans.shop.ada.get("/account/credits")).text
    assert shown.count("POST api/billing/plan/checkout") == 2
    assert "Choose the plan Pro, £45 a month" in shown
    await plans.subscribed()
    await plans.change("free")
    await plans.shop.deliver()
    shown = (await plans.shop.ada.get("/account/credits")).text
    assert "on you have the plan Free." in shown
    assert "Choose Pro" in shown
    assert "POST api/billing/portal" in shown
    async with plans.shop.nobody() as nobody:
        assert "Your plan" not in (await nobody.get("/account/credits")).text


async def test_two_subscriptions_of_one_person_are_told_and_no_credit_is_lost(plans: PlanShop) -> None:
    await plans.subscribed()
    (customer,) = plans.shop.fake.books.customers
    await plans.ask("pro")
    page = await plans.shop.services.db.write(second_agreement)
    price = price_named(plans.shop.fake.books, "pro")
    second = plans.billing.begin(customer, price, {"agreement": page, "user": plans.agreement().user_id})
    await plans.shop.deliver(seed=3)
    assert sorted(plans.states()) == ["extra", "live"]
    assert (plans.plan(), plans.credits()) == ("supporter", 15_000)
    assert plans.shop.incidents() == ["two_subscriptions"]
    await plans.settled()
    plans.billing.end(plans.first_subscription())
    await plans.shop.deliver()
    await plans.shop.services.payments.reconciler.open_orders()
    assert (plans.plan(), second["status"]) == ("pro", "active")
    await plans.settled()


def second_agreement(tx: Tx) -> str:
    """An agreement whose page was lost sight of."""
    row = tx.one("SELECT user_id FROM plan_agreements")
    tx.execute(
        "INSERT INTO plan_agreements (id, user_id, plan_id, amount_minor, currency, state, created_us,"
        " changed_us) VALUES ('plan_lost', ?, 'pro', 4500, 'gbp', 'failed', 1, 1)",
        row,
    )
    return "plan_lost"


async def test_other_subscriptions_on_the_account_are_left_alone(plans: PlanShop) -> None:
    await plans.subscribed()
    price = price_named(plans.shop.fake.books, "supporter")
    plans.billing.begin("cus_of_another_shop", price)
    assert set(await plans.shop.deliver()) == {200}
    assert plans.shop.incidents() == ["unmatched_payment"]
    assert (plans.shop.rows("plan_invoices"), plans.credits()) == (1, 3_000)
    await plans.settled()


@pytest.mark.parametrize("wrong", ["amount", "currency", "discount"])
async def test_a_first_month_paid_otherwise_than_agreed_gives_nothing_and_is_told(
    plans: PlanShop, wrong: str
) -> None:
    page = await plans.ask()
    price = price_named(plans.shop.fake.books, "supporter")
    if wrong == "amount":
        price["unit_amount"] = 1
    if wrong == "currency":
        price["currency"] = "usd"
    plans.shop.fake.books.pay(page["session_id"])
    if wrong == "discount":
        (invoice,) = plans.shop.fake.books.invoices.values()
        invoice |= {"total": 0, "amount_due": 0, "amount_paid": 0}
    await plans.shop.deliver(copies=2)
    assert (plans.plan(), plans.credits(), plans.given()[0][1]) == ("free", 0, "held")
    assert plans.shop.incidents() == ["paid_otherwise"]
    await plans.settled()


async def test_an_operator_does_not_change_a_plan_that_is_paid(plans: PlanShop) -> None:
    await plans.subscribed()
    user_id = plans.agreement().user_id
    with pytest.raises(PlanIsPaid):
        await plans.shop.services.db.write(
            lambda tx: plans.shop.services.plans.change(tx, user_id, "pro", key="operator:1")
        )
    assert plans.plan() == "supporter"
