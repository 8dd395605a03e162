"""The parts of a CREATE TABLE statement, as the parser gives them, into columns and rules of a design."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from studio_magics.tools.dev.schema_designer.conditions import ConditionRefused, check_condition, plainer
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    GroupReference,
    OnDelete,
    Reference,
    spoken,
)

KINDS = {
    "INT": "integer", "INTEGER": "integer", "MEDIUMINT": "integer", "BIGINT": "bigint",
    "SMALLINT": "smallint", "TINYINT": "smallint", "UTINYINT": "smallint", "USMALLINT": "integer",
    "UMEDIUMINT": "integer", "UINT": "bigint", "UBIGINT": "bigint", "YEAR": "smallint",
    "SERIAL": "id", "BIGSERIAL": "id", "SMALLSERIAL": "id",
    "VARCHAR": "string", "CHAR": "string", "NCHAR": "string", "NVARCHAR": "string", "BPCHAR": "string",
    "TEXT": "text", "MEDIUMTEXT": "text", "LONGTEXT": "text", "TINYTEXT": "text",
    "DECIMAL": "decimal", "UDECIMAL": "decimal", "NUMERIC": "decimal", "MONEY": "decimal",
    "FLOAT": "float", "DOUBLE": "float", "REAL": "float", "UDOUBLE": "float",
    "BOOLEAN": "boolean", "BIT": "boolean",
    "DATE": "date", "TIME": "time", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamp",
    "TIMESTAMPNTZ": "timestamp", "DATETIME": "timestamp",
    "UUID": "uuid", "JSON": "json", "JSONB": "json", "ENUM": "enum",
    "BINARY": "binary", "VARBINARY": "binary", "BLOB": "binary", "BYTEA": "binary", "LONGBLOB": "binary",
    "MEDIUMBLOB": "binary", "TINYBLOB": "binary",
}  # fmt: skip
SAID_OF_TYPES = {
    "UBIGINT": "values above 9,223,372,036,854,775,807 no longer fit",
    "MONEY": "taken as decimal(18,4)",
    "YEAR": "taken as smallint",
}
INTEGERS = frozenset({"integer", "bigint", "smallint"})
ON_DELETE: dict[str, OnDelete] = {"CASCADE": "cascade", "SET NULL": "set-null"}
UNKEPT = (
    re.compile(r"ON UPDATE (CASCADE|SET NULL|SET DEFAULT)"),
    re.compile(r"ON DELETE SET DEFAULT"),
    re.compile(r"MATCH FULL"),
    re.compile(r"(?<!NOT )DEFERRABLE"),
)
"""What a reference may say that is not kept."""
DEFAULT_DECIMAL = (18, 4)
DEFAULT_LENGTH = 255


@dataclass
class TableReading:
    """A table while it is read."""

    columns: list[ColumnDesign] = field(default_factory=list[ColumnDesign])
    key: list[str] = field(default_factory=list[str])
    uniques: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    indexes: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    checks: dict[str, str] = field(default_factory=dict[str, str])
    references: list[GroupReference] = field(default_factory=list[GroupReference])
    comment: str = ""
    collated: list[str] = field(default_factory=list[str])
    """Columns with an order of signs of their own, which no two databases call the same."""
    zoneless: list[str] = field(default_factory=list[str])
    """Columns that hold a time without its zone."""
    lost: list[str] = field(default_factory=list[str])
    """What the statements say and the design cannot keep."""

    def column(self, name: str) -> ColumnDesign | None:
        """The column of this name; SQL takes upper and lower case as one."""
        same = [one for one in self.columns if one.name == name]
        alike = [one for one in self.columns if one.name.lower() == name.lower()]
        return next(iter(same + alike), None)

    def names(self, written: Any) -> tuple[str, ...]:
        """The columns as they are called here; those that are missing as they are written."""
        found = [names_of(one) for one in written]
        return tuple(one.name if (one := self.column(name)) else name for name in found)

    def change(self, name: str, /, **fields: Any) -> bool:
        """Give the column other properties; False where there is none of this name."""
        old = self.column(name)
        if old is not None:
            self.columns = [replace(one, **fields) if one is old else one for one in self.columns]
        return old is not None


def named(name: str, reading: dict[str, TableReading]) -> str:
    """The table as it is called here; SQL takes upper and lower case as one."""
    if name in reading:
        return name
    return next((one for one in reading if one.lower() == name.lower()), name)


def names_of(part: Any) -> str:
    """The name of a column in a list of columns, which may say how it is sorted."""
    return str(part.this.name if part.__class__.__name__ in {"Ordered", "ColumnPrefix"} else part.name)


def read_table(schema: Any) -> TableReading:
    """The columns and rules between the brackets of CREATE TABLE."""
    from sqlglot import exp

    found = TableReading()
    parts = list(schema.expressions)
    for part in parts:
        if isinstance(part, exp.ColumnDef):
            add_column(part, found)
        elif isinstance(part, exp.Identifier | exp.Column):
            found.columns.append(ColumnDesign(part.name, "text"))
    for part in parts:
        if not isinstance(part, exp.ColumnDef | exp.Identifier | exp.Column):
            add_rule(part, "", found)
    return found


def add_column(part: Any, found: TableReading) -> None:
    """A column with the rules written beside it."""
    kind, sizes, values = read_type(part.args.get("kind"), part.name, found)
    found.columns.append(ColumnDesign(part.name, kind, sizes, values))
    for constraint in part.args.get("constraints", ()):
        _column_rule(part.name, kind, constraint.args.get("kind"), found)


def _column_rule(name: str, kind: str, rule: Any, found: TableReading) -> None:
    from sqlglot import exp

    if isinstance(rule, exp.NotNullColumnConstraint):
        found.change(name, required=not rule.args.get("allow_null"))
    elif isinstance(rule, exp.PrimaryKeyColumnConstraint):
        found.key.append(name)
        found.change(name, required=True)
    elif isinstance(rule, exp.UniqueColumnConstraint):
        found.change(name, unique=True)
    elif isinstance(rule, exp.DefaultColumnConstraint):
        set_default(name, rule.this, kind, found)
    elif isinstance(rule, exp.AutoIncrementColumnConstraint | exp.GeneratedAsIdentityColumnConstraint):
        found.change(name, kind="id", sizes=(), required=True, default=None)
    elif isinstance(rule, exp.Reference):
        found.change(name, reference=_reference(rule, name, found))
    elif isinstance(rule, exp.CheckColumnConstraint):
        add_check(rule.this, f"{name}_check", found)
    else:
        _other_column_rule(name, rule, found)


def _other_column_rule(name: str, rule: Any, found: TableReading) -> None:
    from sqlglot import exp

    if isinstance(rule, exp.CommentColumnConstraint):
        found.change(name, comment=rule.this.name)
    elif isinstance(rule, exp.ComputedColumnConstraint):
        found.lost.append(f"{name} is computed ({rule.this.sql()[:60]}); it was taken as a plain column")
    elif isinstance(rule, exp.CollateColumnConstraint):
        found.collated.append(name)
    elif not isinstance(rule, exp.CharacterSetColumnConstraint):
        found.lost.append(f"a rule of {name}: {_short(rule)}")


def _short(part: Any) -> str:
    return str(part.sql())[:80] if part is not None else "not known"


def read_type(kind: Any, name: str, found: TableReading) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Type, sizes and values of an enum; what cannot be kept is noted."""
    from sqlglot import exp

    if kind is None:
        return "text", (), ()
    written = str(kind.this.value if isinstance(kind.this, exp.DataType.Type) else kind.this).upper()
    known = KINDS.get(written)
    inside = [one.this.name if isinstance(one, exp.DataTypeParam) else one.name for one in kind.expressions]
    numbers = tuple(int(one) for one in inside if str(one).isdigit())
    if known is None or (written == "BIT" and numbers[:1] > (1,)):
        found.lost.append(f"the type {kind.sql()[:40]} of {name}; it was taken as text")
        return "text", (), ()
    if written in {"TIMESTAMP", "TIMESTAMPNTZ"}:
        found.zoneless.append(name)
    if written in SAID_OF_TYPES:
        found.lost.append(f"the type {kind.sql()[:40]} of {name}: {SAID_OF_TYPES[written]}")
    if known == "enum":
        return known, (), tuple(str(one) for one in inside)
    if known == "decimal":
        if not numbers and written != "MONEY":
            found.lost.append(f"{name} is a decimal of any size; it was taken as decimal(18,4)")
        return known, (*numbers, 0)[:2] if numbers else DEFAULT_DECIMAL, ()
    if known == "string":
        alone = (1,) if written in {"CHAR", "NCHAR", "BPCHAR"} else (DEFAULT_LENGTH,)
        return known, numbers[:1] or alone, ()
    return known, numbers[:1] if written == "VARBINARY" else (), ()


def set_default(name: str, value: Any, kind: str, found: TableReading) -> None:
    """The default of a column; an expression that no other database has is noted."""
    from sqlglot import exp

    bare = plainer(value)
    if isinstance(bare, exp.Null):
        found.change(name, default=None)
    elif isinstance(bare, exp.Anonymous) and bare.name.lower() == "nextval":
        found.change(name, kind="id", sizes=(), required=True, default=None)
    else:
        default = _default(bare, kind)
        found.change(name, default=default)
        if default is None:
            found.lost.append(f"the default of {name}: {_short(value)}")


def _default(value: Any, kind: str) -> str | None:
    from sqlglot import exp

    now = isinstance(value, exp.CurrentTimestamp | exp.CurrentDate) or (
        isinstance(value, exp.Anonymous | exp.TsOrDsToTimestamp | exp.Date | exp.Datetime)
        and [one.name for one in value.find_all(exp.Literal)] == ["now"]
    )
    if now:
        return {"timestamp": "now", "date": "today"}.get(kind)
    if isinstance(value, exp.Literal):
        if kind == "boolean":
            return "true" if str(value.this).lower() in {"1", "t", "true", "y", "yes", "on"} else "false"
        return str(value.this)
    if isinstance(value, exp.Boolean):
        return "true" if value.this else "false"
    if isinstance(value, exp.Neg) and isinstance(value.this, exp.Literal):
        return f"-{value.this.this}"
    return None


def _reference(rule: Any, name: str, found: TableReading) -> Reference:
    made = _group(rule, (name,), found)
    return Reference(made.table, (*made.parent_columns, "")[0], made.on_delete)


def _group(rule: Any, columns: tuple[str, ...], found: TableReading) -> GroupReference:
    """What REFERENCES says; what cannot be kept of it is noted."""
    from sqlglot import exp

    target = rule.this
    table = target.this.name if isinstance(target, exp.Schema) else target.name
    their = tuple(one.name for one in target.expressions) if isinstance(target, exp.Schema) else ()
    options = " ".join(str(one) for one in rule.args.get("options", ())).upper()
    for unkept in UNKEPT:
        hit = unkept.search(options)
        if hit:
            found.lost.append(f"the reference of {spoken(columns)} to {table}: {hit[0].lower()}")
    reference = GroupReference(columns, table, their)
    chosen = next((ours for theirs, ours in ON_DELETE.items() if f"DELETE {theirs}" in options), None)
    return replace(reference, on_delete=chosen) if chosen else reference


def add_rule(part: Any, name: str, found: TableReading) -> None:
    """A rule of the whole table; one on columns that are not there is noted."""
    from sqlglot import exp

    if isinstance(part, exp.Constraint):
        for inner in part.expressions:
            add_rule(inner, part.name, found)
    elif isinstance(part, exp.PrimaryKey):
        found.key = list(found.names(part.expressions))
    elif isinstance(part, exp.UniqueColumnConstraint):
        names = found.names(part.this.expressions if isinstance(part.this, exp.Schema) else [part.this])
        add_group(found.uniques, names, part, found)
    elif _is_plain_index(part):
        add_group(found.indexes, found.names(part.expressions), part, found)
    elif isinstance(part, exp.CheckColumnConstraint):
        add_check(part.this, name or f"check_{len(found.checks) + 1}", found)
    elif isinstance(part, exp.ForeignKey):
        _add_reference(part, found)
    else:
        found.lost.append(f"a rule: {_short(part)}")


def _is_plain_index(part: Any) -> bool:
    """KEY of MySQL, on whole columns."""
    from sqlglot import exp

    return (
        isinstance(part, exp.IndexColumnConstraint)
        and not part.args.get("kind")
        and not any(isinstance(one, exp.ColumnPrefix) for one in part.expressions)
    )


def add_group(groups: list[tuple[str, ...]], names: tuple[str, ...], part: Any, found: TableReading) -> None:
    """A unique or index on these columns, where they are there."""
    if all(found.column(one) for one in names):
        groups.append(names)
    else:
        found.lost.append(f"a rule on a column that is not there: {_short(part)}")


def _add_reference(part: Any, found: TableReading) -> None:
    names = found.names(part.expressions)
    reference = _group(part.args.get("reference"), names, found)
    options = part.args.get("delete")
    if options:
        reference = replace(reference, on_delete=ON_DELETE.get(str(options).upper(), "restrict"))
    known = [found.column(one) for one in names]
    if not all(known):
        found.lost.append(f"a rule: {_short(part)}")
    elif len(known) == 1 and known[0] and known[0].reference is None:
        single = Reference(reference.table, (*reference.parent_columns, "")[0], reference.on_delete)
        found.change(names[0], reference=single)
    else:
        found.references.append(reference)


def add_check(condition: Any, name: str, found: TableReading) -> None:
    """A condition in plain form; one that is not plain is noted."""
    from sqlglot import exp

    names = {one.name for one in found.columns}
    bare = plainer(condition, {one.name for one in found.columns if one.kind in {"string", "text", "enum"}})
    for node in bare.find_all(exp.Column):
        known = found.column(node.name)
        node.this.set("this", known.name if known else node.name)
    number, own = 2, name
    while own in found.checks:
        own, number = f"{name}_{number}", number + 1
    try:
        found.checks[own] = check_condition(bare.sql(dialect="postgres"), names)
    except ConditionRefused as refused:
        found.lost.append(f"the condition {own}, for it uses {refused.found}: {_short(condition)}")
