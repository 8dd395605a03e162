"""What separates two designs: tables and columns that came, went, changed, or were given another name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.schema_designer.conditions import renamed_condition
from studio_magics.tools.dev.schema_designer.rules import Rule, rules_of, storage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.tools.dev.schema_designer.design import (
        ColumnDesign,
        Design,
        GroupReference,
        TableDesign,
    )


@dataclass(frozen=True)
class ColumnChange:
    """A column in both designs that is not the same."""

    table: str
    before: ColumnDesign
    after: ColumnDesign
    stored_before: tuple[str, tuple[int, ...]]
    stored_after: tuple[str, tuple[int, ...]]

    @property
    def changes_type(self) -> bool:
        """Whether the stored values change their form."""
        return self.stored_before != self.stored_after

    @property
    def becomes_required(self) -> bool:
        """Whether empty values are no longer allowed."""
        return self.after.required and not self.before.required


@dataclass(frozen=True)
class TableChange:
    """A table in both designs, by its new name."""

    before: TableDesign
    after: TableDesign
    added: tuple[ColumnDesign, ...]
    dropped: tuple[ColumnDesign, ...]
    renamed: tuple[tuple[str, str], ...]
    changed: tuple[ColumnChange, ...]
    rules_dropped: tuple[Rule, ...]
    """With the names of before."""
    rules_added: tuple[Rule, ...]
    key_changed: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing but its name may have changed."""
        parts = (self.added, self.dropped, self.renamed, self.changed, self.rules_dropped, self.rules_added)
        return not any(parts) and not self.key_changed


@dataclass(frozen=True)
class Differences:
    """Everything that separates two designs."""

    before: Design
    after: Design
    created: tuple[TableDesign, ...]
    dropped: tuple[TableDesign, ...]
    renamed: tuple[tuple[str, str], ...]
    changed: tuple[TableChange, ...]
    rehung: tuple[tuple[Rule, Rule], ...] = ()
    """References that stay, before and after, but whose key goes: it cannot go while they hang on it."""

    @property
    def is_empty(self) -> bool:
        """Whether the designs are the same."""
        return not (self.created or self.dropped or self.renamed or self.changed)


def compare(before: Design, after: Design, field: str = "tables") -> Differences:
    """All differences; renames are only those that 'was' tells.

    Raises:
        InputRejected: A 'was' names what the design before did not have, or two claim the same.
    """
    _check_was(before, after, field)
    tables = {_old_name(one, before): one.name for one in after.tables}
    renamed_before = _with_new_names(before, after)
    pairs = [
        (before.by_name[old], after.by_name[new]) for old, new in tables.items() if old in before.by_name
    ]
    changes = [_table_change(old, new, after, renamed_before) for old, new in pairs]
    kept = {old.name for old, _ in pairs}
    return Differences(
        before=before,
        after=after,
        created=tuple(one for one in after.tables if one.name not in {new.name for _, new in pairs}),
        dropped=tuple(one for one in before.tables if one.name not in kept),
        renamed=tuple((old.name, new.name) for old, new in pairs if old.name != new.name),
        changed=tuple(one for one in changes if not one.is_empty),
        rehung=_rehung(pairs, renamed_before, {one.before.name: one for one in changes}),
    )


def _rehung(
    pairs: list[tuple[TableDesign, TableDesign]], renamed: Design, changes: Mapping[str, TableChange]
) -> tuple[tuple[Rule, Rule], ...]:
    """The references that stay and point at a key or unique that is dropped, by old and new names."""
    found: list[tuple[Rule, Rule]] = []
    for old, new in pairs:
        as_new = renamed.by_name[new.name]
        for rule, now in zip(rules_of(old), rules_of(as_new), strict=True):
            stays = rule.kind == "reference" and rule not in changes[old.name].rules_dropped
            if stays and rule.parent in changes and _loses_key(changes[rule.parent], rule.parent_columns):
                found.append((rule, replace(now, name=rule.name)))
    return tuple(found)


def _loses_key(change: TableChange, columns: tuple[str, ...]) -> bool:
    """Whether what these columns of the table before are a key by goes, perhaps to come again."""
    gone = [one.columns for one in change.rules_dropped if one.kind == "unique"]
    gone += [change.before.key] if change.key_changed else []
    return any(set(one) == set(columns) for one in gone)


def _old_name(table: TableDesign, before: Design) -> str:
    return (
        table.was
        if table.was and table.was in before.by_name and table.name not in before.by_name
        else table.name
    )


def _old_column(column: ColumnDesign, before: TableDesign) -> str:
    if column.was and before.column(column.was) and not before.column(column.name):
        return column.was
    return column.name


def _check_was(before: Design, after: Design, field: str) -> None:
    claimed: dict[str, str] = {}
    for table in after.tables:
        if not table.was or table.name in before.by_name:
            continue
        if table.was not in before.by_name:
            found = f"the table {table.name} was '{table.was}', which the version before does not have"
            raise InputRejected(field, found=found, allowed=", ".join(before.by_name) or "nothing")
        if table.was in claimed or table.was in after.by_name:
            found = f"'{table.was}' is still there, or claimed by {claimed.get(table.was, table.was)} too"
            raise InputRejected(field, found=found, allowed="each old name once")
        claimed[table.was] = table.name
    for table in after.tables:
        old = before.table(_old_name(table, before))
        for column in table.columns:
            if old and column.was and not old.column(column.name) and not old.column(column.was):
                found = (
                    f"{table.name}.{column.name} was '{column.was}', which the version before does not have"
                )
                raise InputRejected(field, found=found, allowed=", ".join(one.name for one in old.columns))


def _with_new_names(before: Design, after: Design) -> Design:
    """The design before in the names of after, to compare what else changed."""
    tables = {_old_name(one, before): one.name for one in after.tables}
    columns = {
        old: {_old_column(one, before.by_name[old]): one.name for one in after.by_name[new].columns}
        for old, new in tables.items()
        if old in before.by_name
    }
    return replace(before, tables=tuple(_renamed_table(one, tables, columns) for one in before.tables))


def _renamed_table(
    table: TableDesign, tables: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]
) -> TableDesign:
    own = columns.get(table.name, {})

    def new(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(own.get(name, name) for name in names)

    return replace(
        table,
        name=tables.get(table.name, table.name),
        columns=tuple(_renamed_column(one, own, tables, columns) for one in table.columns),
        key=new(table.key),
        uniques=tuple(new(one) for one in table.uniques),
        indexes=tuple(new(one) for one in table.indexes),
        checks={name: renamed_condition(one, own) for name, one in table.checks.items()},
        references=tuple(_renamed_reference(one, own, tables, columns) for one in table.references),
    )


def _renamed_reference(
    reference: GroupReference,
    own: Mapping[str, str],
    tables: Mapping[str, str],
    columns: Mapping[str, Mapping[str, str]],
) -> GroupReference:
    inner = columns.get(reference.table, {})
    return replace(
        reference,
        columns=tuple(own.get(one, one) for one in reference.columns),
        table=tables.get(reference.table, reference.table),
        parent_columns=tuple(inner.get(one, one) for one in reference.parent_columns),
    )


def _renamed_column(
    column: ColumnDesign,
    own: Mapping[str, str],
    tables: Mapping[str, str],
    columns: Mapping[str, Mapping[str, str]],
) -> ColumnDesign:
    reference = column.reference
    if reference:
        inner = columns.get(reference.table, {})
        reference = replace(
            reference,
            table=tables.get(reference.table, reference.table),
            column=inner.get(reference.column, reference.column),
        )
    return replace(column, name=own.get(column.name, column.name), reference=reference)


def _table_change(old: TableDesign, new: TableDesign, after: Design, renamed: Design) -> TableChange:
    as_new = renamed.by_name[new.name]
    known = {one.name: one for one in as_new.columns}
    names = {one.name for one in new.columns}
    old_names = {_old_column(one, old): one.name for one in new.columns}
    changed = tuple(
        change
        for one in new.columns
        if one.name in known and (change := _column_change(new.name, known[one.name], one, renamed, after))
    )
    dropped_rules, added_rules = _rule_changes(old, as_new, new)
    return TableChange(
        before=old,
        after=new,
        added=tuple(one for one in new.columns if one.name not in known),
        dropped=tuple(one for one in old.columns if old_names.get(one.name, one.name) not in names),
        renamed=tuple((was, name) for was, name in old_names.items() if was != name and old.column(was)),
        changed=changed,
        rules_dropped=dropped_rules,
        rules_added=added_rules,
        key_changed=as_new.key != new.key,
    )


def _column_change(
    table: str, before: ColumnDesign, after: ColumnDesign, old: Design, new: Design
) -> ColumnChange | None:
    stored = storage_of(before, old), storage_of(after, new)
    plain = (before.required, before.default) == (after.required, after.default)
    same_id = (before.kind == "id") == (after.kind == "id")
    if stored[0] == stored[1] and plain and same_id:
        return None
    return ColumnChange(table, before, after, *stored)


def _rule_changes(
    old: TableDesign, as_new: TableDesign, new: TableDesign
) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Rules to drop under their old names, and rules to make."""
    kept = {replace(rule, table="") for rule in rules_of(new)}
    was = list(zip(rules_of(old), rules_of(as_new), strict=True))
    dropped = tuple(rule for rule, renamed in was if replace(renamed, table="", name=rule.name) not in kept)
    staying = {replace(renamed, table="", name=rule.name) for rule, renamed in was}
    added = tuple(rule for rule in rules_of(new) if replace(rule, table="") not in staying)
    return dropped, added


def turned(before: Design, after: Design) -> tuple[Design, Design]:
    """The two designs for the way back: names that 'was' told are told the other way round."""
    names = {_old_name(one, before): one for one in after.tables}
    back = tuple(
        _turned_table(one, names[one.name]) if one.name in names else replace(one, was="")
        for one in before.tables
    )
    return after, replace(before, tables=back)


def _turned_table(old: TableDesign, new: TableDesign) -> TableDesign:
    renamed = {_old_column(one, old): one.name for one in new.columns}
    columns = tuple(
        replace(one, was=renamed[one.name] if renamed.get(one.name, one.name) != one.name else "")
        for one in old.columns
    )
    return replace(old, columns=columns, was=new.name if new.name != old.name else "")
