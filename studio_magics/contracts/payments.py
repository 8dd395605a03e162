"""Buying packs of credits or dollars, and what became of a purchase."""

from typing import Literal

from pydantic import Field

from studio_magics.contracts.base import Contract, Credits, Instant

PurchaseState = Literal["waiting", "pending", "paid", "expired", "failed", "held"]
"""waiting: not paid yet; pending: the bank takes its time; held: paid, an operator has to look."""
Asset = Literal["credits", "dollars"]


class Pack(Contract):
    """One thing on sale; money in the smallest unit of its currency."""

    id: str
    title: str
    gives: Asset
    credits: Credits = Field(description="What it gives, where it gives credits; else 0")
    dollars_micros: int = Field(
        ge=0, description="What it gives, where it gives dollars, in millionths; else 0"
    )
    price_minor: int = Field(gt=0, description="Pence or cents")
    currency: Literal["gbp", "usd"]
    price: str = Field(description="The price for people, such as £10")
    saving_percent: int = Field(
        ge=0, description="How much less a unit costs than in the first pack of its kind"
    )
    unit_price: str = Field(description="What 100 credits, or one dollar, cost in it, for people: £1.79")
    is_best_value: bool = Field(description="Whether a unit costs least in it, of its kind")
    lasts_days: int = Field(gt=0, description="What was bought ends so many days after it was paid")


class PackList(Contract):
    """Everything on sale; empty where nothing can be bought."""

    packs: tuple[Pack, ...]


class CheckoutRequest(Contract):
    """Begin to buy a pack; asked again before it is paid, the same page is given."""

    pack: str = Field(min_length=1, max_length=64)
    save_card: bool = Field(
        default=False, description="Keep the card that pays, for later payments: only where its owner said so"
    )


class Checkout(Contract):
    """Where to pay. Nothing is charged before the form on that page is sent."""

    order_id: str
    session_id: str
    url: str = Field(description="The page at the payment provider")
    pack: Pack


class Purchase(Contract):
    """One purchase. Card data is never here: the provider keeps it."""

    order_id: str = Field(description="Ours; of a plan the invoice's, or the agreement's before there is one")
    pack_id: str = Field(description="The pack, or the plan")
    title: str
    state: PurchaseState
    gives: Asset
    credits: Credits
    dollars_micros: int = Field(ge=0)
    price: str
    price_minor: int = Field(gt=0)
    currency: Literal["gbp", "usd"]
    refunded_minor: int = Field(ge=0, description="What was refunded or is disputed, in pence or cents")
    disputed: bool
    receipt_url: str | None = Field(description="The provider's receipt, once it is paid")
    created_at: Instant
    way: Literal["page", "saved_card", "recharge"] = Field(
        default="page", description="Paid on a page, with the saved card, or by auto-recharge"
    )
    kind: Literal["pack", "plan"] = Field(default="pack", description="plan: an invoice of a monthly plan")
    invoice_url: str | None = Field(default=None, description="The provider's page of the invoice")


class PurchaseList(Contract):
    """Your latest purchases, newest first."""

    purchases: tuple[Purchase, ...]


class PaymentStatus(Contract):
    """How one payment stands, and the balance with it."""

    purchase: Purchase
    available_credits: Credits
    available_dollars_micros: int = Field(ge=0)
