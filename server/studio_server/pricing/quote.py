"""Quotes: an estimate bound to user, tool version, price version and input, signed, with an end.

Pure: secret and time are passed in. The signature makes the server's offer recognisable; it hides nothing.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from studio_server.pricing.limits import Limits

LIFETIME = timedelta(minutes=10)
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Quote:
    """What was offered, to whom, for what."""

    user_id: str
    tool_id: str
    tool_version: str
    price_version: str
    input_digest: str
    minimum: int
    typical: int
    maximum: int
    measured_runs: int
    limits: Limits
    expires_at: datetime


class QuoteRefused(ValueError):
    """The quote is not ours, too old, or for something else; `why` names which."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the quote {why}")
        self.why = why


def sign(quote: Quote, secret: bytes) -> str:
    """The quote as text to hand out."""
    fields = vars(quote) | {"limits": vars(quote.limits), "expires_at": quote.expires_at.isoformat()}
    body = base64.urlsafe_b64encode(_canonical(fields).encode())
    return f"{body.decode()}.{_signature(body, secret)}"


def read(text: str, secret: bytes, *, now: datetime) -> Quote:
    """The quote behind `text`.

    Raises:
        QuoteRefused: Not signed by this server, or past its end.
    """
    body, _, signature = text.partition(".")
    if not hmac.compare_digest(_signature(body.encode(), secret).encode(), signature.encode()):
        raise QuoteRefused("was not made by this server")
    try:
        fields = json.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError) as fault:
        raise QuoteRefused("cannot be read") from fault
    quote = Quote(
        **fields
        | {
            "expires_at": datetime.fromisoformat(fields["expires_at"]),
            "limits": Limits(**fields["limits"]),
        }
    )
    if now >= quote.expires_at:
        raise QuoteRefused(f"ended at {quote.expires_at:%H:%M:%S} UTC")
    return quote


def _signature(body: bytes, secret: bytes) -> str:
    return hmac.new(secret, b"studio-quote-v1:" + body, hashlib.sha256).hexdigest()
