"""Where the nodes of a flow stand: lanes side by side, few crossings, ways kept free for long lines.

`x` runs along the flow and `y` across it; a picture that flows downwards turns them when it draws.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 142.0
HEIGHT = 52.0
ROW_GAP = 24.0
WAY_HEIGHT = 6.0
SWEEPS = 8
MAX_IN_COLUMN = 8
"""A longer lane is broken into several columns beside each other."""


@dataclass(frozen=True)
class Spot:
    """Where a node stands, or where a line passes (then without width)."""

    x: float
    y: float
    height: float = HEIGHT
    column: int = 0

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class LanePlan:
    """Spots of all nodes, ways of long lines from source to target, and the bands of the lanes."""

    spots: dict[str, Spot]
    ways: dict[tuple[str, str], list[Spot]]
    bands: list[tuple[float, float]]
    """Left edge and width of each lane."""
    width: float
    height: float
    size: float = WIDTH
    """Of a node along the flow."""


def place_lanes(
    lanes: Sequence[Sequence[str]],
    edges: Sequence[tuple[str, str]],
    *,
    left: float,
    top: float,
    gap: float,
    padding: float,
    node: tuple[float, float] = (WIDTH, HEIGHT),
) -> LanePlan:
    """Give every node a spot; lanes keep their order, nodes in a lane are sorted to cross little.

    `node` is the size of a node along the flow and across it.
    """
    size, across = node
    columns, owner = _columns(lanes)
    level = {name: number for number, column in enumerate(columns) for name in column}
    ways, short = _ways(columns, level, sorted(set(edges)))
    _order(columns, short)
    spots: dict[str, Spot] = {}
    x = left
    bands: list[tuple[float, float]] = []
    tallest = max((_tall(column, across) for column in columns), default=across)
    for number, column in enumerate(columns):
        first = number == 0 or owner[number] != owner[number - 1]
        x += 0 if number == 0 else (2 * padding + gap if first else gap)
        if first:
            bands.append((x, 0.0))
        y = top + (tallest - _tall(column, across)) / 2
        for name in column:
            high = WAY_HEIGHT if name.startswith("\x00") else across
            spots[name] = Spot(x + padding, y, high, number)
            y += high + ROW_GAP
        x += size
        bands[-1] = (bands[-1][0], x + 2 * padding - bands[-1][0])
    return LanePlan(
        spots={name: spot for name, spot in spots.items() if not name.startswith("\x00")},
        ways={edge: [spots[name] for name in names] for edge, names in ways.items()},
        bands=bands,
        width=x + 2 * padding + left,
        height=top + tallest,
        size=size,
    )


def _columns(lanes: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[int]]:
    columns: list[list[str]] = []
    owner: list[int] = []
    for number, lane in enumerate(lanes):
        for start in range(0, max(len(lane), 1), MAX_IN_COLUMN):
            columns.append(list(lane[start : start + MAX_IN_COLUMN]))
            owner.append(number)
    return columns, owner


def _ways(
    columns: list[list[str]], level: Mapping[str, int], edges: Sequence[tuple[str, str]]
) -> tuple[dict[tuple[str, str], list[str]], list[tuple[str, str]]]:
    """Put a passing place into every column a line crosses; returns them, and the lines cut at them."""
    ways: dict[tuple[str, str], list[str]] = {}
    short: list[tuple[str, str]] = []
    for source, target in edges:
        low, high = sorted((level[source], level[target]))
        names = [f"\x00{source}\x00{target}\x00{between}" for between in range(low + 1, high)]
        for between, name in zip(range(low + 1, high), names, strict=True):
            columns[between].append(name)
        forward = names if level[source] < level[target] else names[::-1]
        ways[source, target] = forward
        short += pairwise([source, *forward, target])
    return ways, short


def _order(columns: list[list[str]], links: Sequence[tuple[str, str]]) -> None:
    """Sort each column by the mean place of its neighbours in other columns, to and fro."""
    near: dict[str, list[str]] = defaultdict(list)
    for source, target in links:
        near[source].append(target)
        near[target].append(source)
    for sweep in range(SWEEPS):
        places = {name: _place(column, number) for column in columns for number, name in enumerate(column)}
        for column in columns if sweep % 2 == 0 else reversed(columns):
            own = set(column)
            column.sort(
                key=lambda name: _mean(
                    [places[other] for other in near[name] if other not in own], places[name]
                )
            )
            places |= {name: _place(column, number) for number, name in enumerate(column)}


def _place(column: Sequence[str], number: int) -> float:
    return (number + 0.5) / len(column)


def _mean(values: list[float], otherwise: float) -> float:
    return round(sum(values) / len(values), 6) if values else otherwise


def _tall(column: Sequence[str], across: float) -> float:
    return sum((WAY_HEIGHT if name.startswith("\x00") else across) + ROW_GAP for name in column) - ROW_GAP
