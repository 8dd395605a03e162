"""Verbs for tests about saved cards: keep one, buy with it, let it recharge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_server.payments.saved_cards import cards

from tests.payments.shop import PLAN_CREDITS

if TYPE_CHECKING:
    import httpx

    from tests.payments.shop import Shop

OK, ASKS, DECLINES, DISPUTED = (
    "4242424242424242",
    "4000002760003184",
    "4000000000000341",
    "4000000000000259",
)
CHARGE = "POST /v1/payment_intents"
ALL_BUT_50 = PLAN_CREDITS + 500 - 50
"""What is spent of the plan and the first pack, so that 50 credits are left."""
PRICES = {"starter": 1_000, "standard": 2_500, "professional": 5_000, "dollars-10": 1_000}


async def keep_card(shop: Shop, card: str = OK, pack: str = "starter") -> str:
    """Ada buys a pack on the page and asks that the card be kept; what the provider calls it.

    Its events are gone, and so is the news of any dispute.
    """
    said = {"pack": pack, "save_card": True}
    page = (await shop.ada.post("/api/billing/checkout", json=said)).json()
    shop.fake.books.pay(page["session_id"], card, confirmed=True)
    await shop.verify(page["session_id"])
    shop.fake.books.events.clear()
    shop.fake.calls.clear()
    return method_of(shop)


def method_of(shop: Shop, name: str = "ada") -> str:
    """What the saved card of somebody is called, or nothing."""
    user_id = user_of(shop, name)
    found = shop.read(lambda tx: cards.of(tx, user_id))
    return "" if found is None else found.method_id


def user_of(shop: Shop, name: str = "ada") -> str:
    """The random id of somebody."""
    from tests.fakes.toy_server import person

    return shop.read(lambda tx: shop.services.people.known(tx, person(name))).id


async def top_up(
    shop: Shop, pack: str = "starter", *, key: str | None = "k1", price: int | None = None
) -> httpx.Response:
    """Buy with the saved card, now."""
    said = {"pack": pack, "price_minor": PRICES[pack] if price is None else price}
    headers = {} if key is None else {"Idempotency-Key": key}
    return await shop.ada.post("/api/billing/top-up", json=said, headers=headers)


async def recharge(shop: Shop, **said: Any) -> httpx.Response:
    """Turn auto-recharge on; the look that follows at once is over."""
    wish = {"on": True, "pack": "starter", "threshold": 100, "ceiling_minor": 3_000} | said
    answer = await shop.ada.put("/api/billing/recharge", json=wish)
    await shop.services.payments.recharging.close()
    return answer


async def one_round(shop: Shop) -> None:
    """What happens every five minutes, and every look that follows from it."""
    await shop.services.payments.recharging.round()
    await shop.services.payments.recharging.close()


def charges(shop: Shop) -> int:
    """How many payments succeeded at the provider."""
    return sum(each["status"] == "succeeded" for each in shop.fake.books.intents.values())


def statuses(shop: Shop) -> list[str]:
    """How payments at the provider are, the first one first."""
    return [each["status"] for each in shop.fake.books.intents.values()]


def orders(shop: Shop) -> list[tuple[str, str, str | None]]:
    """Way, state and failure of every order, the first one first."""
    query = "SELECT way, state, failure FROM payment_orders ORDER BY created_us, id"
    return [tuple(row) for row in shop.read(lambda tx: tx.execute(query))]


async def low(shop: Shop, card: str = "4242424242424242", **said: object) -> None:
    """Ada has a saved card, recharges below 100 and has 50 left; nobody has looked yet."""
    await keep_card(shop, card)
    answer = await recharge(shop, **said)
    assert answer.status_code == 200, answer.text
    await shop.spend(ALL_BUT_50)


async def state(shop: Shop) -> tuple[str, str, str]:
    """How the recharge stands: state, reason, what it waits for."""
    said = (await shop.ada.get("/api/billing/recharge")).json()
    return said["state"], said["reason"], said["waits_for"]


async def told(shop: Shop, kind: str) -> list[str]:
    """What Ada was told of this kind, newest first."""
    listed = (await shop.ada.get("/api/notices")).json()["notices"]
    return [each["text"] for each in listed if each["kind"] == kind]
