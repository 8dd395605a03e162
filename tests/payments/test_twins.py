"""With a guard taken out, what it prevents happens: so each guard is shown to do something."""

import asyncio
from dataclasses import replace

import pytest
from studio_server.payments import converge, inbox, orders
from studio_server.payments.at_stripe import payments as stripe_side
from studio_server.payments.provider import SignatureWrong

from tests.payments.shop import Shop


@pytest.mark.guard_off
async def test_without_the_version_a_slow_look_leaves_credits_that_were_refunded(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = orders.save

    def unversioned(tx, seen, new) -> bool:
        return save(tx, replace(seen, version=orders.by_id(tx, seen.id).version), new)

    monkeypatch.setattr(converge.orders, "save", unversioned)
    page = await shop.buy()
    slow, asked = "GET /v1/payment_intents/{id}", asyncio.Event()
    shop.fake.late[slow], shop.fake.faults[slow] = asked, ["late"]
    looking = asyncio.create_task(shop.verify(page["session_id"]))
    await shop.fake.arrived[slow].wait()
    shop.fake.books.refund(shop.fake.books.sessions[page["session_id"]]["payment_intent"])
    await shop.deliver()
    asked.set()
    await looking
    assert shop.bought_credits() == 500


@pytest.mark.guard_off
async def test_without_the_comparison_with_the_order_a_penny_buys_a_pack(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converge, "_is_as_ordered", lambda *_: True)
    page = await shop.begin()
    shop.fake.books.sessions[page["session_id"]]["amount_total"] = 1
    shop.fake.books.pay(page["session_id"])
    await shop.deliver()
    assert shop.bought_credits() == 500


async def test_without_the_clock_an_event_of_next_year_is_believed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_side, "TOLERANCE_SECONDS", 10**9)
    await shop.buy()
    assert await shop.courier.bring(shop.fake.books.events[-1], skew_seconds=31_536_000) == 200


async def test_without_the_signature_anybody_is_believed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_side, "_is_signed", lambda *_: True)
    await shop.buy()
    assert await shop.courier.bring(shop.fake.books.events[-1], secret="whsec_of_nobody_at_all") == 200  # noqa: S106  - of nobody


@pytest.mark.guard_off
async def test_marking_an_event_done_before_its_work_loses_the_purchase(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = inbox.Inbox._store

    def too_early(self, tx, event) -> bool:
        is_open = store(self, tx, event)
        inbox._done(tx, event.id)
        return is_open

    monkeypatch.setattr(inbox.Inbox, "_store", too_early)
    await shop.buy()
    event = shop.fake.books.events[-1]
    shop.fake.faults["GET /v1/payment_intents/{id}"] = ["fail"] * 3
    assert await shop.courier.bring(event) >= 500
    assert await shop.courier.bring(event) == 200
    assert shop.bought_credits() == 0


async def test_without_the_owner_a_leaked_session_shows_a_payment(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio_server.payments import buying

    page = await shop.buy()
    monkeypatch.setattr(buying.orders, "own", lambda tx, _, session_id: orders.of_session(tx, session_id))
    assert (await shop.verify(page["session_id"], client=shop.bob)).status_code == 200


def test_a_body_nobody_signed_is_refused_without_any_secret(shop: Shop) -> None:
    with pytest.raises(SignatureWrong):
        stripe_side.told(b"{}", "t=1,v1=0", (), shop.clock.now())
