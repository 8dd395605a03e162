"""The rows of orders: every attempt to pay, on record before the provider is asked. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.ledger import Asset
from studio_server.payments.packs import Pack
from studio_server.storage.tx import Row, Tx

OrderState = Literal["new", "open", "pending", "paid", "expired", "failed", "held"]
Way = Literal["page", "saved_card", "recharge"]
"""On the provider's page, with the saved card because its owner asks, or by itself."""
UNDER_WAY = ("new", "open")


class OrderNotFound(LookupError):
    """This user has no such order; somebody else's is not told apart from none."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"there is no payment {wanted}")
        self.wanted = wanted


@dataclass(frozen=True)
class Order:
    """One attempt to pay. Its terms never change; `version` rises whenever it was brought up to date.

    `held` means: paid, but not as ordered, so that nothing was credited and an operator has to look.
    `failure` is why a card was not charged; `keeps_card` says if the card is to be kept, and if that is done.
    """

    id: str
    user_id: str
    pack_id: str
    asset: Asset
    units: int
    lasts_days: int
    amount_minor: int
    currency: str
    state: OrderState
    session_id: str | None
    session_url: str | None
    intent_id: str | None
    repeats: str | None
    receipt_url: str | None
    reversed_minor: int
    disputed: bool
    version: int
    way: Way
    keeps_card: Literal["no", "asked", "done"]
    customer_id: str | None
    method_id: str | None
    failure: str | None
    created_at: datetime


COLUMNS = (
    "id, user_id, pack_id, asset, units, lasts_days, amount_minor, currency, state, session_id, session_url,"
    " intent_id, repeats, receipt_url, reversed_minor, disputed, version, way, keeps_card, customer_id,"
    " method_id, failure, created_us"
)
SELECT = f"SELECT {COLUMNS} FROM payment_orders"  # noqa: S608  - constant text


def add(tx: Tx, order_id: str, user_id: str, pack: Pack, *, keeps_card: bool = False) -> Order:
    """Keep a new attempt to buy a pack; with `keeps_card` its owner asked that the card be kept."""
    tx.execute(
        "INSERT INTO payment_orders (id, user_id, pack_id, asset, units, lasts_days, amount_minor, currency,"
        " keeps_card, state, created_us, changed_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?)",
        (
            *(order_id, user_id, pack.id, pack.asset.value, pack.units, pack.lasts_days),
            *(pack.price_minor, pack.currency, "asked" if keeps_card else "no"),
            *(to_microseconds(tx.now), to_microseconds(tx.now)),
        ),
    )
    return by_id(tx, order_id)


def repeat(tx: Tx, order: Order, order_id: str, intent_id: str) -> Order:
    """A second payment of one order is an order of its own, on the same terms."""
    tx.execute(
        "INSERT INTO payment_orders (id, user_id, pack_id, asset, units, lasts_days, amount_minor, currency,"
        " state, intent_id, repeats, created_us, changed_us)"
        " SELECT ?, user_id, pack_id, asset, units, lasts_days, amount_minor, currency, 'pending', ?, id,"
        " ?, ? FROM payment_orders WHERE id = ?",
        (order_id, intent_id, to_microseconds(tx.now), to_microseconds(tx.now), order.id),
    )
    return by_id(tx, order_id)


def by_id(tx: Tx, order_id: str) -> Order:
    """The order of this id.

    Raises:
        OrderNotFound: There is none.
    """
    return _found(tx.one(f"{SELECT} WHERE id = ?", (order_id,)), order_id)


def known(tx: Tx, order_id: str) -> Order | None:
    """The order of this id, or None."""
    row = tx.one(f"{SELECT} WHERE id = ?", (order_id,))
    return None if row is None else order_from(row)


def of_session(tx: Tx, session_id: str) -> Order | None:
    """The order that is paid in this session."""
    row = tx.one(f"{SELECT} WHERE session_id = ?", (session_id,))
    return None if row is None else order_from(row)


def of_intent(tx: Tx, intent_id: str) -> Order | None:
    """The order that was paid by this payment."""
    row = tx.one(f"{SELECT} WHERE intent_id = ?", (intent_id,))
    return None if row is None else order_from(row)


def own(tx: Tx, user_id: str, session_id: str) -> Order:
    """The order of this user that is paid in this session.

    Raises:
        OrderNotFound: There is none, or it is somebody else's.
    """
    return _found(tx.one(f"{SELECT} WHERE session_id = ? AND user_id = ?", (session_id, user_id)), session_id)


def under_way(tx: Tx, user_id: str, pack_id: str) -> Order | None:
    """The order for this pack that this user has begun to pay on a page and not ended."""
    row = tx.one(
        f"{SELECT} WHERE user_id = ? AND pack_id = ? AND way = 'page' AND state IN ('new', 'open')",
        (user_id, pack_id),
    )
    return None if row is None else order_from(row)


def listed(tx: Tx, user_id: str, *, limit: int) -> list[Order]:
    """The latest orders of a user, newest first; without those that nobody was ever asked to pay."""
    rows = tx.execute(
        f"{SELECT} WHERE user_id = ? AND coalesce(failure, '') <> 'not_needed'"
        " ORDER BY created_us DESC, id DESC LIMIT ?",
        (user_id, limit),
    )
    return [order_from(row) for row in rows]


def to_look_at(tx: Tx, *, younger_than: timedelta, limit: int) -> list[Order]:
    """Orders that are not over, oldest first."""
    rows = tx.execute(
        f"{SELECT} WHERE state IN ('new', 'open', 'pending') AND created_us > ? ORDER BY created_us LIMIT ?",
        (to_microseconds(tx.now - younger_than), limit),
    )
    return [order_from(row) for row in rows]


def opened(tx: Tx, order_id: str, session_id: str, url: str | None) -> Order:
    """Keep the session an order is paid in; an order that has one keeps it."""
    tx.execute(
        "UPDATE payment_orders SET session_id = ?, session_url = ?, changed_us = ?,"
        " state = CASE WHEN state = 'new' THEN 'open' ELSE state END WHERE id = ? AND session_id IS NULL",
        (session_id, url, to_microseconds(tx.now), order_id),
    )
    return by_id(tx, order_id)


def save(tx: Tx, seen: Order, new: Order) -> bool:
    """Keep what an order has become if nobody changed it since it was seen; whether that was so.

    A receipt shows who paid, so none is kept for somebody who left.
    """
    tx.execute(
        "UPDATE payment_orders SET state = ?, intent_id = ?, receipt_url = CASE WHEN EXISTS"
        " (SELECT 1 FROM departures d WHERE d.user_id = payment_orders.user_id) THEN NULL"
        " ELSE CAST(? AS text) END, reversed_minor = ?,"
        " disputed = ?, keeps_card = ?, failure = ?, version = version + 1, changed_us = ?"
        " WHERE id = ? AND version = ?",
        (
            *(new.state, new.intent_id, new.receipt_url, new.reversed_minor, int(new.disputed)),
            *(new.keeps_card, new.failure, to_microseconds(tx.now), seen.id, seen.version),
        ),
    )
    return tx.changes() == 1


def _found(row: Row | None, wanted: str) -> Order:
    if row is None:
        raise OrderNotFound(wanted)
    return order_from(row)


def order_from(row: Row) -> Order:
    """An order as its row says."""
    names = [name.strip() for name in COLUMNS.split(",")]
    said = dict(zip(names, row, strict=True))
    created_at = from_microseconds(said.pop("created_us"))
    said |= {"asset": Asset(said["asset"]), "disputed": bool(said["disputed"])}
    return Order(**said, created_at=created_at)
