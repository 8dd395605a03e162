"""The named rules of a table, as each database keeps them: keys, uniques, references, conditions, indexes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from studio_magics.tools.dev.schema_designer.design import ColumnDesign, Design, TableDesign

MAX_NAME = 60
RuleKind = Literal["unique", "reference", "check", "index"]


@dataclass(frozen=True)
class Rule:
    """One rule of one table."""

    kind: RuleKind
    table: str
    name: str
    columns: tuple[str, ...]
    condition: str = ""
    parent: str = ""
    parent_columns: tuple[str, ...] = ()
    on_delete: str = ""


def rules_of(table: TableDesign) -> tuple[Rule, ...]:
    """All rules but the primary key, which is part of the table."""
    name = table.name
    found = [Rule("unique", name, named("uq", name, *one), one) for one in table.all_uniques]
    found += [
        Rule(
            "reference", name, named("fk", name, *one.columns), one.columns, parent=one.table,
            parent_columns=one.parent_columns, on_delete=one.on_delete,
        )
        for one in table.all_references
    ]  # fmt: skip
    found += [
        Rule("check", name, named("ck", name, one.name), (one.name,), condition=_of_enum(one))
        for one in table.columns
        if one.kind == "enum"
    ]
    found += [
        Rule("check", name, named("ck", name, key), (), condition=one) for key, one in table.checks.items()
    ]
    found += [Rule("index", name, named("ix", name, *one), one) for one in table.all_indexes]
    return _named_apart(found)


def _named_apart(rules: list[Rule]) -> tuple[Rule, ...]:
    """Each rule once; where two would have one name, the later one ends in a digest of what it says."""
    kept: dict[str, Rule] = {}
    for rule in dict.fromkeys(rules):
        said = repr((rule.columns, rule.parent, rule.parent_columns, rule.condition))
        digest = sha256(said.encode()).hexdigest()[:8]
        own = named(rule.name, digest) if rule.name in kept else rule.name
        kept[own] = replace(rule, name=own)
    return tuple(kept.values())


def _of_enum(column: ColumnDesign) -> str:
    values = ", ".join("'" + one.replace("'", "''") + "'" for one in column.values)
    name = column.name.replace('"', '""')
    return f'"{name}" IN ({values})'


def named(*parts: str) -> str:
    """'fk_order_customer_id'; too long a name ends in a digest of itself."""
    name = "_".join(parts)
    if len(name) <= MAX_NAME:
        return name
    return f"{name[: MAX_NAME - 9]}_{sha256(name.encode()).hexdigest()[:8]}"


def key_name(table: str) -> str:
    """The name of the primary key."""
    return named("pk", table)


def storage_of(column: ColumnDesign, design: Design) -> tuple[str, tuple[int, ...]]:
    """Type and sizes as they are stored: a reference is stored as what it refers to."""
    if column.kind == "ref" and column.reference:
        parent = design.table(column.reference.table)
        target = parent.column(column.reference.column) if parent else None
        if target is not None and target is not column:
            kind, sizes = storage_of(target, design)
            return ("bigint" if kind == "id" else kind), sizes
        return "bigint", ()
    if column.kind == "enum":
        return "string", (max(max(map(len, column.values), default=1), 20),)
    return column.kind, column.sizes
