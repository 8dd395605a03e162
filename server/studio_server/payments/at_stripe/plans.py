"""Subscriptions, invoices and the portal at Stripe, over the connection of `payments`.

A plan is a product of a fixed id with a price for each amount it ever cost, made when it is first needed; so
a line of an invoice says by its product which plan it is. What the portal allows is our own configuration.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import stripe

from studio_server.clock import from_microseconds
from studio_server.payments.at_stripe.payments import (
    TOLERANCE_SECONDS,
    StripeSide,
    failure,
    id_of,
    none_or_raise,
    session_facts,
    whole,
)
from studio_server.payments.plans.agreements import Agreement
from studio_server.payments.plans.provider import (
    InvoiceFacts,
    LineFacts,
    PlanSessionFacts,
    PortalFlow,
    SubscriptionFacts,
)
from studio_server.payments.provider import ProviderRefused
from studio_server.registry.catalogue import PlanEntry

if TYPE_CHECKING:
    from stripe.params.billing_portal import (
        ConfigurationCreateParamsFeatures,
        SessionCreateParams,
        SessionCreateParamsFlowDataSubscriptionUpdateConfirmItem,
    )
    from stripe.params.checkout import SessionCreateParams as CheckoutParams

PRODUCT = "studio_plan_"
EXISTS_ALREADY = "resource_already_exists"
GOES_ON = frozenset({"active", "not_started"})
SCHEDULED_PRICES = ["schedule.phases.items.price"]


class StripePlans:
    """Stripe as `PlanProvider`, for the plans that are sold."""

    def __init__(self, side: StripeSide, sold: Sequence[PlanEntry]) -> None:
        self._side, self._v1, self._sold = side, side.client.v1, tuple(sold)

    async def open_plan_session(
        self, agreement: Agreement, plan: PlanEntry, customer_id: str, *, success: str, cancel: str
    ) -> PlanSessionFacts:
        """Open the page an agreement is begun on. Its id is the key: the same agreement never opens two.

        Raises:
            ProviderRefused, ProviderUnreachable: There may be a session all the same.
        """
        said = {"agreement": agreement.id, "user": agreement.user_id}
        params: CheckoutParams = {
            "mode": "subscription",
            "customer": customer_id,
            "client_reference_id": agreement.id,
            "metadata": said,
            "subscription_data": {"metadata": said},
            "line_items": [{"price": await self._price(plan), "quantity": 1}],
            "success_url": success,
            "cancel_url": cancel,
        }
        key = f"agreement:{agreement.id}:{customer_id}"
        try:
            made = await self._v1.checkout.sessions.create_async(params, {"idempotency_key": key})
        except stripe.StripeError as fault:
            raise failure(fault) from fault
        return _plan_session(made)

    async def plan_session(self, session_id: str) -> PlanSessionFacts | None:
        """A session as it is now, or None when there is none.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            return _plan_session(await self._v1.checkout.sessions.retrieve_async(session_id))
        except stripe.StripeError as fault:
            return none_or_raise(fault)

    async def plan_session_for(self, agreement: Agreement) -> PlanSessionFacts | None:
        """The session that was opened for an agreement whose answer was lost, or None.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        since = int(agreement.created_at.timestamp()) - TOLERANCE_SECONDS
        async for each in self._side.every(self._v1.checkout.sessions, {"created": {"gte": since}}):
            if each.client_reference_id == agreement.id:
                return _plan_session(each)
        return None

    async def expire_session(self, session_id: str) -> None:
        """End a page that is not paid; one that is no longer open stays as it is.

        Raises:
            ProviderUnreachable: It may be open still.
        """
        try:
            await self._v1.checkout.sessions.expire_async(session_id)
        except stripe.StripeError as fault:
            refused = failure(fault)
            if not isinstance(refused, ProviderRefused):
                raise refused from fault

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
        """The address of the customer's own page at Stripe, where `flow` says what it is opened for.

        Raises:
            ProviderRefused, ProviderUnreachable: There is no page; nothing was changed.
        """
        configuration = await self._configuration(may_change=may_change)
        params: SessionCreateParams = {
            "customer": customer_id,
            "configuration": configuration,
            "return_url": back,
        }
        if subscription is not None and flow == "cancel":
            params["flow_data"] = {
                "type": "subscription_cancel",
                "subscription_cancel": {"subscription": subscription.id},
                "after_completion": {"type": "redirect", "redirect": {"return_url": back}},
            }
        if subscription is not None and plan is not None and flow == "change":
            item: SessionCreateParamsFlowDataSubscriptionUpdateConfirmItem = {
                "id": subscription.item_id,
                "price": await self._price(plan),
                "quantity": 1,
            }
            params["flow_data"] = {
                "type": "subscription_update_confirm",
                "subscription_update_confirm": {"subscription": subscription.id, "items": [item]},
                "after_completion": {"type": "redirect", "redirect": {"return_url": back}},
            }
        try:
            return (await self._v1.billing_portal.sessions.create_async(params)).url
        except stripe.StripeError as fault:
            raise failure(fault) from fault

    async def subscription(self, subscription_id: str) -> SubscriptionFacts | None:
        """A subscription as it is now, or None when there is none.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            found = await self._v1.subscriptions.retrieve_async(subscription_id, {"expand": SCHEDULED_PRICES})
        except stripe.StripeError as fault:
            return none_or_raise(fault)
        return _subscription(found)

    async def invoice(self, invoice_id: str) -> InvoiceFacts | None:
        """An invoice as it is now with its payments, or None when there is none.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            found = await self._v1.invoices.retrieve_async(invoice_id, {"expand": ["payments"]})
        except stripe.StripeError as fault:
            return none_or_raise(fault)
        return _invoice(found)

    async def invoice_of_intent(self, intent_id: str) -> str | None:
        """The invoice a payment was made for, or None: the payment itself does not say.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        about = {"payment": {"type": "payment_intent", "payment_intent": intent_id}}
        async for each in self._side.every(self._v1.invoice_payments, about):
            return id_of(each.invoice)
        return None

    async def invoices_of(self, subscription_id: str, since: datetime) -> AsyncIterator[InvoiceFacts]:
        """Invoices of a subscription that were made since then, with their payments.

        Raises:
            ProviderRefused, ProviderUnreachable: The list is not whole.
        """
        about = {"subscription": subscription_id, "created": {"gte": int(since.timestamp())}}
        async for each in self._side.every(self._v1.invoices, about | {"expand": ["data.payments"]}):
            yield _invoice(each)

    async def paid_lately(self, since: datetime) -> AsyncIterator[str]:
        """Subscriptions that name an agreement and had an invoice paid since then; may name one twice.

        Raises:
            ProviderRefused, ProviderUnreachable: The list is not whole.
        """
        made = {"created": {"gte": int(since.timestamp())}, "status": "paid"}
        async for each in self._side.every(self._v1.invoices, made):
            about = _subscription_of(each)
            if about is not None and "agreement" in (about.metadata or {}):
                yield id_of(about.subscription)

    async def _price(self, plan: PlanEntry) -> str:
        """The price of a month of a plan; made with its product when it is not there yet, once whoever asks.

        Raises:
            ProviderRefused, ProviderUnreachable: Asking again is safe.
        """
        name = f"{PRODUCT}{plan.id}_{plan.currency}_{plan.price_minor}_month"
        async for each in self._side.every(self._v1.prices, {"lookup_keys": [name], "active": True}):
            return str(each.id)
        await self._product(plan)
        try:
            made = await self._v1.prices.create_async(
                {
                    "product": f"{PRODUCT}{plan.id}",
                    "currency": plan.currency,
                    "unit_amount": plan.price_minor,
                    "recurring": {"interval": "month"},
                    "lookup_key": name,
                    "transfer_lookup_key": True,
                },
                {"idempotency_key": f"price:{name}"},
            )
        except stripe.StripeError as fault:
            raise failure(fault) from fault
        return made.id

    async def _product(self, plan: PlanEntry) -> None:
        try:
            await self._v1.products.create_async({"id": f"{PRODUCT}{plan.id}", "name": plan.title})
        except stripe.StripeError as fault:
            refused = failure(fault)
            if not (isinstance(refused, ProviderRefused) and refused.code == EXISTS_ALREADY):
                raise refused from fault

    async def _configuration(self, *, may_change: bool) -> str:
        """What the portal allows: cancel at the period's end, a higher plan at once, a lower one then.

        Raises:
            ProviderRefused, ProviderUnreachable: Asking again is safe.
        """
        features = _features([(plan, await self._price(plan)) for plan in self._sold], may_change=may_change)
        print_ = hashlib.sha256(json.dumps(features, sort_keys=True).encode()).hexdigest()[:32]
        service = self._v1.billing_portal.configurations
        async for each in self._side.every(service, {"active": True}):
            if each.metadata and each.metadata.to_dict().get("studio") == print_:
                return str(each.id)
        try:
            made = await service.create_async(
                {"features": features, "metadata": {"studio": print_}},
                {"idempotency_key": f"portal:{print_}"},
            )
        except stripe.StripeError as fault:
            raise failure(fault) from fault
        return made.id


def _features(
    prices: Sequence[tuple[PlanEntry, str]], *, may_change: bool
) -> "ConfigurationCreateParamsFeatures":
    features: ConfigurationCreateParamsFeatures = {
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
    }
    if may_change:
        features["subscription_update"] = {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": f"{PRODUCT}{plan.id}", "prices": [price]} for plan, price in prices],
            "proration_behavior": "always_invoice",
            "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
        }
    return features


def _plan_session(found: Any) -> PlanSessionFacts:
    return PlanSessionFacts(session_facts(found), id_of(found.subscription) or None)


def _subscription(found: Any) -> SubscriptionFacts:
    said: dict[str, str] = found.metadata.to_dict() if found.metadata else {}
    item = found["items"].data[0]
    return SubscriptionFacts(
        id=found.id,
        status=found.status,
        agreement_id=said.get("agreement"),
        user_id=said.get("user"),
        item_id=item.id,
        plan_id=_plan_of(id_of(item.price.product)),
        cancels=bool(found.cancel_at_period_end or found.cancel_at),
        scheduled_plan_id=_scheduled(whole(found.schedule)),
    )


def _scheduled(schedule: Any) -> str | None:
    """The plan of the phase after the present one, where a change is scheduled."""
    if schedule is None or schedule.status not in GOES_ON or not schedule.current_phase:
        return None
    ends = schedule.current_phase.end_date
    following = next((phase for phase in schedule.phases if phase.start_date >= ends), None)
    if following is None:
        return None
    price = whole(following["items"][0].price)
    return None if price is None else _plan_of(id_of(price.product))


def _invoice(found: Any) -> InvoiceFacts:
    about = _subscription_of(found)
    payments = found.payments.data if found.payments else ()
    intents = (id_of(each.payment.payment_intent) for each in payments if each.status == "paid")
    return InvoiceFacts(
        id=found.id,
        subscription_id=None if about is None else id_of(about.subscription),
        reason=found.billing_reason or "",
        status=found.status or "",
        total=found.total,
        currency=found.currency,
        issued_at=_moment(found.created),
        lines=tuple(_line(each) for each in found.lines.data),
        intent_ids=tuple(intent for intent in intents if intent),
        url=found.hosted_invoice_url,
    )


def _line(found: Any) -> LineFacts:
    about = found.parent  # what is prorated comes as an invoice item, or as the subscription's
    details = (about.subscription_item_details or about.invoice_item_details) if about else None
    priced = found.pricing.price_details if found.pricing else None
    return LineFacts(
        plan_id=None if priced is None else _plan_of(priced.product),
        amount=found.amount,
        is_prorated=bool(details and details.proration),
        starts_at=_moment(found.period.start),
        ends_at=_moment(found.period.end),
    )


def _subscription_of(invoice: Any) -> Any:
    return invoice.parent.subscription_details if invoice.parent else None


def _plan_of(product: str) -> str | None:
    return product.removeprefix(PRODUCT) if product.startswith(PRODUCT) else None


def _moment(seconds: int) -> datetime:
    return from_microseconds(seconds * 1_000_000)
