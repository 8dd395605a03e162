"""The bounds of what a command may carry, checked before anything else."""

from __future__ import annotations

from studio_server.ledger.refusals import AmountOutOfRange, LedgerRefusal, TextMissing
from studio_server.ledger.values import LARGEST_AMOUNT

LONGEST_TEXT = 255


def amount_refusal(
    field: str, amount: object, *, least: int = 1, most: int = LARGEST_AMOUNT
) -> LedgerRefusal | None:
    """A refusal unless `amount` is a whole number from `least` to `most`; True, 1.0 and NaN are not."""
    if type(amount) is int and least <= amount <= most:
        return None
    return AmountOutOfRange(field, amount, least, most)


def text_refusal(**fields: str) -> LedgerRefusal | None:
    """A refusal that names the first field without 1 to 255 characters."""
    for field, text in fields.items():
        if not 1 <= len(text) <= LONGEST_TEXT:
            return TextMissing(field)
    return None


def first_refusal(*refusals: LedgerRefusal | None) -> LedgerRefusal | None:
    """The first that is one, in the order given."""
    for refusal in refusals:
        if refusal is not None:
            return refusal
    return None
