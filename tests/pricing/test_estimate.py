from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studio_server.pricing.burn import GIGABYTE, Burn, CeilingBelowMinimum, Usage
from studio_server.pricing.estimate import ForecastAboveLimits, Sample, corrected, price
from studio_server.pricing.limits import Limits

BURN = Burn(2, 2_000, 4 * GIGABYTE * 1_000, 3)
TOOL = Limits(30_000, 60_000, 512_000_000, 1_000_000)
SMALL = Usage(1_200, 1_500, 200_000_000)


def test_a_small_input_costs_the_minimum_typically_and_its_own_limits_at_most() -> None:
    priced = price(BURN, TOOL, 25, SMALL)
    assert (priced.minimum, priced.typical, priced.maximum) == (3, 3, 7)


def test_a_lower_ceiling_lowers_the_limits_so_that_it_cannot_be_passed() -> None:
    priced = price(BURN, TOOL, 25, SMALL, max_credits=4)
    assert priced.maximum == 4
    assert priced.limits.cpu_ms < 4_800


def test_a_ceiling_higher_than_the_run_can_reach_changes_nothing() -> None:
    assert price(BURN, TOOL, 25, SMALL, max_credits=1_000) == price(BURN, TOOL, 25, SMALL)


def test_a_ceiling_below_the_minimum_is_refused() -> None:
    with pytest.raises(CeilingBelowMinimum):
        price(BURN, TOOL, 25, SMALL, max_credits=2)


def test_an_input_above_the_tools_limits_is_refused_with_both_figures() -> None:
    with pytest.raises(ForecastAboveLimits) as refused:
        price(BURN, TOOL, 25, Usage(31_000, 1_000, 1))
    assert (refused.value.what, refused.value.needed, refused.value.allowed) == ("cpu_ms", 31_000, 30_000)


def test_measured_runs_correct_the_forecast_by_their_median() -> None:
    past = [Sample(1_000, 1_000, 100, cpu, 500, 100) for cpu in (3_000, 4_000, 90_000)]
    priced = price(BURN, TOOL, 25, Usage(1_000, 1_000, 10**8), past=past)
    assert (priced.expected.cpu_ms, priced.expected.wall_ms, priced.measured_runs) == (4_000, 500, 3)


def test_one_or_two_measured_runs_do_not_correct_anything() -> None:
    past = [Sample(1_000, 1_000, 100, 9_000, 9_000, 100)] * 2
    assert price(BURN, TOOL, 25, SMALL, past=past).expected == SMALL


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=3), st.integers(0, 10**6))
def test_the_correction_is_the_forecast_times_the_median_of_the_exact_ratios(
    pairs: list[tuple[int, int]], cpu_ms: int
) -> None:
    past = [Sample(forecast, 1, 1, measured, 1, 1) for forecast, measured in pairs]
    ratios = sorted(Fraction(measured, forecast) for forecast, measured in pairs if forecast)
    expected = int(cpu_ms * ratios[len(ratios) // 2]) if ratios else cpu_ms
    assert corrected(Usage(cpu_ms, 1, 1), past) == Usage(expected, 1, 1)
