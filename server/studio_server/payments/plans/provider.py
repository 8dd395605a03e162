"""What the payment provider is to plans: facts about subscriptions and invoices, and what is asked of it.

Knows no client library. Intents (a payment with its refunds and disputes) are the same as for packs.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from studio_server.payments.plans.agreements import Agreement
from studio_server.payments.provider import SessionFacts
from studio_server.registry.catalogue import PlanEntry

PortalFlow = Literal["manage", "change", "cancel"]


@dataclass(frozen=True)
class SubscriptionFacts:
    """A subscription as it is now. Plans are named by their id here, None where the price is none of ours."""

    id: str
    status: str
    agreement_id: str | None
    user_id: str | None
    item_id: str
    plan_id: str | None
    cancels: bool
    scheduled_plan_id: str | None


@dataclass(frozen=True)
class LineFacts:
    """One line of an invoice: a whole period, or (prorated) what a change costs or gives back."""

    plan_id: str | None
    amount: int
    is_prorated: bool
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice as it is now, with the payments that were made for it."""

    id: str
    subscription_id: str | None
    reason: str
    status: str
    total: int
    currency: str
    issued_at: datetime
    lines: tuple[LineFacts, ...]
    intent_ids: tuple[str, ...]
    url: str | None


@dataclass(frozen=True)
class PlanSessionFacts:
    """A session in which an agreement is begun; without a subscription before it is paid."""

    session: SessionFacts
    subscription_id: str | None


class PlanProvider(Protocol):
    """What plans ask of the provider."""

    async def open_plan_session(
        self, agreement: Agreement, plan: PlanEntry, customer_id: str, *, success: str, cancel: str
    ) -> PlanSessionFacts:
        """Open the page an agreement is begun on; the same agreement never opens two."""
        ...

    async def plan_session(self, session_id: str) -> PlanSessionFacts | None:
        """A session, or None when there is none."""
        ...

    async def plan_session_for(self, agreement: Agreement) -> PlanSessionFacts | None:
        """The session that was opened for an agreement whose answer was lost, or None."""
        ...

    async def expire_session(self, session_id: str) -> None:
        """End a page that is not paid; one that is no longer open stays as it is."""
        ...

    async def portal(
        self,
        customer_id: str,
        back: str,
        *,
        flow: PortalFlow = "manage",
        subscription: SubscriptionFacts | None = None,
        plan: PlanEntry | None = None,
        may_change: bool = True,
    ) -> str:
        """The address of the customer's own page at the provider, for a short time."""
        ...

    async def subscription(self, subscription_id: str) -> SubscriptionFacts | None:
        """A subscription, or None when there is none."""
        ...

    async def invoice(self, invoice_id: str) -> InvoiceFacts | None:
        """An invoice, or None when there is none."""
        ...

    async def invoice_of_intent(self, intent_id: str) -> str | None:
        """The invoice a payment was made for, or None."""
        ...

    def invoices_of(self, subscription_id: str, since: datetime) -> AsyncIterator[InvoiceFacts]:
        """Invoices of a subscription that were made since then."""
        ...

    def paid_lately(self, since: datetime) -> AsyncIterator[str]:
        """Subscriptions of ours that had an invoice paid since then."""
        ...
