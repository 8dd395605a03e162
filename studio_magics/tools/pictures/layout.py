"""Where tables stand in the diagram: parents left of children, few crossings, loose tables below."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMN_GAP = 90.0
ROW_GAP = 22.0
MARGIN = 20.0
SWEEPS = 8
WAY_HEIGHT = 4.0
LOOSE_PER_ROW = 4
MAX_IN_LAYER = 8
"""A longer layer is broken into several beside each other."""


@dataclass(frozen=True)
class Box:
    """Where a table stands."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plan:
    """The whole picture: boxes by name, and for long lines the ways kept free for them between boxes."""

    boxes: dict[str, Box]
    ways: dict[tuple[str, str], list[Box]]
    """(child, parent) → free places, from the parent's side to the child's."""
    width: float
    height: float


def place(sizes: Mapping[str, tuple[float, float]], edges: Iterable[tuple[str, str]], *, top: float) -> Plan:
    """Give every table a place. Edges go from child to parent."""
    links = sorted({(child, parent) for child, parent in edges if child != parent})
    tied = {name for link in links for name in link}
    layers = _layers(sorted(tied), links)
    ways, short = _with_ways(layers, links)
    passing = {name: (0.0, WAY_HEIGHT) for names in ways.values() for name in names}
    boxes, width, height = _stacked(_ordered(layers, short), {**sizes, **passing}, top)
    loose = sorted(name for name in sizes if name not in tied)
    below, loose_width, bottom = _grid(loose, sizes, height + (ROW_GAP if tied else 0))
    return Plan(
        boxes={**{name: box for name, box in boxes.items() if name not in passing}, **below},
        ways={link: [boxes[name] for name in names] for link, names in ways.items()},
        width=max(width, loose_width),
        height=bottom,
    )


def _with_ways(
    layers: list[list[str]], links: Sequence[tuple[str, str]]
) -> tuple[dict[tuple[str, str], list[str]], list[tuple[str, str]]]:
    """Put a passing place into every layer a line crosses; returns them, and the links cut at them."""
    level = {name: number for number, layer in enumerate(layers) for name in layer}
    ways: dict[tuple[str, str], list[str]] = {}
    short: list[tuple[str, str]] = []
    for child, parent in links:
        low, high = sorted((level[parent], level[child]))
        names = [f"\x00{child}\x00{parent}\x00{between}" for between in range(low + 1, high)]
        for between, name in zip(range(low + 1, high), names, strict=True):
            layers[between].append(name)
        forward = names if level[parent] < level[child] else names[::-1]
        ways[child, parent] = forward
        stops = [parent, *forward, child]
        short += [(right, left) for left, right in pairwise(stops)]
    return ways, short


def _layers(names: Sequence[str], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Layer 0 holds tables that refer to none; each other stands right of what it refers to, cycles cut."""
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in links:
        parents[child].append(parent)
    depth: dict[str, int] = {}

    def deep(name: str, above: frozenset[str]) -> int:
        if name not in depth:
            known = [parent for parent in parents[name] if parent not in above]
            depth[name] = 1 + max((deep(parent, above | {name}) for parent in known), default=-1)
        return depth[name]

    for name in names:
        deep(name, frozenset({name}))
    layers: dict[int, list[str]] = defaultdict(list)
    for name in names:
        layers[depth[name]].append(name)
    ordered = [layers[level] for level in sorted(layers)]
    return [layer[i : i + MAX_IN_LAYER] for layer in ordered for i in range(0, len(layer), MAX_IN_LAYER)]


def _ordered(layers: list[list[str]], links: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Reorder each layer by the mean place of its neighbours, to and fro."""
    near: dict[str, list[str]] = defaultdict(list)
    for child, parent in links:
        near[child].append(parent)
        near[parent].append(child)
    for sweep in range(SWEEPS):
        places = {name: number / len(layer) for layer in layers for number, name in enumerate(layer)}
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            layer.sort(key=lambda name: (_mean([places[other] for other in near[name]]), name))
            places |= {name: number / len(layer) for number, name in enumerate(layer)}
    return layers


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 6) if values else 0.0


def _stacked(
    layers: list[list[str]], sizes: Mapping[str, tuple[float, float]], top: float
) -> tuple[dict[str, Box], float, float]:
    heights = [sum(sizes[name][1] + ROW_GAP for name in layer) - ROW_GAP for layer in layers]
    tallest = max(heights, default=0.0)
    boxes: dict[str, Box] = {}
    x = MARGIN
    for layer, tall in zip(layers, heights, strict=True):
        y = top + (tallest - tall) / 2
        wide = max(sizes[name][0] for name in layer)
        for name in layer:
            own_width, own_height = sizes[name]
            boxes[name] = Box(x, y, own_width or wide, own_height)
            y += own_height + ROW_GAP
        x += wide + COLUMN_GAP
    return boxes, (x - COLUMN_GAP + MARGIN if layers else 2 * MARGIN), top + tallest


def _grid(
    names: list[str], sizes: Mapping[str, tuple[float, float]], top: float
) -> tuple[dict[str, Box], float, float]:
    boxes: dict[str, Box] = {}
    y, widest = top, 2 * MARGIN
    for start in range(0, len(names), LOOSE_PER_ROW):
        row = names[start : start + LOOSE_PER_ROW]
        x = MARGIN
        for name in row:
            boxes[name] = Box(x, y, *sizes[name])
            x += sizes[name][0] + ROW_GAP
        widest = max(widest, x - ROW_GAP + MARGIN)
        y += max(sizes[name][1] for name in row) + ROW_GAP
    return boxes, widest, (y - ROW_GAP if names else top)
