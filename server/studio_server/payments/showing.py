"""Packs and purchases as people and notebooks see them. Reads, decides nothing."""

from typing import Literal

from studio_magics.contracts.events import NoticeEvent
from studio_magics.contracts.payments import Pack, PaymentStatus, Purchase, PurchaseState
from studio_server.accounts.people import User
from studio_server.ledger import Asset, Ledger
from studio_server.payments.orders import Order
from studio_server.payments.packs import Pack as OnSale
from studio_server.payments.packs import Packs, PackUnknown
from studio_server.storage.tx import Tx

CURRENCIES: dict[str, Literal["gbp", "usd"]] = {"gbp": "gbp", "usd": "usd"}
MICROS_IN_A_CENT = 10_000
SIGNS = {"gbp": "£", "usd": "$"}
STATES: dict[str, PurchaseState] = {
    "new": "waiting",
    "open": "waiting",
    "pending": "pending",
    "paid": "paid",
    "expired": "expired",
    "failed": "failed",
    "held": "held",
}


def status(tx: Tx, ledger: Ledger, user: User, purchase: Purchase) -> PaymentStatus:
    """How a payment stands, with the balances of its owner."""
    usd = ledger.wallet_id_of(tx, user.id, Asset.USD)
    return PaymentStatus(
        purchase=purchase,
        available_credits=ledger.wallet_view(tx, user.wallet_id).available,
        available_dollars_micros=0 if usd is None else ledger.wallet_view(tx, usd).available,
    )


def news(order: Order, moved: int) -> NoticeEvent:
    """What a payment just gave, or took back, in one sentence for the streams of its owner."""
    if order.asset is Asset.CREDIT:
        units = f"{abs(moved):,} credit{'' if abs(moved) == 1 else 's'}"
    else:
        units = price(abs(moved) // MICROS_IN_A_CENT, "usd")
    if moved > 0:
        return NoticeEvent(severity="info", text=f"{units} arrived", about=order.id)
    why = "the payment is disputed" if order.disputed else "the payment was refunded"
    return NoticeEvent(severity="warning", text=f"{units} went back: {why}", about=order.id)


def price(minor: int, currency: str) -> str:
    """An amount in pence or cents for people."""
    whole, rest = divmod(minor, 100)
    return f"{SIGNS[currency]}{whole:,}" + (f".{rest:02d}" if rest else "")


def unit_price(pack: OnSale) -> str:
    """What 100 credits, or one dollar, cost in a pack, always with two decimals so that prices line up."""
    return f"{SIGNS[pack.currency]}{pack.unit_price_minor // 100:,}.{pack.unit_price_minor % 100:02d}"


def shown_pack(packs: Packs, pack: OnSale) -> Pack:
    """A pack as it goes over the wire."""
    return Pack(
        id=pack.id,
        title=pack.title,
        gives="credits" if pack.asset is Asset.CREDIT else "dollars",
        credits=pack.units if pack.asset is Asset.CREDIT else 0,
        dollars_micros=pack.units if pack.asset is Asset.USD else 0,
        price_minor=pack.price_minor,
        currency=CURRENCIES[pack.currency],
        price=price(pack.price_minor, pack.currency),
        saving_percent=packs.saving_percent(pack),
        unit_price=unit_price(pack),
        is_best_value=packs.is_best_value(pack),
        lasts_days=pack.lasts_days,
    )


def shown_purchase(packs: Packs, order: Order) -> Purchase:
    """A purchase as it goes over the wire."""
    try:
        title = packs.find(order.pack_id).title
    except PackUnknown:
        title = order.pack_id
    return Purchase(
        order_id=order.id,
        pack_id=order.pack_id,
        title=title,
        state=STATES[order.state],
        gives="credits" if order.asset is Asset.CREDIT else "dollars",
        credits=order.units if order.asset is Asset.CREDIT else 0,
        dollars_micros=order.units if order.asset is Asset.USD else 0,
        price=price(order.amount_minor, order.currency),
        price_minor=order.amount_minor,
        currency=CURRENCIES[order.currency],
        refunded_minor=order.reversed_minor,
        disputed=order.disputed,
        receipt_url=order.receipt_url,
        created_at=order.created_at,
        way=order.way,
    )
