"""Numbers of results, as tools and displays write them."""

import pytest

from studio_magics.contracts.quantities import number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1_499_999.0, "1,499,999"),
        (1_234_567, "1,234,567"),
        (-1e9, "-1,000,000,000"),
        (749_999.5, "749,999.5"),
        (1_234_567.891, "1,234,567.89"),
        (99_999.999, "100,000"),
        (9_999.123_45, "9,999.12"),
        (19.81, "19.81"),
        (1 / 3, "0.333333"),
        (0.000_012_3, "1.23e-05"),
        (1e15, "1e+15"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_whole_numbers_are_told_exactly_and_others_without_powers_of_ten(value: float, text: str) -> None:
    assert number_text(value) == text
