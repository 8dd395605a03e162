"""Shows what changed between two schemas: findings, a table, a picture and a file."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from studio_magics.contracts.results import Column, Figure, Finding, Table
from studio_magics.tools.pictures.matrix import MatrixCell, matrix
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_magics.contracts.results import Severity
    from studio_magics.tools.data.schema.changes import Change, Comparison, Verdict
    from studio_magics.tools.data.schema.facts import Schema
    from studio_magics.tools.pictures import Tone

FORMAT = "studio-schema-changes/1"
MAX_ROWS = 400
SHOWN_TABLES = 25
TOLD: Mapping[Verdict, str] = {
    "full": "fully compatible",
    "backward": "backward compatible only",
    "forward": "forward compatible only",
    "none": "not compatible in either direction",
}
GRAVE = frozenset({"table-removed", "column-removed", "required-column-added", "type-changed"})
GROUPS = ("added", "removed", "types", "keys and rules")
OF_GROUP = {
    "table-added": 0,
    "column-added": 0,
    "required-column-added": 0,
    "table-removed": 1,
    "column-removed": 1,
    "type-changed": 2,
    "type-widened": 2,
    "type-narrowed": 2,
}


def headline(compared: Comparison) -> str:
    """'against old.db: 5 changes, backward compatible only'."""
    changed = counted(len(compared.changes), "change")
    return f"against {compared.before.name}: {changed}, {TOLD[compared.verdict]}"


def change_findings(changes: tuple[Change, ...]) -> Iterator[Finding]:
    """One for each change; what breaks nothing is told as 'info'."""
    for one in changes:
        where = f"{one.table}.{one.column}" if one.column else one.table
        words = one.code.replace("-", " ")
        arrow = f"{one.before or 'nothing'} → {one.now or 'nothing'}" if one.before or one.now else ""
        broken = f"Breaks {one.breaks} compatibility: {one.why}." if one.is_breaking else one.why
        parts = (arrow, broken, one.hint)
        yield Finding(
            code=one.code,
            severity=_severity(one),
            title=f"{words}: {where}",
            where=where,
            detail=". ".join(part.rstrip(".") for part in parts if part),
            action=_action(one),
        )


def _severity(one: Change) -> Severity:
    if not one.is_breaking:
        return "info"
    both = one.breaks_backward and one.breaks_forward
    return "high" if both or one.code in GRAVE else "medium"


def _action(one: Change) -> str:
    if one.code in {"column-removed", "table-removed"}:
        return "Keep it until nobody reads it, or offer a view under the old name."
    if one.breaks_backward:
        return "Give a default or a migration for earlier rows before the change."
    return "Tell readers before the change." if one.breaks_forward else ""


def change_table(compared: Comparison) -> Table:
    """One line for each change, breaking ones first."""
    rows = tuple(
        (
            one.code,
            one.table,
            one.column,
            one.before,
            one.now,
            not one.breaks_backward,
            not one.breaks_forward,
            one.hint or one.why,
        )
        for one in compared.changes[:MAX_ROWS]
    )
    names = ("change", "table", "column", "before", "now")
    columns = (
        *(Column(name=name) for name in names),
        Column(name="backward", kind="flag"),
        Column(name="forward", kind="flag"),
        Column(name="why"),
    )
    note = (
        f"Against '{compared.before.name}'. Backward: earlier data fits the new schema. Forward: who knows "
        "the earlier schema can read new data."
    )
    return Table(title="Changes of the schema", columns=columns, rows=rows, note=note)


def change_figure(compared: Comparison) -> Figure:
    """Tables down, kinds of change across; red breaks both, orange one direction."""
    changes = compared.changes
    names = list(dict.fromkeys(one.table for one in changes))
    shown = names[:SHOWN_TABLES]
    cells: dict[tuple[int, int], MatrixCell] = {}
    for row, name in enumerate(shown):
        for group in range(len(GROUPS)):
            here = [one for one in changes if one.table == name and OF_GROUP.get(one.code, 3) == group]
            if here:
                counts = Counter(one.column or one.code for one in here)
                cells[row, group] = MatrixCell(tuple(counts)[:4], _tone(here))
    title = "Changes of the schema"
    more = f"; {len(names) - len(shown)} more tables changed" if len(names) > len(shown) else ""
    note = f"{TOLD[compared.verdict]}; red breaks both directions, orange one, green none{more}"
    svg = matrix(title, shown or ["no table"], GROUPS, cells, note=note)
    told = "; ".join(f"{one.code} {one.table}.{one.column}" for one in changes[:20]) or "nothing changed"
    return Figure(title=title, alt_text=f"{headline(compared)}. {told}.", svg=svg)


def _tone(here: list[Change]) -> Tone:
    if any(one.breaks_backward for one in here) and any(one.breaks_forward for one in here):
        return "bad"
    return "poor" if any(one.is_breaking for one in here) else "good"


def as_json(compared: Comparison, now: Schema) -> bytes:
    """The verdict and every change, for a pipeline that has to stop or go on."""
    document = {
        "format": FORMAT,
        "before": compared.before.name,
        "now": now.name,
        "compatibility": compared.verdict,
        "backward": compared.is_backward,
        "forward": compared.is_forward,
        "changes": [_written(one) for one in compared.changes],
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _written(one: Change) -> dict[str, Any]:
    return {
        "code": one.code,
        "table": one.table,
        "column": one.column or None,
        "before": one.before or None,
        "now": one.now or None,
        "breaks_backward": one.breaks_backward,
        "breaks_forward": one.breaks_forward,
        "why": one.why,
    }
