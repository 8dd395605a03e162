"""Draws the plan one is on, the plans on sale, and where to begin or change one. Opens nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.display.bundle import Display
from studio_magics.display.buying import link
from studio_magics.display.markup import card, join, line, strong, table
from studio_magics.display.wording import moment_text

if TYPE_CHECKING:
    from studio_magics.contracts.account import Account
    from studio_magics.contracts.plans import PlanLink, PlanOffer, PlanStanding

PAST_DUE = "the renewal could not be charged; the limits stay for three weeks, credits come when it is paid"
DISPUTED = "a payment for the plan is disputed: no higher plan until that is settled"
CONFIRM = "Nothing is charged before you confirm on that page, which says what it costs."


@dataclass(frozen=True)
class PlanPage:
    """The plan of the caller, and those on sale, as the server says."""

    account: Account
    standing: PlanStanding
    offers: tuple[PlanOffer, ...]


def plan_page(page: PlanPage) -> Display:
    """The plan: what a month gives, what a day allows, what comes at the period's end; then those on sale."""
    facts, sold = _facts(page), [offer for offer in page.offers if offer.is_sold]
    rows = [(o.plan.title, o.price, _gives(o), f"%studio plan {o.plan.id}") for o in sold]
    if sold and page.standing.state in ("paid", "past_due"):
        rows.append(("Free", "free", "when the period ends", "%studio plan free"))
    lines = [f"{title:<14} {price:>13}  {gives:<38} {how}" for title, price, gives, how in rows]
    more = "more credits: %studio buy"
    plans = [table("Plans on sale", ("plan", "price", "gives", "how"), rows, numbers=(1,))] if rows else []
    html = join([card(*(line(fact) for fact in [*facts, more]), label="Plan"), *plans])
    return Display("\n".join([*facts, *lines, more]), html)


def plan_link(page: PlanLink) -> Display:
    """Where to begin or change a plan; credits come by themselves once it is paid."""
    offer = page.offer
    what = f"{offer.plan.title}: {_gives(offer)}, {offer.price}"
    text = f"Subscribe for {offer.price}" if page.kind == "checkout" else "Go to your plan's page"
    return Display(
        f"{what}\n{page.url}\n{CONFIRM}",
        card(line(strong(what)), line(link(page.url, text)), line(CONFIRM, muted=True), label="Plan"),
    )


def _facts(page: PlanPage) -> list[str]:
    plan, period, now = page.account.plan, page.account.subscription, page.standing
    facts = [
        f"{plan.title}: {plan.monthly_credits:,} credits a month, at most {plan.daily_cap_credits:,} a day"
    ]
    if period is not None:
        following = f"then {period.next_plan.title}" if period.next_plan else "it goes on"
        price = f" for {now.next_price}" if now.next_price else ""
        facts.append(f"this period ends {moment_text(period.ends_at)}, {following}{price}")
    told = {PAST_DUE: now.state == "past_due", DISPUTED: now.is_disputed}
    return [*facts, *(text for text, is_so in told.items() if is_so)]


def _gives(offer: PlanOffer) -> str:
    return f"{offer.plan.monthly_credits:,} credits a month, {offer.plan.daily_cap_credits:,} a day"
