"""What a run may use can never cost more than its quote, and what it did use is told by the kernel."""

import random

import pytest
from studio_server.pricing.burn import Burn, Usage, burnt_credits
from studio_server.pricing.estimate import ForecastAboveLimits, price
from studio_server.pricing.limits import Limits
from studio_server.runs.offers import wire_limits

from studio_magics.contracts.catalogue import RunLimits

MEGABYTE = 1 << 20
SEED = 20_261_126
CASES = 2_000
BURN = Burn(base_credits=2, cpu_ms_per_credit=2_000, byte_ms_per_credit=4 * 10**12, minimum_credits=3)


def draw(random_):
    tool = Limits(
        cpu_ms=random_.randint(1_000, 60_000),
        wall_ms=random_.randint(1_000, 120_000),
        memory_bytes=random_.randint(64, 1_024) * MEGABYTE,
        output_bytes=MEGABYTE,
    )
    forecast = Usage(
        random_.randint(0, tool.cpu_ms),
        random_.randint(0, tool.wall_ms),
        random_.randint(0, tool.memory_bytes),
    )
    return tool, forecast, random_.randint(3, 60)


def test_the_burn_at_the_limits_of_a_run_never_passes_the_ceiling_of_its_quote():
    print(f"seed {SEED}")
    random_ = random.Random(SEED)  # noqa: S311  - cases, not secrets
    for _ in range(CASES):
        tool, forecast, most = draw(random_)
        maximum = max(BURN.minimum_credits, burnt_credits(BURN, tool.usage))
        try:
            priced = price(BURN, tool, maximum, forecast, max_credits=most)
        except ForecastAboveLimits:
            continue
        limits = wire_limits(priced.limits)
        at_the_limits = Usage(limits.cpu_ms, limits.wall_ms, limits.memory_bytes)
        assert burnt_credits(BURN, at_the_limits) <= max(priced.maximum, BURN.minimum_credits) <= most


@pytest.mark.measures_time
@pytest.mark.parametrize(("limit", "inputs"), [("limit_cpu", {"cpu_ms": 9_000}), ("limit_memory", {})])
def test_a_run_is_stopped_before_it_burns_more_than_a_sample_above_its_limits(bench, limit, inputs):
    limits = RunLimits(cpu_ms=500, wall_ms=20_000, memory_bytes=96 * MEGABYTE, output_bytes=MEGABYTE)
    if limit == "limit_cpu":
        outcome = bench.run("BURN", limits=limits, **inputs)
    else:
        limits = limits.model_copy(update={"cpu_ms": 20_000})
        outcome = bench.run("HOLD", limits=limits, megabytes=300, seconds=600)
    assert outcome.kind == limit
    if limit == "limit_cpu":
        assert outcome.measured.cpu_ms < 500 + 1_000
    else:
        assert outcome.measured.peak_bytes < 2 * 96 * MEGABYTE
