"""From YAML or DDL to a design whose references, names and keys hold together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import read_part
from studio_magics.tools.dev.schema_designer.column_lines import NAME, NAME_SAYS, read_column
from studio_magics.tools.dev.schema_designer.conditions import ConditionRefused, check_condition
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    Design,
    Reference,
    TableDesign,
    in_order_of_references,
)
from studio_magics.tools.dev.schema_designer.group_references import read_references, resolved_group
from studio_magics.tools.dev.schema_designer.reserved import reserved_in
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.dev.documents import Part

TOP_KEYS = ("schema", "tables")
TABLE_KEYS = ("columns", "key", "unique", "indexes", "references", "checks", "was", "comment")
MAX_TABLES = 300
MAX_COLUMNS = 400
MAX_FILE_BYTES = 2_000_000
DDL = re.compile(r"^\s*create\s+(unlogged\s+)?(table|schema|type)\b", re.IGNORECASE | re.MULTILINE)


def read_file(file: InputFile, field: str, context: RunContext) -> str:
    """The text of a file.

    Raises:
        InputRejected: Too large, or not UTF-8.
    """
    if file.size_bytes > MAX_FILE_BYTES:
        raise InputRejected(
            field, found=f"{file.size_bytes:,} bytes", allowed=f"at most {MAX_FILE_BYTES:,} bytes"
        )
    try:
        return decoded(context.path(file).read_bytes())
    except IntakeRefused as refused:
        raise InputRejected(
            field, found=refused.found, allowed=refused.allowed, action=refused.action
        ) from refused


def read_design(text: str, field: str, dialects: Sequence[str]) -> Design:
    """The design in a text: CREATE TABLE statements, or YAML.

    Raises:
        InputRejected: Unreadable, or it does not hold together; names line or table.
    """
    if DDL.search(text):
        from studio_magics.tools.dev.schema_designer.statements import read_statements

        return _sound(read_statements(text, field), field)
    return _sound(_of_yaml(read_part(text, field), dialects), field)


def _of_yaml(part: Part, dialects: Sequence[str]) -> Design:
    top = part.entries(TOP_KEYS, needed=("tables",))
    written = top["tables"].named(MAX_TABLES)
    if not written:
        top["tables"].refuse("no table", "at least one")
    tables = tuple(_table(name, one, dialects) for name, one in written.items())
    return Design(top["schema"].word(NAME, NAME_SAYS) if "schema" in top else "schema", tables)


def _table(name: str, part: Part, dialects: Sequence[str]) -> TableDesign:
    _check_name(name, part, dialects, "table")
    entries = part.entries(TABLE_KEYS, needed=("columns",))
    written = entries["columns"].named(MAX_COLUMNS)
    columns = tuple(read_column(key, one) for key, one in written.items())
    if not columns:
        entries["columns"].refuse("no column", "at least one")
    for key, one in written.items():
        _check_name(key, one, dialects, "column")
    names = [one.name for one in columns]
    lowered = [one.lower() for one in names]
    twice = next((one for one in names if lowered.count(one.lower()) > 1), None)
    if twice:
        entries["columns"].refuse(
            f"the column '{twice}' twice, apart from upper and lower case", "each name once"
        )
    ids = tuple(one.name for one in columns if one.kind == "id")
    if len(ids) > 1:
        entries["columns"].refuse(f"two columns of the type id: {', '.join(ids)}", "one")
    return TableDesign(
        name=name,
        columns=columns,
        key=_names(entries.get("key"), names)[0] if "key" in entries else ids,
        uniques=_names(entries.get("unique"), names),
        indexes=_names(entries.get("indexes"), names),
        checks=_checks(entries.get("checks"), set(names)),
        references=read_references(entries.get("references"), names),
        was=entries["was"].word(NAME, NAME_SAYS) if "was" in entries else "",
        comment=entries["comment"].text(most=500) if "comment" in entries else "",
    )


def _check_name(name: str, part: Part, dialects: Sequence[str], what: str) -> None:
    if not re.fullmatch(NAME, name):
        part.refuse(f"the {what} name '{name[:60]}'", NAME_SAYS)
    products = reserved_in(name, dialects)
    if products:
        part.refuse(
            f"the {what} name '{name}' is a reserved word of {' and '.join(products)}",
            "another name",
            f"for example {name}_{'list' if what == 'table' else 'value'}, or leave that database out",
        )


def _names(part: Part | None, known: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of column names: 'key: [a, b]' is one group, 'indexes: [[a], [a, b]]' are two."""
    if part is None:
        return ()
    several = [one for one in part.items(50) if isinstance(one.value, list)]
    groups = several or [part]
    if part.path.endswith(".key") or several:
        return tuple(tuple(one.choice(known) for one in group.items(16)) for group in groups)
    return tuple((one.choice(known),) for one in part.items(50))


def _checks(part: Part | None, columns: set[str]) -> dict[str, str]:
    if part is None:
        return {}
    found: dict[str, str] = {}
    for name, one in part.named(50).items():
        if not re.fullmatch(NAME, name):
            one.refuse(f"the name '{name[:60]}'", NAME_SAYS)
        try:
            found[name] = check_condition(one.text(most=500), columns)
        except ConditionRefused as refused:
            one.refuse(refused.found, refused.allowed)
    return found


def _sound(design: Design, field: str) -> Design:
    """The design with every reference resolved.

    Raises:
        InputRejected: A reference to a missing table or column, two tables of one name, a circle of
            required references.
    """
    lowered: dict[str, str] = {}
    for table in design.tables:
        if table.name.lower() in lowered:
            found = f"the tables '{lowered[table.name.lower()]}' and '{table.name}'"
            raise InputRejected(
                field, found=found, allowed="names that differ in more than upper and lower case"
            )
        lowered[table.name.lower()] = table.name
    made = replace(design, tables=tuple(_resolved(one, design, field) for one in design.tables))
    _refuse_circles(made, field)
    return made


def _resolved(table: TableDesign, design: Design, field: str) -> TableDesign:
    columns = tuple(_resolved_column(table, one, design, field) for one in table.columns)
    groups = tuple(resolved_group(table, one, design, field) for one in table.references)
    return replace(table, columns=columns, references=tuple(dict.fromkeys(groups)))


def _resolved_column(table: TableDesign, column: ColumnDesign, design: Design, field: str) -> ColumnDesign:
    if column.reference is None:
        return column
    where = f"{table.name}.{column.name}"
    parent = design.table(column.reference.table)
    if parent is None:
        known = ", ".join(one.name for one in design.tables[:20])
        found = f"{where} refers to the table '{column.reference.table[:60]}', which is missing"
        raise InputRejected(field, found=found, allowed=known)
    name = column.reference.column or (parent.key[0] if len(parent.key) == 1 else "")
    target = parent.column(name)
    if target is None:
        found = f"{where} refers to '{parent.name}.{name or 'its key'}', which is missing"
        raise InputRejected(
            field, found=found, allowed=f"a column: {', '.join(one.name for one in parent.columns[:20])}"
        )
    if parent.key != (name,) and (name,) not in parent.all_uniques:
        found = f"{where} refers to {parent.name}.{name}, which is neither key nor unique"
        raise InputRejected(field, found=found, allowed="a key or a unique column")
    reference = Reference(parent.name, name, column.reference.on_delete)
    return replace(column, reference=reference)


def _refuse_circles(design: Design, field: str) -> None:
    """A circle of required references: no first row could ever be written."""
    required = {
        one.name: {reference.table for reference in one.all_references if one.requires(reference)}
        for one in design.tables
    }
    for start in required:
        trail = _circle(start, required)
        if trail:
            raise InputRejected(
                field,
                found=f"a circle of required references: {' → '.join(trail)}",
                allowed="one of them not required",
                action=f"make the reference from {trail[0]} to {trail[1]} optional",
            )


def _circle(start: str, required: dict[str, set[str]]) -> list[str]:
    came_from: dict[str, str] = {}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for step in sorted(required.get(here, ())):
            if step == start:
                trail = [start, *([here] if here != start else [])]
                while trail[-1] != start and came_from.get(trail[-1], start) != start:
                    trail.append(came_from[trail[-1]])
                return [start, *reversed(trail[1:]), start]
            if step not in came_from:
                came_from[step] = here
                waiting.append(step)
    return []


def ordered(design: Design) -> Design:
    """The same with tables after those they refer to."""
    return replace(design, tables=tuple(in_order_of_references(design)))
