"""Times of which some have not ended: the estimate of Kaplan and Meier, and intervals of shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Z_95 = 1.959963984540054


def median_with_open(ended: Sequence[tuple[float, int, int]]) -> float | None:
    """The time after which half have ended, counting those that are still open.

    `ended` holds (time, how many ended then, how many are open and that old), in any order. None when fewer
    than half have ended: the median is not known yet.
    """
    left = sum(done + still for _, done, still in ended)
    alive = 1.0
    for time, done, still in sorted(ended):
        if done and left:
            alive *= 1 - done / left
            if alive <= 0.5 + 1e-12:
                return time
        left -= done + still
    return None


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson; (0, 1) without cases."""
    if not count:
        return 0.0, 1.0
    share, z2 = hits / count, Z_95 * Z_95
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = Z_95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count)) / (1 + z2 / count)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
