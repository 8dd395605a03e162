"""Auto-recharge stops where its owner has to act, is told, and charges no more. Cases 31, 34 and 36."""

from dataclasses import replace
from datetime import timedelta

import pytest
from studio_server.payments.provider import ProviderRefused

from tests.fakes.fake_stripe.cards import detach
from tests.payments.card_shop import (
    ALL_BUT_50,
    ASKS,
    CHARGE,
    DECLINES,
    charges,
    keep_card,
    low,
    method_of,
    one_round,
    orders,
    recharge,
    state,
    statuses,
    told,
)
from tests.payments.plan_shop import PlanShop
from tests.payments.shop import Shop


async def test_a_card_that_has_to_be_confirmed_turns_it_off_and_is_not_asked_again(shop: Shop) -> None:
    await low(shop, ASKS)
    for _ in range(3):
        await one_round(shop)
        shop.clock.advance(timedelta(minutes=11))
    assert (shop.fake.calls[CHARGE], statuses(shop)) == (1, ["succeeded", "canceled"])
    assert (await state(shop))[:2] == ("off", "authentication_required")
    (text,) = await told(shop, "recharge_stopped")
    assert text.startswith("Auto-recharge is off: your bank wants you to confirm the payment; nothing was")
    assert "%studio buy starter" in text
    await shop.deliver(copies=2, seed=2)
    assert shop.rows("payment_moves") == 1
    await shop.settled()


async def test_a_declined_card_pauses_it_until_its_owner_turns_it_on_again(shop: Shop) -> None:
    await low(shop, DECLINES)
    await one_round(shop)
    assert (await state(shop))[:2] == ("paused", "card_declined")
    assert len(await told(shop, "recharge_stopped")) == 1
    shop.clock.advance(timedelta(minutes=11))
    await one_round(shop)
    assert shop.fake.calls[CHARGE] == 1
    shop.fake.books.behaviour[method_of(shop)] = "ok"
    await recharge(shop)
    await shop.services.payments.recharging.close()
    assert (charges(shop), shop.fake.calls[CHARGE]) == (2, 2)
    await shop.settled()


async def test_the_event_of_a_declined_card_stops_it_as_well_and_only_once(shop: Shop) -> None:
    await low(shop, DECLINES)
    shop.fake.faults["POST /v1/payment_intents/{id}/cancel"] = ["fail"] * 3
    await one_round(shop)
    assert (await state(shop))[:2] == ("on", "asked")
    assert (await state(shop))[2] == "charge"
    await one_round(shop)
    await shop.deliver(copies=3, seed=4)
    assert (await state(shop))[:2] == ("paused", "card_declined")
    assert len(await told(shop, "recharge_stopped")) == 1
    await shop.settled()


@pytest.mark.parametrize("spent", [0, ALL_BUT_50])
async def test_a_dispute_turns_it_off_whether_or_not_the_credits_were_spent(shop: Shop, spent: int) -> None:
    await keep_card(shop)
    await recharge(shop)
    intent = next(iter(shop.fake.books.intents))
    if spent:
        shop.fake.books.behaviour[method_of(shop)] = "ok"
        await shop.spend(spent)
    shop.fake.books.dispute(intent)
    await shop.deliver(copies=2, seed=6)
    await shop.services.payments.recharging.close()
    await one_round(shop)
    assert ((await state(shop))[:2], charges(shop)) == (("off", "disputed"), 1)
    assert shop.bought_credits() == -spent
    answer = await recharge(shop)
    assert (answer.status_code, answer.json()["code"]) == (409, "recharge_waits_for_disputed")
    await shop.settled()


async def test_a_debt_turns_it_off_and_nothing_is_charged_for_it(shop: Shop) -> None:
    await low(shop)
    shop.fake.books.refund(next(iter(shop.fake.books.intents)))
    await shop.deliver(copies=2, seed=8)
    await shop.services.payments.recharging.close()
    assert ((await state(shop))[:2], charges(shop)) == (("off", "debt"), 1)
    assert (await recharge(shop)).json()["code"] == "recharge_waits_for_debt"
    await shop.settled()


async def test_without_its_card_it_is_off_and_says_so(shop: Shop) -> None:
    await low(shop)
    await shop.ada.delete("/api/billing/card")
    assert ((await state(shop))[:2], len(await told(shop, "recharge_stopped"))) == (
        ("off", "card_removed"),
        1,
    )
    await one_round(shop)
    assert charges(shop) == 1
    assert (await recharge(shop)).json()["code"] == "no_saved_card"
    await shop.settled()


async def test_a_card_that_went_at_the_provider_is_found_out_without_a_charge(shop: Shop) -> None:
    await low(shop)
    detach(shop.fake.books, method_of(shop))
    shop.fake.books.events.clear()
    await one_round(shop)
    assert ((await state(shop))[:2], charges(shop)) == (("off", "card_removed"), 1)
    assert (method_of(shop), orders(shop)[-1]) == ("", ("recharge", "failed", "card_removed"))
    await shop.settled()


async def test_a_disputed_payment_of_a_plan_turns_it_off_as_well(plans: PlanShop) -> None:
    shop = plans.shop
    await keep_card(shop)
    assert (await recharge(shop)).json()["state"] == "on"
    await plans.subscribed()
    shop.fake.books.dispute(plans.intent_of("first"))
    await shop.deliver()
    await one_round(shop)
    assert ((await state(shop))[:2], len(await told(shop, "recharge_stopped"))) == (("off", "disputed"), 1)
    assert (await recharge(shop)).json()["code"] == "recharge_waits_for_disputed"
    assert shop.fake.calls[CHARGE] == 0


@pytest.mark.parametrize("change", [{"price_minor": 1_200}, {"units": 400}, {"currency": "usd"}])
async def test_a_pack_that_costs_or_gives_something_else_by_now_is_not_charged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: dict
) -> None:
    await low(shop)
    packs = shop.services.payments.packs
    find = type(packs).find
    monkeypatch.setattr(type(packs), "find", lambda self, name: replace(find(self, name), **change))
    await one_round(shop)
    assert ((await state(shop))[:2], shop.fake.calls[CHARGE]) == (("off", "pack_changed"), 0)
    assert len(await told(shop, "recharge_stopped")) == 1


async def test_a_card_that_the_provider_will_not_let_go_keeps_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn, later = await keep_card(shop), await keep_card(shop)
    await shop.ada.delete("/api/billing/card")
    assert shop.rows("saved_cards") == 0
    again, last = await keep_card(shop), await keep_card(shop)
    detach_ = shop.services.payments.keeping._provider.take_off

    async def refuses(method_id: str) -> None:
        if method_id == again:
            raise ProviderRefused("no_such_permission")
        await detach_(method_id)

    monkeypatch.setattr(shop.services.payments.keeping._provider, "take_off", refuses)
    await shop.ada.delete("/api/billing/card")
    left = shop.read(lambda tx: tx.execute("SELECT method_id FROM saved_cards"))
    assert (left, shop.fake.books.methods[last]["customer"]) == ([(again,)], None)
    assert {shop.fake.books.methods[each]["customer"] for each in (stubborn, later)} == {None}
