"""What the fake keeps, and what it does: sessions, payments, refunds, disputes, events, as Stripe would.

Not Stripe: no tax, coupons, real 3-D Secure page, rate limits, test clocks. Everything is validated on its
way out by `app`; an event is validated when it is made.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import stripe

from tests.fakes.fake_stripe.contract import VERSION, contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Object = dict[str, Any]
DAY_SECONDS = 86_400
CARDS = {
    "4242424242424242": "ok",
    "4000000000000002": "declined",
    "4000000000009995": "insufficient_funds",
    "4000002760003184": "authentication",
    "4000000000000259": "disputed",
    "4000002500003155": "ok",
    "4000000000000341": "declines_later",
    "bank": "slow",
}
"""Stripe's test cards by behaviour; `bank` is a method that takes days."""


class ContractBroken(Exception):
    """The fake would have said something that Stripe does not say."""


class Refused(Exception):
    """An error as Stripe gives it."""

    def __init__(self, status: int, kind: str, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "code": code, "message": message, **more}


def missing(what: str, object_id: str) -> Refused:
    """There is no such object."""
    return Refused(404, "invalid_request_error", "resource_missing", f"No such {what}: '{object_id}'")


class Books:
    """Everything one fake account holds."""

    def __init__(
        self, now: Callable[[], datetime], *, livemode: bool = False, base: str = "", first: int = 0
    ) -> None:
        """`first` is where ids count from: a fake that starts again must not repeat any."""
        self.now, self.livemode, self.base = now, livemode, base
        self.contract = contract()
        self.sessions: dict[str, Object] = {}
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.customers: dict[str, Object] = {}
        self.methods: dict[str, Object] = {}
        self.products: dict[str, Object] = {}
        self.prices: dict[str, Object] = {}
        self.subscriptions: dict[str, Object] = {}
        self.schedules: dict[str, Object] = {}
        self.invoices: dict[str, Object] = {}
        self.invoice_payments: dict[str, Object] = {}
        self.configurations: dict[str, Object] = {}
        self.openers: dict[str, Callable[[Object], Object]] = {}
        self.payers: dict[str, Callable[..., Object]] = {}
        """What opens and pays pages of other modes than `payment`."""
        self.behaviour: dict[str, str] = {}
        self.keeping: set[str] = set()
        self.when_deleted: list[Callable[[str], None]] = []
        self.when_opened: list[Callable[[Object, Object], None]] = []
        self.when_paid: list[Callable[[Object, Object, str], None]] = []
        self.events: list[Object] = []
        self._of_intents: dict[str, dict[str, str]] = {}
        self._numbers = first

    def create_session(self, said: Object) -> Object:
        """A page to pay on."""
        if "success_url" not in said:
            raise Refused(400, "invalid_request_error", "parameter_missing", "Missing success_url")
        if said["mode"] in self.openers:
            return self.openers[said["mode"]](said)
        total = sum(each["quantity"] * each["price_data"]["unit_amount"] for each in said["line_items"])
        found = self.new_session(said, total, said["line_items"][0]["price_data"]["currency"])
        self._of_intents[found["id"]] = said.get("payment_intent_data", {}).get("metadata", {})
        for each in self.when_opened:
            each(found, said)
        self.sessions[found["id"]] = found
        return found

    def new_session(self, said: Object, total: int, currency: str) -> Object:
        """A page that nobody has paid on, before it is kept."""
        found = self.new("cs_test", "checkout.session")
        found |= {
            "mode": "payment",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": total,
            "amount_subtotal": total,
            "currency": currency,
            "client_reference_id": said.get("client_reference_id"),
            "metadata": said.get("metadata", {}),
            "expires_at": found["created"] + DAY_SECONDS,
            "url": f"{self.base}/pay/{found['id']}",
            "success_url": said["success_url"],
            "cancel_url": said.get("cancel_url"),
            "automatic_tax": {"enabled": False},
            "custom_fields": [],
            "custom_text": {},
            "payment_method_types": ["card"],
            "shipping_options": [],
        }
        return found

    def pay(self, session_id: str, card: str = "4242424242424242", *, confirmed: bool = False) -> Object:
        """A buyer sends the form of the page.

        Raises:
            Refused: The card is declined, or wants to be confirmed first; the page can be used again.
        """
        session, does = self.get("session", session_id), CARDS[card]
        if session["status"] != "open":
            raise Refused(400, "invalid_request_error", "session_not_open", "This page is no longer open.")
        if session["mode"] in self.payers:
            return self.payers[session["mode"]](session, card, confirmed=confirmed)
        intent = self._intent_of(session)
        if does == "authentication" and not confirmed:
            intent["status"] = "requires_action"
            raise self._card_error("authentication_required", intent)
        if does in ("declined", "insufficient_funds"):
            intent["status"] = "requires_payment_method"
            self.emit("payment_intent.payment_failed", intent)
            raise self._card_error("card_declined", intent, decline_code=does)
        for each in self.when_paid:
            each(session, intent, card)
        session |= {"status": "complete", "url": None}
        if does == "slow":
            intent["status"] = "processing"
            self.emit("payment_intent.processing", intent)
            self.emit("checkout.session.completed", session)
            return session
        self._succeed(session, intent, "checkout.session.completed")
        if does == "disputed":
            self.dispute(intent["id"])
        return session

    def settle(self, session_id: str, *, paid: bool) -> None:
        """The bank has decided about a slow payment."""
        session = self.get("session", session_id)
        intent = self.intents[session["payment_intent"]]
        if paid:
            self._succeed(session, intent, "checkout.session.async_payment_succeeded")
            return
        intent["status"] = "requires_payment_method"
        self.emit("payment_intent.payment_failed", intent)
        self.emit("checkout.session.async_payment_failed", session)

    def expire(self, session_id: str) -> Object:
        """The page ends unpaid."""
        session = self.get("session", session_id)
        if session["status"] != "open":
            raise Refused(400, "invalid_request_error", "session_not_open", "Only open sessions expire.")
        session |= {"status": "expired", "url": None}
        self.emit("checkout.session.expired", session)
        return session

    def foreign_intent(self, amount: int, currency: str = "gbp", **metadata: str) -> Object:
        """A payment made elsewhere on the same account."""
        intent = self.new_intent(amount, currency, metadata)
        self.charge(intent)
        self.emit("payment_intent.succeeded", intent)
        return intent

    def refund(self, intent_id: str, amount: int | None = None) -> Object:
        """Give money back; more than is left is refused."""
        intent = self.get("intent", intent_id)
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        amount = left if amount is None else amount
        if not 0 < amount <= left:
            code = "charge_already_refunded" if left == 0 else "amount_too_large"
            raise Refused(400, "invalid_request_error", code, "Refund amount is greater than what is left.")
        found = self.new("re", "refund", livemode=False)
        found |= {"amount": amount, "currency": charge["currency"], "status": "succeeded"}
        found |= {"charge": charge["id"], "payment_intent": intent_id, "metadata": {}}
        self.refunds[found["id"]] = found
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.emit("refund.created", found)
        self.emit("charge.refunded", charge)
        return found

    def fail_refund(self, refund_id: str) -> None:
        """The bank sends a refund back."""
        found = self.refunds[refund_id]
        charge = self.charges[found["charge"]]
        found |= {"status": "failed", "failure_reason": "unknown"}
        charge["amount_refunded"] -= found["amount"]
        charge["refunded"] = False
        self.emit("refund.failed", found)

    def dispute(self, intent_id: str, *, status: str = "needs_response", amount: int | None = None) -> Object:
        """The buyer's bank takes the money back, or asks first (`warning_…`)."""
        intent = self.get("intent", intent_id)
        charge = self.charges[intent["latest_charge"]]
        found = self.new("du", "dispute")
        found |= {"amount": charge["amount"] if amount is None else amount, "currency": charge["currency"]}
        found |= {
            "charge": charge["id"],
            "payment_intent": intent_id,
            "status": status,
            "reason": "fraudulent",
        }
        found |= {"balance_transactions": [], "enhanced_eligibility_types": [], "metadata": {}}
        found |= {"evidence": {"enhanced_evidence": {}}, "is_charge_refundable": False}
        found["evidence_details"] = {
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        }
        self.disputes[found["id"]] = found
        charge["disputed"] = True
        self.emit("charge.dispute.created", found)
        return found

    def close_dispute(self, dispute_id: str, status: str) -> None:
        """The bank has decided: `won`, `lost`, `warning_closed`."""
        found = self.disputes[dispute_id]
        found["status"] = status
        self.emit("charge.dispute.closed", found)

    def get(self, what: str, object_id: str) -> Object:
        """One object.

        Raises:
            Refused: There is none.
        """
        found = getattr(self, f"{what}s").get(object_id)
        if found is None:
            raise missing(what, object_id)
        return found

    def emit(self, kind: str, about: Object) -> None:
        """Make an event with a picture of the object as it is now."""
        found = self.new("evt", "event")
        found |= {"type": kind, "api_version": VERSION, "pending_webhooks": 1, "request": None}
        found["data"] = {"object": copy.deepcopy(about)}
        self.check(stripe.Event, found)
        self.events.append(found)

    def check(self, kind: type, said: Object) -> Object:
        """The object, if Stripe's own types allow it.

        Raises:
            ContractBroken: They do not.
        """
        faults = self.contract.faults(kind, said)
        if faults:
            raise ContractBroken(f"{kind.__name__}: {'; '.join(faults[:5])}")
        return said

    def _succeed(self, session: Object, intent: Object, told: str) -> None:
        self.charge(intent)
        session["payment_status"] = "paid"
        self.emit("charge.succeeded", self.charges[intent["latest_charge"]])
        self.emit("payment_intent.succeeded", intent)
        self.emit(told, session)

    def charge(self, intent: Object) -> None:
        """The bank has paid."""
        found = self.new("ch", "charge")
        found |= {"amount": intent["amount"], "amount_captured": intent["amount"], "amount_refunded": 0}
        found |= {"billing_details": {}, "captured": True, "currency": intent["currency"], "disputed": False}
        found |= {"metadata": {}, "paid": True, "refunded": False, "status": "succeeded"}
        found |= {"payment_intent": intent["id"], "receipt_url": f"{self.base}/receipt/{found['id']}"}
        self.charges[found["id"]] = found
        intent |= {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": found["id"]}

    def _intent_of(self, session: Object) -> Object:
        """The payment of a page: there is none before the form is sent for the first time."""
        if session["payment_intent"] is None:
            metadata = self._of_intents[session["id"]]
            intent = self.new_intent(session["amount_total"], session["currency"], metadata)
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    def new_intent(self, amount: int, currency: str, metadata: dict[str, str]) -> Object:
        """A payment that nobody has tried to pay yet."""
        intent = self.new("pi", "payment_intent")
        intent |= {"amount": amount, "amount_capturable": 0, "amount_received": 0, "currency": currency}
        intent |= {"capture_method": "automatic_async", "confirmation_method": "automatic"}
        intent |= {"metadata": dict(metadata), "payment_method_types": ["card"]}
        intent |= {"status": "requires_payment_method", "latest_charge": None}
        intent |= {"customer": None, "payment_method": None, "last_payment_error": None}
        self.intents[intent["id"]] = intent
        return intent

    def _card_error(self, code: str, intent: Object, **more: str) -> Refused:
        return Refused(
            402, "card_error", code, "Your card was declined.", payment_intent=dict(intent), **more
        )

    def new(self, prefix: str, kind: str, *, livemode: bool = True) -> Object:
        self._numbers += 1
        found: Object = {"id": f"{prefix}_{self._numbers:08d}", "object": kind}
        found["created"] = int(self.now().timestamp())
        return found | ({"livemode": self.livemode} if livemode else {})
