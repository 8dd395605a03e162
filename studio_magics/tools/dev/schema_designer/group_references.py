"""References of the whole table: 'order_id, number to order_line (order_id, number) on-delete cascade'."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.schema_designer.column_lines import NAME, ON_DELETE
from studio_magics.tools.dev.schema_designer.design import GroupReference, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.documents import Part
    from studio_magics.tools.dev.schema_designer.design import Design, OnDelete, TableDesign

MAX_REFERENCES = 50
MAX_COLUMNS = 16
NAMES = rf"{NAME}(?:\s*,\s*{NAME})*"
LINE = re.compile(
    rf"\(?\s*(?P<columns>{NAMES})\s*\)?\s+to\s+(?P<to>{NAME})\s*(?:\(\s*(?P<their>{NAMES})\s*\))?"
    rf"(?:\s+on-delete\s+(?P<rule>\S+))?"
)
EXAMPLE = "a, b to TABLE (c, d) on-delete cascade"
KEYS = ("columns", "to", "their", "on-delete")


def read_references(part: Part | None, known: Sequence[str]) -> tuple[GroupReference, ...]:
    """The entries of 'references', each a line or a mapping.

    Raises:
        InputRejected: A line that cannot be read, a column this table has not, or one twice.
    """
    if part is None:
        return ()
    return tuple(_reference(one, known) for one in part.items(MAX_REFERENCES))


def _reference(part: Part, known: Sequence[str]) -> GroupReference:
    made = _of_line(part) if isinstance(part.value, str) else _of_mapping(part)
    missing = next((one for one in made.columns if one not in known), None)
    if missing is not None:
        part.refuse(f"the column '{missing[:60]}'", ", ".join(known[:20]))
    for names in (made.columns, made.parent_columns):
        if len(set(names)) < len(names) or len(names) > MAX_COLUMNS:
            part.refuse(f"the columns {spoken(names)[:120]}", f"each once, at most {MAX_COLUMNS}")
    return made


def _of_line(part: Part) -> GroupReference:
    hit = LINE.fullmatch(part.text(most=2_000).strip())
    if hit is None:
        action = "put the whole line in quotes where it stands between brackets"
        part.refuse(f"the reference '{part.value[:60]}'", EXAMPLE, action)
    return GroupReference(
        _split(hit["columns"]), hit["to"], _split(hit["their"] or ""), _rule(part, hit["rule"] or "restrict")
    )


def _of_mapping(part: Part) -> GroupReference:
    entries = part.entries(KEYS, needed=("columns", "to"))
    their = entries.get("their")
    rule = entries["on-delete"].text(most=20) if "on-delete" in entries else "restrict"
    return GroupReference(
        tuple(one.text(most=63) for one in entries["columns"].items(MAX_COLUMNS)),
        entries["to"].text(most=63),
        tuple(one.text(most=63) for one in their.items(MAX_COLUMNS)) if their else (),
        _rule(part, rule),
    )


def _split(written: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in written.split(",") if one.strip())


def _rule(part: Part, written: str) -> OnDelete:
    for known in ON_DELETE:
        if written == known:
            return known
    return part.refuse(f"on-delete '{written[:60]}'", ", ".join(ON_DELETE))


def resolved_group(
    table: TableDesign, reference: GroupReference, design: Design, field: str
) -> GroupReference:
    """The same with the columns of the other table named.

    Raises:
        InputRejected: A missing table or column, unequal numbers of columns, no key on the other side, or
            columns to be emptied that may not be empty.
    """
    where = f"{table.name}.{spoken(reference.columns)}"
    parent = design.table(reference.table)
    if parent is None:
        known = ", ".join(one.name for one in design.tables[:20])
        found = f"{where} refers to the table '{reference.table[:60]}', which is missing"
        raise InputRejected(field, found=found, allowed=known)
    their = reference.parent_columns or parent.key
    _check_target(where, reference, parent, their, field)
    required = [one for one in reference.columns if (own := table.column(one)) and own.required]
    if reference.on_delete == "set-null" and required:
        found = f"{where}: 'on-delete set-null' for a required column ({', '.join(required)})"
        raise InputRejected(field, found=found, allowed="restrict or cascade")
    return replace(reference, parent_columns=their)


def _check_target(
    where: str, reference: GroupReference, parent: TableDesign, their: tuple[str, ...], field: str
) -> None:
    missing = next((one for one in their if parent.column(one) is None), None if their else "its key")
    if missing is not None:
        found = f"{where} refers to '{parent.name}.{missing[:60]}', which is missing"
        allowed = f"columns: {', '.join(one.name for one in parent.columns[:20])}"
        raise InputRejected(field, found=found, allowed=allowed)
    target = f"{parent.name}.{spoken(their)}"
    if len(their) != len(reference.columns):
        found = f"{where} refers to {target}: {len(reference.columns)} columns to {len(their)}"
        raise InputRejected(field, found=found, allowed="as many columns on both sides")
    keys = [set(one) for one in (parent.key, *parent.all_uniques)]
    if set(their) not in keys:
        verb = "is" if len(their) == 1 else "are"
        found = f"{where} refers to {target}, which {verb} neither key nor unique"
        raise InputRejected(field, found=found, allowed=f"key or unique columns, in {parent.name}")
