"""A card that is kept for later payments, buying with it at once, and letting it buy by itself."""

from typing import Literal

from pydantic import Field

from studio_magics.contracts.base import MAX_AMOUNT, Contract, Instant
from studio_magics.contracts.payments import Pack

MOST_MINOR = 99_999_999
"""The largest amount of money in pence or cents that is taken."""
RechargeState = Literal["on", "off", "paused"]
"""paused: the card was declined; it stays off until its owner turns it on again."""
RechargeReason = Literal[
    "never_asked",
    "asked",
    "authentication_required",
    "card_declined",
    "card_removed",
    "pack_changed",
    "disputed",
    "debt",
    "wallet_closed",
]
RechargeWait = Literal["nothing", "balance", "charge", "cool_down", "ceiling", "wallet"]


class SavedCard(Contract):
    """The card that is kept, as far as its owner is shown. The number is at the payment provider only."""

    brand: str
    last4: str = Field(description="The last four digits")
    exp_month: int = Field(ge=0, le=12)
    exp_year: int = Field(ge=0, le=9999)
    name: str = Field(description="For people, such as Visa ending 4242")
    has_expired: bool


class CardPage(Contract):
    """Your saved card, or none."""

    card: SavedCard | None


class TopUpRequest(Contract):
    """Buy a pack with the saved card, now; needs an Idempotency-Key, which makes it one order."""

    pack: str = Field(min_length=1, max_length=64)
    price_minor: int = Field(
        ge=1, le=MOST_MINOR, description="The price you were shown, in pence or cents; another one is refused"
    )


class RechargeChange(Contract):
    """Turn auto-recharge on, with all three, or off."""

    on: bool
    pack: str | None = Field(default=None, min_length=1, max_length=64)
    threshold: int | None = Field(
        default=None,
        ge=1,
        le=MAX_AMOUNT,
        description="Below so many credits, or millionths of a dollar where the pack gives dollars",
    )
    ceiling_minor: int | None = Field(
        default=None, ge=1, le=MOST_MINOR, description="At most so many pence or cents a calendar month"
    )


class Recharge(Contract):
    """Auto-recharge: what it does, what it did this month, and why it does nothing now."""

    state: RechargeState
    reason: RechargeReason = Field(description="Why it is as it is; asked is your own will")
    waits_for: RechargeWait = Field(
        description="Where it is on: what it waits for; balance is that enough is left, nothing that it acts"
    )
    pack: Pack | None = Field(description="What it buys; None before it was ever turned on")
    threshold: int = Field(ge=0)
    ceiling_minor: int = Field(ge=0)
    ceiling: str = Field(description="For people, such as £30")
    charged_minor: int = Field(ge=0, description="Charged by itself this month, or being charged")
    charged: str
    month_ends_at: Instant | None
    card: SavedCard | None
    says: str = Field(description="How it stands, in one sentence for people")
