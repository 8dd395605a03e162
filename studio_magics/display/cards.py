"""Draws the saved card, what was bought with it, and auto-recharge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.display.bundle import Display
from studio_magics.display.markup import card as framed
from studio_magics.display.markup import line, strong

if TYPE_CHECKING:
    from studio_magics.contracts.cards import CardPage, Recharge
    from studio_magics.contracts.payments import PaymentStatus

MICROS = 1_000_000


def card_page(page: CardPage) -> Display:
    """The card that is kept, or how to keep one."""
    found = page.card
    if found is None:
        text = "no saved card – next: %studio buy PACK --save-card"
        return Display(text, line(text))
    what = f"{found.name}, valid until {found.exp_month:02d}/{found.exp_year}"
    facts = [f"{what}{' – it has expired' if found.has_expired else ''}"]
    facts.append("charge it: %studio buy PACK --card · forget it: %studio card --remove")
    return _facts(facts, "Saved card")


def payment(found: PaymentStatus) -> Display:
    """What was bought, and what is there now."""
    bought = found.purchase
    is_credit = bought.gives == "credits"
    gave = f"{bought.credits:,} credits" if is_credit else f"${bought.dollars_micros // MICROS}"
    left = (
        f"{found.available_credits:,} credits"
        if is_credit
        else f"${found.available_dollars_micros / MICROS:,.2f} for model calls"
    )
    if bought.state == "paid":
        facts = [f"✔ {bought.title}: {gave} for {bought.price} · {left} available"]
    else:
        facts = [f"{bought.title} for {bought.price}: {bought.state}", "look again: %studio purchases"]
    return _facts(facts, "Bought")


def recharge(found: Recharge) -> Display:
    """How auto-recharge stands, and how to change it."""
    if found.state == "on":
        facts = [found.says, "turn it off: %studio recharge --off"]
    elif found.card is None:
        facts = [found.says, "first save a card: %studio buy PACK --save-card"]
    else:
        facts = [found.says, "turn it on: %studio recharge --below 100 --pack starter --most 30"]
    return _facts(facts, "Auto-recharge")


def _facts(facts: list[str], label: str) -> Display:
    first, *rest = facts
    lines = [line(strong(first)), *(line(fact, muted=True) for fact in rest)]
    return Display("\n".join(facts), framed(*lines, label=label))
