"""Auto-recharge: only as asked, one at a time, up to the limit of the month. Cases 32 and 36."""

import asyncio
from datetime import timedelta

import pytest

from tests.payments.card_shop import (
    ALL_BUT_50,
    ASKS,
    CHARGE,
    charges,
    keep_card,
    low,
    one_round,
    orders,
    recharge,
    state,
    told,
    top_up,
    user_of,
)
from tests.payments.shop import PLAN_CREDITS, Shop


async def test_below_the_threshold_a_pack_is_bought_once_and_its_owner_is_told(shop: Shop) -> None:
    await low(shop)
    await one_round(shop)
    assert (charges(shop), orders(shop)[-1]) == (2, ("recharge", "paid", None))
    assert shop.rows("payment_moves") == 2
    assert await told(shop, "recharged") == [
        "Auto-recharge: £10 was charged to your card, 500 credits were added"
    ]
    await one_round(shop)
    assert (charges(shop), await state(shop)) == (2, ("on", "asked", "balance"))
    await shop.deliver(copies=2, seed=1)
    await shop.settled()


async def test_a_move_of_the_balance_is_enough_and_needs_no_round(shop: Shop) -> None:
    await low(shop)
    user_id = user_of(shop)
    shop.services.announcer.money_moved(user_id)
    await shop.services.payments.recharging.close()
    assert (charges(shop), shop.bought_credits()) == (2, 50 + 500 - PLAN_CREDITS)
    await shop.settled()


async def test_turning_it_on_with_little_left_recharges_at_once(shop: Shop) -> None:
    await keep_card(shop)
    await shop.spend(ALL_BUT_50)
    await recharge(shop)
    await shop.services.payments.recharging.close()
    assert (charges(shop), orders(shop)[-1][:2]) == (2, ("recharge", "paid"))
    await shop.settled()


async def test_with_enough_left_or_turned_off_nothing_is_charged(shop: Shop) -> None:
    await keep_card(shop)
    await recharge(shop)
    await one_round(shop)
    assert (charges(shop), await state(shop)) == (1, ("on", "asked", "balance"))
    answer = await shop.ada.put("/api/billing/recharge", json={"on": False})
    assert answer.json()["says"] == "Auto-recharge is off"
    await shop.spend(ALL_BUT_50)
    await one_round(shop)
    assert (charges(shop), await told(shop, "recharge_stopped")) == (1, [])
    await shop.settled()


async def test_six_triggers_at_once_are_one_charge(shop: Shop) -> None:
    await low(shop)
    user_id = user_of(shop)
    recharging = shop.services.payments.recharging
    await asyncio.gather(*(recharging.consider(user_id) for _ in range(6)))
    assert (charges(shop), shop.fake.calls[CHARGE], shop.rows("payment_orders")) == (2, 1, 2)
    await shop.settled()


async def test_a_recharge_and_a_top_up_at_once_are_never_both_under_way(shop: Shop) -> None:
    await low(shop)
    recharging, user_id = shop.services.payments.recharging, user_of(shop)
    _, answer = await asyncio.gather(recharging.consider(user_id), top_up(shop, "standard"))
    assert (answer.status_code, answer.json()["code"]) == (409, "charge_under_way")
    assert (charges(shop), [order[0] for order in orders(shop)]) == (2, ["page", "recharge"])
    await shop.settled()


async def test_the_last_look_sees_credits_that_arrived_after_the_order_was_written(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await low(shop)
    payments, user_id = shop.services.payments, user_of(shop)
    order = await shop.services.db.write(lambda tx: payments.recharging._begin(tx, user_id))
    page = await shop.buy("standard")
    await shop.verify(page["session_id"])
    ended = await payments.charging.charge(order, payments.recharging._is_wanted)
    assert (ended.state, ended.failure, shop.fake.calls[CHARGE]) == ("expired", "not_needed", 0)
    await shop.settled()


async def test_between_two_recharges_there_are_ten_minutes(shop: Shop) -> None:
    await low(shop)
    await one_round(shop)
    await shop.spend(460)
    await one_round(shop)
    assert (charges(shop), await state(shop)) == (2, ("on", "asked", "cool_down"))
    shop.clock.advance(timedelta(minutes=10))
    await one_round(shop)
    assert charges(shop) == 3
    await shop.settled()


async def test_the_limit_of_a_calendar_month_is_never_passed_and_is_told_once(shop: Shop) -> None:
    await low(shop, ceiling_minor=1_999)
    await one_round(shop)
    await shop.spend(460)
    for _ in range(3):
        shop.clock.advance(timedelta(minutes=11))
        await one_round(shop)
    assert (charges(shop), await state(shop)) == (2, ("on", "asked", "ceiling"))
    assert await told(shop, "recharge_waits") == [
        "Auto-recharge waits until next month: another pack would pass your limit of £19.99 a month"
    ]
    shop.clock.advance(timedelta(days=29))
    await shop.ada.get("/api/account")
    await shop.services.sweeper.sweep()
    said = (await shop.ada.get("/api/billing/recharge")).json()
    assert (said["charged_minor"], said["waits_for"]) == (0, "balance")
    await shop.settled()


async def test_a_lost_answer_is_found_and_credited_once_without_a_second_charge(shop: Shop) -> None:
    await low(shop)
    shop.fake.faults[CHARGE] = ["lose"] * 3
    shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
    await one_round(shop)
    assert (charges(shop), orders(shop)[-1][1]) == (2, "new")
    await one_round(shop)
    assert (charges(shop), orders(shop)[-1][1], shop.rows("payment_moves")) == (2, "paid", 2)
    await shop.settled()


async def test_a_charge_that_never_arrived_is_over_after_ten_minutes_and_made_anew(shop: Shop) -> None:
    await low(shop)
    shop.fake.faults[CHARGE] = ["fail"] * 3
    shop.fake.faults["GET /v1/payment_intents"] = ["fail"] * 3
    await one_round(shop)
    await one_round(shop)
    assert (charges(shop), orders(shop)[-1][1]) == (1, "new")
    shop.clock.advance(timedelta(minutes=11))
    await one_round(shop)
    assert orders(shop)[1:] == [("recharge", "failed", "no_answer"), ("recharge", "paid", None)]
    assert (charges(shop), (await state(shop))[0]) == (2, "on")
    await shop.settled()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"threshold": 500}, "threshold"),
        ({"ceiling_minor": 999}, "ceiling_minor"),
        ({"pack": None}, "pack"),
        ({"threshold": 0}, "threshold"),
        ({"ceiling_minor": 10**9}, "ceiling_minor"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused_field_by_field(
    shop: Shop, said: dict, field: str
) -> None:
    await keep_card(shop)
    answer = await recharge(shop, **said)
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, field)
    assert shop.rows("recharges") == 0


async def test_a_pack_of_dollars_recharges_the_dollar_wallet_by_what_is_left_in_it(shop: Shop) -> None:
    await keep_card(shop)
    await recharge(shop, pack="dollars-10", threshold=5_000_000)
    await shop.services.payments.recharging.close()
    assert (shop.dollars(), charges(shop), shop.bought_credits()) == (10_000_000, 2, 500)
    await one_round(shop)
    assert charges(shop) == 2
    await shop.settled()


async def test_how_it_stands_is_one_sentence_for_people(shop: Shop) -> None:
    assert (await shop.ada.get("/api/billing/recharge")).json()["says"] == "Auto-recharge is off"
    await low(shop)
    await one_round(shop)
    said = (await shop.ada.get("/api/billing/recharge")).json()
    assert said["says"] == (
        "Below 100 credits it buys Starter for £10, at most £30 a month (£10 so far); now: enough is left"
    )
    assert (said["charged_minor"], said["card"]["name"]) == (1_000, "Visa ending 4242")


async def test_turning_it_on_and_every_stop_are_on_the_audit_chain(shop: Shop) -> None:
    await low(shop, ASKS)
    await one_round(shop)
    query = "SELECT action, actor, details FROM audit WHERE action LIKE 'recharge_%' ORDER BY sequence"
    rows = shop.read(lambda tx: tx.execute(query))
    assert [row[:2] for row in rows] == [("recharge_on", user_of(shop)), ("recharge_stopped", "system")]
    assert '"reason":"authentication_required"' in rows[1][2]


async def test_the_database_refuses_an_order_by_itself_that_nobody_asked_for(shop: Shop) -> None:
    await low(shop)
    await shop.ada.put("/api/billing/recharge", json={"on": False})
    payments, user_id = shop.services.payments, user_of(shop)

    def anyway(tx: object) -> object:
        from studio_server.payments.saved_cards import cards

        card = cards.of(tx, user_id)
        return payments.charging.begin(tx, payments.packs.find("starter"), card, "recharge", actor="system")

    with pytest.raises(Exception, match="nobody asked for this"):
        await shop.services.db.write(anyway)
    assert shop.rows("payment_orders") == 1


async def test_at_its_limit_a_month_nothing_is_written_for_every_move_of_the_balance(shop: Shop) -> None:
    await low(shop, ceiling_minor=1_000)
    await one_round(shop)
    await shop.spend(460)
    shop.clock.advance(timedelta(minutes=11))
    await one_round(shop)
    user_id = user_of(shop)
    looked = "SELECT looked_us FROM recharges"
    before = shop.read(lambda tx: tx.execute(looked))
    shop.clock.advance(timedelta(minutes=1))
    await shop.services.payments.recharging.consider(user_id)
    assert (shop.read(lambda tx: tx.execute(looked)), charges(shop)) == (before, 2)


async def test_a_run_whose_ceiling_brings_the_balance_below_the_threshold_recharges(shop: Shop) -> None:
    await keep_card(shop)
    await recharge(shop)
    await shop.spend(ALL_BUT_50 - 55)
    answer = await shop.ada.post("/api/toy/count/run", json={"inputs": {}})
    assert answer.status_code == 202, answer.text
    await shop.services.payments.recharging.close()
    assert (charges(shop), orders(shop)[-1][:2]) == (2, ("recharge", "paid"))
