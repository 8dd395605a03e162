"""How a number of a result is written: by the tool in its sentences, and by whoever shows its tables."""

EXACT_BELOW = 1e15
"""Whole numbers up to here are told to the last digit."""
DECIMALS_FROM = 1e4
"""From here on two decimals say at least as much as six digits."""


def number_text(value: float) -> str:
    """'1,499,999', '749,999.5', '0.25': whole numbers exactly, others to six digits or two decimals."""
    number = float(value)
    if abs(number) < EXACT_BELOW and number.is_integer():
        return f"{int(number):,}"
    if DECIMALS_FROM <= abs(number) < EXACT_BELOW:
        return f"{number:,.2f}".rstrip("0").removesuffix(".")
    return f"{number:,.6g}"
