"""The rows of saved cards: one per person, kept because they asked. Decides nothing, holds no number.

A card that goes, because its owner removes it, takes another, or leaves, is blank at once and stays only
until it was taken off at the provider.
"""

from dataclasses import dataclass
from datetime import datetime

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Row, Tx

BLANK = "UPDATE saved_cards SET state = 'leaving', brand = '', last4 = '', exp_month = 0, exp_year = 0"


@dataclass(frozen=True)
class CardFacts:
    """A card as the provider shows it now; `customer_id` None: it is nobody's any more."""

    method_id: str
    customer_id: str | None
    brand: str
    last4: str
    exp_month: int
    exp_year: int


@dataclass(frozen=True)
class SavedCard:
    """The card of one person."""

    method_id: str
    user_id: str
    customer_id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    saved_at: datetime


SELECT = (
    "SELECT method_id, user_id, customer_id, brand, last4, exp_month, exp_year, saved_us FROM saved_cards"
    " WHERE state = 'kept'"
)


def of(tx: Tx, user_id: str) -> SavedCard | None:
    """The card of this user, or None."""
    row = tx.one(f"{SELECT} AND user_id = ?", (user_id,))
    return None if row is None else _card(row)


def by_method(tx: Tx, method_id: str) -> SavedCard | None:
    """The saved card that the provider calls so, or None."""
    row = tx.one(f"{SELECT} AND method_id = ?", (method_id,))
    return None if row is None else _card(row)


def has_left(tx: Tx, user_id: str) -> bool:
    """Whether this user has erased their account."""
    return tx.one("SELECT 1 FROM departures WHERE user_id = ?", (user_id,)) is not None


def keep(tx: Tx, user_id: str, card: CardFacts) -> bool:
    """Keep this card as the one of its owner, the former one goes; whether anything changed.

    Nothing is kept of somebody who left, nor a card that is nobody's at the provider.
    """
    if card.customer_id is None or has_left(tx, user_id):
        return False
    tx.execute(f"{BLANK} WHERE user_id = ? AND state = 'kept' AND method_id <> ?", (user_id, card.method_id))
    tx.execute(
        "INSERT INTO saved_cards (method_id, user_id, customer_id, state, brand, last4, exp_month, exp_year,"
        " saved_us) VALUES (?, ?, ?, 'kept', ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            *(card.method_id, user_id, card.customer_id, card.brand[:32], card.last4[:4]),
            *(card.exp_month, card.exp_year, to_microseconds(tx.now)),
        ),
    )
    return tx.changes() == 1


def renew(tx: Tx, card: CardFacts) -> bool:
    """Show what the provider shows of a card now, such as a new expiry; whether anything changed."""
    shown = (card.brand[:32], card.last4[:4], card.exp_month, card.exp_year)
    tx.execute(
        "UPDATE saved_cards SET brand = ?, last4 = ?, exp_month = ?, exp_year = ?"
        " WHERE method_id = ? AND state = 'kept' AND (brand, last4, exp_month, exp_year) <> (?, ?, ?, ?)",
        (*shown, card.method_id, *shown),
    )
    return tx.changes() == 1


def drop(tx: Tx, user_id: str) -> bool:
    """No longer use the card of this user; whether there was one. It is still to be taken off."""
    tx.execute(f"{BLANK} WHERE user_id = ? AND state = 'kept'", (user_id,))
    return tx.changes() == 1


def to_take_off(tx: Tx, *, limit: int) -> list[str]:
    """What cards that go are called at the provider."""
    rows = tx.execute(
        "SELECT method_id FROM saved_cards WHERE state = 'leaving' ORDER BY saved_us, method_id LIMIT ?",
        (limit,),
    )
    return [row[0] for row in rows]


def taken_off(tx: Tx, method_id: str) -> None:
    """The provider has let this card go: nothing of it is left here."""
    tx.execute("DELETE FROM saved_cards WHERE method_id = ? AND state = 'leaving'", (method_id,))


def _card(row: Row) -> SavedCard:
    return SavedCard(*row[:7], saved_at=from_microseconds(row[7]))
