"""What is asked of the payment provider about cards, and ways to fail. Knows no client library."""

from typing import Protocol

from studio_server.payments.orders import Order
from studio_server.payments.provider import PaymentFailure, ProviderUnreachable
from studio_server.payments.saved_cards.cards import CardFacts


class CardRefused(PaymentFailure):
    """The bank did not pay: `code` is its word, `intent_id` the attempt, which is not over yet."""

    def __init__(self, code: str, intent_id: str | None) -> None:
        super().__init__(f"the card was refused: {code}")
        self.code, self.intent_id = code, intent_id


class CardGone(PaymentFailure):
    """The card or its customer is no longer there at the provider; nothing was charged."""


class ChargeFailed(ProviderUnreachable):
    """The provider answered that it failed: nothing is on its way, but it may have charged."""


class CardProvider(Protocol):
    """What payments ask of the provider about cards."""

    async def card(self, method_id: str) -> CardFacts | None:
        """A card as it is now, or None when there is none or it is no card."""
        ...

    async def charge(self, order: Order, title: str) -> str:
        """Charge the card of an order without its owner being there; the same order never charges twice."""
        ...

    async def charge_for(self, order: Order) -> str | None:
        """The payment that was begun for an order whose answer was lost, or None."""
        ...

    async def give_up(self, intent_id: str) -> None:
        """End a payment that is not paid, so that it never can be; one that is over stays as it is."""
        ...

    async def expire_session(self, session_id: str) -> None:
        """End a page that is not paid; one that is over stays as it is."""
        ...

    async def take_off(self, method_id: str) -> None:
        """Let a card go, so that it cannot be charged again; one that is gone already is no failure."""
        ...
