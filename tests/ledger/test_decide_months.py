"""The running number of a month, which members' caps and renewals are counted by."""

from datetime import UTC, datetime, timedelta

import pytest
from studio_server.ledger.windows import month_number


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), 24_312),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), 24_323),
        (datetime(2027, 1, 1, tzinfo=UTC), 24_324),
        (datetime(2000, 2, 29, tzinfo=UTC), 24_001),
    ],
)
def test_months_are_numbered_without_a_gap_from_year_to_year(at: datetime, number: int) -> None:
    assert month_number(at) == number


def test_a_month_has_the_number_of_its_zone() -> None:
    turn = datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert month_number(turn, "Pacific/Auckland") == month_number(turn) + 1
    assert month_number(turn - timedelta(hours=1), "Pacific/Auckland") == month_number(turn)
