"""Plans that are paid every month: what they cost, where to pay or change them, how one's own stands."""

from typing import Literal

from pydantic import Field

from studio_magics.contracts.account import Plan
from studio_magics.contracts.base import Contract, Instant

PlanState = Literal["free", "given", "paid", "past_due"]
"""free: nothing is paid; given: by the operator; past_due: the renewal could not be charged yet."""


class PlanOffer(Contract):
    """One plan and what a month of it costs, in the smallest unit of its currency; 0 where it is free."""

    plan: Plan
    price_minor: int = Field(ge=0, description="Pence or cents a month; 0 is free")
    currency: Literal["gbp", "usd"]
    price: str = Field(description="The price for people, such as £15 a month")
    is_sold: bool = Field(description="Whether this server takes payments for it")


class PlanList(Contract):
    """Every plan, the smallest first."""

    plans: tuple[PlanOffer, ...]


class PlanRequest(Contract):
    """The plan wanted; `free` is to cancel. Asked again before it is paid, the same page is given."""

    plan: str = Field(min_length=1, max_length=64)


class PlanLink(Contract):
    """Where a plan is paid, changed or cancelled. Nothing is charged before it is confirmed there."""

    kind: Literal["checkout", "portal"] = Field(description="checkout: a first payment; portal: a change")
    url: str = Field(description="The page at the payment provider")
    session_id: str | None = Field(description="Of a checkout, for verify-payment")
    offer: PlanOffer


class PortalLink(Contract):
    """The provider's page for cards, invoices, changes and cancelling; for its owner, for a short time."""

    url: str


class PlanStanding(Contract):
    """Your plan now, who pays it, and what comes at the period's end."""

    plan: Plan
    state: PlanState
    period_ends_at: Instant
    next_plan: Plan | None = Field(description="Another plan begins at the period's end; None: it goes on")
    next_price: str | None = Field(description="What is charged at the period's end, for people")
    is_disputed: bool = Field(description="A payment is disputed: no higher plan until that is settled")
    waiting_url: str | None = Field(description="A page that was opened and not paid yet")
    has_portal: bool = Field(description="Whether there is a portal to open")
