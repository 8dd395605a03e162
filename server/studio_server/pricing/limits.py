"""Resource limits of one run, and how a lower ceiling lowers them.

Pure. The invariant kept here: the burn at a run's limits never passes its ceiling.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from studio_server.pricing.burn import Burn, CeilingBelowMinimum, Usage, burnt_credits, parts

HEADROOM = 4
"""A run may use this many times its forecast before it is stopped."""
FLOOR_CPU_MS = 4_000
FLOOR_WALL_MS = 15_000
"""Even the smallest run gets this much, as far as the tool allows."""


@dataclass(frozen=True)
class Limits:
    """The most a run may use: CPU and wall time in ms, memory and output in bytes."""

    cpu_ms: int
    wall_ms: int
    memory_bytes: int
    output_bytes: int

    @property
    def usage(self) -> Usage:
        """The most work that fits within the limits."""
        return Usage(cpu_ms=self.cpu_ms, wall_ms=self.wall_ms, peak_bytes=self.memory_bytes)


def for_forecast(tool: Limits, forecast: Usage) -> Limits:
    """Limits for an input with this forecast: ample for it, within the tool's own."""
    return replace(
        tool,
        cpu_ms=min(tool.cpu_ms, max(FLOOR_CPU_MS, forecast.cpu_ms * HEADROOM)),
        wall_ms=min(tool.wall_ms, max(FLOOR_WALL_MS, forecast.wall_ms * HEADROOM)),
    )


def within_ceiling(burn: Burn, limits: Limits, ceiling: int) -> Limits:
    """Cut CPU and wall time evenly until the burn at the limits is no more than `ceiling`.

    Raises:
        CeilingBelowMinimum: The ceiling does not pay for the cheapest run.
    """
    if ceiling < burn.minimum_credits:
        raise CeilingBelowMinimum(ceiling, burn.minimum_credits)
    if burnt_credits(burn, limits.usage) <= ceiling:
        return limits
    most = parts(burn, limits.usage)
    share = Fraction(ceiling - burn.base_credits) / (most.total - most.base)
    return replace(limits, cpu_ms=int(limits.cpu_ms * share), wall_ms=int(limits.wall_ms * share))
