"""The picture of the design: tables, keys and references, with what a migration changes in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.dev.schema_designer.design import spoken
from studio_magics.tools.dev.schema_designer.exports import mermaid
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.design import (
        ColumnDesign,
        Design,
        GroupReference,
        TableDesign,
    )
    from studio_magics.tools.dev.schema_designer.differences import Differences
    from studio_magics.tools.pictures import Tone

MAX_TABLES = 40
MAX_ROWS = 12
LEGEND: tuple[tuple[str, Tone], ...] = (
    ("new", "good"),
    ("changed", "fair"),
    ("goes", "bad"),
    ("as before", "quiet"),
)


def diagram(design: Design, found: Differences | None) -> Figure:
    """The entity-relationship diagram."""
    tables = [*design.tables, *(found.dropped if found else ())][:MAX_TABLES]
    nodes = [_node(one, found) for one in tables]
    links = [_link(table, one) for table in tables for one in table.all_references]
    left = len(design.tables) - len(tables)
    note = "Dashed: the reference may be empty."
    if left > 0:
        note += f" {left} more tables are in schema.mmd."
    title = "Tables, and what the migration changes" if found else "Tables and their references"
    told = "; ".join(link.told for link in links[:60]) or "no references"
    return Figure(
        title=title,
        alt_text=f"Diagram of {counted(len(tables), 'table')}: {told}.",
        svg=linked_boxes(title, nodes, links, legend=LEGEND if found else (), note=note, description=told),
        mermaid=mermaid(design),
    )


def _link(table: TableDesign, reference: GroupReference) -> Link:
    """The arrow of a reference; one of several columns begins at the first of them."""
    first = next(one for one in table.columns if one.name in reference.columns)
    return Link(
        table.name, reference.table, column_row(first, table), "", dashed=not table.requires(reference),
        told=f"{table.name}.{spoken(reference.columns)} refers to {reference.table}",
    )  # fmt: skip


def column_row(column: ColumnDesign, table: TableDesign) -> str:
    """'customer_id  ref  ·FK'."""
    parents = dict.fromkeys(one.table for one in table.all_references if column.name in one.columns)
    mark = "  · key" if column.name in table.key else f"  → {', '.join(parents)}" if parents else ""
    kind = "" if column.reference else f"  {column.type_text}"
    return f"{column.name}{'' if column.required else '?'}{kind}{mark}"


def _node(table: TableDesign, found: Differences | None) -> Node:
    changed = {name for one in found.changed if one.after.name == table.name for name in _touched(one)} if (
        found) else set[str]()  # fmt: skip
    told = {*table.key, *changed, *(name for one in table.all_references for name in one.columns)}
    first = [one for one in table.columns if one.name in told]
    rest = [one for one in table.columns if one not in first]
    shown = [*first, *rest][:MAX_ROWS]
    left = len(table.columns) - len(shown)
    rows = tuple(column_row(one, table) for one in table.columns if one in shown)
    return Node(table.name, table.name, rows, _tone(table, found), f"{left} more" if left else "")


def _touched(change: object) -> set[str]:
    from studio_magics.tools.dev.schema_designer.differences import TableChange

    if not isinstance(change, TableChange):
        return set()
    return {one.name for one in change.added} | {one.after.name for one in change.changed}


def _tone(table: TableDesign, found: Differences | None) -> Tone:
    if found is None:
        return "plain"
    if table in found.dropped:
        return "bad"
    if table in found.created:
        return "good"
    touched = {one.after.name for one in found.changed} | {new for _, new in found.renamed}
    return "fair" if table.name in touched else "quiet"
