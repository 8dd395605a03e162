import math
import os
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studio_server.pricing.burn import (
    GIGABYTE,
    Burn,
    CeilingBelowMinimum,
    PriceImpossible,
    Usage,
    UsageNegative,
    burnt_credits,
    charge,
    decimal_text,
    parts,
)
from studio_server.pricing.limits import Limits, for_forecast, within_ceiling

BURN = Burn(2, 2_000, 4 * GIGABYTE * 1_000, 3)
settings.register_profile("here", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("here")
amounts = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("cpu_ms", "wall_ms", "peak_bytes", "burnt"),
    [
        (0, 0, 0, 2),
        (1_200, 1_000, 300_000_000, 3),
        (2_000, 0, 0, 3),
        (2_001, 0, 0, 4),
        (0, 4_000, GIGABYTE, 3),
        (0, 4_000, GIGABYTE + 1, 4),
        (4_000, 8_000, 384_000_000, 5),
        (30_000, 60_000, 512_000_000, 25),
    ],
)
def test_the_burn_is_what_a_person_computes_by_hand(
    cpu_ms: int, wall_ms: int, peak_bytes: int, burnt: int
) -> None:
    assert burnt_credits(BURN, Usage(cpu_ms, wall_ms, peak_bytes)) == burnt


def test_parts_that_together_make_a_whole_credit_are_rounded_once() -> None:
    half_and_half = Usage(cpu_ms=1_000, wall_ms=2_000, peak_bytes=GIGABYTE)
    assert burnt_credits(BURN, half_and_half) == 3


@given(amounts, amounts, amounts, st.integers(1, 10**6), st.integers(1, 10**13))
def test_the_burn_is_the_exact_sum_of_the_shown_shares_rounded_up(
    cpu_ms: int, wall_ms: int, peak_bytes: int, cpu_rate: int, memory_rate: int
) -> None:
    burn, usage = Burn(2, cpu_rate, memory_rate, 3), Usage(cpu_ms, wall_ms, peak_bytes)
    assert burnt_credits(burn, usage) == math.ceil(parts(burn, usage).total)


@given(amounts, amounts, amounts, st.integers(3, 10_000))
def test_a_charge_is_a_whole_number_between_the_minimum_and_the_ceiling(
    cpu_ms: int, wall_ms: int, peak_bytes: int, ceiling: int
) -> None:
    charged = charge(BURN, Usage(cpu_ms, wall_ms, peak_bytes), ceiling=ceiling)
    assert isinstance(charged, int)
    assert 3 <= charged <= ceiling


@given(amounts, amounts, amounts, st.integers(1, 10**6))
def test_more_work_never_costs_less(cpu_ms: int, wall_ms: int, peak_bytes: int, more: int) -> None:
    base = burnt_credits(BURN, Usage(cpu_ms, wall_ms, peak_bytes))
    for usage in (
        Usage(cpu_ms + more, wall_ms, peak_bytes),
        Usage(cpu_ms, wall_ms + more, peak_bytes),
        Usage(cpu_ms, wall_ms, peak_bytes + more),
    ):
        assert burnt_credits(BURN, usage) >= base


def test_a_ceiling_below_the_minimum_is_refused_with_both_figures() -> None:
    with pytest.raises(CeilingBelowMinimum) as refused:
        charge(BURN, Usage(0, 0, 0), ceiling=2)
    assert (refused.value.ceiling, refused.value.minimum) == (2, 3)


def test_negative_work_is_refused_because_it_would_mint_credits() -> None:
    with pytest.raises(UsageNegative):
        Usage(-1, 0, 0)


@pytest.mark.parametrize("rates", [(2, 0, 1, 3), (2, 1, 0, 3), (-1, 1, 1, 3), (2, 1, 1, 0)])
def test_a_price_that_divides_by_zero_or_gives_credits_away_is_refused(rates: tuple[int, ...]) -> None:
    with pytest.raises(PriceImpossible):
        Burn(*rates)


def test_shares_are_shown_rounded_up_without_trailing_zeros() -> None:
    shown = [decimal_text(Fraction(n, d)) for n, d in ((2, 1), (3, 5), (1, 3), (0, 1), (1, 1_000))]
    assert shown == ["2", "0.6", "0.34", "0", "0.01"]


@given(st.integers(0, 120_000), st.integers(0, 120_000), st.integers(0, 10**9), st.integers(3, 60))
def test_the_burn_at_the_limits_of_a_run_never_passes_its_ceiling(
    cpu_ms: int, wall_ms: int, memory: int, ceiling: int
) -> None:
    limits = within_ceiling(BURN, Limits(cpu_ms, wall_ms, memory, 1_000_000), ceiling)
    assert burnt_credits(BURN, limits.usage) <= ceiling
    assert limits.cpu_ms <= cpu_ms
    assert limits.wall_ms <= wall_ms


def test_limits_are_ample_for_the_forecast_and_within_the_tools_own() -> None:
    tool = Limits(30_000, 60_000, 512_000_000, 1_000_000)
    small = for_forecast(tool, Usage(300, 400, 10**8))
    large = for_forecast(tool, Usage(20_000, 20_000, 10**8))
    assert (small.cpu_ms, small.wall_ms) == (4_000, 15_000)
    assert (large.cpu_ms, large.wall_ms) == (30_000, 60_000)
