"""The page of the fake on which a browser pays: nothing is typed, a card is chosen by what it does."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

TEXT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Pay (fake Stripe)</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
button { display: block; margin: .6rem 0; padding: .5rem 1rem; font: inherit }</style></head>
<body><main><h1>Pay {{ "%.2f" % (amount / 100) }} {{ currency.upper() }}</h1>
<p>This is a fake: no money moves, and nothing has to be typed.</p>
{% if error %}<p role="alert">{{ message }}</p>{% endif %}
{% if status != "open" %}<p role="alert">This page is no longer open.</p>{% else %}
{% if error and error.code == "authentication_required" %}
<form method="post"><input type="hidden" name="card" value="{{ card }}">
<input type="hidden" name="confirmed" value="1"><button>Confirm with my bank</button></form>
{% endif %}
<form method="post">
{% for number, text in cards %}<button name="card" value="{{ number }}">{{ text }}</button>{% endfor %}
</form>{% endif %}</main></body></html>"""
CARDS = (
    ("4242424242424242", "Card that pays"),
    ("4000000000000002", "Card that is declined"),
    ("4000000000009995", "Card without funds"),
    ("4000002760003184", "Card that asks (3-D Secure)"),
    ("4000000000000341", "Card that is kept, but declined later"),
    ("bank", "Bank transfer, takes days"),
    ("cancel", "Go back without paying"),
)
MESSAGES = {"authentication_required": "Your bank asks you to confirm this payment."}
TEMPLATE = Environment(autoescape=True).from_string(TEXT)


def page(session: dict[str, Any], error: dict[str, Any] | None = None, card: str = "") -> str:
    """The page of one session, with what went wrong the last time."""
    message = MESSAGES.get(error["code"], error["message"]) if error else ""
    return TEMPLATE.render(
        amount=session["amount_total"],
        currency=session["currency"],
        status=session["status"],
        error=error,
        message=message,
        card=card,
        cards=CARDS,
    )
