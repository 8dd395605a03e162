"""Draws what can be bought, where to pay, and what was bought. Nothing is opened by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.display.bundle import Display
from studio_magics.display.markup import Html, card, element, join, line, strong, table
from studio_magics.display.wording import moment_text

if TYPE_CHECKING:
    from studio_magics.contracts.payments import Checkout, Pack, PackList, Purchase, PurchaseList

DOLLAR = 1_000_000
SAFE = ("https://", "http://")


def pack_list(found: PackList) -> Display:
    """Packs compared: price, what they give, what a unit costs and saves, which is the best value."""
    if not found.packs:
        text = "nothing can be bought on this server – next: ask its operator for credits"
        return Display(text, line(text))
    rows = [(p.title, p.price, _gives(p), _unit(p), _saves(p), f"%studio buy {p.id}") for p in found.packs]
    lines = [
        f"{title:<14} {price:>5}  {gives:<14} {unit:<22} {saves:<24} {how}"
        for title, price, gives, unit, saves, how in rows
    ]
    names = ("pack", "price", "gives", "a unit", "saves", "how")
    return Display("\n".join(lines), table("What can be bought", names, rows, numbers=(1,)))


def checkout(page: Checkout) -> Display:
    """Where to pay; the balance changes by itself once it is paid."""
    what = f"{page.pack.title}: {_gives(page.pack)} for {page.pack.price}"
    after = "Nothing is charged before you pay on that page. The balance changes by itself when it is paid."
    pay = link(page.url, f"Pay {page.pack.price}")
    return Display(
        f"{what}\n{page.url}\n{after}",
        card(line(strong(what)), line(pay), line(after, muted=True), label="Buy"),
    )


def purchase_list(found: PurchaseList) -> Display:
    """Purchases, newest first, with receipts."""
    lines = [f"{moment_text(p.created_at)}  {p.title:<14} {p.price:>5}  {_state(p)}" for p in found.purchases]
    rows = [(moment_text(p.created_at), p.title, p.price, _state(p), _papers(p)) for p in found.purchases]
    html = table("Purchases, newest first", ("when", "what", "price", "state", ""), rows, numbers=(2,))
    return Display("\n".join(lines) or "no purchases yet – next: %studio buy", html)


def link(url: str | None, text: str) -> Html:
    """A link that opens apart, or the text alone when there is no address of the web."""
    if url is None or not url.startswith(SAFE):
        return join([] if url is None else [text])
    return element("a", text, href=url, target="_blank", rel="noopener noreferrer")


def _gives(pack: Pack) -> str:
    return f"{pack.credits:,} credits" if pack.gives == "credits" else f"${pack.dollars_micros // DOLLAR}"


def _unit(pack: Pack) -> str:
    return f"{pack.unit_price} per {'100 credits' if pack.gives == 'credits' else 'dollar'}"


def _saves(pack: Pack) -> str:
    saves = f"saves {pack.saving_percent} %" if pack.saving_percent else ""
    return f"{saves} ★ best value".strip() if pack.is_best_value else saves


def _state(purchase: Purchase) -> str:
    if purchase.disputed:
        return f"{purchase.state}, disputed"
    if not purchase.refunded_minor:
        return purchase.state
    whole = purchase.refunded_minor == purchase.price_minor
    return f"{purchase.state}, refunded" + ("" if whole else " in part")


def _papers(purchase: Purchase) -> Html:
    """Receipt and invoice, as far as the provider gives them."""
    found = ((purchase.receipt_url, "receipt"), (purchase.invoice_url, "invoice"))
    return join(link(url, f"{text} ") for url, text in found if url is not None)
