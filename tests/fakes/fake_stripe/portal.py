"""The customer portal of the fake: its configurations, and a page to change, cancel or keep a plan on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from tests.fakes.fake_stripe.books import Refused
from tests.fakes.fake_stripe.customers import living

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.billing import Billing
    from tests.fakes.fake_stripe.books import Object

TEXT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Your plan (fake Stripe)</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
button { display: block; margin: .6rem 0; padding: .5rem 1rem; font: inherit }</style></head>
<body><main><h1>Your plan</h1>
<p>This is a fake: no money moves.</p>
{% if error %}<p role="alert">{{ error.message }}</p>{% endif %}
{% if plan %}<p>{{ plan }}{% if cancels %}, ends with the period{% endif %}
{% if coming %}, then {{ coming }}{% endif %}</p>
{% else %}<p>No plan.</p>{% endif %}
<form method="post">
{% for id, text in changes %}
<button name="do" value="change:{{ id }}">Change to {{ text }}</button>{% endfor %}
{% if may_cancel %}<button name="do" value="cancel">Cancel at the end of the period</button>{% endif %}
{% if may_keep %}<button name="do" value="keep">Keep my plan</button>{% endif %}
{% if plan %}<button name="do" value="renew">Let the period end now (only here)</button>{% endif %}
<button name="do" value="back">Go back</button>
</form></main></body></html>"""
TEMPLATE = Environment(autoescape=True).from_string(TEXT)


class Portal:
    """The portal of one fake account."""

    def __init__(self, billing: Billing) -> None:
        self.billing, self.books = billing, billing.books
        self.links: dict[str, Object] = {}
        self.refuses_changes = False
        """As Stripe refuses to open the page at a change while another one is scheduled."""

    def create_configuration(self, said: Object) -> Object:
        """What customers may do on the page."""
        found = self.books.new("bpc", "billing_portal.configuration") | {"active": True, "is_default": False}
        found |= {"business_profile": {"headline": None}, "login_page": {"enabled": False, "url": None}}
        found |= {"metadata": said.get("metadata", {}), "updated": found["created"]}
        found["features"] = _features(said["features"])
        self.books.configurations[found["id"]] = found
        return found

    def create_session(self, said: Object) -> Object:
        """A page of one customer; a change it is opened for has to be allowed by the configuration."""
        living(self.books, said["customer"])
        configuration = self.books.get("configuration", said["configuration"])
        flow = said.get("flow_data")
        if flow and flow["type"] == "subscription_update_confirm":
            wanted = flow["subscription_update_confirm"]["items"][0]["price"]
            update = configuration["features"]["subscription_update"]
            if self.refuses_changes or wanted not in [
                price for each in update["products"] or [] for price in each["prices"]
            ]:
                raise Refused(400, "invalid_request_error", "parameter_invalid", "The price is not allowed.")
        found = self.books.new("bps", "billing_portal.session") | {"customer": said["customer"]}
        found |= {"configuration": configuration["id"], "return_url": said.get("return_url")}
        found |= {"url": f"{self.books.base}/portal/{found['id']}"}
        self.links[found["id"]] = {
            "session": found,
            "flow": flow or {},
            "features": configuration["features"],
        }
        return found

    def page(self, link_id: str, error: Object | None = None) -> str:
        """What its customer sees."""
        link = self.links[link_id]
        found = self.subscription(link)
        if found is None:
            return TEMPLATE.render(plan=None, changes=(), error=error)
        schedule = self.books.schedules.get(found["schedule"] or "")
        coming = schedule["phases"][1]["items"][0]["price"] if schedule else None
        return TEMPLATE.render(
            plan=self._named(found["items"]["data"][0]["price"]),
            coming=self._named(coming) if coming else "",
            cancels=found["cancel_at_period_end"],
            changes=[(price["id"], self._named(price)) for price in self._choices(link, found)],
            may_cancel=not found["cancel_at_period_end"] and self._is_for(link, "subscription_cancel"),
            may_keep=bool(found["cancel_at_period_end"] or schedule),
            error=error,
        )

    def act(self, link_id: str, what: str) -> str:
        """Do what was chosen; where the browser goes next.

        Raises:
            Refused: The card does not pay.
        """
        link = self.links[link_id]
        found = self.subscription(link)
        if found is not None and what.startswith("change:"):
            self.billing.change(found["id"], what.removeprefix("change:"))
        if found is not None and what in ("cancel", "keep"):
            self.billing.cancel(found["id"], keep=what == "keep")
        if found is not None and what == "renew":
            self.billing.renew(found["id"])
        return str(link["session"]["return_url"])

    def subscription(self, link: Object) -> Object | None:
        """The subscription that this customer has."""
        customer = link["session"]["customer"]
        found = [s for s in self.books.subscriptions.values() if s["customer"] == customer]
        return next((each for each in reversed(found) if each["status"] in ("active", "past_due")), None)

    def _choices(self, link: Object, found: Object) -> list[Object]:
        update = link["features"]["subscription_update"]
        allowed = [price for each in update["products"] or [] for price in each["prices"]]
        confirm = link["flow"].get("subscription_update_confirm")
        if confirm:
            allowed = [each["price"] for each in confirm["items"]]
        if not update["enabled"] or not self._is_for(link, "subscription_update_confirm"):
            return []
        present = found["items"]["data"][0]["price"]["id"]
        return [self.books.prices[each] for each in allowed if each != present]

    def _is_for(self, link: Object, what: str) -> bool:
        return link["flow"].get("type", what) == what

    def _named(self, price: Object) -> str:
        amount = f"{price['unit_amount'] / 100:.2f} {price['currency'].upper()} a month"
        return f"{self.books.products[price['product']]['name']}, {amount}"


def _features(said: Object) -> Object:
    update: dict[str, Any] = said.get("subscription_update", {"enabled": False})
    cancel: dict[str, Any] = said.get("subscription_cancel", {"enabled": False})
    return {
        "customer_update": {"enabled": False, "allowed_updates": []},
        "invoice_history": said.get("invoice_history", {"enabled": False}),
        "payment_method_update": {"enabled": True, "payment_method_configuration": None},
        "subscription_cancel": {
            "enabled": cancel["enabled"],
            "mode": cancel.get("mode", "at_period_end"),
            "proration_behavior": "none",
            "cancellation_reason": {"enabled": False, "options": []},
        },
        "subscription_pause": {"enabled": False, "duration": {"type": "indefinite", "interval_options": []}},
        "subscription_update": {
            "enabled": update["enabled"],
            "default_allowed_updates": update.get("default_allowed_updates", []),
            "products": [
                each | {"adjustable_quantity": {"enabled": False, "maximum": None, "minimum": 0}}
                for each in update.get("products", [])
            ],
            "proration_behavior": update.get("proration_behavior", "none"),
            "schedule_at_period_end": update.get("schedule_at_period_end", {"conditions": []}),
            "billing_cycle_anchor": None,
            "trial_update_behavior": "end_trial",
        },
    }
