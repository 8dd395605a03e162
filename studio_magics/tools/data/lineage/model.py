"""The lineage as a whole: datasets, the statements that fill them, and the columns between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.data.lineage.tracing import DIRECT, STAR, Field, How, Use

if TYPE_CHECKING:
    from studio_magics.tools.data.lineage.statements import Fault, Kind, Place

DatasetKind = Literal["source", "table", "view", "model", "query"]


@dataclass(frozen=True)
class Step:
    """One statement that fills a dataset, traced."""

    name: str
    """The job: the dataset, with a number where several statements fill it."""
    target: str
    kind: Kind
    place: Place
    sql: str
    outputs: tuple[tuple[str, frozenset[Use]], ...]
    """The target's columns that this statement writes, each with its origins."""
    shaping: frozenset[Use]
    reads: frozenset[str]
    unplaced: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    has_star: bool = False
    lists_columns: bool = False


@dataclass(frozen=True)
class Edge:
    """One column that goes into another."""

    source: Field
    target: Field
    how: How
    step: str

    @property
    def is_direct(self) -> bool:
        """Whether the value itself goes in, not only the choice of rows."""
        return self.how in DIRECT


@dataclass
class Lineage:
    """Everything that was worked out."""

    steps: list[Step] = field(default_factory=list[Step])
    columns: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Dataset to its columns, each with its type ('' where nobody says)."""
    kinds: dict[str, DatasetKind] = field(default_factory=dict[str, DatasetKind])
    faults: list[Fault] = field(default_factory=list["Fault"])
    untraced: list[Fault] = field(default_factory=list["Fault"])
    cycles: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    ignored: dict[str, int] = field(default_factory=dict[str, int])
    undeclared: set[str] = field(default_factory=set[str])
    """Datasets that are only read and of which no column is declared."""

    def edges(self) -> list[Edge]:
        """All column edges; what shapes the rows of a dataset goes to its column '*'."""
        found = {
            Edge(use.field, Field(step.target, name), use.how, step.name)
            for step in self.steps
            for name, uses in step.outputs
            for use in uses
        }
        found |= {
            Edge(use.field, Field(step.target, STAR), use.how, step.name)
            for step in self.steps
            for use in step.shaping
        }
        return sorted(found, key=lambda edge: (edge.target, edge.source, edge.how, edge.step))

    def table_edges(self) -> list[tuple[str, str]]:
        """Which dataset is read for which."""
        return sorted(
            {(source, step.target) for step in self.steps for source in step.reads if source != step.target}
        )


@dataclass(frozen=True)
class Impact:
    """One column or dataset that depends on what changes."""

    field: Field
    distance: int
    """Statements in between, from 1."""
    is_direct: bool
    """Whether a value goes in, or only the choice of rows, groups or branches."""
    path: tuple[Field, ...]


Following = dict[Field, list[Edge]]


def following(lineage: Lineage) -> Following:
    """Of every column the edges that leave it."""
    found: Following = defaultdict(list)
    for edge in lineage.edges():
        found[edge.source].append(edge)
    return found


def impact_of(lineage: Lineage, leaving: Following, start: list[Field]) -> list[Impact]:
    """Everything that depends on these columns, nearest first; values win over mere choices."""
    found: dict[Field, Impact] = {}
    front = [Impact(one, 0, is_direct=True, path=(one,)) for one in start]
    while front:
        later: list[Impact] = []
        for one in front:
            for edge in leaving.get(one.field, ()):
                later += _reached(one, edge, lineage, found, set(start))
        front = later
    return sorted(found.values(), key=lambda one: (not one.is_direct, one.distance, one.field))


def _reached(
    one: Impact, edge: Edge, lineage: Lineage, found: dict[Field, Impact], start: set[Field]
) -> list[Impact]:
    """Note what the edge leads to; a dataset whose rows are shaped passes that on with all its columns."""
    new: list[Impact] = []
    is_direct = one.is_direct and edge.is_direct
    targets = [edge.target]
    if edge.target.column == STAR and not edge.is_direct:
        targets += [Field(edge.target.dataset, name) for name in lineage.columns.get(edge.target.dataset, {})]
    for target in targets:
        before = found.get(target)
        if target in start or (before is not None and (before.is_direct or not is_direct)):
            continue
        found[target] = Impact(target, one.distance + 1, is_direct, (*one.path, target))
        new.append(found[target])
    return new
