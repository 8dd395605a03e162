"""The saved card and auto-recharge as people and notebooks see them. Reads, decides nothing."""

from datetime import datetime

from studio_magics.contracts.cards import Recharge, SavedCard
from studio_server.ledger import Asset
from studio_server.payments.packs import Packs
from studio_server.payments.saved_cards.cards import SavedCard as Kept
from studio_server.payments.saved_cards.outcomes import WHY
from studio_server.payments.saved_cards.standing import Standing, Waiting
from studio_server.payments.showing import MICROS_IN_A_CENT, price, shown_pack

WAITS: dict[Waiting, str] = {
    "nothing": "it is due now",
    "balance": "enough is left",
    "charge": "your card is being charged",
    "cool_down": "the last time was minutes ago",
    "ceiling": "the limit of this month is reached",
    "wallet": "your account is frozen",
}
NEVER = Recharge(
    state="off",
    reason="never_asked",
    waits_for="nothing",
    pack=None,
    threshold=0,
    ceiling_minor=0,
    ceiling="",
    charged_minor=0,
    charged="",
    month_ends_at=None,
    card=None,
    says="Auto-recharge is off",
)


def shown_card(card: Kept | None, now: datetime) -> SavedCard | None:
    """A card as it goes over the wire."""
    if card is None:
        return None
    return SavedCard(
        brand=card.brand,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        name=named(card),
        has_expired=(card.exp_year, card.exp_month) < (now.year, now.month) and card.exp_year > 0,
    )


def named(card: Kept) -> str:
    """'Visa ending 4242'."""
    return f"{card.brand.replace('_', ' ').title()} ending {card.last4}"


def shown_recharge(packs: Packs, found: Standing | None, card: Kept | None, now: datetime) -> Recharge:
    """A recharge as it goes over the wire."""
    if found is None:
        return NEVER.model_copy(update={"card": shown_card(card, now)})
    wish = found.recharge
    return Recharge(
        state=wish.state,
        reason=wish.reason,
        waits_for=found.waits_for,
        pack=None if found.pack is None else shown_pack(packs, found.pack),
        threshold=wish.threshold,
        ceiling_minor=wish.ceiling_minor,
        ceiling=price(wish.ceiling_minor, wish.currency),
        charged_minor=found.charged_minor,
        charged=price(found.charged_minor, wish.currency),
        month_ends_at=found.month_ends_at,
        card=shown_card(card, now),
        says=_sentence(packs, found),
    )


def _sentence(packs: Packs, found: Standing) -> str:
    wish = found.recharge
    if wish.state != "on":
        why = WHY.get(wish.reason)
        return f"Auto-recharge is {wish.state}" + (f": {why}" if why else "")
    if found.pack is None:
        return "Auto-recharge is on, but what it buys has changed"
    shown = shown_pack(packs, found.pack)
    is_credit = found.pack.asset is Asset.CREDIT
    few = f"{wish.threshold:,} credits" if is_credit else price(wish.threshold // MICROS_IN_A_CENT, "usd")
    most, spent = price(wish.ceiling_minor, wish.currency), price(found.charged_minor, wish.currency)
    return (
        f"Below {few} it buys {shown.title} for {shown.price}, at most {most} a month ({spent} so far);"
        f" now: {WAITS[found.waits_for]}"
    )
