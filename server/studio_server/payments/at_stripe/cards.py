"""Saved cards at Stripe, over the connection of `payments`. A card's number never comes here."""

from typing import TYPE_CHECKING, Any

import stripe

from studio_server.payments.at_stripe.payments import (
    NOT_THERE,
    TOLERANCE_SECONDS,
    StripeSide,
    failure,
    id_of,
    none_or_raise,
    why,
)
from studio_server.payments.orders import Order
from studio_server.payments.provider import ProviderRefused
from studio_server.payments.saved_cards.cards import CardFacts
from studio_server.payments.saved_cards.provider import CardGone, CardRefused, ChargeFailed

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams

OVER = frozenset({"payment_intent_unexpected_state", NOT_THERE})
"""What is over, or not there, needs no ending."""


class StripeCards:
    """Stripe as `CardProvider`."""

    def __init__(self, side: StripeSide) -> None:
        self._side, self._v1 = side, side.client.v1

    async def card(self, method_id: str) -> CardFacts | None:
        """A card as it is now, or None when there is none or it is no card.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            found = await self._v1.payment_methods.retrieve_async(method_id)
        except stripe.StripeError as fault:
            return none_or_raise(fault)
        return None if found.card is None else _card(found)

    async def charge(self, order: Order, title: str) -> str:
        """Charge the card of an order without its owner being there; the order's id is the key.

        Raises:
            CardRefused: The bank did not pay; the attempt is to be given up.
            CardGone, ProviderRefused: Nothing was charged.
            ChargeFailed, ProviderUnreachable: It may have been charged all the same.
        """
        params: PaymentIntentCreateParams = {
            "amount": order.amount_minor,
            "currency": order.currency,
            "customer": order.customer_id or "",
            "payment_method": order.method_id or "",
            "off_session": True,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "description": title,
            "metadata": {"order": order.id, "user": order.user_id},
        }
        try:
            made = await self._v1.payment_intents.create_async(
                params, {"idempotency_key": f"order:{order.id}"}
            )
        except stripe.CardError as fault:
            raise _refused(fault) from fault
        except stripe.StripeError as fault:
            if isinstance(fault, stripe.InvalidRequestError) and fault.code == NOT_THERE:
                raise CardGone("the card or its customer is gone") from fault
            if isinstance(fault, stripe.APIError) and fault.http_status is not None:
                raise ChargeFailed(type(fault).__name__) from fault
            raise failure(fault) from fault
        return made.id

    async def charge_for(self, order: Order) -> str | None:
        """The payment that was begun for an order whose answer was lost, or None.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        since = int(order.created_at.timestamp()) - TOLERANCE_SECONDS
        wanted: dict[str, Any] = {"created": {"gte": since}}
        if order.customer_id is not None:
            wanted["customer"] = order.customer_id
        async for each in self._side.every(self._v1.payment_intents, wanted):
            if each.metadata and each.metadata.to_dict().get("order") == order.id:
                return str(each.id)
        return None

    async def give_up(self, intent_id: str) -> None:
        """End a payment that is not paid, so that it never can be; one that is over stays as it is.

        Raises:
            ProviderRefused, ProviderUnreachable: It may still be open.
        """
        try:
            found = await self._v1.payment_intents.retrieve_async(intent_id)
            if found.status.startswith("requires_"):
                await self._v1.payment_intents.cancel_async(intent_id)
        except stripe.StripeError as fault:
            _unless_over(fault)

    async def expire_session(self, session_id: str) -> None:
        """End a page that is not paid; one that is over stays as it is.

        Raises:
            ProviderRefused, ProviderUnreachable: It may still be open.
        """
        try:
            await self._v1.checkout.sessions.expire_async(session_id)
        except stripe.StripeError as fault:
            found = await self._side.session(session_id)
            if found is not None and found.status == "open":
                raise failure(fault) from fault

    async def take_off(self, method_id: str) -> None:
        """Let a card go, so that it cannot be charged again; one that is gone already is no failure.

        Raises:
            ProviderRefused, ProviderUnreachable: It may still be there.
        """
        found = await self.card(method_id)
        if found is None or found.customer_id is None:
            return
        try:
            await self._v1.payment_methods.detach_async(method_id)
        except stripe.StripeError as fault:
            _unless_over(fault)


def _card(found: Any) -> CardFacts:
    return CardFacts(
        method_id=found.id,
        customer_id=id_of(found.customer) or None,
        brand=found.card.brand or "card",
        last4=found.card.last4 or "",
        exp_month=found.card.exp_month or 0,
        exp_year=found.card.exp_year or 0,
    )


def _refused(fault: stripe.CardError) -> CardRefused:
    said = fault.error
    intent = None if said is None else said.payment_intent
    return CardRefused(why(said) or fault.code or "card_declined", id_of(intent) or None)


def _unless_over(fault: stripe.StripeError) -> None:
    refused = failure(fault)
    if not (isinstance(refused, ProviderRefused) and refused.code in OVER):
        raise refused from fault
