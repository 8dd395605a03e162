"""The pictures: which tables fit together, and what each lacks."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.data.catalog.exports import named_relations
from studio_magics.tools.pictures import HeatRow, Tone, heat_strip
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.data.catalog.entries import Catalogue, Dataset
    from studio_magics.tools.data.catalog.inputs import Sensitivity

MAX_BOXES = 20
MAX_ROWS = 6
MAX_HEAT = 30
TONES: dict[Sensitivity, Tone] = {
    "public": "good",
    "internal": "plain",
    "confidential": "fair",
    "restricted": "bad",
}
LEGEND: list[tuple[str, Tone]] = [
    ("public", "good"),
    ("internal", "plain"),
    ("confidential", "fair"),
    ("restricted", "bad"),
]


def figures_of(catalogue: Catalogue) -> tuple[Figure, ...]:
    """The map and the coverage."""
    return _map(catalogue), _coverage(catalogue)


def _map(catalogue: Catalogue) -> Figure:
    relations = named_relations(catalogue)
    degree: Counter[str] = Counter(name for child, parent, _ in relations for name in {child, parent})
    shown = sorted(catalogue.datasets, key=lambda one: (-degree[one.name], one.name))[:MAX_BOXES]
    nodes = [_node(one, relations) for one in shown]
    links = [
        Link(
            child,
            parent,
            relation.columns[0],
            relation.parent_columns[0],
            tone="bad" if relation.orphans and relation.is_declared else "quiet",
            dashed=not relation.is_declared,
            told=f"{child} ({', '.join(relation.columns)}) fits {parent}",
        )
        for child, parent, relation in relations
    ]
    left = len(catalogue.datasets) - len(shown)
    note = "Dashed: likely, not declared." + (f" {counted(left, 'dataset')} not drawn." if left else "")
    told = (
        "; ".join(f"{child} fits {parent}" for child, parent, _ in relations[:40]) or "no table fits another"
    )
    title = "Datasets and what fits together"
    return Figure(
        title=title,
        alt_text=f"Map of {counted(len(shown), 'dataset')}: {told}.",
        svg=linked_boxes(title, nodes, links, legend=LEGEND, note=note, description=told),
    )


def _node(one: Dataset, relations: list[tuple[str, str, object]]) -> Node:
    joined = {
        name
        for child, parent, relation in relations
        for owner, names in (
            (child, getattr(relation, "columns", ())),
            (parent, getattr(relation, "parent_columns", ())),
        )
        if owner == one.name
        for name in names
    }
    names = [column.name for column in one.columns]
    ranked = sorted(names, key=lambda name: (name not in joined, name not in one.key, names.index(name)))
    kept = set(ranked[:MAX_ROWS])
    more = len(names) - len(kept)
    caption = f"{one.rows:,} rows" + (f", {more} more columns" if more > 0 else "")
    rows = tuple(name for name in names if name in kept)
    return Node(one.name, one.name, rows, tone=TONES[one.sensitivity], caption=caption)


def _coverage(catalogue: Catalogue) -> Figure:
    wanted = list(catalogue.coverage())
    worst = sorted(catalogue.datasets, key=lambda one: (sum(one.documented().values()), one.name))[:MAX_HEAT]
    rows = [HeatRow("all datasets", tuple(catalogue.coverage().values()))]
    rows += [HeatRow(one.name, tuple(float(has) for has in one.documented().values())) for one in worst]
    title = "What each dataset has"
    told = "; ".join(f"{name} {share:.0%}" for name, share in catalogue.coverage().items())
    return Figure(
        title=title,
        alt_text=f"{title}: {told}.",
        svg=heat_strip(title, rows, wanted, note="Those with least first."),
    )
