"""The pictures: the flow of tables through the steps, and how many rows each has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Figure
from studio_magics.tools.pictures import Bar, Segment, Tone, bar_chart
from studio_magics.tools.pictures.linked_boxes import Link, Node, linked_boxes
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from studio_magics.tools.data.pipelines.findings import Seen

MAX_BOXES = 30
MAX_ROWS = 6
MAX_BARS = 30
LEGEND: list[tuple[str, Tone]] = [
    ("source", "plain"),
    ("step", "good"),
    ("output", "second"),
    ("fails", "bad"),
]


def figures_of(seen: Seen) -> tuple[Figure, ...]:
    """The flow, and the rows."""
    return _flow(seen), _rows(seen)


def _bad(seen: Seen) -> set[str]:
    broken = {one.check.step for one in seen.ran.checks if one.broken or one.broken is None}
    return broken | set(seen.ran.failed) | set(seen.ran.skipped)


def _tone(name: str, seen: Seen, bad: set[str]) -> Tone:
    if name in bad:
        return "bad"
    if name in seen.plan.sources:
        return "plain"
    return "second" if name in seen.plan.outputs else "good"


def _flow(seen: Seen) -> Figure:
    bad = _bad(seen)
    names = [*seen.plan.sources, *(step.name for step in seen.plan.steps)]
    shown = names[:MAX_BOXES]
    nodes = [_node(name, seen, bad) for name in shown]
    links = [
        Link(
            read, step.name, tone="bad" if step.name in bad else "quiet", told=f"{read} goes into {step.name}"
        )
        for step in seen.plan.steps
        for read in step.reads
    ]
    told = "; ".join(
        f"{step.name} reads {', '.join(step.reads) or 'nothing'}" for step in seen.plan.steps[:40]
    )
    note = f"{len(names) - MAX_BOXES} tables are not drawn." if len(names) > MAX_BOXES else ""
    title = f"Flow of {seen.plan.wish.name}"
    return Figure(
        title=title,
        alt_text=f"Flow of {counted(len(seen.plan.steps), 'step')}: {told}.",
        svg=linked_boxes(title, nodes, links, legend=LEGEND, note=note, description=told),
        mermaid=mermaid(seen),
    )


def _node(name: str, seen: Seen, bad: set[str]) -> Node:
    columns = list(seen.ran.columns.get(name, {}))
    more = len(columns) - MAX_ROWS
    if name in seen.ran.rows:
        caption = counted(seen.ran.rows[name], "row") + (f", {more} more columns" if more > 0 else "")
    else:
        caption = "fails" if name in seen.ran.failed else "not run"
    return Node(name, name, tuple(columns[:MAX_ROWS]), tone=_tone(name, seen, bad), caption=caption)


def _rows(seen: Seen) -> Figure:
    bad = _bad(seen)
    names = [
        name
        for name in (*seen.plan.sources, *(step.name for step in seen.plan.steps))
        if name in seen.ran.rows
    ]
    bars = [
        Bar(name, (Segment(float(seen.ran.rows[name]), _tone(name, seen, bad)),), f"{seen.ran.rows[name]:,}")
        for name in names[:MAX_BARS]
    ]
    title = "Rows of each table"
    told = "; ".join(f"{name}: {seen.ran.rows[name]:,}" for name in names[:MAX_BARS])
    note = "On the sample." if seen.is_sampled else "On all rows."
    return Figure(
        title=title, alt_text=f"{title}: {told}.", svg=bar_chart(title, bars, legend=LEGEND, note=note)
    )


def mermaid(seen: Seen) -> str:
    """The same flow as a Mermaid flowchart."""
    names = [*seen.plan.sources, *(step.name for step in seen.plan.steps)]
    keys = {name: f"t{number}" for number, name in enumerate(names)}
    lines = ["flowchart LR"]
    for name in names:
        left, right = ("[(", ")]") if name in seen.plan.sources else ("[", "]")
        lines.append(f'    {keys[name]}{left}"{_plain(name)}"{right}')
    lines += [f"    {keys[read]} --> {keys[step.name]}" for step in seen.plan.steps for read in step.reads]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_ .-]", "_", text)[:80]
