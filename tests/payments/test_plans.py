"""Plans that are paid every month: credits come from paid invoices, once. Cases 37 to 40."""

import asyncio
import logging
from datetime import timedelta

import pytest
from studio_server.accounts.periods import Period, worth_of_the_rest
from studio_server.accounts.subscriptions import UNPAID_KEEPS

from tests.fakes.fake_stripe.books import Refused
from tests.payments.plan_shop import PlanShop
from tests.payments.shop import KEY, SECRET


async def test_a_first_invoice_told_three_times_shuffled_gives_once_and_a_renewal_once_more(
    plans: PlanShop,
) -> None:
    subscription = await plans.pay()
    assert set(await plans.shop.deliver(copies=3, seed=7)) == {200}
    assert (plans.credits(), plans.plan()) == (3_000, "supporter")
    assert plans.given() == [("first", "paid", 3_000, [("grant", 3_000)])]
    assert plans.shop.incidents() == []
    await plans.settled()
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver(copies=2, seed=8)
    assert plans.given()[1:] == [("renewal", "paid", 3_000, [("grant", 3_000)])]
    assert plans.lots() == [("plan", 300), ("plan", 3_000), ("plan", 3_000)]
    await plans.settled()


async def test_an_upgrade_gives_the_difference_for_the_rest_of_the_period_once(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    plans.shop.clock.advance(timedelta(days=10))
    await plans.change("pro")
    assert set(await plans.shop.deliver(copies=3, seed=1)) == {200}
    starts, ends = plans.period()
    worth = worth_of_the_rest(9_000, Period(0, starts, ends), plans.shop.clock.now())
    assert worth == 6_000
    assert plans.given()[1:] == [("change", "paid", worth, [("grant", worth)])]
    assert (plans.plan(), plans.credits()) == ("pro", 9_000)
    await plans.settled()
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver(seed=2)
    assert plans.given()[2:] == [("renewal", "paid", 12_000, [("grant", 12_000)])]
    await plans.settled()


async def test_an_update_that_arrives_after_the_end_revives_nothing_and_bought_credits_stay(
    plans: PlanShop,
) -> None:
    subscription = await plans.subscribed()
    await plans.shop.bought("starter")
    plans.billing.cancel(subscription)
    late = plans.shop.fake.books.events[-1]
    plans.shop.fake.books.events.clear()
    plans.billing.end(subscription)
    await plans.shop.deliver()
    assert (plans.agreement().state, plans.plan()) == ("ended", "free")
    assert await plans.shop.courier.bring(late) == 200
    assert (plans.agreement().state, plans.plan()) == ("ended", "free")
    assert ("purchase", 500) in plans.lots()
    await plans.settled()


async def test_a_renewal_that_fails_and_is_paid_on_the_third_day_gives_once_when_it_is_paid(
    plans: PlanShop,
) -> None:
    subscription = await plans.subscribed()
    plans.billing.cards[subscription] = "declined"
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver(copies=2)
    assert plans.given()[1:] == [("renewal", "waiting", 3_000, [])]
    standing = await plans.standing()
    assert (standing["state"], standing["plan"]["id"]) == ("past_due", "supporter")
    assert "could not be renewed" in await plans.notices()
    await plans.settled()
    plans.shop.clock.advance(timedelta(days=3))
    plans.billing.retry(subscription, does="ok")
    await plans.shop.deliver(copies=3, seed=3)
    assert plans.given()[1:] == [("renewal", "paid", 3_000, [("grant", 3_000)])]
    assert (await plans.standing())["state"] == "paid"
    assert plans.lots()[-1] == ("plan", 3_000)
    await plans.settled()


async def test_a_plan_that_is_cancelled_lasts_to_its_end_and_the_free_month_comes_once(
    plans: PlanShop,
) -> None:
    subscription = await plans.subscribed()
    await plans.change("free")
    await plans.shop.deliver(copies=2)
    standing = await plans.standing()
    assert (standing["plan"]["id"], standing["next_plan"]["id"]) == ("supporter", "free")
    assert standing["next_price"] is None
    plans.to_the_end()
    assert plans.billing.renew(subscription) is None
    await plans.shop.deliver(copies=3, together=True)
    assert (plans.plan(), plans.agreement().state) == ("free", "ended")
    free = [row for row in plans.periods() if row[0].startswith("free:")]
    assert [state for _, state in free] == ["granted", "granted"]
    await plans.settled()


async def test_in_the_month_whose_free_credits_were_given_cancelling_gives_none_again(
    plans: PlanShop,
) -> None:
    subscription = await plans.subscribed()
    plans.billing.end(subscription)
    await plans.shop.deliver(copies=2)
    assert plans.plan() == "free"
    assert plans.lots() == [("plan", 300), ("plan", 3_000)]
    await plans.settled()


async def test_who_keeps_a_cancelled_plan_is_renewed(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    await plans.change("free")
    await plans.shop.deliver()
    await plans.change("supporter")
    await plans.shop.deliver()
    assert (await plans.standing())["next_plan"] is None
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver()
    assert [kind for kind, *_ in plans.given()] == ["first", "renewal"]
    await plans.settled()


async def test_a_lower_plan_begins_with_the_next_period_at_its_own_price(plans: PlanShop) -> None:
    subscription = await plans.subscribed("pro")
    await plans.change("supporter")
    await plans.shop.deliver(copies=2)
    standing = await plans.standing()
    assert (standing["plan"]["id"], standing["next_plan"]["id"]) == ("pro", "supporter")
    assert standing["next_price"] == "£15 a month"
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver(seed=4)
    assert plans.plan() == "supporter"
    assert plans.given()[1:] == [("renewal", "paid", 3_000, [("grant", 3_000)])]
    await plans.settled()


async def test_a_renewal_nobody_pays_ends_at_the_free_plan_after_three_weeks_and_comes_back_when_paid(
    plans: PlanShop,
) -> None:
    subscription = await plans.subscribed()
    plans.billing.cards[subscription] = "declined"
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver()
    plans.shop.clock.advance(UNPAID_KEEPS)
    await plans.renew()
    assert plans.plan() == "free"
    await plans.settled()
    plans.billing.retry(subscription, does="ok")
    await plans.shop.deliver()
    assert (plans.plan(), plans.given()[1][1]) == ("supporter", "paid")
    await plans.settled()


async def test_when_stripe_gives_up_the_free_plan_begins(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    plans.billing.cards[subscription] = "declined"
    plans.to_the_end()
    plans.billing.renew(subscription)
    plans.billing.end(subscription)
    await plans.shop.deliver(seed=5)
    assert (plans.plan(), plans.agreement().state) == ("free", "ended")
    assert len(plans.given()) == 2
    await plans.settled()


async def test_an_invoice_paid_after_its_period_gives_what_was_paid_for_all_the_same(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    plans.billing.cards[subscription] = "declined"
    plans.to_the_end()
    plans.billing.renew(subscription)
    await plans.shop.deliver()
    plans.shop.clock.advance(timedelta(days=40))
    plans.billing.retry(subscription, does="ok")
    await plans.shop.deliver()
    assert plans.given()[1] == ("renewal", "paid", 3_000, [("grant", 3_000)])
    assert plans.lots()[-1] == ("plan", 3_000)
    await plans.settled()


async def test_every_event_lost_comparing_credits_once_and_says_so(plans: PlanShop) -> None:
    subscription = await plans.pay()
    plans.shop.fake.books.events.clear()
    report = await plans.shop.services.payments.reconciler.open_orders()
    assert [each.moved for each in report.corrections] == [3_000]
    await plans.settled()
    plans.to_the_end()
    plans.billing.renew(subscription)
    plans.shop.fake.books.events.clear()
    assert "live, +3,000 units" in "\n".join(
        (await plans.shop.services.payments.reconciler.all(dry=True)).lines()
    )
    assert len(plans.given()) == 1
    await plans.shop.services.payments.reconciler.open_orders()
    assert [kind for kind, *_ in plans.given()] == ["first", "renewal"]
    assert plans.shop.incidents() == ["corrected_by_reconciliation"] * 2
    await plans.settled()


async def test_a_refund_takes_back_its_share_of_a_plans_credits_and_a_failed_one_gives_it_again(
    plans: PlanShop,
) -> None:
    await plans.subscribed()
    books = plans.shop.fake.books
    refund = books.refund(plans.intent_of("first"), 500)
    await plans.shop.deliver(copies=2, seed=6)
    assert plans.credits() == 2_000
    books.fail_refund(refund["id"])
    await plans.shop.deliver(copies=2)
    assert plans.credits() == 3_000
    books.refund(plans.intent_of("first"))
    await plans.shop.deliver()
    assert (plans.credits(), plans.plan()) == (0, "supporter")
    assert plans.shop.incidents() == []
    await plans.settled()


@pytest.mark.parametrize(("closed", "left"), [("won", 3_000), ("lost", 0)])
async def test_a_disputed_plan_is_clawed_back_and_not_upgraded_until_it_is_settled(
    plans: PlanShop, closed: str, left: int
) -> None:
    await plans.subscribed()
    dispute = plans.shop.fake.books.dispute(plans.intent_of("first"))
    await plans.shop.deliver(copies=2)
    assert plans.credits() == 0
    answer = await plans.shop.ada.post("/api/billing/plan/checkout", json={"plan": "pro"})
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_disputed")
    assert (await plans.standing())["is_disputed"]
    assert plans.shop.incidents() == ["disputed"]
    await plans.settled()
    plans.shop.fake.books.close_dispute(dispute["id"], closed)
    await plans.shop.deliver()
    assert plans.credits() == left
    await plans.settled()


async def test_a_slow_look_at_a_plan_never_overwrites_a_later_one(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    slow, asked = "GET /v1/subscriptions/{id}", asyncio.Event()
    plans.billing.cancel(subscription)
    plans.shop.fake.late[slow], plans.shop.fake.faults[slow] = asked, ["late"]
    looking = asyncio.create_task(plans.shop.deliver())
    await plans.shop.fake.arrived[slow].wait()
    plans.billing.end(subscription)
    await plans.shop.deliver()
    assert plans.plan() == "free"
    asked.set()
    await looking
    assert (plans.plan(), plans.agreement().state) == ("free", "ended")
    await plans.settled()


async def test_a_declined_card_begins_no_plan_and_the_same_page_can_be_paid(plans: PlanShop) -> None:
    page = await plans.ask()
    with pytest.raises(Refused):
        plans.shop.fake.books.pay(page["session_id"], "4000000000000002")
    await plans.shop.deliver()
    assert (plans.plan(), await plans.ask()) == ("free", page)
    plans.shop.fake.books.pay(page["session_id"])
    await plans.shop.deliver()
    assert plans.plan() == "supporter"
    await plans.settled()


async def test_an_upgrade_whose_card_is_declined_changes_nothing(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    plans.billing.cards[subscription] = "declined"
    with pytest.raises(Refused):
        await plans.change("pro")
    await plans.shop.deliver()
    assert (plans.plan(), len(plans.given())) == ("supporter", 1)
    await plans.settled()


async def test_months_in_which_nobody_listened_are_all_credited_when_somebody_does(plans: PlanShop) -> None:
    subscription = await plans.subscribed()
    for _ in range(3):
        plans.to_the_end()
        plans.billing.renew(subscription)
    plans.shop.fake.books.events.clear()
    await plans.shop.services.payments.reconciler.open_orders()
    assert [each[2:] for each in plans.given()] == [(3_000, [("grant", 3_000)])] * 4
    assert plans.period()[1] > plans.shop.clock.now()
    await plans.settled()


async def test_a_plan_that_an_operator_took_out_of_the_data_is_told_and_fails_no_webhook(
    plans: PlanShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await plans.subscribed()
    known = plans.shop.services.registry.plans
    monkeypatch.delitem(known, "supporter")
    plans.billing.cancel(subscription)
    assert set(await plans.shop.deliver()) == {200}
    assert (plans.shop.incidents(), plans.stands(subscription)) == (["plan_is_gone"], [3_000])


async def test_keys_and_secrets_are_in_no_answer_row_or_log_of_plans(
    plans: PlanShop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shop = plans.shop
    shop.fake.key = "sk_test_another"
    answers = [await shop.ada.post("/api/billing/plan/checkout", json={"plan": "pro"})]
    shop.fake.key = KEY
    await plans.subscribed()
    await plans.change("pro")
    await shop.deliver()
    answers += [await shop.ada.post("/api/billing/portal"), await shop.ada.get("/api/billing/plan")]
    answers += [await shop.ada.get("/api/billing/purchases"), await shop.ada.get("/account/credits")]
    said = "\n".join(answer.text for answer in answers) + caplog.text + repr(shop.services)
    files = [path for path in shop.services.settings.data_dir.rglob("*") if path.is_file()]
    rows = b"".join(path.read_bytes() for path in files)
    assert (answers[0].status_code, answers[1].status_code) == (502, 200)
    for canary in (KEY, SECRET):
        assert canary not in said
        assert canary.encode() not in rows


@pytest.mark.parametrize("lost", ["subscriptions", "invoices", "invoice_payments", "intents"])
async def test_what_stripe_no_longer_knows_takes_nothing_back(plans: PlanShop, lost: str) -> None:
    subscription = await plans.subscribed()
    plans.shop.fake.books.refund(plans.intent_of("first"), 500)
    await plans.shop.deliver()
    kept = dict(getattr(plans.shop.fake.books, lost))
    getattr(plans.shop.fake.books, lost).clear()
    plans.shop.fake.books.emit(
        "customer.subscription.updated", kept.get(subscription) or plans.now(subscription)
    )
    assert set(await plans.shop.deliver()) == {200}
    assert (plans.stands(subscription), plans.plan(), plans.agreement().state) == (
        [2_000],
        "supporter",
        "live",
    )
    assert plans.shop.incidents() == (["payment_no_longer_known"] if lost == "intents" else [])
