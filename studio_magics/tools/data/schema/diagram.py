"""The entity-relationship picture: SVG of our own layout, and the same as Mermaid text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.pictures import clipped, document, element, escaped, label, text_width
from studio_magics.tools.pictures.layout import MARGIN, Box, Plan, place
from studio_magics.tools.pictures.palette import BORDER, MUTED, TONES, TRACK
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.data.schema.facts import Inspection, Relation, TableFacts

MAX_TABLES = 30
MAX_COLUMNS = 8
LINE = 16.0
HEAD = 24.0
TITLE = 52.0
MIN_WIDTH = 120.0
MAX_WIDTH = 210.0
MAX_MERMAID_TABLES = 60


@dataclass(frozen=True)
class _Shown:
    table: TableFacts
    rows: tuple[tuple[str, str, str], ...]
    """Mark (PK, FK), column and type."""
    more: int


def draw(seen: Inspection) -> Figure:
    """The diagram of the most connected tables; says which were left out."""
    chosen, left_out = choose(seen)
    names = {table.name for table in chosen}
    relations = [r for r in seen.relations if r.child in names and r.parent in names]
    shown = {table.name: _rows(table, seen) for table in chosen}
    sizes = {name: _size(one) for name, one in shown.items()}
    plan = place(sizes, ((r.child, r.parent) for r in relations), top=TITLE)
    notes = _notes(relations, left_out)
    height = plan.height + 16 * len(notes) + MARGIN
    width = max(plan.width, 420.0)
    body = [
        label(
            MARGIN,
            26,
            clipped(f"Tables of {seen.schema.name}", width - 2 * MARGIN, 15),
            size=15,
            font_weight=600,
        )
    ]
    body += [_edge(relation, plan, shown[relation.child]) for relation in relations]
    body += [_box(shown[name], plan.boxes[name]) for name in sorted(plan.boxes)]
    for number, note in enumerate(reversed(notes)):
        body.append(
            label(
                MARGIN, height - 10 - 16 * number, clipped(note, width - 2 * MARGIN, 11), size=11, fill=MUTED
            )
        )
    told = "; ".join(f"{r.child} refers to {r.parent}" for r in relations[:60]) or "no references"
    title = "Tables and their references"
    return Figure(
        title=title,
        alt_text=f"Diagram of {counted(len(chosen), 'table')}: {told}."
        + (f" Left out: {counted(len(left_out), 'table')}." if left_out else ""),
        svg=document(title, body, width=width, height=height, description=told),
        mermaid=mermaid(seen),
    )


def choose(seen: Inspection) -> tuple[list[TableFacts], list[str]]:
    """The tables to draw, and the names of those left out: fewest references first, then fewest rows."""
    degree = {table.name: 0 for table in seen.schema.tables}
    for relation in seen.relations:
        degree[relation.child] += 1
        degree[relation.parent] += 1
    ranked = sorted(
        seen.schema.tables,
        key=lambda table: (-degree[table.name], -seen.profiles[table.name].row_count, table.name),
    )
    return ranked[:MAX_TABLES], sorted(table.name for table in ranked[MAX_TABLES:])


def _notes(relations: list[Relation], left_out: list[str]) -> list[str]:
    notes: list[str] = []
    if any(not relation.is_declared for relation in relations):
        notes.append("Dashed: not declared, inferred from names, types and values.")
    if any(relation.orphans for relation in relations):
        notes.append("Red: rows on the many side name a row that does not exist.")
    if left_out:
        notes.append(f"{len(left_out)} tables with fewer references are left out: {', '.join(left_out)}")
    return notes


def _rows(table: TableFacts, seen: Inspection) -> _Shown:
    keys = table.primary_key or seen.profiles[table.name].likely_keys[:1]
    references = {name for r in seen.relations if r.child == table.name for name in r.columns}
    references |= {name for key in table.foreign_keys for name in key.columns}
    marked = [column for column in table.columns if column.name in keys or column.name in references]
    others = [column for column in table.columns if column not in marked]
    kept = [*marked, *others][:MAX_COLUMNS]
    rows = tuple((_mark(column.name, keys, references), column.name, column.type.lower()) for column in kept)
    return _Shown(table, rows, len(table.columns) - len(kept))


def _mark(name: str, keys: tuple[str, ...], references: set[str]) -> str:
    return "PK" if name in keys else "FK" if name in references else ""


def _size(one: _Shown) -> tuple[float, float]:
    widest = max((text_width(f"{name}  {kind}", 11) + 40 for _, name, kind in one.rows), default=0.0)
    wide = min(max(widest, text_width(one.table.name, 12) + 24, MIN_WIDTH), MAX_WIDTH)
    return wide, HEAD + LINE * (len(one.rows) + (1 if one.more else 0)) + 8


def _box(one: _Shown, box: Box) -> str:
    parts = [
        element("title", escaped(one.table.name)),
        element(
            "rect",
            x=box.x,
            y=box.y,
            width=box.width,
            height=box.height,
            rx=4.0,
            fill="#ffffff",
            stroke=BORDER,
        ),
        element("rect", x=box.x, y=box.y, width=box.width, height=HEAD, rx=4.0, fill=TRACK),
        label(box.x + 8, box.y + 16, clipped(one.table.name, box.width - 16, 12), font_weight=600),
    ]
    y = box.y + HEAD + 13
    for mark, name, kind in one.rows:
        room = box.width - 36
        kind_room = min(text_width(kind, 10), room * 0.5)
        parts.append(label(box.x + 6, y, mark, size=9, fill=TONES["plain"], font_weight=600))
        parts.append(label(box.x + 26, y, clipped(name, room - kind_room - 4, 11), size=11))
        if kind:
            parts.append(
                label(
                    box.x + box.width - 6,
                    y,
                    clipped(kind, kind_room, 10),
                    size=10,
                    fill=MUTED,
                    text_anchor="end",
                )
            )
        y += LINE
    if one.more:
        parts.append(label(box.x + 26, y, f"{one.more} more", size=10, fill=MUTED))
    return element("g", *parts)


def _edge(relation: Relation, plan: Plan, one: _Shown) -> str:
    child, parent = plan.boxes[relation.child], plan.boxes[relation.parent]
    colour = TONES["bad"] if relation.orphans else TONES["quiet"]
    dash = None if relation.is_declared else "5 4"
    y = child.y + _row_of(relation.columns[0], one)
    start, end, path = _route(child, y, parent, plan.ways.get((relation.child, relation.parent), []))
    told = f"{relation.child} ({', '.join(relation.columns)}) refers to {relation.parent}"
    fork, bar = float(start[0] + 9 * start[2]), float(end[0] + 6 * end[2])
    lines = [
        element("path", d=path, fill="none", stroke=colour, stroke_width="1.4", stroke_dasharray=dash),
        element("line", x1=fork, y1=y, x2=start[0], y2=y - 5, stroke=colour),
        element("line", x1=fork, y1=y, x2=start[0], y2=y + 5, stroke=colour),
        element("line", x1=bar, y1=end[1] - 5, x2=bar, y2=end[1] + 5, stroke=colour, stroke_width="1.6"),
    ]
    return element("g", element("title", escaped(told)), *lines)


def _row_of(column: str, one: _Shown) -> float:
    """How far below the top of the box this column is written; the middle, where it is not."""
    names = [name for _, name, _ in one.rows]
    if column in names:
        return HEAD + LINE * names.index(column) + 9
    return _size(one)[1] / 2


_End = tuple[float, float, int]
"""Where a line meets a box, and to which side it leaves: -1 left, 1 right."""


def _route(child: Box, y: float, parent: Box, way: list[Box]) -> tuple[_End, _End, str]:
    """A curve from the child's column along the free way to the parent's head."""
    py = parent.y + HEAD / 2
    if not way and (child is parent or abs(child.x - parent.x) < child.width / 2):
        start: _End = (child.x + child.width, y, 1)
        end: _End = (parent.x + parent.width, py, 1)
        reach = max(start[0], end[0]) + 34
        return start, end, f"M{start[0]:.1f} {y:.1f}" + _curve(reach, y, reach, py, end[0], py)
    is_right = child.x > parent.x
    side = 1 if is_right else -1
    start = (child.x if is_right else child.x + child.width, y, -side)
    end = (parent.x + parent.width if is_right else parent.x, py, side)
    path, x, height = f"M{end[0]:.1f} {py:.1f}", end[0], py
    for free in way:
        near, far = (free.x, free.x + free.width) if is_right else (free.x + free.width, free.x)
        middle = (x + near) / 2
        path += _curve(middle, height, middle, free.y, near, free.y) + f" L{far:.1f} {free.y:.1f}"
        x, height = far, free.y
    middle = (x + start[0]) / 2
    return start, end, path + _curve(middle, height, middle, y, start[0], y)


def _curve(*points: float) -> str:
    return " C" + " ".join(f"{point:.1f}" for point in points)


def mermaid(seen: Inspection) -> str:
    """The same as a Mermaid erDiagram, with names Mermaid can read."""
    tables = sorted(choose(seen)[0] if len(seen.schema.tables) > MAX_MERMAID_TABLES else seen.schema.tables,
                    key=lambda table: table.name)  # fmt: skip
    aliases = _aliases([table.name for table in tables])
    lines = ["erDiagram"]
    for table in tables:
        one = _rows(table, seen)
        lines.append(f'    {aliases[table.name]}["{_quoted(table.name)}"] {{')
        lines += [
            f"        {_word(kind) or 'untyped'} {_word(name)}{f' {mark}' if mark else ''}"
            for mark, name, kind in one.rows
        ]
        lines.append("    }")
    for relation in seen.relations:
        if relation.child in aliases and relation.parent in aliases:
            line = "--" if relation.is_declared else ".."
            columns = _quoted(", ".join(relation.columns))
            lines.append(
                f'    {aliases[relation.parent]} ||{line}o{{ {aliases[relation.child]} : "{columns}"'
            )
    return "\n".join(lines) + "\n"


def _aliases(names: list[str]) -> dict[str, str]:
    taken: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        word = _word(name)
        taken[name] = (
            word if word == name and word.lower() not in _MERMAID_WORDS else f"t{number}_{word}"[:60]
        )
    return taken


_MERMAID_WORDS = frozenset(
    {"erdiagram", "title", "direction", "style", "classdef", "class", "end", "u", "one", "many"}
)


def _word(text: str) -> str:
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return word if not word or word[0].isalpha() else f"c_{word}"


def _quoted(text: str) -> str:
    return re.sub(r'[\x00-\x1f"<>&\\`#;]', "'", text)[:80]
