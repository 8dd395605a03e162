"""Figures of a register: percentiles and tail, ranks in words, what each control is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.cyber.risk_register.simulation import expected_loss, mean_loss, reductions

if TYPE_CHECKING:
    from studio_magics.contracts.results import Severity
    from studio_magics.tools.cyber.risk_register.register import Register, Risk, RiskControl
    from studio_magics.tools.cyber.risk_register.simulation import Simulation, Years

TAIL = 0.05
"""The share of years that are called bad."""
DEFAULT_IMPACT_SCALE = (10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0)
APPETITE_SHARES = (0.01, 0.1, 0.5, 1.0)
BANDS: tuple[tuple[int, Severity], ...] = ((20, "critical"), (12, "high"), (6, "medium"), (1, "low"))


@dataclass(frozen=True)
class Spread:
    """How losses of a year lie, in the currency of the register."""

    mean: float
    error: float
    """Standard error of the mean: what another seed would change."""
    median: float
    p90: float
    p95: float
    p99: float
    tail_mean: float
    """The mean of the worst 5 % of years."""
    over_appetite: float | None
    """Share of years above the appetite."""


@dataclass(frozen=True)
class Rated:
    """One risk with everything that is known of it."""

    id: str
    risk: Risk
    likelihood: int
    impact: int
    expected: float | None
    """Exact expectation of a year; None without ranges."""
    expected_treated: float | None
    p95: float | None
    share: float
    """Of the expected loss of all."""
    tail_share: float
    """Of the losses in bad years."""
    from_numbers: tuple[int, int] | None
    """Ranks that follow from the ranges."""

    @property
    def level(self) -> int:
        """Likelihood times impact, 1 to 25."""
        return self.likelihood * self.impact

    @property
    def severity(self) -> Severity:
        """The band of the level."""
        return next(name for least, name in BANDS if self.level >= least)


@dataclass(frozen=True)
class Worth:
    """What one control saves a year when it is the only one."""

    control: RiskControl
    saved: float
    risks: tuple[str, ...]

    @property
    def net(self) -> float:
        """Saved less its cost."""
        return self.saved - self.control.cost_per_year

    @property
    def return_percent(self) -> float | None:
        """Net per cost in per cent; None when it costs nothing."""
        return 100 * self.net / self.control.cost_per_year if self.control.cost_per_year else None


def spread(years: Years, appetite: float | None) -> Spread:
    """The figures of these years."""
    import numpy as np

    p50, p90, p95, p99 = (float(one) for one in np.percentile(years, [50, 90, 95, 99]))
    worst = np.sort(years)[-max(math.ceil(len(years) * TAIL), 1) :]
    return Spread(
        mean=float(years.mean()),
        error=float(years.std(ddof=1) / math.sqrt(len(years))),
        median=p50,
        p90=p90,
        p95=p95,
        p99=p99,
        tail_mean=float(worst.mean()),
        over_appetite=None if appetite is None else float((years > appetite).mean()),
    )


def exceedance(years: Years, points: int = 80) -> list[tuple[float, float]]:
    """Loss → share of years that lose more, from frequent to rare; years without loss are left out."""
    import numpy as np

    least = 5 / len(years)
    common = np.linspace(0.99, 0.1, points // 2, endpoint=False)
    rare = np.exp(np.linspace(math.log(0.1), math.log(least), points - points // 2))
    shares = np.concatenate([common, rare])
    losses = np.quantile(years, 1 - shares)
    return [(float(loss), float(share)) for loss, share in zip(losses, shares, strict=True) if loss > 0]


def rate(register: Register, simulation: Simulation) -> list[Rated]:
    """All risks, the largest expected loss first, those in words after them by level."""
    import numpy as np

    whole = sum(expected_loss(risk) for risk in register.risks)
    order = np.argsort(simulation.now, kind="stable")[-max(math.ceil(simulation.iterations * TAIL), 1) :]
    tail = float(simulation.now[order].sum())
    years = {register.named(one.risk): one for one in simulation.risks}
    taken = reductions(register)
    found: list[Rated] = []
    for risk in register.risks:
        name = register.named(risk)
        own, expected, reduction = years.get(name), expected_loss(risk), taken.get(name)
        left = 1.0 if reduction is None else (1 - reduction.frequency) * (1 - reduction.loss)
        ranks = ranks_of(register, risk)
        found.append(
            Rated(
                id=name,
                risk=risk,
                likelihood=risk.likelihood or (ranks[0] if ranks else 1),
                impact=risk.impact or (ranks[1] if ranks else 1),
                expected=None if own is None else expected,
                expected_treated=None if own is None else expected * left,
                p95=None if own is None else float(np.percentile(own.now, 95)),
                share=expected / whole if whole else 0.0,
                tail_share=float(own.now[order].sum()) / tail if own is not None and tail else 0.0,
                from_numbers=ranks,
            )
        )
    return sorted(found, key=lambda one: (-(one.expected or 0.0), -one.level, one.id))


def impact_scale(register: Register) -> tuple[float, float, float, float]:
    """The given scale, one from the appetite, or powers of ten."""
    if register.impact_scale is not None:
        return register.impact_scale
    if register.appetite is not None:
        first, second, third, fourth = (share * register.appetite.loss for share in APPETITE_SHARES)
        return first, second, third, fourth
    return DEFAULT_IMPACT_SCALE


def ranks_of(register: Register, risk: Risk) -> tuple[int, int] | None:
    """Likelihood and impact that follow from the ranges: mean events a year, mean loss of one."""
    if risk.frequency is None or risk.loss is None:
        return None
    events, loss = risk.frequency.mean, mean_loss(risk.loss)
    likelihood = 1 + sum(1 for bound in register.likelihood_scale if events >= bound)
    return likelihood, 1 + sum(1 for bound in impact_scale(register) if loss >= bound)


def worths(register: Register) -> list[Worth]:
    """All controls by what they save net, each as if it were the only one."""
    expected = {register.named(risk): expected_loss(risk) for risk in register.risks}
    by_title = register.by_title()
    found: list[Worth] = []
    for control in register.controls:
        names = tuple(by_title.get(effect.risk, effect.risk) for effect in control.effects)
        left = dict.fromkeys(names, 1.0)
        for name, effect in zip(names, control.effects, strict=True):
            left[name] *= (1 - effect.frequency) * (1 - effect.loss)
        saved = sum(expected[name] * (1 - share) for name, share in left.items())
        found.append(Worth(control, saved, tuple(left)))
    return sorted(found, key=lambda one: (-one.net, one.control.name))
