"""The statements that lead from one design to another, for each database."""

# Alembic and SQLAlchemy are generic over values that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.schema_designer.conditions import written_for
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    Design,
    Dialect,
    in_order_of_references,
)
from studio_magics.tools.dev.schema_designer.filling import fill_of, fill_statement
from studio_magics.tools.dev.schema_designer.metadata import (
    ON_DELETE,
    column_of,
    create_statements,
    default_of,
    dialect_of,
    metadata_of,
    type_of,
)
from studio_magics.tools.dev.schema_designer.rules import Rule, key_name, rules_of
from studio_magics.tools.dev.schema_designer.sqlite_migration import sqlite_steps

if TYPE_CHECKING:
    from alembic.operations import Operations

    from studio_magics.tools.dev.schema_designer.differences import ColumnChange, Differences, TableChange

SPLIT = ";\n\n"
WORDS = frozenset({"string", "text"})
COUNTED = frozenset({"integer", "bigint", "smallint", "id", "decimal", "float"})
MOMENTS = frozenset({"date", "timestamp"})


def migrate(differences: Differences, dialect: Dialect) -> list[str]:
    """The statements in order, without semicolons."""
    if dialect == "sqlite":
        return sqlite_steps(differences)
    buffer = StringIO()
    operations = _operations(dialect, buffer)
    _Steps(differences, dialect, operations).write()
    return [one.strip() for one in buffer.getvalue().split(SPLIT) if one.strip()]


def _operations(dialect: Dialect, buffer: StringIO) -> Operations:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    context = MigrationContext.configure(
        dialect=dialect_of(dialect), opts={"as_sql": True, "output_buffer": buffer, "literal_binds": True}
    )
    return Operations(context)


class _Steps:
    """Writes the steps for a database that can change tables in place."""

    def __init__(self, differences: Differences, dialect: Dialect, operations: Operations) -> None:
        self._found = differences
        self._dialect: Dialect = dialect
        self._op = operations

    def write(self) -> None:
        """All steps, in an order in which each can work."""
        self._drop_rules()
        for old, new in self._found.renamed:
            self._op.rename_table(old, new)
            if self._dialect == "postgresql":
                self._op.execute(
                    f"ALTER TABLE {_quoted(new)} RENAME CONSTRAINT "
                    f"{_quoted(key_name(old))} TO {_quoted(key_name(new))}"
                )
        for change in self._found.changed:
            self._columns(change)
        self._create_tables()
        for change in self._found.changed:
            if change.key_changed:
                self._key(change)
        added = [rule for change in self._found.changed for rule in change.rules_added]
        added += [
            rule for table in self._found.created for rule in rules_of(table) if rule.kind == "reference"
        ]
        self._add_rules((*added, *(now for _, now in self._found.rehung)))
        for table in reversed(
            in_order_of_references(replace(self._found.before, tables=self._found.dropped))
        ):
            self._op.drop_table(table.name)

    def _drop_rules(self) -> None:
        gone = {one.name for one in self._found.dropped}
        rules = [rule for change in self._found.changed for rule in change.rules_dropped]
        rules += [
            rule for table in self._found.dropped for rule in rules_of(table)
            if rule.kind == "reference" and rule.parent in gone
        ]  # fmt: skip
        rules += [was for was, _ in self._found.rehung]
        for rule in sorted(rules, key=lambda one: one.kind != "reference"):
            if rule.kind == "index":
                self._op.drop_index(rule.name, table_name=rule.table)
            else:
                kinds = {"reference": "foreignkey", "unique": "unique", "check": "check"}
                self._op.drop_constraint(rule.name, rule.table, type_=kinds[rule.kind])  # pyright: ignore[reportArgumentType]  - a literal of Alembic

    def _columns(self, change: TableChange) -> None:
        table = change.after.name
        for old, new in change.renamed:
            self._alter(table, old, _column(change, old), {"new_column_name": new})
        for column in change.added:
            fill = fill_of(column)
            optional = column.required and column.default is None
            self._op.add_column(table, column_of(column, self._found.after, self._dialect, optional=optional))
            if fill is not None and optional:
                self._fill(table, column, fill, everywhere=True)
                self._alter(table, column.name, replace(column, required=False), {"nullable": False})
        for one in change.changed:
            self._change(table, one)
        for column in change.dropped:
            self._op.drop_column(table, column.name)

    def _change(self, table: str, change: ColumnChange) -> None:
        if change.becomes_required and fill_of(change.after) is not None:
            self._fill(table, change.after, str(fill_of(change.after)), everywhere=False)
        options: dict[str, Any] = {}
        new_default = change.before.default != change.after.default
        if change.changes_type:
            kind = type_of(change.after, self._found.after)
            options["type_"] = kind
            if self._dialect == "postgresql":
                written = kind.compile(dialect=dialect_of("postgresql"))
                options["postgresql_using"] = _converted(change, written)
                if change.before.default is not None:
                    self._alter(table, change.after.name, change.before, {"server_default": None})
                    new_default = change.after.default is not None
        if change.before.required != change.after.required:
            options["nullable"] = not change.after.required
        if new_default:
            options["server_default"] = default_of(change.after, self._dialect)
        if options:
            self._alter(table, change.after.name, change.before, options)

    def _alter(self, table: str, name: str, existing: ColumnDesign, options: dict[str, Any]) -> None:
        self._op.alter_column(
            table,
            name,
            existing_type=type_of(existing, self._found.before if existing.reference else self._found.after),
            existing_nullable=not existing.required,
            existing_server_default=default_of(existing, self._dialect),
            **options,
        )

    def _fill(self, table: str, column: ColumnDesign, value: str, *, everywhere: bool) -> None:
        self._op.execute(fill_statement(table, column, value, self._dialect, everywhere=everywhere))

    def _create_tables(self) -> None:
        metadata = metadata_of(self._found.after, self._dialect, references=False)
        for table in in_order_of_references(replace(self._found.after, tables=self._found.created)):
            made = metadata.tables[table.name]
            self._op.execute(_compiled_create(made, self._dialect))
            for index in sorted(made.indexes, key=lambda one: str(one.name)):
                self._op.create_index(str(index.name), table.name, [one.name for one in index.columns])

    def _key(self, change: TableChange) -> None:
        name = key_name(change.after.name)
        if change.before.key:
            self._op.drop_constraint(name, change.after.name, type_="primary")
        if change.after.key:
            self._op.create_primary_key(name, change.after.name, list(change.after.key))

    def _add_rules(self, rules: tuple[Rule, ...]) -> None:
        for rule in sorted(rules, key=lambda one: one.kind == "reference"):
            if rule.kind == "index":
                self._op.create_index(rule.name, rule.table, list(rule.columns))
            elif rule.kind == "unique":
                self._op.create_unique_constraint(rule.name, rule.table, list(rule.columns))
            elif rule.kind == "check":
                self._op.create_check_constraint(rule.name, rule.table, _text(rule, self._dialect))
            else:
                self._op.create_foreign_key(
                    rule.name, rule.table, rule.parent, list(rule.columns), list(rule.parent_columns),
                    ondelete=ON_DELETE[rule.on_delete],
                )  # fmt: skip


def _column(change: TableChange, old: str) -> ColumnDesign:
    found = change.before.column(old)
    return found if found is not None else change.after.columns[0]


def _text(rule: Rule, dialect: Dialect) -> Any:
    from sqlalchemy import text

    return text(written_for(rule.condition, dialect).replace(":", "\\:"))


def _quoted(name: str) -> str:
    return dialect_of("postgresql").identifier_preparer.quote(name)


def _converted(change: ColumnChange, written: str) -> str:
    """The old value as one of the new type; where PostgreSQL has no way, over its text."""
    name, was, now = _quoted(change.after.name), change.stored_before[0], change.stored_after[0]
    if now == "boolean" and was in COUNTED:
        return f"{name} <> 0"
    if was == "boolean" and now in COUNTED:
        return f"{name}::integer::{written}"
    if now == "json" and was not in WORDS:
        return f"to_jsonb({name})"
    if now == "binary":
        return f"convert_to({name}::text, 'UTF8')"
    if was == "binary":
        return f"convert_from({name}, 'UTF8')::{written}"
    direct = was == now or WORDS & {was, now} or {was, now} <= COUNTED or {was, now} <= MOMENTS
    return f"{name}::{written}" if direct else f"{name}::text::{written}"


def _compiled_create(table: Any, dialect: Dialect) -> str:
    from sqlalchemy.schema import CreateTable

    return str(CreateTable(table).compile(dialect=dialect_of(dialect))).strip()


def script(statements: list[str], dialect: Dialect, title: str) -> str:
    """The statements as a file, with what each database needs around them."""
    before, after = _AROUND[dialect]
    body = ";\n\n".join(statements)
    if not statements:
        return f"-- {title}\n-- nothing to do\n"
    return f"-- {title}\n{before}{body};\n{after}"


_AROUND: dict[Dialect, tuple[str, str]] = {
    "postgresql": ("BEGIN;\n\n", "\nCOMMIT;\n"),
    "sqlite": (
        "PRAGMA foreign_keys = OFF;\nBEGIN;\n\n",
        "\nPRAGMA foreign_key_check;\nCOMMIT;\nPRAGMA foreign_keys = ON;\n",
    ),
    "mysql": ("-- MySQL commits after every statement: take a backup first\n\n", ""),
}


def ddl_script(design: Design, dialect: Dialect, title: str) -> str:
    """CREATE statements as a file."""
    return f"-- {title}\n\n" + ";\n\n".join(create_statements(design, dialect)) + ";\n"
