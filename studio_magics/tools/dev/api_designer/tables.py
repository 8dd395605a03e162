"""The tables of the result: operations, and what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.contracts.results import Cell, Column, Table
from studio_magics.tools.dev.api_designer.describing import type_text
from studio_magics.tools.dev.documents import as_map, as_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.api_designer.differences import Change
    from studio_magics.tools.dev.api_designer.document import Document, Operation

MAX_ROWS = 300
EFFECTS = ("breaking", "risky", "compatible")


def all_tables(document: Document, changes: Sequence[Change]) -> tuple[Table, ...]:
    """Changes first, for that is what is asked when there is an older version."""
    found = [_changes(changes)] if changes else []
    return (*found, _operations(document))


def _changes(changes: Sequence[Change]) -> Table:
    ranked = sorted(changes, key=lambda one: EFFECTS.index(one.effect))
    rows: list[tuple[Cell, ...]] = [
        (one.effect, one.operation, one.where, one.said, one.code) for one in ranked[:MAX_ROWS]
    ]
    left = len(ranked) - len(rows)
    return Table(
        title="Changes",
        columns=tuple(Column(name=name) for name in ("effect", "operation", "where", "what", "rule")),
        rows=tuple(rows),
        note=f"{left:,} more are in diff.json." if left else "",
    )


def _operations(document: Document) -> Table:
    rows = tuple(_row(document, one) for one in document.operations[:MAX_ROWS])
    left = len(document.operations) - len(rows)
    names = ("operation", "what it does", "takes", "gives", "sign-in", "tag")
    return Table(
        title="Operations",
        columns=tuple(Column(name=name) for name in names),
        rows=rows,
        note=f"{left:,} more are in the reference." if left else "",
    )


def _row(document: Document, operation: Operation) -> tuple[Cell, ...]:
    given = [
        f"{status} {_content(document, one)}".strip()
        for status, one in document.responses(operation).items()
        if status[:1] in {"2", "3"}
    ]
    ways = [" and ".join(as_map(one)) or "none" for one in document.security(operation)]
    return (
        operation.name,
        as_text(operation.value.get("summary")) or as_text(operation.value.get("operationId")),
        _content(document, document.request(operation)),
        ", ".join(given),
        " or ".join(ways) or "none",
        operation.tag,
    )


def _content(document: Document, holder: object) -> str:
    content = as_map(as_map(holder).get("content"))
    return ", ".join(
        dict.fromkeys(type_text(document, as_map(one).get("schema")) for one in content.values())
    )
