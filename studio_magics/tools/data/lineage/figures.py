"""The pictures: which column goes into which, and which source columns most depends on."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.data.lineage.tracing import STAR, Field
from studio_magics.tools.pictures import Bar, Segment, bar_chart
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.data.lineage.changing import Change
    from studio_magics.tools.data.lineage.model import DatasetKind, Edge, Lineage
    from studio_magics.tools.pictures import Tone

MAX_BOXES = 12
MAX_ROWS = 8
MAX_BARS = 12
MAX_MERMAID = 80
LEGEND: list[tuple[str, Tone]] = [("source", "plain"), ("table, view or model", "good"), ("query", "second")]
TONES: dict[DatasetKind, Tone] = {
    "source": "plain", "table": "good", "view": "good", "model": "good", "query": "second"
}  # fmt: skip


def figures_of(
    lineage: Lineage, change: Change | None, ranked: list[tuple[Field, int, int]]
) -> tuple[Figure, ...]:
    """The column graph, and the ranking where there is something to rank."""
    bars = [one for one in ranked if one[1]][:MAX_BARS]
    figures = [_graph(lineage, change)]
    if bars:
        figures.append(_ranking(bars))
    return tuple(figures)


def _graph(lineage: Lineage, change: Change | None) -> Figure:
    edges = lineage.edges()
    boxes, left_out = _chosen(lineage, change)
    shown = {name: _rows(name, lineage, edges, boxes, change) for name in boxes}
    nodes = [_node(name, lineage, shown[name]) for name in boxes]
    links = _column_links(edges, shown, change)
    joined = {(link.source, link.target) for link in links}
    links += [
        Link(source, target, dashed=True, told=f"{source} is read for {target}")
        for source, target in lineage.table_edges()
        if (source, target) not in joined
    ]
    notes = ["Dashed: read without a column shown here"]
    if left_out:
        notes.append(f"{counted(left_out, 'dataset')} not drawn, see the table")
    title = f"What depends on {change.name}" if change else "Which column goes into which"
    told = "; ".join(f"{source} goes into {target}" for source, target in lineage.table_edges()[:40])
    legend: list[tuple[str, Tone]] = [
        ("source", "plain"),
        ("table, view or model", "good"),
        ("query", "second"),
    ]
    if change:
        legend.append(("takes the value that changes", "poor"))
    return Figure(
        title=title,
        alt_text=f"Graph of {counted(len(boxes), 'dataset')} and their columns: {told or 'nothing is read'}.",
        svg=linked_boxes(title, nodes, links, legend=legend, note="; ".join(notes) + ".", description=told),
        mermaid=mermaid(lineage),
    )


def _chosen(lineage: Lineage, change: Change | None) -> tuple[list[str], int]:
    """Which datasets are drawn: those the change reaches, else the most connected."""
    degree: Counter[str] = Counter(name for pair in lineage.table_edges() for name in pair)
    names = [name for name in lineage.kinds if degree[name] or not lineage.table_edges()]
    if change is not None:
        own = {one.dataset for one in change.fields}
        reached = {name: one.distance for one in reversed(change.impacts) for name in [one.field.dataset]}
        names = [name for name in names if name in own or name in reached] or sorted(own)
        names.sort(key=lambda name: (name not in own, reached.get(name, 0), name))
    else:
        names.sort(key=lambda name: (-degree[name], name))
    return names[:MAX_BOXES], max(len(names) - MAX_BOXES, 0)


def _rows(
    name: str, lineage: Lineage, edges: list[Edge], boxes: list[str], change: Change | None
) -> list[str]:
    """The columns that are drawn: those the change touches first, then those with most links."""
    drawn = set(boxes)
    weight: Counter[str] = Counter()
    for edge in edges:
        if edge.is_direct and {edge.source.dataset, edge.target.dataset} <= drawn:
            weight[edge.source.column] += edge.source.dataset == name
            weight[edge.target.column] += edge.target.dataset == name
    touched = _touched(change)
    columns = [one for one in lineage.columns.get(name, {}) if one != STAR]
    if len(columns) > MAX_ROWS:
        columns = [one for one in columns if weight[one] or Field(name, one) in touched]
    ranked = sorted(
        columns, key=lambda one: (Field(name, one) not in touched, -weight[one], columns.index(one))
    )
    kept = set(ranked[:MAX_ROWS])
    return [one for one in columns if one in kept]


def _touched(change: Change | None) -> set[Field]:
    if change is None:
        return set()
    return {*change.fields, *(one.field for one in change.impacts if one.is_direct)}


def _node(name: str, lineage: Lineage, rows: list[str]) -> Node:
    more = len([one for one in lineage.columns.get(name, {}) if one != STAR]) - len(rows)
    return Node(
        name, name, tuple(rows), tone=TONES[lineage.kinds[name]], caption=f"{more} more" if more else ""
    )


def _column_links(edges: list[Edge], shown: dict[str, list[str]], change: Change | None) -> list[Link]:
    touched = _touched(change)
    found: dict[tuple[Field, Field], Link] = {}
    for edge in edges:
        source, target = edge.source, edge.target
        if not edge.is_direct or source.column not in shown.get(source.dataset, ()):
            continue
        if target.column not in shown.get(target.dataset, ()) or source.dataset == target.dataset:
            continue
        hot = source in touched and target in touched
        found[source, target] = Link(
            source.dataset,
            target.dataset,
            source.column,
            target.column,
            tone="poor" if hot else "quiet",
            told=f"{source} goes into {target}",
        )
    return sorted(found.values(), key=lambda link: link.tone == "poor")


def _ranking(bars: list[tuple[Field, int, int]]) -> Figure:
    title = "Source columns by how many columns take their value"
    drawn = [
        Bar(str(one), (Segment(columns),), f"{columns} in {datasets}") for one, columns, datasets in bars
    ]
    told = "; ".join(
        f"{one}: {counted(columns, 'column')} in {counted(datasets, 'dataset')}"
        for one, columns, datasets in bars
    )
    note = "Columns, and the datasets they are in, after any number of statements."
    return Figure(title=title, alt_text=f"{title}: {told}.", svg=bar_chart(title, drawn, note=note))


def mermaid(lineage: Lineage) -> str:
    """Which dataset goes into which, as a Mermaid flowchart."""
    pairs = lineage.table_edges()[:MAX_MERMAID]
    names = sorted({name for pair in pairs for name in pair} or lineage.kinds)[:MAX_MERMAID]
    keys = {name: f"d{number}" for number, name in enumerate(names)}
    lines = ["flowchart LR", *(f'    {keys[name]}["{_plain(name)}"]' for name in names)]
    lines += [f"    {keys[a]} --> {keys[b]}" for a, b in pairs if a in keys and b in keys]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return re.sub(r'[\x00-\x1f"<>&\\`#;\[\]{}|]', "'", text)[:80]
