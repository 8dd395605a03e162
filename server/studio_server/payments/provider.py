"""What the payment provider is to the rest of this folder: facts about payments, and ways to fail.

Knows no client library, so that nothing but `at_stripe` needs it installed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from studio_server.payments.orders import Order


class PaymentFailure(Exception):
    """Base of what can go wrong with the provider; nothing was written."""


class ProviderUnreachable(PaymentFailure):
    """The provider did not answer, or failed; whether it acted is unknown. Asking again is safe."""


class ProviderRefused(PaymentFailure):
    """The provider refused the request; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the payment provider refused: {code}")
        self.code = code


class PaymentUnsettled(PaymentFailure):
    """The payment changed again and again while it was looked at; asking again is safe."""


class SignatureWrong(PaymentFailure):
    """The event is not from Stripe, or too old, or from the future, or no event at all."""


@dataclass(frozen=True)
class SessionFacts:
    """A checkout session as it is now."""

    id: str
    status: str
    payment_status: str
    url: str | None
    intent_id: str | None
    order_id: str | None


@dataclass(frozen=True)
class IntentFacts:
    """A payment as it is now; `refunded_minor` and `disputed_minor` count what is gone or held back."""

    id: str
    status: str
    amount_received: int
    currency: str
    order_id: str | None
    user_id: str | None
    refunded_minor: int
    disputed_minor: int
    receipt_url: str | None
    method_id: str | None = None
    failure: str = ""
    """The provider's word for why the last attempt to pay failed."""

    @property
    def reversed_minor(self) -> int:
        """What is no longer ours, never more than was paid."""
        return min(self.amount_received, self.refunded_minor + self.disputed_minor)


@dataclass(frozen=True)
class Told:
    """An event whose signature is right: its own id, and what it is about. Its picture is not believed."""

    id: str
    kind: str
    reference: str
    livemode: bool
    api_version: str | None


class Provider(Protocol):
    """What payments ask of the provider."""

    livemode: bool
    api_version: str

    async def open_session(
        self, order: Order, title: str, *, success: str, cancel: str, customer: str | None = None
    ) -> SessionFacts:
        """Open the page an order is paid on; the same order never opens two. A customer's card is kept."""
        ...

    async def session(self, session_id: str) -> SessionFacts | None:
        """A session, or None when there is none."""
        ...

    async def session_of(self, intent_id: str) -> SessionFacts | None:
        """The session a payment was made in, or None."""
        ...

    async def session_for(self, order: Order) -> SessionFacts | None:
        """The session that was opened for an order whose answer was lost, or None."""
        ...

    async def intent(self, intent_id: str) -> IntentFacts | None:
        """A payment, or None when there is none."""
        ...

    def lately(self, since: datetime) -> AsyncIterator[str]:
        """Ids of sessions that are complete and payments that succeeded or were reversed since then."""
        ...

    async def close(self) -> None:
        """Let the connections go."""
        ...
