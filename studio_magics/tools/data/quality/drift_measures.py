"""How far two spreads are apart: the population stability index and the Kolmogorov-Smirnov distance.

Both read counts over the same buckets, of the earlier table and of the current one. The buckets of PSI are
tenths of numbers; of texts, truth values and numbers with at most 20 different values they are the values
themselves, with one more for all new ones.

- **PSI** = Σ (now - before) · ln(now / before) over the shares of the buckets. Below 0.1 the spread is taken
  as the same, from 0.1 on as changed, from 0.25 on as another population: the rule of thumb of credit
  scoring, where the index comes from. A share of nothing counts as half a value, and as a ten-thousandth at
  least, so that the logarithm exists. Two samples of one spread have an index near (1/n + 1/m) · χ² of one
  degree less than there are buckets; it counts only beyond what that passes in one case of a hundred.
- **KS** = the largest difference between the two shares of values up to a point: at the hundredths of the
  earlier values, and of few different ones just before each too, so that it is exact to a hundredth. It is
  worth a word from 0.1 on, and only beyond what chance passes in one case of a
  hundred: `1.63 · sqrt((n + m) / (n · m))`.
"""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PSI_CHANGED = 0.1
PSI_OTHER = 0.25
KS_CHANGED = 0.1
KS_OTHER = 0.2
LEAST_SHARE = 0.0001
ONE_PERCENT_LEVEL = 1.63
NORMAL_ONE_PERCENT = 2.326


def psi(before: Sequence[int], now: Sequence[int]) -> float | None:
    """The index over the same buckets; None when one side is empty."""
    all_before, all_now = sum(before), sum(now)
    if not all_before or not all_now:
        return None
    least_before, least_now = max(LEAST_SHARE, 0.5 / all_before), max(LEAST_SHARE, 0.5 / all_now)
    shares = (
        (max(one / all_before, least_before), max(other / all_now, least_now))
        for one, other in zip(before, now, strict=True)
        if one or other
    )
    return sum((new - old) * log(new / old) for old, new in shares)


def psi_by_chance(before: Sequence[int], now: Sequence[int]) -> float:
    """The index that two samples of one spread pass in one case of a hundred (Wilson and Hilferty's χ²)."""
    all_before, all_now = sum(before), sum(now)
    free = sum(1 for one, other in zip(before, now, strict=True) if one or other) - 1
    if free < 1 or not all_before or not all_now:
        return 0.0
    part = 2 / (9 * free)
    return free * (1 - part + NORMAL_ONE_PERCENT * sqrt(part)) ** 3 * (1 / all_before + 1 / all_now)


def ks(before: Sequence[int], now: Sequence[int]) -> float | None:
    """The largest difference of the running shares, at the edges of buckets; None when a side is empty."""
    all_before, all_now = sum(before), sum(now)
    if not all_before or not all_now:
        return None
    gap, seen_before, seen_now = 0.0, 0, 0
    for one, other in zip(before, now, strict=True):
        seen_before, seen_now = seen_before + one, seen_now + other
        gap = max(gap, abs(seen_before / all_before - seen_now / all_now))
    return gap


def by_chance(before: int, now: int) -> float:
    """The distance that two samples of one spread pass in one case of a hundred."""
    return ONE_PERCENT_LEVEL * sqrt((before + now) / (before * now)) if before and now else 1.0


def bucket_counts(up_to: Sequence[int], total: int) -> tuple[int, ...]:
    """Counts of buckets from how many values there are up to each edge."""
    return tuple(after - before for before, after in pairwise((0, *up_to, total)))
