"""The numbers of the price model as written, and the last value before and the first after each bound."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from studio_server.pricing import quote
from studio_server.pricing.burn import GIGABYTE, MILLISECONDS, Burn, PriceImpossible, Usage, burnt_credits
from studio_server.pricing.estimate import ForecastAboveLimits, Sample, corrected, price
from studio_server.pricing.limits import Limits, for_forecast, within_ceiling

BURN = Burn(2, 2_000, 4 * 10**9 * 1_000, 3)
TOOL = Limits(30_000, 60_000, 512_000_000, 1_000_000)
SECRET = b"s" * 32
NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_a_gigabyte_has_a_thousand_million_bytes_and_a_second_a_thousand_milliseconds() -> None:
    assert (GIGABYTE, MILLISECONDS) == (1_000_000_000, 1_000)


@pytest.mark.parametrize("base", [0, 1])
def test_a_price_may_have_no_base_but_never_a_negative_one(base: int) -> None:
    assert burnt_credits(Burn(base, 1, 1, 1), Usage(0, 0, 0)) == base
    with pytest.raises(PriceImpossible):
        Burn(-1 - base, 1, 1, 1)


@pytest.mark.parametrize("which", ["cpu_ms", "wall_ms", "memory_bytes"])
def test_an_input_that_needs_exactly_the_limit_fits_and_one_more_does_not(which: str) -> None:
    needs = {"cpu_ms": 30_000, "wall_ms": 60_000, "memory_bytes": 512_000_000}

    def forecast(extra: int) -> Usage:
        cpu, wall, peak = (needs[name] + extra if name == which else 1 for name in needs)
        return Usage(cpu, wall, peak)

    assert price(BURN, TOOL, 25, forecast(0)).expected == forecast(0)
    with pytest.raises(ForecastAboveLimits) as refused:
        price(BURN, TOOL, 25, forecast(1))
    assert refused.value.what == which


def test_a_run_may_use_four_times_its_forecast() -> None:
    limits = for_forecast(TOOL, Usage(2_000, 5_000, 1))
    assert (limits.cpu_ms, limits.wall_ms) == (8_000, 20_000)


def test_the_smallest_run_gets_four_seconds_of_work_and_fifteen_of_time() -> None:
    limits = for_forecast(TOOL, Usage(1, 1, 1))
    assert (limits.cpu_ms, limits.wall_ms) == (4_000, 15_000)


def test_a_lower_ceiling_leaves_as_much_time_as_it_pays_for() -> None:
    lowered = within_ceiling(BURN, Limits(20_000, 0, 0, 1), 7)
    assert lowered.cpu_ms == 10_000
    assert burnt_credits(BURN, lowered.usage) == 7


def test_a_past_forecast_of_one_millisecond_counts_and_one_of_none_does_not() -> None:
    past = [Sample(1, 1, 1, 3, 1, 1), Sample(1, 1, 1, 3, 1, 1), Sample(0, 1, 1, 99, 1, 1)]
    assert corrected(Usage(10, 1, 1), past).cpu_ms == 30


def test_an_offer_holds_for_ten_minutes() -> None:
    assert timedelta(minutes=10) == quote.LIFETIME


def test_the_text_of_a_quote_does_not_depend_on_the_order_of_its_fields() -> None:
    offer = quote.Quote("user_1", "t", "1", "p", "d", 3, 3, 6, 0, Limits(1, 2, 3, 4), NOW)
    fields = json.loads(base64.urlsafe_b64decode(quote.sign(offer, SECRET).split(".")[0]))
    assert list(fields) == sorted(fields)


@pytest.mark.parametrize("body", [b"@", base64.urlsafe_b64encode(b"no json")])
def test_a_signed_text_that_is_no_quote_is_refused_as_unreadable(body: bytes) -> None:
    signature = quote._signature(body, SECRET)
    with pytest.raises(quote.QuoteRefused, match="cannot be read"):
        quote.read(f"{body.decode()}.{signature}", SECRET, now=NOW)
