"""Guards of plans taken out: what each prevents then happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from studio_server.payments.at_stripe.plans import StripePlans
from studio_server.payments.plans import agreements
from studio_server.payments.plans import converge as plan_converge
from studio_server.payments.plans import paying as paying_plans
from studio_server.payments.plans import terms as plan_terms

from tests.payments.plan_shop import PlanShop


async def test_without_the_version_only_the_ledger_stops_a_slow_look_that_revives_a_plan(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = agreements.save

    def unversioned(tx, seen, new) -> bool:
        return save(tx, replace(seen, version=agreements.by_id(tx, seen.id).version), new)

    monkeypatch.setattr(plan_converge.agreements, "save", unversioned)
    subscription = await plans.subscribed()
    slow, asked = "GET /v1/invoices", asyncio.Event()
    plans.billing.cancel(subscription)
    plans.shop.fake.late[slow], plans.shop.fake.faults[slow] = asked, ["late"]
    looking = asyncio.create_task(plans.shop.deliver())
    await plans.shop.fake.arrived[slow].wait()
    plans.billing.end(subscription)
    await plans.shop.deliver()
    asked.set()
    assert await looking == [500]


async def test_without_the_reason_of_an_invoice_an_upgrade_gives_a_whole_period(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_terms, "_is_as_agreed", lambda *_: True)
    monkeypatch.setattr(plan_terms, "_decides", lambda lines, _: lines[-1])
    monkeypatch.setitem(plan_terms.KINDS, "subscription_update", "renewal")
    await plans.subscribed()
    plans.shop.clock.advance(timedelta(days=15))
    await plans.change("pro")
    await plans.shop.deliver()
    assert plans.given()[-1][2] == 12_000


async def test_a_payment_that_is_told_before_its_plan_credits_it_and_raises_no_alarm(plans: PlanShop) -> None:
    await plans.pay()
    await plans.shop.courier.bring_all(payments_of(plans))
    assert (plans.credits(), plans.shop.incidents()) == (3_000, [])
    await plans.shop.deliver()
    await plans.settled()


def payments_of(plans: PlanShop) -> list:
    """What tells of payments alone, which carry none of our metadata."""
    return [each for each in plans.shop.fake.books.events if each["type"] == "payment_intent.succeeded"]


@pytest.mark.guard_off
async def test_without_asking_whose_payment_it_is_every_plan_raises_a_false_alarm(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(self, intent_id: str) -> None:
        del self, intent_id

    monkeypatch.setattr(StripePlans, "invoice_of_intent", nobody)
    await plans.pay()
    await plans.shop.courier.bring_all(payments_of(plans))
    assert plans.shop.incidents() == ["unmatched_payment"]


async def test_without_the_owner_a_leaked_session_shows_a_plan(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await plans.ask()
    monkeypatch.setattr(
        paying_plans.agreements, "own", lambda tx, _, session_id: agreements.of_session(tx, session_id)
    )
    assert (await plans.shop.verify(page["session_id"], client=plans.shop.bob)).status_code == 200


@pytest.mark.guard_off
async def test_without_ending_the_first_page_two_plans_can_be_paid(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self, session_id: str) -> None:
        del self, session_id

    first = await plans.ask()
    monkeypatch.setattr(StripePlans, "expire_session", nothing)
    answer = await plans.shop.ada.post("/api/billing/plan/checkout", json={"plan": "pro"})
    assert answer.status_code == 503
    plans.shop.fake.books.pay(first["session_id"])


async def test_without_the_row_first_the_database_refuses_a_second_live_agreement(plans: PlanShop) -> None:
    await plans.subscribed()
    with pytest.raises(Exception, match="UNIQUE"):
        await plans.shop.services.db.write(
            lambda tx: agreements.add(
                tx, "plan_two", plans.agreement().user_id, plans.shop.services.registry.plans["pro"]
            )
        )


async def test_terms_of_a_paid_invoice_are_refused_to_change_by_the_database(plans: PlanShop) -> None:
    await plans.subscribed()
    for change in ("units = 9", "amount_minor = 1", "plan_id = 'pro'", "ends_us = ends_us + 1"):
        with pytest.raises(Exception, match="keeps its terms"):
            await plans.shop.services.db.write(
                lambda tx, change=change: tx.execute(f"UPDATE plan_invoices SET {change}")
            )
