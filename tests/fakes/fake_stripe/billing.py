"""Plans of the fake: products, prices, subscriptions, their invoices and payments, as Stripe would move them.

Time stands still between calls: a period ends when a test says so (`renew`), a card is tried again when it
says so (`retry`). A dearer price is charged at once, a cheaper one waits for the period's end.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.fake_stripe.books import CARDS, DAY_SECONDS, Refused, missing
from tests.fakes.fake_stripe.customers import living

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.books import Books, Object

PAYS = ("ok", "disputed")
LIVE = ("active", "past_due", "unpaid")
AUTOMATIC_TAX = {
    "enabled": False,
    "disabled_reason": None,
    "liability": None,
    "provider": None,
    "status": None,
}


class Billing:
    """What one fake account sells every month."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.cards: dict[str, str] = {}
        """The card of a subscription, by what it does."""
        books.openers["subscription"] = self.create_session
        books.payers["subscription"] = self.pay
        books.when_deleted.append(self._customer_deleted)
        self._said: dict[str, Object] = {}

    def create_product(self, said: Object) -> Object:
        """Something on sale, under the id it was given."""
        books = self.books
        if said["id"] in books.products:
            raise Refused(400, "invalid_request_error", "resource_already_exists", "Product already exists.")
        found = books.new("prod", "product") | {"id": said["id"], "name": said["name"], "active": True}
        found |= {"images": [], "marketing_features": [], "metadata": {}, "type": "service"}
        found["updated"] = found["created"]
        books.products[said["id"]] = found
        return found

    def create_price(self, said: Object) -> Object:
        """What a month of it costs."""
        books = self.books
        books.get("product", said["product"])
        taken = [each for each in books.prices.values() if each["lookup_key"] == said.get("lookup_key")]
        if taken and not said.get("transfer_lookup_key"):
            raise Refused(400, "invalid_request_error", "resource_already_exists", "The lookup key is taken.")
        for each in taken:
            each["lookup_key"] = None
        found = books.new("price", "price") | {"active": True, "billing_scheme": "per_unit", "metadata": {}}
        found |= {"currency": said["currency"], "product": said["product"], "type": "recurring"}
        found |= {"unit_amount": said["unit_amount"], "lookup_key": said.get("lookup_key")}
        found["recurring"] = {"interval": said["recurring"]["interval"], "interval_count": 1}
        found["recurring"] |= {"usage_type": "licensed", "meter": None, "trial_period_days": None}
        books.prices[found["id"]] = found
        return found

    def create_session(self, said: Object) -> Object:
        """A page to begin a subscription on."""
        living(self.books, said["customer"])
        price = self.books.get("price", said["line_items"][0]["price"])
        if "payment_intent_data" in said:
            raise Refused(400, "invalid_request_error", "parameter_unknown", "Not in subscription mode.")
        found = self.books.new_session(said, price["unit_amount"], price["currency"])
        found |= {"mode": "subscription", "customer": said["customer"], "subscription": None}
        self.books.sessions[found["id"]] = found
        self._said[found["id"]] = {"price": price, **said.get("subscription_data", {})}
        return found

    def pay(self, session: Object, card: str, *, confirmed: bool) -> Object:
        """A buyer sends the form: without a paying card there is no subscription."""
        does = CARDS[card]
        if does == "authentication" and not confirmed:
            raise Refused(402, "card_error", "authentication_required", "Your card was declined.")
        if does in ("declined", "insufficient_funds", "slow"):
            raise Refused(402, "card_error", "card_declined", "Your card was declined.", decline_code=does)
        said = self._said[session["id"]]
        found = self.begin(session["customer"], said["price"], said.get("metadata", {}), does=does)
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        session |= {"subscription": found["id"], "invoice": found["latest_invoice"]}
        self.books.emit("checkout.session.completed", session)
        return session

    def begin(
        self, customer: str, price: Object, metadata: dict[str, str] | None = None, *, does: str = "ok"
    ) -> Object:
        """A subscription whose first month is paid."""
        books = self.books
        starts = int(books.now().timestamp())
        found = books.new("sub", "subscription") | {"customer": customer, "currency": price["currency"]}
        found |= {
            "status": "active",
            "metadata": dict(metadata or {}),
            "schedule": None,
            "start_date": starts,
        }
        found |= {"cancel_at": None, "cancel_at_period_end": False, "canceled_at": None, "ended_at": None}
        found |= {"automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None}}
        found |= {"billing_cycle_anchor": starts, "billing_mode": {"type": "flexible"}}
        found |= {"billing_schedules": [], "collection_method": "charge_automatically", "discounts": []}
        found |= {"invoice_settings": {"issuer": {"type": "self"}, "account_tax_ids": None}}
        found["items"] = self._items(found, price, starts, _month_later(starts, starts))
        books.subscriptions[found["id"]] = found
        self.cards[found["id"]] = does
        books.emit("customer.subscription.created", found)
        invoice = self._invoice(found, "subscription_create", [self._whole_line(found)])
        self._charge(found, invoice)
        return found

    def renew(self, subscription_id: str) -> Object | None:
        """The period has ended: cancelled if that was wished, else the next one is charged; its invoice."""
        found = self.books.get("subscription", subscription_id)
        item = found["items"]["data"][0]
        if found["cancel_at_period_end"]:
            self.end(subscription_id)
            return None
        self._take_schedule(found)
        starts = item["current_period_end"]
        ends = _month_later(found["billing_cycle_anchor"], starts)
        item |= {"current_period_start": starts, "current_period_end": ends}
        self.books.emit("customer.subscription.updated", found)
        invoice = self._invoice(found, "subscription_cycle", [self._whole_line(found)])
        self._charge(found, invoice)
        return invoice

    def retry(self, subscription_id: str, *, does: str | None = None) -> Object:
        """The card, or another one, is tried for the latest invoice."""
        found = self.books.get("subscription", subscription_id)
        self.cards[subscription_id] = does or self.cards[subscription_id]
        invoice = self.books.get("invoice", found["latest_invoice"])
        self._charge(found, invoice)
        return invoice

    def end(self, subscription_id: str) -> None:
        """It is over, at once: cancelled for good."""
        found = self.books.get("subscription", subscription_id)
        now = int(self.books.now().timestamp())
        found |= {"status": "canceled", "canceled_at": now, "ended_at": now}
        self.books.emit("customer.subscription.deleted", found)

    def cancel(self, subscription_id: str, *, keep: bool = False) -> None:
        """Cancel at the period's end, or take that and what is scheduled back."""
        found = self.books.get("subscription", subscription_id)
        found["cancel_at_period_end"] = not keep
        if keep and found["schedule"]:
            self.books.schedules[found["schedule"]]["status"] = "released"
            found["schedule"] = None
        self.books.emit("customer.subscription.updated", found)

    def change(self, subscription_id: str, price_id: str) -> Object | None:
        """Another price: dearer at once, for the rest of the period; cheaper when it ends. Its invoice."""
        found, price = self.books.get("subscription", subscription_id), self.books.get("price", price_id)
        item = found["items"]["data"][0]
        before, now = item["price"], int(self.books.now().timestamp())
        if price["unit_amount"] <= before["unit_amount"]:
            self._schedule(found, price)
            return None
        if self.cards[subscription_id] not in PAYS:
            raise Refused(402, "card_error", "card_declined", "Your card was declined.")
        whole = item["current_period_end"] - item["current_period_start"]
        left = item["current_period_end"] - now
        lines = [
            self._line(found, before, -round(before["unit_amount"] * left / whole), now, prorated=True),
            self._line(found, price, round(price["unit_amount"] * left / whole), now, prorated=True),
        ]
        item |= {"price": price, "plan": _plan(price)}
        invoice = self._invoice(found, "subscription_update", lines)
        self._charge(found, invoice)
        self.books.emit("customer.subscription.updated", found)
        return invoice

    def expanded(self, found: Object, wanted: list[str]) -> Object:
        """A subscription with its schedule, or an invoice with its payments, where that was asked for."""
        if found["object"] == "subscription" and wanted and found["schedule"]:
            return found | {"schedule": self.books.schedules[found["schedule"]]}
        if found["object"] == "invoice" and any(each.endswith("payments") for each in wanted):
            data = [p for p in self.books.invoice_payments.values() if p["invoice"] == found["id"]]
            return found | {"payments": _list(data, "/v1/invoice_payments")}
        return found

    def _items(self, found: Object, price: Object, starts: int, ends: int) -> Object:
        item = self.books.new("si", "subscription_item", livemode=False)
        item |= {"current_period_start": starts, "current_period_end": ends, "discounts": [], "metadata": {}}
        item |= {"plan": _plan(price), "price": price, "quantity": 1, "subscription": found["id"]}
        item |= {"tax_rates": [], "billing_thresholds": None}
        return _list([item], "/v1/subscription_items")

    def _invoice(self, found: Object, reason: str, lines: list[Object]) -> Object:
        books, total = self.books, sum(each["amount"] for each in lines)
        invoice = books.new("in", "invoice") | {"billing_reason": reason, "customer": found["customer"]}
        for each in lines:
            each["invoice"] = invoice["id"]
        invoice |= {"status": "open", "total": total, "subtotal": total, "amount_due": max(0, total)}
        invoice |= {"amount_paid": 0, "amount_remaining": max(0, total), "amount_overpaid": 0}
        invoice |= {"amount_shipping": 0, "attempt_count": 0, "attempted": False, "starting_balance": 0}
        invoice |= {"automatic_tax": AUTOMATIC_TAX, "collection_method": "charge_automatically"}
        invoice |= {"currency": found["currency"], "default_tax_rates": [], "discounts": []}
        invoice |= {"issuer": {"type": "self"}, "metadata": {}, "payment_settings": {}}
        invoice |= {"period_start": invoice["created"], "period_end": invoice["created"]}
        invoice |= {"post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0}
        invoice |= {"hosted_invoice_url": f"{books.base}/invoice/{invoice['id']}", "status_transitions": {}}
        details = {"metadata": dict(found["metadata"]), "subscription": found["id"]}
        invoice["parent"] = {"type": "subscription_details", "subscription_details": details}
        invoice["parent"]["quote_details"] = None
        invoice["lines"] = _list(lines, f"/v1/invoices/{invoice['id']}/lines")
        books.invoices[invoice["id"]] = invoice
        found["latest_invoice"] = invoice["id"]
        books.emit("invoice.created", invoice)
        return invoice

    def _whole_line(self, found: Object) -> Object:
        item = found["items"]["data"][0]
        return self._line(found, item["price"], item["price"]["unit_amount"], item["current_period_start"])

    def _line(
        self, found: Object, price: Object, amount: int, starts: int, *, prorated: bool = False
    ) -> Object:
        item = found["items"]["data"][0]
        line = self.books.new("il", "line_item")
        del line["created"]
        line |= {"amount": amount, "subtotal": amount, "currency": price["currency"], "description": None}
        line |= {"discountable": not prorated, "discounts": [], "metadata": {}, "quantity": 1}
        line |= {"period": {"start": starts, "end": item["current_period_end"]}}
        line["pricing"] = {"type": "price_details", "unit_amount_decimal": str(price["unit_amount"])}
        line["pricing"]["price_details"] = {"price": price["id"], "product": price["product"]}
        details = {"proration": prorated, "subscription": found["id"], "subscription_item": item["id"]}
        details |= {"proration_details": None}
        kind, other = "subscription_item_details", "invoice_item_details"
        if prorated:
            kind, other = other, kind
            del details["subscription_item"]
        item_id = self.books.new("ii", "invoiceitem")["id"] if prorated else None
        line["parent"] = {"type": kind, other: None, kind: details | {"invoice_item": item_id}}
        return line

    def _charge(self, found: Object, invoice: Object) -> None:
        """Try the card for an invoice; what is due stays due when it does not pay."""
        books, does = self.books, self.cards[found["id"]]
        invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
        intent = self._intent_of(invoice)
        if does not in PAYS:
            intent["status"] = "requires_payment_method"
            found["status"] = "past_due"
            books.emit("invoice.payment_failed", invoice)
            books.emit("customer.subscription.updated", found)
            return
        books.charge(intent)
        payment = next(p for p in books.invoice_payments.values() if p["invoice"] == invoice["id"])
        payment |= {"status": "paid", "amount_paid": invoice["amount_due"]}
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0}
        was, found["status"] = found["status"], "active"
        books.emit("charge.succeeded", books.charges[intent["latest_charge"]])
        books.emit("payment_intent.succeeded", intent)
        books.emit("invoice.paid", invoice)
        if was != "active":
            books.emit("customer.subscription.updated", found)
        if does == "disputed":
            books.dispute(intent["id"])

    def _intent_of(self, invoice: Object) -> Object:
        """The payment of an invoice, which carries none of our metadata."""
        books = self.books
        known = [p for p in books.invoice_payments.values() if p["invoice"] == invoice["id"]]
        if known:
            return books.intents[known[0]["payment"]["payment_intent"]]
        intent = books.new_intent(invoice["amount_due"], invoice["currency"], {})
        intent["customer"] = invoice["customer"]
        found = books.new("inpay", "invoice_payment") | {"invoice": invoice["id"], "is_default": True}
        found |= {"amount_requested": invoice["amount_due"], "amount_paid": None, "status": "open"}
        found |= {"currency": invoice["currency"], "status_transitions": {}}
        found["payment"] = {"type": "payment_intent", "payment_intent": intent["id"]}
        books.invoice_payments[found["id"]] = found
        return intent

    def _schedule(self, found: Object, price: Object) -> None:
        item = found["items"]["data"][0]
        schedule = self.books.new("sub_sched", "subscription_schedule") | {"status": "active"}
        ends = item["current_period_end"]
        schedule["current_phase"] = {"start_date": item["current_period_start"], "end_date": ends}
        schedule["phases"] = [
            {
                "start_date": item["current_period_start"],
                "end_date": ends,
                "items": [{"price": item["price"]}],
            },
            {"start_date": ends, "end_date": ends + 30 * DAY_SECONDS, "items": [{"price": price}]},
        ]
        self.books.schedules[schedule["id"]] = schedule
        found["schedule"] = schedule["id"]
        self.books.emit("customer.subscription.updated", found)

    def _take_schedule(self, found: Object) -> None:
        schedule = self.books.schedules.get(found["schedule"] or "")
        if schedule is not None:
            price = schedule["phases"][1]["items"][0]["price"]
            found["items"]["data"][0] |= {"price": price, "plan": _plan(price)}
            schedule["status"], found["schedule"] = "released", None

    def _customer_deleted(self, customer_id: str) -> None:
        for found in list(self.books.subscriptions.values()):
            if found["customer"] == customer_id and found["status"] in LIVE:
                self.end(found["id"])


def price_named(books: Books, plan_id: str) -> Object:
    """The price on sale of one of our plans.

    Raises:
        Refused: There is none.
    """
    for price in books.prices.values():
        if price["product"] == f"studio_plan_{plan_id}" and price["active"]:
            return price
    raise missing("price", plan_id)


def _plan(price: Object) -> Object:
    """The old form of a price, which subscriptions still carry."""
    return {"id": price["id"], "object": "plan"}


def _list(data: list[Any], url: str) -> Object:
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _month_later(anchor: int, moment: int) -> int:
    """The next day of a month like the anchor's, or the month's last."""
    day, at = datetime.fromtimestamp(anchor, UTC).day, datetime.fromtimestamp(moment, UTC)
    year, month = divmod(at.year * 12 + at.month, 12)
    last = monthrange(year, month + 1)[1]
    return int(at.replace(year=year, month=month + 1, day=min(day, last)).timestamp())
