"""What a reviewer would say of a design and of a migration, the gravest first."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.data.schema.words import style_of
from studio_magics.tools.dev.schema_designer.filling import fill_of
from studio_magics.tools.dev.schema_designer.group_findings import group_findings
from studio_magics.tools.dev.schema_designer.rules import storage_of
from studio_magics.tools.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.dev.schema_designer.design import ColumnDesign, Design, Dialect, TableDesign
    from studio_magics.tools.dev.schema_designer.differences import ColumnChange, Differences, TableChange
    from studio_magics.tools.dev.schema_designer.proof import Proof

SEVERITIES = ("critical", "high", "medium", "low", "info")
MONEY = re.compile(r"price|amount|total|cost|balance|fee|salary|tax|money", re.IGNORECASE)
SECRET = re.compile(r"^(password|passwd|pwd|secret|pin|cvv|card_number)$", re.IGNORECASE)
LOST_TOLD = 30
MYSQL_INDEX_CHARACTERS = 768
WIDENING = {("smallint", "integer"), ("smallint", "bigint"), ("integer", "bigint"), ("string", "text")}


def design_findings(design: Design, dialects: tuple[Dialect, ...]) -> list[Finding]:
    """What to improve in the design itself."""
    found = [one for table in design.tables for one in _of_table(table, design, dialects)]
    if "mysql" in dialects:
        found += _too_long_for_mysql(design)
    return found + list(_names(design)) + list(_lost(design))


def _lost(design: Design) -> Iterator[Finding]:
    """What the statements say and the scripts will not."""
    if design.lost:
        more = f"; and {len(design.lost) - LOST_TOLD} more" if len(design.lost) > LOST_TOLD else ""
        yield Finding(
            code="not-kept",
            severity="medium",
            title=f"{counted(len(design.lost), 'part')} of the statements not kept: {design.lost[0][:160]}",
            where=design.lost[0].split(":")[0],
            detail="; ".join(design.lost[:LOST_TOLD]) + more,
            action="Write it into the scripts by hand, or change the design so that it needs none",
            count=len(design.lost),
        )


def _of_table(table: TableDesign, design: Design, dialects: tuple[Dialect, ...]) -> Iterator[Finding]:
    name = table.name
    if not table.key:
        yield Finding(
            code="no-key",
            severity="high",
            title=f"{name} has no primary key",
            where=name,
            detail="Rows cannot be told apart, updated safely or referred to.",
            action="Add a column 'id: id', or 'key: […]'",
        )
    covered = {group[0] for group in (*table.all_indexes, *table.all_uniques, table.key) if group}
    for column in table.columns:
        yield from _of_column(table, column, design, covered)
    for reference in table.references:
        yield from group_findings(table, reference, design, dialects)
    yield from _indexes(table)


def _of_column(
    table: TableDesign, column: ColumnDesign, design: Design, covered: set[str]
) -> Iterator[Finding]:
    where = f"{table.name}.{column.name}"
    if column.reference and column.name not in covered:
        yield Finding(
            code="reference-not-indexed",
            severity="medium",
            title=f"{where} refers to {column.reference.table} without an index",
            where=where,
            detail="Joins, and every delete in the other table, read this whole table.",
            action="Add 'indexed'",
        )
    if column.kind == "float" and MONEY.search(column.name):
        yield Finding(
            code="money-as-float",
            severity="high",
            title=f"{where} keeps money as a binary fraction",
            where=where,
            detail="0.1 + 0.2 is not 0.3; sums drift.",
            action="Use decimal(12,2), or whole cents",
        )
    if SECRET.match(column.name) and column.kind in {"string", "text"}:
        yield Finding(
            code="secret-in-clear",
            severity="high",
            title=f"{where} looks like a secret in clear text",
            where=where,
            detail="Whoever reads a backup reads it.",
            action="Keep a salted hash and name the column for it",
        )
    if column.kind == "boolean" and not column.required and column.default is None:
        yield Finding(
            code="three-valued-flag",
            severity="low",
            title=f"{where} can be true, false or nothing",
            where=where,
            detail="'not x' then misses rows.",
            action="Add 'required default false'",
        )
    if column.reference and storage_of(column, design)[0] != storage_of_target(column, design):
        yield Finding(
            code="reference-of-other-type",
            severity="high",
            title=f"{where} has another type than what it refers to",
            where=where,
            detail="PostgreSQL and MySQL refuse it, or cannot use the index.",
            action="Use 'ref TABLE'",
        )


def storage_of_target(column: ColumnDesign, design: Design) -> str:
    """The stored type of what the column refers to."""
    reference = column.reference
    parent = design.table(reference.table) if reference else None
    target = parent.column(reference.column) if parent and reference else None
    kind = storage_of(target, design)[0] if target else ""
    return "bigint" if kind == "id" else kind


def _too_long_for_mysql(design: Design) -> Iterator[Finding]:
    """Columns that are indexed, unique or a key, and longer than an index of MySQL takes."""
    found = [
        f"{table.name}.{name}"
        for table in design.tables
        for name in dict.fromkeys(
            one for group in (table.key, *table.all_indexes, *table.all_uniques) for one in group
        )
        if (column := table.column(name)) and _is_too_long(*storage_of(column, design))
    ]
    if found:
        yield Finding(
            code="too-long-for-mysql",
            severity="high",
            title=f"MySQL cannot index {counted(len(found), 'column')}, first {found[0]}",
            where=found[0],
            detail=f"At most {MYSQL_INDEX_CHARACTERS} characters fit into an index: {', '.join(found[:12])}.",
            action="Use string(n), or leave mysql out of 'databases'",
            count=len(found),
        )


def _is_too_long(kind: str, sizes: tuple[int, ...]) -> bool:
    return kind in {"text", "json", "binary"} or (kind == "string" and sizes[:1] > (MYSQL_INDEX_CHARACTERS,))


def _indexes(table: TableDesign) -> Iterator[Finding]:
    groups = [*table.all_indexes]
    for group in groups:
        longer = [
            other
            for other in (*groups, *table.all_uniques, table.key)
            if other != group and other[: len(group)] == group
        ]
        if longer or group in (table.key, *table.all_uniques):
            yield Finding(
                code="index-not-needed",
                severity="low",
                title=f"The index of {table.name} ({', '.join(group)}) is not needed",
                where=table.name,
                detail="A longer index, key or unique begins with the same columns.",
                action="Leave it out",
            )


def _names(design: Design) -> Iterator[Finding]:
    names = [*design.by_name, *(one.name for table in design.tables for one in table.columns)]
    styles = {name: style_of(name) for name in names}
    usual_first = Counter(style for style in styles.values() if style != "flat").most_common()
    if len(usual_first) > 1:
        usual = usual_first[0][0]
        odd = sorted({name for name, style in styles.items() if style not in {usual, "flat"}})
        yield Finding(
            code="mixed-names",
            severity="low",
            title=f"{counted(len(odd), 'name')} not in {usual} as most are",
            where=odd[0],
            detail=", ".join(odd[:10]),
            action="Use one style",
            count=len(odd),
        )


def migration_findings(found: Differences) -> list[Finding]:
    """Where a migration loses data, fails on rows that are there, or may be meant otherwise."""
    told = [
        Finding(
            code="table-dropped",
            severity="high",
            title=f"The table {one.name} goes, with all its rows",
            where=one.name,
            detail="The way back makes it again, empty.",
            action="Keep a copy, or tell its new name with 'was'",
        )
        for one in found.dropped
    ]
    told += _table_renames(found)
    return told + [one for change in found.changed for one in _of_change(change)]


def _table_renames(found: Differences) -> list[Finding]:
    return [
        _maybe_renamed(old.name, new.name)
        for old in found.dropped
        for new in found.created
        if {one.name for one in old.columns} == {one.name for one in new.columns}
    ]


def _maybe_renamed(old: str, new: str) -> Finding:
    return Finding(
        code="maybe-renamed",
        severity="critical",
        title=f"Is {new} the old {old}? It would lose its content",
        where=new,
        detail="One is dropped and one of the same form is made; a database cannot know that they are "
        "the same.",
        action=f"Write 'was {old.rsplit('.', 1)[-1]}' if it is",
    )


def _of_change(change: TableChange) -> Iterator[Finding]:
    table = change.after.name
    for column in change.dropped:
        same = [one.name for one in change.added if one.kind == column.kind and one.sizes == column.sizes]
        for name in same:
            yield _maybe_renamed(f"{table}.{column.name}", f"{table}.{name}")
        if not same:
            yield Finding(
                code="column-dropped",
                severity="high",
                title=f"{table}.{column.name} goes, with its content",
                where=f"{table}.{column.name}",
                detail="The way back brings back the column, not what it held.",
                action="Keep a copy, or tell its new name with 'was'",
            )
    for column in change.added:
        if column.required and fill_of(column) is None and column.kind != "id":
            yield Finding(
                code="required-without-fill",
                severity="critical",
                title=f"{table}.{column.name} is required, but rows that are there have none",
                where=f"{table}.{column.name}",
                detail="The migration fails as soon as the table has a row.",
                action="Add 'default VALUE', or 'fill VALUE' for the rows that are there",
            )
    for one in change.changed:
        yield from _of_column_change(table, one)


def _of_column_change(table: str, change: ColumnChange) -> Iterator[Finding]:
    where = f"{table}.{change.after.name}"
    if change.becomes_required and fill_of(change.after) is None:
        yield Finding(
            code="becomes-required",
            severity="high",
            title=f"{where} becomes required; empty values stop the migration",
            where=where,
            detail="",
            action="Add 'fill VALUE' for rows that have none",
        )
    if change.changes_type and _narrows(change):
        yield Finding(
            code="type-narrowed",
            severity="high",
            title=f"{where} was {change.before.type_text} and becomes {change.after.type_text}",
            where=where,
            detail="Values that do not fit are refused, or cut in SQLite and old MySQL.",
            action="Look for such values first",
        )


def _narrows(change: ColumnChange) -> bool:
    (was, was_sizes), (now, now_sizes) = change.stored_before, change.stored_after
    if was == now:
        return any(new < old for old, new in zip(was_sizes, now_sizes, strict=False))
    return (was, now) not in WIDENING


def proof_findings(proof: Proof) -> list[Finding]:
    """A step of the trial that failed."""
    return [
        Finding(
            code="trial-failed",
            severity="critical",
            title=f"Tried on SQLite: '{one.name}' failed",
            where=one.name,
            detail=one.told,
            action="See the other findings; do not run these statements as they are",
        )
        for one in proof.steps
        if not one.passed
    ]
