"""What a run will cost: least, typical and most, with its limits.

Pure. A forecast and the measured runs of the past come in as values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studio_server.pricing.burn import Burn, CeilingBelowMinimum, Parts, Usage, burnt_credits, charge, parts
from studio_server.pricing.limits import Limits, for_forecast, within_ceiling

MEASURED_RUNS_NEEDED = 3
"""Below this many measured runs the tool's own forecast stands uncorrected."""


class Sample(NamedTuple):
    """One past run: what was forecast and what was measured."""

    forecast_cpu_ms: int
    forecast_wall_ms: int
    forecast_peak_bytes: int
    measured_cpu_ms: int
    measured_wall_ms: int
    measured_peak_bytes: int


@dataclass(frozen=True)
class Priced:
    """The numbers of an estimate."""

    minimum: int
    typical: int
    maximum: int
    typical_parts: Parts
    expected: Usage
    limits: Limits
    measured_runs: int


class ForecastAboveLimits(ValueError):
    """The input needs more than a metered run may use."""

    def __init__(self, what: str, needed: int, allowed: int) -> None:
        super().__init__(f"the input needs {needed} of {what}, a run may use {allowed}")
        self.what = what
        self.needed = needed
        self.allowed = allowed


def price(
    burn: Burn,
    tool: Limits,
    tool_maximum: int,
    forecast: Usage,
    *,
    past: Sequence[Sample] = (),
    max_credits: int | None = None,
) -> Priced:
    """Price a run of this forecast; `max_credits` lowers the ceiling and the limits with it.

    Raises:
        ForecastAboveLimits: The input does not fit into a metered run.
        CeilingBelowMinimum: `max_credits` does not pay for the cheapest run.
    """
    expected = corrected(forecast, past)
    _fits(expected, tool)
    ceiling = tool_maximum if max_credits is None else min(max_credits, tool_maximum)
    limits = within_ceiling(burn, for_forecast(tool, expected), ceiling)
    most = max(burn.minimum_credits, burnt_credits(burn, limits.usage))
    return Priced(
        minimum=burn.minimum_credits,
        typical=charge(burn, expected, ceiling=most),
        maximum=most,
        typical_parts=parts(burn, expected),
        expected=expected,
        limits=limits,
        measured_runs=len(past),
    )


def corrected(forecast: Usage, past: Sequence[Sample]) -> Usage:
    """The forecast, scaled by the median of measured over forecast where enough runs were measured."""
    if len(past) < MEASURED_RUNS_NEEDED:
        return forecast
    cpu, wall, peak, measured_cpu, measured_wall, measured_peak = zip(*past, strict=True)
    return Usage(
        cpu_ms=_scaled(forecast.cpu_ms, cpu, measured_cpu),
        wall_ms=_scaled(forecast.wall_ms, wall, measured_wall),
        peak_bytes=_scaled(forecast.peak_bytes, peak, measured_peak),
    )


def _scaled(value: int, forecast: Sequence[int], measured: Sequence[int]) -> int:
    """`value` times the median ratio, rounded down; rounding keeps the order, so it may come before it."""
    scaled = sorted(value * now // then for then, now in zip(forecast, measured, strict=True) if then > 0)
    return scaled[len(scaled) // 2] if scaled else value


def _fits(expected: Usage, tool: Limits) -> None:
    for what, needed, allowed in (
        ("cpu_ms", expected.cpu_ms, tool.cpu_ms),
        ("wall_ms", expected.wall_ms, tool.wall_ms),
        ("memory_bytes", expected.peak_bytes, tool.memory_bytes),
    ):
        if needed > allowed:
            raise ForecastAboveLimits(what, needed, allowed)


__all__ = [
    "CeilingBelowMinimum",
    "ForecastAboveLimits",
    "Priced",
    "Sample",
    "corrected",
    "price",
]
