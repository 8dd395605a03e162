"""Most likely paths, what must be passed, and how much risk goes through each component."""

# networkx is typed in part; what leaves this file are our own paths and names.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_magics.tools.cyber.security_architecture.design import Component, Design
    from studio_magics.tools.cyber.security_architecture.hops import Hop

PATHS_EACH = 3
TRIED_EACH = 12
"""Ways that are looked at for each asset; some run through a second entry and are left out."""
ASSETS_WITH_MORE = 12
SEARCH_BUDGET = 1_500_000
"""Hops that the search for other ways may look at, so that long chains do not take for ever."""
ENTRY = -1
GOAL = -2


@dataclass(frozen=True)
class Path:
    """One way from an entry to an asset."""

    asset: str
    hops: tuple[Hop, ...]
    chance: float

    @property
    def places(self) -> tuple[str, ...]:
        """Components in order."""
        return (self.hops[0].source, *(hop.target for hop in self.hops))


@dataclass(frozen=True)
class Cut:
    """Components that every path passes, outside of entries and assets."""

    places: tuple[str, ...]
    is_direct: bool
    """An entry reaches an asset in one hop, so nothing lies between."""


def best_chances(starts: Sequence[str], hops: Sequence[Hop], chances: Sequence[float]) -> dict[str, float]:
    """The chance of the most likely way from any start to each component that is reached."""
    return {name: way.chance for name, way in best_ways(starts, hops, chances).items()}


@dataclass(frozen=True)
class Way:
    """How a component is reached best: the chance, and the last hop (none at a start)."""

    chance: float
    last: Hop | None


def best_ways(starts: Sequence[str], hops: Sequence[Hop], chances: Sequence[float]) -> dict[str, Way]:
    """The most likely way from any start to each component that is reached (Dijkstra on -log chance)."""
    out: dict[str, list[tuple[int, float]]] = {}
    for number, (hop, chance) in enumerate(zip(hops, chances, strict=True)):
        if chance > 0:
            out.setdefault(hop.source, []).append((number, -math.log(chance)))
    found: dict[str, Way] = {}
    waiting = [(0.0, -1 - place, start) for place, start in enumerate(starts)]
    heapq.heapify(waiting)
    while waiting:
        cost, by, here = heapq.heappop(waiting)
        if here in found:
            continue
        found[here] = Way(math.exp(-cost), hops[by] if by >= 0 else None)
        for number, step in out.get(here, ()):
            there = hops[number].target
            if there not in found:
                heapq.heappush(waiting, (cost + step, number, there))
    return found


def risk(assets: Sequence[Component], reached: Mapping[str, float]) -> float:
    """Value of the assets times the chance of the most likely way to each."""
    return sum(one.value * reached.get(one.name, 0.0) for one in assets)


class Search:
    """One design as a graph of numbers, so that the order of results does not depend on names."""

    def __init__(self, design: Design, hops: Sequence[Hop], chances: Sequence[float]) -> None:
        self._names = [one.name for one in design.components]
        self._number = {name: number for number, name in enumerate(self._names)}
        self._starts = design.entries
        self._entries = [self._number[name] for name in design.entries]
        self._assets = [self._number[one.name] for one in design.assets if one.name not in design.entries]
        self._hops: dict[tuple[int, int], tuple[Hop, float]] = {}
        for hop, chance in zip(hops, chances, strict=True):
            key = (self._number[hop.source], self._number[hop.target])
            if chance > 0 and chance > self._hops.get(key, (hop, 0.0))[1]:
                self._hops[key] = (hop, chance)

    def paths(self) -> tuple[Path, ...]:
        """The most likely way to every asset, and others to the most valuable ones, the likeliest first."""
        best = self._best()
        found = list(best)
        budget = SEARCH_BUDGET
        for path in best[:ASSETS_WITH_MORE]:
            budget -= len(self._hops) * len(path.hops) * TRIED_EACH
            if budget < 0:
                break
            others = [one for one in self._others(path.asset) if one.places != path.places]
            found += others[: PATHS_EACH - 1]
        return tuple(sorted(found, key=lambda path: -path.chance))

    def _best(self) -> list[Path]:
        """One path for each asset that is reached, in the order of their value."""
        hops = [hop for hop, _ in self._hops.values()]
        ways = best_ways(self._starts, hops, [chance for _, chance in self._hops.values()])
        found: list[Path] = []
        for asset in (self._names[number] for number in self._assets):
            walked: list[Hop] = []
            here = ways.get(asset)
            while here is not None and here.last is not None:
                walked.append(here.last)
                here = ways[here.last.source]
            if walked:
                found.append(Path(asset, tuple(reversed(walked)), ways[asset].chance))
        return found

    def _others(self, name: str) -> list[Path]:
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self._names)))
        for (source, target), (_, chance) in self._hops.items():
            graph.add_edge(source, target, cost=-math.log(chance))
        for entry in self._entries:
            graph.add_edge(ENTRY, entry, cost=0.0)
        asset = self._number[name]
        ways = list(islice(nx.shortest_simple_paths(graph, ENTRY, asset, weight="cost"), TRIED_EACH))
        fresh = [way[1:] for way in ways if not set(way[2:]) & set(self._entries)]
        return [self._path(asset, way) for way in fresh]

    def _path(self, asset: int, numbers: Sequence[int]) -> Path:
        pairs = [self._hops[pair] for pair in pairwise(numbers)]
        return Path(
            self._names[asset],
            tuple(hop for hop, _ in pairs),
            math.prod(chance for _, chance in pairs),
        )

    def cut(self) -> Cut:
        """The fewest components between all entries and all assets; taking them well protects every asset."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from([ENTRY, GOAL])
        ends = {*self._entries, *self._assets}
        size = len(self._names)
        for number in range(size):
            if number in ends:
                graph.add_edge(number, number + size)
            else:
                graph.add_edge(number, number + size, capacity=1)
        for source, target in self._hops:
            graph.add_edge(source + size, target)
        for entry in self._entries:
            graph.add_edge(ENTRY, entry)
        for asset in self._assets:
            graph.add_edge(asset + size, GOAL)
        try:
            _, (reached, _) = nx.minimum_cut(graph, ENTRY, GOAL)
        except nx.NetworkXUnbounded:
            return Cut((), is_direct=True)
        between = [n for n in range(size) if n in reached and n + size not in reached]
        return Cut(tuple(self._names[number] for number in between), is_direct=False)


def through(design: Design, hops: Sequence[Hop], chances: Sequence[float]) -> dict[str, float]:
    """For each component between: value times chance of the most likely ways that pass it."""
    forward = best_chances(design.entries, hops, chances)
    turned = [type(hop)(hop.target, hop.source, hop.flow) for hop in hops]
    found: dict[str, float] = {}
    for asset in (one for one in design.assets if one.name not in design.entries):
        back = best_chances([asset.name], turned, chances)
        for name, chance in back.items():
            if name in forward and name not in design.entries and name != asset.name:
                found[name] = found.get(name, 0.0) + asset.value * forward[name] * chance
    return found
