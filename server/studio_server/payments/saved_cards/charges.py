"""The rows of orders that are paid with a saved card: at most one of a person is under way."""

from datetime import datetime, timedelta

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.payments.orders import SELECT, Order, Way, by_id, order_from
from studio_server.payments.packs import Pack
from studio_server.payments.saved_cards.cards import SavedCard
from studio_server.storage.tx import Tx

UNDER_WAY = "way <> 'page' AND state IN ('new', 'open', 'pending')"


def add(tx: Tx, order_id: str, pack: Pack, card: SavedCard, way: Way) -> Order | None:
    """Keep a new attempt to charge a card; None when another one of its owner is under way."""
    now = to_microseconds(tx.now)
    tx.execute(
        "INSERT INTO payment_orders (id, user_id, pack_id, asset, units, lasts_days, amount_minor, currency,"
        " way, customer_id, method_id, state, created_us, changed_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?) ON CONFLICT DO NOTHING",
        (
            *(order_id, card.user_id, pack.id, pack.asset.value, pack.units, pack.lasts_days),
            *(pack.price_minor, pack.currency, way, card.customer_id, card.method_id, now, now),
        ),
    )
    return by_id(tx, order_id) if tx.changes() == 1 else None


def under_way(tx: Tx, user_id: str) -> Order | None:
    """The charge of this user that is not over."""
    row = tx.one(f"{SELECT} WHERE user_id = ? AND {UNDER_WAY}", (user_id,))
    return None if row is None else order_from(row)


def all_under_way(tx: Tx, *, limit: int) -> list[Order]:
    """Charges that are not over, the oldest first."""
    rows = tx.execute(f"{SELECT} WHERE {UNDER_WAY} ORDER BY created_us, id LIMIT ?", (limit,))
    return [order_from(row) for row in rows]


def ask(tx: Tx, order_id: str) -> None:
    """The provider is asked now: from here on it has to be asked first what became of this order."""
    tx.execute(
        "UPDATE payment_orders SET version = version + 1, changed_us = ? WHERE id = ? AND state = 'new'",
        (to_microseconds(tx.now), order_id),
    )


def end(tx: Tx, order_id: str, state: str, failure: str) -> bool:
    """End an order that nobody was asked about, or that was refused; whether it was not over yet."""
    tx.execute(
        "UPDATE payment_orders SET state = ?, failure = ?, version = version + 1, changed_us = ?"
        " WHERE id = ? AND state = 'new' AND intent_id IS NULL",
        (state, failure, to_microseconds(tx.now), order_id),
    )
    return tx.changes() == 1


def latest_recharge(tx: Tx, user_id: str) -> datetime | None:
    """When this user's card was last to be charged by itself."""
    row = tx.one(
        "SELECT max(created_us) FROM payment_orders WHERE user_id = ? AND way = 'recharge'", (user_id,)
    )
    return None if row is None or row[0] is None else from_microseconds(row[0])


def recharged_since(tx: Tx, user_id: str, currency: str, since: datetime) -> int:
    """Pence or cents that were or may still be charged by themselves since then."""
    row = tx.one(
        "SELECT CAST(coalesce(sum(amount_minor), 0) AS bigint) FROM payment_orders WHERE user_id = ?"
        " AND way = 'recharge' AND currency = ? AND created_us >= ? AND state NOT IN ('failed', 'expired')",
        (user_id, currency, to_microseconds(since)),
    )
    return int(row[0]) if row else 0


def is_disputed(tx: Tx, user_id: str, *, within: timedelta) -> bool:
    """Whether a payment of this user made lately, of a pack or a plan, is disputed, or was and was lost."""
    since = to_microseconds(tx.now - within)
    row = tx.one(
        "SELECT 1 FROM payment_orders WHERE user_id = ? AND disputed = 1 AND created_us > ?"
        " UNION ALL SELECT 1 FROM plan_invoices WHERE user_id = ? AND disputed = 1 AND created_us > ?"
        " LIMIT 1",
        (user_id, since, user_id, since),
    )
    return row is not None
