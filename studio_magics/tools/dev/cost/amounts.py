"""Exact decimal amounts: read from text, never from a float; rounded once, for people."""

import re
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

NUMBER = re.compile(r"-?\d+(_\d{3})*(\.\d+)?")
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_CENT = Decimal("0.01")


def exact() -> AbstractContextManager[Context]:
    """Arithmetic wide enough that sums and products of this tool are never rounded."""
    return localcontext(_EXACT)


def read_number(text: str) -> Decimal | None:
    """The number this text writes in plain digits, None for anything else (NaN, 1e9, 12:30, words)."""
    return Decimal(text.replace("_", "")) if NUMBER.fullmatch(text) else None


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, half up."""
    return amount.quantize(_CENT, context=_EXACT)


def dollars(amount: Decimal) -> str:
    """'$1,234.50', for people."""
    rounded = cents(amount)
    return f"-${-rounded:,.2f}" if rounded < 0 else f"${rounded:,.2f}"


def signed_dollars(amount: Decimal) -> str:
    """'+$12.00' or '-$3.50': a difference."""
    return dollars(amount) if cents(amount) < 0 else f"+{dollars(amount)}"


def plain(amount: Decimal) -> str:
    """Every digit of the amount and no exponent: '0.096', '70.08'."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """`part` of `whole` in per cent with one decimal; 0 when there is no whole."""
    if whole == 0:
        return Decimal(0)
    return (part * 100 / whole).quantize(Decimal("0.1"), context=_EXACT)
