"""With a guard about cards taken out, what it prevents happens: so each guard is shown to do something."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from studio_server.payments import converge
from studio_server.payments.at_stripe.cards import StripeCards
from studio_server.payments.saved_cards import cards, charging, standing
from studio_server.payments.saved_cards import charges as rows
from studio_server.payments.saved_cards.outcomes import Outcomes

from tests.payments.card_shop import (
    ASKS,
    CHARGE,
    DECLINES,
    charges,
    keep_card,
    low,
    method_of,
    one_round,
    statuses,
    top_up,
    user_of,
)

if TYPE_CHECKING:
    from studio_server.payments.orders import Order
    from studio_server.storage.tx import Tx

    from tests.payments.shop import Shop


@pytest.mark.guard_off
async def test_without_the_look_first_a_lost_answer_is_charged_again_once_its_key_is_forgotten(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self, order) -> None:
        return None

    monkeypatch.setattr(StripeCards, "charge_for", nothing)
    await keep_card(shop)
    shop.fake.faults[CHARGE] = ["lose"] * 3
    assert (await top_up(shop)).status_code == 503
    shop.fake.forget_keys()
    assert (await top_up(shop)).status_code == 200
    assert charges(shop) == 3


async def test_without_ending_a_refused_charge_it_can_be_paid_beside_the_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(self, intent_id) -> None:
        return None

    monkeypatch.setattr(StripeCards, "give_up", leave)
    await keep_card(shop, ASKS)
    await top_up(shop)
    assert statuses(shop)[-1] == "requires_payment_method"


async def test_without_the_agreed_price_a_dearer_pack_is_charged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "is_agreed", lambda *_: True)
    await keep_card(shop)
    assert (await top_up(shop, price=1)).status_code == 200


async def test_without_the_index_two_charges_of_one_person_are_under_way(shop: Shop) -> None:
    await keep_card(shop)
    user_id, pack = user_of(shop), shop.services.payments.packs.find("starter")

    def begin(tx: Tx) -> bool:
        number = tx.one("SELECT count(*) FROM payment_orders")[0]
        return rows.add(tx, f"order_{number}", pack, cards.of(tx, user_id), "saved_card") is not None

    assert [await shop.services.db.write(begin) for _ in range(2)] == [True, False]
    query = "SELECT sql FROM sqlite_master WHERE name = 'payment_orders_one_charge'"
    index = shop.read(lambda tx: tx.one(query))[0]
    await shop.services.db.write(lambda tx: tx.execute("DROP INDEX payment_orders_one_charge"))
    assert await shop.services.db.write(begin)
    for order in ("order_1", "order_2"):
        await shop.services.db.write(lambda tx, name=order: rows.end(tx, name, "failed", "no_answer"))
    await shop.services.db.write(lambda tx: tx.execute(index))


async def test_without_the_last_look_a_card_is_charged_although_credits_have_arrived(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await low(shop)
    payments, user_id = shop.services.payments, user_of(shop)
    order = await shop.services.db.write(lambda tx: payments.recharging._begin(tx, user_id))
    page = await shop.buy("standard")
    await shop.verify(page["session_id"])
    await payments.charging.charge(order)
    assert charges(shop) == 3


async def test_without_the_cool_down_a_balance_that_stays_low_is_charged_every_time(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "COOL_DOWN", timedelta(0))
    await low(shop)
    for amount in (460, 470):
        await one_round(shop)
        await shop.spend(amount)
    assert charges(shop) == 3


async def test_without_the_sum_of_the_month_its_limit_is_passed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing.charges, "recharged_since", lambda *_: 0)
    await low(shop, ceiling_minor=1_000)
    for amount in (460, 470):
        await one_round(shop)
        await shop.spend(amount)
        shop.clock.advance(timedelta(minutes=11))
    assert charges(shop) == 3


@pytest.mark.parametrize("card", [ASKS, DECLINES])
async def test_without_stopping_a_refused_card_is_asked_again_and_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, card: str
) -> None:
    monkeypatch.setattr(Outcomes, "of", lambda *_: None)
    await low(shop, card)
    for _ in range(3):
        await one_round(shop)
        shop.clock.advance(timedelta(minutes=11))
    assert shop.fake.calls[CHARGE] == 3


async def test_without_the_stop_a_debt_is_charged_to_the_card(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "_must_stop", lambda *_: None)
    await low(shop)
    shop.fake.books.refund(next(iter(shop.fake.books.intents)))
    await shop.deliver()
    await one_round(shop)
    assert charges(shop) == 2


async def test_without_the_key_two_requests_of_one_click_are_two_charges(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging.asking, "order_of", lambda *_: None)
    await keep_card(shop)
    for _ in range(2):
        await top_up(shop)
    assert charges(shop) == 3


async def test_without_the_mark_an_earlier_card_takes_the_place_of_the_latest_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    become = converge._become

    def unmarked(seen: Order, facts: object) -> Order:
        return replace(become(seen, facts), keeps_card=seen.keeps_card)

    await keep_card(shop)
    latest = await keep_card(shop)
    await shop.services.payments.reconciler.all()
    assert method_of(shop) == latest
    monkeypatch.setattr(converge, "_become", unmarked)
    await keep_card(shop)
    await keep_card(shop)
    await shop.services.payments.reconciler.all()
    assert method_of(shop) != latest


async def test_without_turns_the_key_at_the_provider_still_charges_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoTurns:
        def of(self, name: str) -> asyncio.Lock:
            del name
            return asyncio.Lock()

    await keep_card(shop)
    monkeypatch.setattr(shop.services.payments.charging, "_turns", NoTurns())
    await asyncio.gather(*(top_up(shop) for _ in range(4)))
    assert (charges(shop), shop.bought_credits()) == (2, 1_000)
