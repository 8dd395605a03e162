"""The burn model: what measured work costs, in exact arithmetic, rounded up once.

Pure. Knows no tools, no users and no clock.
"""

from dataclasses import dataclass
from fractions import Fraction

MILLISECONDS = 1_000
GIGABYTE = 10**9


@dataclass(frozen=True)
class Burn:
    """The four numbers of a price version."""

    base_credits: int
    cpu_ms_per_credit: int
    byte_ms_per_credit: int
    minimum_credits: int

    def __post_init__(self) -> None:
        """Refuse a price that divides by zero or gives credits away."""
        if (
            min(self.cpu_ms_per_credit, self.byte_ms_per_credit, self.minimum_credits) < 1
            or self.base_credits < 0
        ):
            raise PriceImpossible(self)


class PriceImpossible(ValueError):
    """A price with a rate below one or a negative base."""

    def __init__(self, burn: "Burn") -> None:
        super().__init__(f"rates and minimum must be at least 1 and the base at least 0: {burn}")
        self.burn = burn


@dataclass(frozen=True)
class Usage:
    """Work done, or expected, or allowed at most."""

    cpu_ms: int
    wall_ms: int
    peak_bytes: int

    def __post_init__(self) -> None:
        """Refuse negative work: it would mint credits."""
        if min(self.cpu_ms, self.wall_ms, self.peak_bytes) < 0:
            raise UsageNegative(self)

    @property
    def byte_ms(self) -> int:
        """Peak resident bytes times wall milliseconds."""
        return self.peak_bytes * self.wall_ms


class UsageNegative(ValueError):
    """Work below zero."""

    def __init__(self, usage: "Usage") -> None:
        super().__init__(f"usage must not be negative: {usage}")
        self.usage = usage


@dataclass(frozen=True)
class Parts:
    """What base, CPU and memory contribute, before the one rounding."""

    base: Fraction
    cpu: Fraction
    memory: Fraction

    @property
    def total(self) -> Fraction:
        """The sum, unrounded."""
        return self.base + self.cpu + self.memory


def parts(burn: Burn, usage: Usage) -> Parts:
    """Split the price of `usage` into its three exact shares, in credits."""
    return Parts(
        base=Fraction(burn.base_credits),
        cpu=Fraction(usage.cpu_ms, burn.cpu_ms_per_credit),
        memory=Fraction(usage.byte_ms, burn.byte_ms_per_credit),
    )


def burnt_credits(burn: Burn, usage: Usage) -> int:
    """Credits that `usage` burns: rounded up, here and nowhere else."""
    cpu_rate, memory_rate = burn.cpu_ms_per_credit, burn.byte_ms_per_credit
    over_base = usage.cpu_ms * memory_rate + usage.byte_ms * cpu_rate
    return burn.base_credits - (-over_base // (cpu_rate * memory_rate))


def charge(burn: Burn, usage: Usage, *, ceiling: int) -> int:
    """Credits to take for measured work: at least the minimum, never above the quoted ceiling.

    Raises:
        CeilingBelowMinimum: The ceiling does not pay for the cheapest run.
    """
    if ceiling < burn.minimum_credits:
        raise CeilingBelowMinimum(ceiling, burn.minimum_credits)
    return min(max(burnt_credits(burn, usage), burn.minimum_credits), ceiling)


class CeilingBelowMinimum(ValueError):
    """A ceiling lower than the minimum charge."""

    def __init__(self, ceiling: int, minimum: int) -> None:
        super().__init__(f"a ceiling of {ceiling} is below the minimum charge of {minimum} credits")
        self.ceiling = ceiling
        self.minimum = minimum


def decimal_text(value: Fraction, places: int = 2) -> str:
    """An exact share as short decimal text, rounded up, without trailing zeros: 3/5 → '0.6'."""
    scaled = -(-value.numerator * 10**places // value.denominator)
    whole, rest = divmod(scaled, 10**places)
    return f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".")
