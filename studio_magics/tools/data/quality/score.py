"""The score: five dimensions from 0 to 100 and their weighted mean. The formula is part of the report.

A column's score in a dimension is 100 × (1 − √share), where share is the greatest share of faulty rows among
its faults there. The root makes rare faults visible: 0.1 % costs 3 points, 1 % costs 10, 25 % costs 50. A
dimension is the mean of its columns' average and its worst column, so that one broken column among fifty is
not averaged away. A dimension nobody could fail (no text column, no allowed age) is not rated and its weight
falls to the others. Everything is rounded down: 100 means that no fault was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.data.quality.observations import Dimension, Observation

WEIGHTS: dict[Dimension, int] = {
    "completeness": 30,
    "validity": 30,
    "uniqueness": 20,
    "consistency": 10,
    "timeliness": 10,
}
FORMULA = (
    "Column: 100 × (1 − √share of faulty rows). Dimension: mean of the average over its columns "
    "and its worst "
    "column. Score: mean of the rated dimensions weighted completeness 30, validity 30, uniqueness 20, "
    "consistency 10, timeliness 10; rounded down. Outliers and other suspicions do not lower it."
)


@dataclass(frozen=True)
class Score:
    """The whole and its parts; a dimension that was not rated is None."""

    total: int
    dimensions: dict[Dimension, int | None]


def score_of(observations: Sequence[Observation], rated: Mapping[Dimension, Sequence[str]]) -> Score:
    """Rate each dimension; `rated` names the columns (or 'the table') that could have failed it."""
    dimensions: dict[Dimension, int | None] = {}
    exact: dict[Dimension, float] = {}
    for dimension in WEIGHTS:
        subjects = rated.get(dimension, ())
        if not subjects:
            dimensions[dimension] = None
            continue
        shares = dict.fromkeys(subjects, 0.0)
        for one in observations:
            if one.dimension == dimension:
                subject = one.column if one.column in shares else subjects[0]
                shares[subject] = max(shares[subject], min(one.share, 1.0))
        scores = [100 * (1 - sqrt(share)) for share in shares.values()]
        exact[dimension] = (sum(scores) / len(scores) + min(scores)) / 2
        dimensions[dimension] = _rounded_down(exact[dimension])
    weight = sum(WEIGHTS[dimension] for dimension in exact)
    total = sum(WEIGHTS[dimension] * value for dimension, value in exact.items()) / weight
    return Score(_rounded_down(total), dimensions)


def _rounded_down(value: float) -> int:
    return max(0, floor(value + 1e-9))
