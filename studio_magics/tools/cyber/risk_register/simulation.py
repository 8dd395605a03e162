"""Years of losses: PERT frequency, Poisson counts, lognormal losses; the same seed gives the same years.

Years with and without planned controls are drawn from the same random numbers: their difference is no noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.cyber.risk_register.register import LOGNORMAL_FACTOR, Frequency, Loss, Register, Risk

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Years = NDArray[np.float64]

MAX_EVENTS = 20_000_000
"""Loss events drawn in one run, all risks and years together."""
PERT_WEIGHT = 4


@dataclass(frozen=True)
class Reduction:
    """Shares of events and of each loss that planned controls take away together."""

    frequency: float
    loss: float


@dataclass(frozen=True)
class RiskYears:
    """Losses of one risk in every simulated year, as things are and with all planned controls."""

    risk: Risk
    now: Years
    treated: Years


@dataclass(frozen=True)
class Simulation:
    """All years of all risks that have ranges."""

    risks: tuple[RiskYears, ...]
    now: Years
    treated: Years
    iterations: int


def expected_loss(risk: Risk) -> float:
    """The exact expectation of a year: mean frequency times mean loss of an event; 0 without ranges."""
    if risk.frequency is None or risk.loss is None:
        return 0.0
    return risk.frequency.mean * mean_loss(risk.loss)


def mean_loss(loss: Loss) -> float:
    """The mean of the lognormal distribution with these 5th and 95th percentiles."""
    mu, sigma = lognormal(loss)
    return math.exp(mu + sigma * sigma / 2)


def lognormal(loss: Loss) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm."""
    low, high = math.log(loss.low), math.log(loss.high)
    return (low + high) / 2, (high - low) / LOGNORMAL_FACTOR


def reductions(register: Register) -> dict[str, Reduction]:
    """By identifier of the risk: controls act one after the other, so shares that remain multiply."""
    left: dict[str, tuple[float, float]] = {}
    by_title = register.by_title()
    for control in register.controls:
        for effect in control.effects:
            name = by_title.get(effect.risk, effect.risk)
            events, losses = left.get(name, (1.0, 1.0))
            left[name] = (events * (1 - effect.frequency), losses * (1 - effect.loss))
    return {name: Reduction(1 - events, 1 - losses) for name, (events, losses) in left.items()}


def simulate(
    register: Register, *, iterations: int, seed: int, progress: Callable[[float], None]
) -> Simulation:
    """Draw so many years of every risk that has ranges.

    Raises:
        InputRejected: More events would be drawn than fit a run.
    """
    import numpy as np

    rated = [risk for risk in register.risks if risk.frequency is not None and risk.loss is not None]
    refuse_too_many(rated, iterations)
    taken = reductions(register)
    found: list[RiskYears] = []
    for number, risk in enumerate(rated):
        generator = np.random.Generator(np.random.PCG64([seed, number]))
        reduction = taken.get(register.named(risk), Reduction(0.0, 0.0))
        found.append(_years(risk, reduction, iterations, generator))
        progress((number + 1) / len(rated))
    nothing = np.zeros(iterations)
    return Simulation(
        risks=tuple(found),
        now=sum((one.now for one in found), nothing),
        treated=sum((one.treated for one in found), nothing),
        iterations=iterations,
    )


def refuse_too_many(risks: list[Risk], iterations: int) -> None:
    """Refuse years that draw more events than fit.

    Raises:
        InputRejected: Names how many years would fit.
    """
    a_year = sum(risk.frequency.mean for risk in risks if risk.frequency is not None)
    if a_year * iterations > MAX_EVENTS:
        fits = max(int(MAX_EVENTS / a_year) // 1000 * 1000, 1000)
        raise InputRejected(
            "iterations",
            found=f"{iterations:,} years of {a_year:,.0f} events",
            allowed=f"{MAX_EVENTS:,} events in all",
            action=f"iterations: {fits}; or group small frequent events into one risk a month",
        )


def _years(risk: Risk, reduction: Reduction, iterations: int, generator: np.random.Generator) -> RiskYears:
    import numpy as np

    if risk.frequency is None or risk.loss is None:
        nothing = np.zeros(iterations)
        return RiskYears(risk, nothing, nothing)
    counts = generator.poisson(_pert(risk.frequency, iterations, generator))
    year = np.repeat(np.arange(iterations), counts)
    mu, sigma = lognormal(risk.loss)
    losses = np.exp(mu + sigma * generator.standard_normal(len(year)))
    now = _summed(year, losses, iterations)
    if not (reduction.frequency or reduction.loss):
        return RiskYears(risk, now, now)
    happens = generator.random(len(year)) >= reduction.frequency
    left = np.where(happens, losses * (1 - reduction.loss), 0.0)
    return RiskYears(risk, now, _summed(year, left, iterations))


def _summed(year: NDArray[np.int64], losses: Years, iterations: int) -> Years:
    import numpy as np

    return np.bincount(year, weights=losses, minlength=iterations).astype(np.float64)


def _pert(frequency: Frequency, iterations: int, generator: np.random.Generator) -> Years:
    """Frequencies of the years: a beta distribution stretched from low to high with its mode at likely."""
    import numpy as np

    span = frequency.high - frequency.low
    if span <= 0:
        return np.full(iterations, frequency.low)
    first = 1 + PERT_WEIGHT * (frequency.likely - frequency.low) / span
    second = 1 + PERT_WEIGHT * (frequency.high - frequency.likely) / span
    return frequency.low + span * generator.beta(first, second, iterations)
