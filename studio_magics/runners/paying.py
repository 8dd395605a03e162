"""Buying: on a page, with the saved card after a word of its owner, or by itself within limits set before.

Nothing is charged from a cell without somebody who agrees: where nobody can be asked, it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.client.refusals import UsageRefused

if TYPE_CHECKING:
    from studio_magics.client.studio_client import StudioClient
    from studio_magics.contracts.cards import CardPage, Recharge, RechargeChange
    from studio_magics.contracts.payments import Checkout, Pack, PackList, PaymentStatus, PurchaseList
    from studio_magics.runners.session import Session

MINOR = 100
"""Pence in a pound, cents in a dollar."""
MICROS = 1_000_000
SIGNS = {"gbp": "£", "usd": "$"}


class Paying:
    """What a Studio can buy."""

    session: Session

    def buy(self, pack: str | None = None, *, save_card: bool = False) -> Checkout | PackList:
        """Where to pay a pack, or what can be bought; nothing is charged before the form there is sent.

        With `save_card` the card that pays is kept for later payments, at the payment provider.
        """
        with self.session.server() as client:
            return client.packs() if pack is None else client.checkout(pack, save_card=save_card)

    def top_up(self, pack: str, *, price: str | None = None) -> PaymentStatus:
        """Charge the saved card now. Asks first, unless `price` names what it costs, such as '£10'.

        Raises:
            UsageRefused: Nobody agreed, or the price is another one; nothing was charged.
            PaymentRefused: The bank did not pay; `problem.url` is a page to pay on instead.
        """
        with self.session.server() as client:
            wanted, card = _pack(client.packs(), pack), client.card().card
            if price is not None and price != wanted.price:
                said = f"{wanted.title} costs {wanted.price}, not {price}; nothing was charged."
                raise UsageRefused(said, action=f"studio.top_up('{wanted.id}', price='{wanted.price}')")
            if price is None and card is not None:
                agree(
                    f"Charge {wanted.price} to {card.name} now, for {gives(wanted)}?",
                    instead=f"studio.top_up('{wanted.id}', price='{wanted.price}')",
                )
            return client.top_up(wanted.id, wanted.price_minor)

    def card(self, *, remove: bool = False) -> CardPage:
        """The saved card; with `remove` it is charged no more, here and at the payment provider."""
        with self.session.server() as client:
            return client.remove_card() if remove else client.card()

    def recharge(
        self,
        *,
        below: int | None = None,
        pack: str | None = None,
        most: int | None = None,
        off: bool = False,
        agreed: bool = False,
    ) -> Recharge:
        """How auto-recharge stands; with arguments, turn it on or off first.

        Below so many credits (or dollars, where the pack gives dollars) it charges the saved card for `pack`,
        for at most `most` pounds or dollars a month. Asks first, unless `agreed`.

        Raises:
            UsageRefused: Nobody agreed, or something is missing; nothing was changed.
        """
        from studio_magics.contracts.cards import RechargeChange

        with self.session.server() as client:
            if off:
                return client.change_recharge(RechargeChange(on=False))
            if below is None and pack is None and most is None:
                return client.recharge()
            change, question = _wish(client, below, pack, most)
            if not agreed:
                agree(question, instead="studio.recharge(below=…, pack=…, most=…, agreed=True)")
            return client.change_recharge(change)

    def purchases(self, *, limit: int | None = None) -> PurchaseList:
        """What was bought, newest first."""
        with self.session.server() as client:
            return client.purchases(limit=limit)


def gives(pack: Pack) -> str:
    """'500 credits'."""
    return f"{pack.credits:,} credits" if pack.gives == "credits" else f"${pack.dollars_micros // MICROS}"


def agree(question: str, *, instead: str) -> None:
    """Ask the person; anything but yes is no.

    Raises:
        UsageRefused: They did not agree, or nobody can be asked.
    """
    from studio_magics.runners.asking import answer_to

    if answer_to(f"{question} Type yes: ", instead=instead).strip().lower() not in {"yes", "y"}:
        raise UsageRefused("Nobody agreed; nothing was charged or changed.", action="run the cell again")


def _pack(found: PackList, name: str) -> Pack:
    for pack in found.packs:
        if pack.id == name:
            return pack
    known = ", ".join(pack.id for pack in found.packs) or "none: nothing can be bought on this server"
    raise UsageRefused(f"There is no pack '{name}'.", action=f"choose one of {known}")


def _wish(
    client: StudioClient, below: int | None, name: str | None, most: int | None
) -> tuple[RechargeChange, str]:
    """What is asked for, filled up with what is set already, and the question whether that is meant."""
    from studio_magics.contracts.cards import RechargeChange

    now = client.recharge()
    before = None if now.pack is None else now.pack.id
    if (name or before) is None or (now.pack is None and (below is None or most is None)):
        raise UsageRefused(
            "Auto-recharge needs a threshold, a pack and a limit a month.",
            action="%studio recharge --below 100 --pack starter --most 30",
        )
    pack = _pack(client.packs(), name or before or "")
    unit = 1 if pack.gives == "credits" else MICROS
    threshold = now.threshold if below is None else below * unit
    ceiling = now.ceiling_minor if most is None else most * MINOR
    card = now.card.name if now.card else "your saved card"
    few = f"{threshold:,} credits are" if unit == 1 else f"${threshold // MICROS} is"
    question = (
        f"Charge {pack.price} to {card} whenever less than {few} left,"
        f" at most {SIGNS[pack.currency]}{ceiling // MINOR} a month?"
    )
    change = RechargeChange(on=True, pack=pack.id, threshold=threshold, ceiling_minor=ceiling)
    return change, question
