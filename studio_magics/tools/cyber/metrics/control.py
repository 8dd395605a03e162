"""Control charts of single values (XmR): what is ordinary spread, and what is a signal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_PERIODS = 8
"""With fewer the limits would be guesses."""
FACTOR = 2.66
"""Mean moving range → distance of the limits: 3 / 1.128, for ranges of two."""
RUN = 8
"""So many in a row on one side of the centre are no accident."""


@dataclass(frozen=True)
class Signal:
    """One place where the chart says that something has changed."""

    place: int
    rule: str
    """'above', 'below', 'run-above' or 'run-below'."""


@dataclass(frozen=True)
class Control:
    """Centre, limits and signals of a series."""

    centre: float
    low: float
    high: float
    signals: tuple[Signal, ...]


def control(values: Sequence[float]) -> Control | None:
    """The chart of these values, or None when there are too few; nothing below zero is expected."""
    if len(values) < LEAST_PERIODS:
        return None
    centre = sum(values) / len(values)
    moves = [abs(other - one) for one, other in pairwise(values)]
    reach = FACTOR * sum(moves) / len(moves)
    low, high = max(centre - reach, 0.0), centre + reach
    signals = [
        Signal(place, "above" if value > high else "below")
        for place, value in enumerate(values)
        if value > high or value < low
    ]
    return Control(centre, low, high, (*signals, *_runs(values, centre)))


def _runs(values: Sequence[float], centre: float) -> list[Signal]:
    """The place at which a run on one side becomes long enough, once per run."""
    found: list[Signal] = []
    length, side = 0, 0
    for place, value in enumerate(values):
        here = (value > centre) - (value < centre)
        length = length + 1 if here == side and here else int(here != 0)
        side = here
        if length == RUN:
            found.append(Signal(place, "run-above" if side > 0 else "run-below"))
    return found
