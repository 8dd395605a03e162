"""The saved card over HTTP: see it, remove it, buy with it at once, let it buy by itself."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.cards import CardPage, RechargeChange, TopUpRequest
from studio_server.accounts.people import User
from studio_server.api.http import KEY_LENGTH, QueryInvalid, answer, asked_for, body, services, signed_in
from studio_server.api.payments import payments, places
from studio_server.payments.buying import Payments
from studio_server.payments.orders import Order
from studio_server.payments.provider import PaymentFailure
from studio_server.payments.saved_cards.showing import shown_card, shown_recharge
from studio_server.payments.showing import shown_purchase, status


class CardNotCharged(ValueError):
    """The bank did not pay; `url` is a page to pay on instead, where one could be opened."""

    def __init__(self, order: Order, url: str | None) -> None:
        super().__init__(f"the order {order.id} was not paid: {order.failure}")
        self.order, self.url = order, url


class ChargeUnsettled(RuntimeError):
    """Whether the card was charged is not known yet; asking again under the same key is safe."""


class RechargeIncomplete(ValueError):
    """Auto-recharge is turned on without saying what to buy, below what, and for how much a month."""

    def __init__(self, missing: str) -> None:
        super().__init__(f"{missing} is missing")
        self.missing = missing


async def show_card(request: Request) -> Response:
    """Your saved card, or none."""
    found, user = payments(request), await signed_in(request)
    return _card_page(request, found, user)


async def remove_card(request: Request) -> Response:
    """Remove your saved card: from now on it is charged no more, here and at the payment provider."""
    found, user = payments(request), await signed_in(request)
    await found.keeping.remove(user)
    return _card_page(request, found, user)


async def top_up(request: Request) -> Response:
    """Buy a pack with your saved card, now. Under one Idempotency-Key it is charged once."""
    found, user = payments(request), await signed_in(request)
    said = await body(request, TopUpRequest)
    asked = asked_for(request, user, said)
    if asked is None:
        raise QueryInvalid("Idempotency-Key", "left out", f"1 to {KEY_LENGTH} printable ASCII characters")
    try:
        order = await found.charging.top_up(user, said.pack, said.price_minor, asked)
    except PaymentFailure as fault:
        raise ChargeUnsettled from fault
    if order.state in ("failed", "expired"):
        raise CardNotCharged(order, await _page_instead(request, found, user, order))
    server = services(request)
    purchase = shown_purchase(found.packs, order)
    return answer(server.db.read(lambda tx: status(tx, server.ledger, user, purchase)))


async def show_recharge(request: Request) -> Response:
    """How your auto-recharge stands."""
    found, user = payments(request), await signed_in(request)
    return _recharge(request, found, user)


async def change_recharge(request: Request) -> Response:
    """Turn your auto-recharge on, with what to buy, below what, and for how much a month; or off."""
    found, user = payments(request), await signed_in(request)
    said = await body(request, RechargeChange)
    if not said.on:
        await found.recharging.turn_off(user)
    elif said.pack is None or said.threshold is None or said.ceiling_minor is None:
        names = ("pack", "threshold", "ceiling_minor")
        raise RechargeIncomplete(next(name for name in names if getattr(said, name) is None))
    else:
        await found.recharging.turn_on(
            user, pack_id=said.pack, threshold=said.threshold, ceiling_minor=said.ceiling_minor
        )
    return _recharge(request, found, user)


async def _page_instead(request: Request, found: Payments, user: User, order: Order) -> str | None:
    """The page to pay the same pack on; the charge of the card is over, so it cannot be paid twice."""
    try:
        page = await found.buying.begin(user, order.pack_id, lambda _: places(request, order.pack_id))
    except PaymentFailure:
        return None
    return page.session_url


def _card_page(request: Request, found: Payments, user: User) -> Response:
    now = services(request).db.clock.now()
    return answer(CardPage(card=shown_card(found.keeping.card(user), now)))


def _recharge(request: Request, found: Payments, user: User) -> Response:
    now, card = services(request).db.clock.now(), found.keeping.card(user)
    return answer(shown_recharge(found.packs, found.recharging.standing(user), card, now))
