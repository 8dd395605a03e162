"""Saved cards of the fake: kept on the page, charged while nobody is there, gone with a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import stripe

from tests.fakes.fake_stripe.books import CARDS, Refused
from tests.fakes.fake_stripe.customers import living

if TYPE_CHECKING:
    from starlette.routing import Route

    from tests.fakes.fake_stripe.app import FakeStripe
    from tests.fakes.fake_stripe.books import Books, Object

REFUSALS = {
    "authentication": ("authentication_required", "authentication_required"),
    "declines_later": ("card_declined", "generic_decline"),
    "insufficient_funds": ("card_declined", "insufficient_funds"),
    "declined": ("card_declined", "generic_decline"),
}
"""What a card that is charged while nobody is there answers: code and the bank's own word."""
OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})


def routes(fake: FakeStripe) -> list[Route]:
    """The operations; payments are listed and looked at where all others are."""
    books = fake.books
    books.when_opened.append(lambda session, said: _opened(books, session, said))
    books.when_paid.append(lambda session, intent, card: _paid(books, session, intent, card))
    books.when_deleted.append(lambda customer_id: _let_go(books, customer_id))
    intents, methods = "/v1/payment_intents", "/v1/payment_methods"
    return [
        fake.post(
            intents, "PaymentIntentCreateParams", lambda said: charge(books, said), kind=stripe.PaymentIntent
        ),
        fake.act(
            f"{intents}/{{id}}/cancel",
            "PaymentIntentCancelParams",
            stripe.PaymentIntent,
            lambda name, _: cancel(books, name),
        ),
        fake.get(f"{methods}/{{id}}", "method", stripe.PaymentMethod),
        fake.act(
            f"{methods}/{{id}}/detach",
            "PaymentMethodDetachParams",
            stripe.PaymentMethod,
            lambda name, _: detach(books, name),
        ),
        fake.act(
            "/v1/checkout/sessions/{id}/expire",
            "checkout.SessionExpireParams",
            stripe.checkout.Session,
            lambda name, _: books.expire(name),
        ),
    ]


def charge(books: Books, said: Object) -> Object:
    """Charge a saved card at once.

    Raises:
        Refused: The card or its customer is not there, or its bank does not pay; then the payment stays open.
    """
    living(books, said["customer"])
    method = books.get("method", said["payment_method"])
    if method["customer"] != said["customer"]:
        raise Refused(400, "invalid_request_error", "payment_method_unexpected_state", "It was detached.")
    if not (said.get("confirm") and said.get("off_session")):
        raise Refused(501, "api_error", "api_error", "the fake only charges at once, while nobody is there")
    intent = books.new_intent(said["amount"], said["currency"], said.get("metadata", {}))
    intent |= {"customer": said["customer"], "description": said.get("description")}
    does = books.behaviour[method["id"]]
    if does in REFUSALS:
        raise _refused(books, intent, method, does)
    intent["payment_method"] = method["id"]
    books.charge(intent)
    books.emit("charge.succeeded", books.charges[intent["latest_charge"]])
    books.emit("payment_intent.succeeded", intent)
    if does == "disputed":
        books.dispute(intent["id"])
    return intent


def cancel(books: Books, intent_id: str) -> Object:
    """End a payment that is not paid.

    Raises:
        Refused: It is over, or under way at the bank.
    """
    intent = books.get("intent", intent_id)
    if intent["status"] not in OPEN:
        raise Refused(
            400, "invalid_request_error", "payment_intent_unexpected_state", "It cannot be canceled."
        )
    intent |= {"status": "canceled", "canceled_at": int(books.now().timestamp())}
    books.emit("payment_intent.canceled", intent)
    return intent


def detach(books: Books, method_id: str) -> Object:
    """Take a card off its customer, for good.

    Raises:
        Refused: It is nobody's.
    """
    method = books.get("method", method_id)
    if method["customer"] is None:
        raise Refused(400, "invalid_request_error", "payment_method_unexpected_state", "It is not attached.")
    method["customer"] = None
    books.emit("payment_method.detached", method)
    return method


def renew(books: Books, method_id: str, *, exp_year: int) -> None:
    """The bank sends a new card under the same number."""
    books.methods[method_id]["card"]["exp_year"] = exp_year
    books.emit("payment_method.automatically_updated", books.methods[method_id])


def _opened(books: Books, session: Object, said: Object) -> None:
    """A page of a customer; the card is kept if the request says so."""
    if "customer" in said:
        living(books, said["customer"])
        session["customer"] = said["customer"]
    if said.get("payment_intent_data", {}).get("setup_future_usage") == "off_session":
        books.keeping.add(session["id"])


def _paid(books: Books, session: Object, intent: Object, card: str) -> None:
    """Every payment has a method; it is kept where the page was opened to keep it."""
    if card == "bank":
        return
    method = _new_method(books, card)
    intent["payment_method"] = method["id"]
    intent["customer"] = session.get("customer")
    if session["id"] in books.keeping:
        method["customer"] = session["customer"]
        intent["setup_future_usage"] = "off_session"
        books.emit("payment_method.attached", method)


def _new_method(books: Books, card: str) -> Object:
    found = books.new("pm", "payment_method")
    found |= {"type": "card", "billing_details": {}, "customer": None, "metadata": {}}
    found["card"] = {"brand": "visa", "country": "GB", "last4": card[-4:], "exp_month": 8, "exp_year": 2030}
    found["card"] |= {"funding": "credit", "display_brand": "visa"}
    books.methods[found["id"]] = found
    books.behaviour[found["id"]] = CARDS[card]
    return found


def _refused(books: Books, intent: Object, method: Object, does: str) -> Refused:
    code, word = REFUSALS[does]
    message = "Your card was declined."
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": code,
        "decline_code": word,
        "message": message,
    }
    intent["last_payment_error"]["payment_method"] = dict(method)
    books.emit("payment_intent.payment_failed", intent)
    more = {"decline_code": word, "payment_intent": dict(intent), "payment_method": dict(method)}
    return Refused(402, "card_error", code, message, **more)


def _let_go(books: Books, customer_id: str) -> None:
    for method in books.methods.values():
        if method["customer"] == customer_id:
            detach(books, method["id"])
