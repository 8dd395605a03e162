"""What a benchmark hands back: figures per candidate, and yardsticks that have a goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Better = Literal["higher", "lower"]


@dataclass(frozen=True)
class Plan:
    """How long to measure: rounds alternate between the candidates, each gets `seconds` per round."""

    rounds: int
    seconds: float
    generator: Literal["auto", "wrk", "sockets"] = "auto"


@dataclass(frozen=True)
class Figure:
    """One measure of one candidate: the median over rounds (or the named percentile over all samples)."""

    candidate: str
    measure: str
    unit: str
    value: float
    least: float
    most: float
    samples: int


@dataclass(frozen=True)
class Yardstick:
    """One number with a goal. `floor` must hold on a busy machine, `goal` on a quiet one."""

    name: str
    what: str
    value: float
    unit: str
    better: Better
    goal: float | None = None
    floor: float | None = None


@dataclass(frozen=True)
class Result:
    """A finished benchmark. `violations` of the books is None where no books were involved."""

    name: str
    figures: tuple[Figure, ...]
    yardsticks: tuple[Yardstick, ...]
    notes: tuple[str, ...] = ()
    violations: int | None = None
    effects: int | None = None


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that at least `percent` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def of_samples(candidate: str, measure: str, unit: str, values: Sequence[float]) -> tuple[Figure, ...]:
    """Median and 99th percentile of single measurements."""
    bounds = (min(values), max(values), len(values))
    return (
        Figure(candidate, f"{measure} p50", unit, median(values), *bounds),
        Figure(candidate, f"{measure} p99", unit, percentile(values, 99), *bounds),
    )


def of_rounds(candidate: str, measure: str, unit: str, values: Sequence[float]) -> Figure:
    """The median of what each round gave."""
    return Figure(candidate, measure, unit, median(values), min(values), max(values), len(values))


def paired_ratio(candidate: Sequence[float], reference: Sequence[float]) -> float:
    """The median of the ratios of each round: neighbours on the machine disturb both sides of a round."""
    return median(one / other for one, other in zip(candidate, reference, strict=True))
