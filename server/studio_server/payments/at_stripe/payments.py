"""Stripe, and nothing else, is spoken to here; only the modules `stripe_…` import its client.

Owns: what is asked of Stripe and how its answers and refusals become facts. Does not own: what follows from
them. A call is never made inside a database transaction. Answers are read again every time, never kept.
"""

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import stripe

from studio_server.payments.orders import Order
from studio_server.payments.provider import (
    IntentFacts,
    PaymentFailure,
    ProviderRefused,
    ProviderUnreachable,
    SessionFacts,
    SignatureWrong,
    Told,
)

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

TIMEOUT_SECONDS = 10
RETRIES = 2
PAGE = 100
MOST_LISTED = 20_000
TOLERANCE_SECONDS = 300
LONGEST_HEADER, DIGITS = 4_096, 12
GONE_REFUNDS = frozenset({"failed", "canceled"})
INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed")
KEPT_DISPUTES = frozenset({"won", "prevented", *INQUIRIES})
"""Disputes that take nothing: won, prevented, or an inquiry only."""
NAMED = frozenset({"checkout.session", "payment_intent", "payment_method", "subscription", "invoice"})
"""Objects an event is about by their own id; all others by the payment or invoice they belong to."""
NOT_THERE = "resource_missing"
HttpClient = stripe.HTTPClient
REFUSALS = (
    stripe.InvalidRequestError,
    stripe.CardError,
    stripe.IdempotencyError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)


def http_client() -> HttpClient:
    """Connections to Stripe that give up after ten seconds; they belong to one event loop."""
    return stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)


class StripeSide:
    """Stripe as `Provider`. Made once per running server; end it with `close`."""

    def __init__(self, key: str, *, api_base: str | None = None, http: HttpClient | None = None) -> None:
        self.livemode = key.startswith(("sk_live_", "rk_live_"))
        self.api_version = stripe.api_version or ""
        self._http = http or http_client()
        self.client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base} if api_base else {},  # pyright: ignore[reportArgumentType]  - all optional
            max_network_retries=RETRIES,
            http_client=self._http,
        )

    async def open_session(
        self, order: Order, title: str, *, success: str, cancel: str, customer: str | None = None
    ) -> SessionFacts:
        """Open the page an order is paid on. The order's id is the key: the same order never opens two.

        With a customer the card is kept for later payments, which its owner asked for.

        Raises:
            ProviderRefused, ProviderUnreachable: There may be a session all the same.
        """
        said = {"order": order.id, "user": order.user_id}
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": order.id,
            "metadata": said,
            "payment_intent_data": {"metadata": said},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency,
                        "unit_amount": order.amount_minor,
                        "product_data": {"name": title},
                    },
                }
            ],
            "success_url": success,
            "cancel_url": cancel,
        }
        if customer is not None:
            params["customer"] = customer
            params["payment_intent_data"] = {"metadata": said, "setup_future_usage": "off_session"}
        try:
            made = await self.client.v1.checkout.sessions.create_async(
                params, {"idempotency_key": f"order:{order.id}"}
            )
        except stripe.StripeError as fault:
            raise failure(fault) from fault
        return session_facts(made)

    async def session(self, session_id: str) -> SessionFacts | None:
        """A session as it is now, or None when there is none.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            return session_facts(await self.client.v1.checkout.sessions.retrieve_async(session_id))
        except stripe.StripeError as fault:
            return none_or_raise(fault)

    async def session_of(self, intent_id: str) -> SessionFacts | None:
        """The session a payment was made in, or None.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        async for each in self.every(self.client.v1.checkout.sessions, {"payment_intent": intent_id}):
            return session_facts(each)
        return None

    async def session_for(self, order: Order) -> SessionFacts | None:
        """The session that was opened for an order whose answer was lost, or None.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        since = int(order.created_at.timestamp()) - TOLERANCE_SECONDS
        async for each in self.every(self.client.v1.checkout.sessions, {"created": {"gte": since}}):
            if each.client_reference_id == order.id:
                return session_facts(each)
        return None

    async def intent(self, intent_id: str) -> IntentFacts | None:
        """A payment as it is now with its refunds and disputes, or None when there is none.

        Raises:
            ProviderRefused, ProviderUnreachable: Nobody knows.
        """
        try:
            found = await self.client.v1.payment_intents.retrieve_async(
                intent_id, {"expand": ["latest_charge"]}
            )
        except stripe.StripeError as fault:
            return none_or_raise(fault)
        about, charge = {"payment_intent": intent_id}, whole(found.latest_charge)
        refunds, disputes = list[Any](), list[Any]()
        if charge is not None and charge.amount_refunded > 0:
            refunds = [each async for each in self.every(self.client.v1.refunds, about)]
        if charge is not None and charge.disputed:
            disputes = [each async for each in self.every(self.client.v1.disputes, about)]
        return _intent(found, refunds, disputes)

    async def lately(self, since: datetime) -> AsyncIterator[str]:
        """Sessions that are complete, payments that succeeded, and payments refunded or disputed since then.

        Of sessions and payments only those that name an order: an account may sell other things too.

        Raises:
            ProviderRefused, ProviderUnreachable: The list is not whole.
        """
        made = {"created": {"gte": int(since.timestamp())}}
        v1 = self.client.v1
        async for session in self.every(v1.checkout.sessions, {**made, "status": "complete"}):
            if session.client_reference_id:
                yield session.id
        async for intent in self.every(v1.payment_intents, made):
            if intent.status == "succeeded" and "order" in (intent.metadata or {}):
                yield intent.id
        for of in (v1.refunds, v1.disputes):
            async for each in self.every(of, made):
                if each.payment_intent:
                    yield id_of(each.payment_intent)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.close_async()

    async def every(self, service: Any, params: dict[str, Any]) -> AsyncIterator[Any]:
        """Every object of a list, page by page, at most 20,000.

        Raises:
            ProviderRefused, ProviderUnreachable: The list is not whole.
        """
        seen = 0
        try:
            page = await service.list_async({**params, "limit": PAGE})
            async for each in page.auto_paging_iter():
                yield each
                seen += 1
                if seen >= MOST_LISTED:
                    raise ProviderRefused("list_too_long")
        except stripe.StripeError as fault:
            raise failure(fault) from fault


def told(body: bytes, header: str | None, secrets: Sequence[str], now: datetime) -> Told:
    """The event in a request, if one of the secrets signed exactly these bytes at most five minutes from now.

    The client's helper takes one secret and lets the future pass; both are closed here.

    Raises:
        SignatureWrong: It is none of this; nothing in it is believed.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise SignatureWrong("the body is not UTF-8") from fault
    refuse_unsigned(header, now)
    if not any(_is_signed(text, header, secret) for secret in secrets):
        raise SignatureWrong("no secret made this signature")
    return _event(text)


def refuse_unsigned(header: str | None, now: datetime) -> None:
    """Refuse, by its header alone, what no secret can have signed within five minutes from now.

    Raises:
        SignatureWrong: There is no signature in it, or not of this time.
    """
    items = [item.split("=", 1) for item in (header or "")[:LONGEST_HEADER].split(",") if "=" in item]
    parts = dict(reversed(items))  # the first counts, as where it is verified
    at = parts.get("t", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= DIGITS and parts.get("v1")):
        raise SignatureWrong("no signature is in the header")
    if abs(int(at) - now.timestamp()) > TOLERANCE_SECONDS:
        raise SignatureWrong("the signature is too old or from the future")


def _is_signed(text: str, header: str | None, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(text, header, secret)  # pyright: ignore[reportUnknownMemberType]  - its tolerance is untyped
    except stripe.SignatureVerificationError:
        return False
    return True


def _event(text: str) -> Told:
    """What an event is about. Only ids are taken from it: the rest is a picture of the past."""
    try:
        said = json.loads(text)
        picture = said["data"]["object"]
        if said["object"] != "event":
            raise SignatureWrong("this is no snapshot event")
        reference = picture.get("id") if picture["object"] in NAMED else None
        reference = reference or picture.get("payment_intent") or picture.get("invoice") or ""
        return Told(
            id=str(said["id"])[:255],
            kind=str(said["type"])[:255],
            reference=id_of(reference),
            livemode=said["livemode"] is True,
            api_version=said.get("api_version"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise SignatureWrong("this is no snapshot event") from fault


def session_facts(found: Any) -> SessionFacts:
    """What a session says that matters here."""
    return SessionFacts(
        id=found.id,
        status=found.status or "",
        payment_status=found.payment_status,
        url=found.url,
        intent_id=id_of(found.payment_intent) or None,
        order_id=found.client_reference_id,
    )


def _intent(found: Any, refunds: Sequence[Any], disputes: Sequence[Any]) -> IntentFacts:
    said: dict[str, str] = found.metadata.to_dict() if found.metadata else {}
    charge = whole(found.latest_charge)
    return IntentFacts(
        id=found.id,
        status=found.status,
        amount_received=found.amount_received,
        currency=found.currency,
        order_id=said.get("order"),
        user_id=said.get("user"),
        refunded_minor=sum(each.amount for each in refunds if each.status not in GONE_REFUNDS),
        disputed_minor=sum(each.amount for each in disputes if each.status not in KEPT_DISPUTES),
        receipt_url=None if charge is None else charge.receipt_url,
        method_id=id_of(found.payment_method) or None,
        failure=why(found.last_payment_error),
    )


def why(fault: Any) -> str:
    """Stripe's own word for why a card was not charged: what its bank says, where it says anything."""
    if fault is None:
        return ""
    code = fault.code or "card_declined"
    return (fault.decline_code or code) if code == "card_declined" else code


def whole(reference: Any) -> Any:
    """What is referred to, where it came whole; None where there is nothing or only its id."""
    return None if isinstance(reference, str) else reference


def id_of(reference: Any) -> str:
    """The id of what is referred to by id, as a whole, or not at all."""
    if reference is None or isinstance(reference, str):
        return reference or ""
    return str(reference["id"])


def none_or_raise(fault: stripe.StripeError) -> None:
    """Let pass that something is not there.

    Raises:
        ProviderRefused, ProviderUnreachable: Anything else.
    """
    if isinstance(fault, stripe.InvalidRequestError) and fault.code == NOT_THERE:
        return
    raise failure(fault) from fault


def failure(fault: stripe.StripeError) -> PaymentFailure:
    """A refusal in our words: Stripe's own text can hold keys and is not passed on."""
    refused = (
        stripe.InvalidRequestError,
        stripe.CardError,
        stripe.IdempotencyError,
        stripe.AuthenticationError,
    )
    if isinstance(fault, (*refused, stripe.PermissionError)):
        return ProviderRefused(fault.code or type(fault).__name__)
    return ProviderUnreachable(type(fault).__name__)
