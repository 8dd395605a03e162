"""Amounts of money as the pictures write them."""

import pytest

from studio_magics.tools.cyber.risk_register.figures import short_money


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (999, "999"),
        (999.9, "1k"),
        (1_234, "1.23k"),
        (999_499, "999k"),
        (999_999, "1M"),
        (-2_500_000, "-2.5M"),
        (999_999_999, "1B"),
    ],
)
def test_an_amount_is_three_digits_and_a_letter_also_just_below_the_next_one(
    amount: float, text: str
) -> None:
    assert short_money(amount) == text
