"""Tries a migration on a real database in memory: there with rows in it, and back again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.documents import as_map
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    Design,
    GroupReference,
    TableDesign,
    in_order_of_references,
)
from studio_magics.tools.dev.schema_designer.metadata import create_statements
from studio_magics.tools.dev.schema_designer.rules import storage_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.dev.schema_designer.differences import Differences

ROWS = 3
Shape = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of the trial: what was asked, and how it went."""

    name: str
    passed: bool
    told: str


@dataclass(frozen=True)
class Proof:
    """The whole trial."""

    steps: tuple[Step, ...]

    @property
    def passed(self) -> bool:
        """Whether every step went as it should."""
        return all(one.passed for one in self.steps)


def prove_creation(design: Design) -> Proof:
    """Create everything, and write rows into it."""
    database = sqlite3.connect(":memory:")
    try:
        steps = [_tried(database, create_statements(design, "sqlite"), "create all tables")]
        if steps[0].passed:
            steps.append(_seeded(database, design))
        return Proof(tuple(steps))
    finally:
        database.close()


def prove_migration(found: Differences, up: Sequence[str], down: Sequence[str]) -> Proof:
    """Create the version before with rows, go up, compare, go down, compare."""
    database = sqlite3.connect(":memory:")
    try:
        return Proof(tuple(_steps(database, found, up, down)))
    finally:
        database.close()


def _steps(
    database: sqlite3.Connection, found: Differences, up: Sequence[str], down: Sequence[str]
) -> list[Step]:
    steps = [_tried(database, create_statements(found.before, "sqlite"), "create the version before")]
    if not steps[0].passed:
        return steps
    steps.append(_seeded(database, found.before))
    counted = _counts(database)
    steps.append(_tried(database, up, "go up"))
    if not steps[-1].passed:
        return steps
    steps.append(_same("the result is the new version", shape_of(database), fresh_shape(found.after)))
    steps.append(_references(database))
    steps.append(_rows("no row was lost on the way up", counted, _counts(database), found))
    steps.append(_tried(database, down, "go down"))
    if steps[-1].passed:
        steps.append(_same("the result is the version before", shape_of(database), fresh_shape(found.before)))
        steps.append(_rows("no row was lost on the way down", counted, _counts(database), found))
    return steps


def _tried(database: sqlite3.Connection, statements: Sequence[str], name: str) -> Step:
    """Run the statements in one transaction with references switched off, as the scripts do."""
    database.execute("PRAGMA foreign_keys = OFF")
    database.isolation_level = None
    database.execute("BEGIN")
    for number, statement in enumerate(statements, 1):
        try:
            database.execute(statement)
        except sqlite3.Error as error:
            database.execute("ROLLBACK")
            return Step(name, passed=False, told=f"statement {number}: {error}")
    database.execute("COMMIT")
    return Step(name, passed=True, told=f"{len(statements)} statements")


def _seeded(database: sqlite3.Connection, design: Design) -> Step:
    """A few rows in every table, with references to rows that are there."""
    database.execute("PRAGMA foreign_keys = ON")
    values: dict[tuple[str, str], list[Any]] = {}
    written, refused = 0, list[str]()
    for table in in_order_of_references(design):
        for number in range(1, ROWS + 1):
            row = {one.name: _value(one, number, design, values) for one in table.columns}
            for reference in table.references:
                row |= _referring(table, reference, number, values)
            try:
                _insert(database, table, row)
            except sqlite3.Error as error:
                refused.append(f"{table.name} ({error})")
                break
            written += 1
            for name, value in row.items():
                values.setdefault((table.name, name), []).append(value)
    told = f"{written} rows in {len(design.tables)} tables"
    if refused:
        told += f"; no made-up row fitted: {', '.join(refused[:3])}"
    return Step("write rows", passed=True, told=told)


def _insert(database: sqlite3.Connection, table: TableDesign, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    database.execute(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', list(row.values()))  # noqa: S608  - names of a checked design


def _value(
    column: ColumnDesign, number: int, design: Design, values: dict[tuple[str, str], list[Any]]
) -> Any:
    if column.reference:
        known = values.get((column.reference.table, column.reference.column), [])
        return known[number - 1] if len(known) >= number else None
    if column.kind == "enum":
        return column.values[number % len(column.values)]
    kind, sizes = storage_of(column, design)
    if kind in {"string", "text"}:
        return f"{number}{column.name}"[: sizes[0] if sizes else None]
    made = {
        "date": f"2026-01-0{number}", "timestamp": f"2026-01-0{number} 09:00:00", "time": f"0{number}:00:00",
        "uuid": f"{number:032x}", "json": "{}", "binary": bytes([number]), "boolean": number % 2,
    }  # fmt: skip
    return made.get(kind, number)


def _referring(
    table: TableDesign, reference: GroupReference, number: int, values: dict[tuple[str, str], list[Any]]
) -> dict[str, Any]:
    """What columns that refer together hold: the same row of the other table, or nothing where they may."""
    known = [values.get((reference.table, name), []) for name in reference.parent_columns]
    if all(len(one) >= number for one in known):
        return {name: one[number - 1] for name, one in zip(reference.columns, known, strict=True)}
    return {one.name: None for one in table.columns if one.name in reference.columns and not one.required}


def shape_of(database: sqlite3.Connection) -> Shape:
    """What the database says of its tables, columns, keys, references, indexes and conditions."""
    names = [
        str(row[0])
        for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    return {name: _table_shape(database, name) for name in names}


def _table_shape(database: sqlite3.Connection, name: str) -> Shape:
    def asked(pragma: str, of: str) -> list[Any]:
        return database.execute(f'PRAGMA {pragma}("{of}")').fetchall()

    indexes = {
        (tuple(row[2] for row in asked("index_info", index[1])), bool(index[2]), index[3])
        for index in asked("index_list", name)
    }
    written = str(
        database.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [name]
        ).fetchone()[0]
    )
    checks = sorted(
        line.strip().rstrip(",").rstrip(")") for line in written.splitlines() if "CHECK (" in line
    )
    return {
        "columns": {row[1]: (row[2], row[3], row[4], row[5]) for row in asked("table_info", name)},
        "references": _grouped(asked("foreign_key_list", name)),
        "indexes": sorted(indexes),
        "checks": [line.split("CHECK (", 1)[1].strip() for line in checks],
    }


def _grouped(rows: list[Any]) -> list[Any]:
    """Each foreign key with all its columns: the table, pairs of columns, and what a delete does."""
    keys: dict[int, list[Any]] = {}
    for row in sorted(rows, key=lambda one: (one[0], one[1])):
        keys.setdefault(row[0], []).append(row)
    return sorted((key[0][2], [(row[3], row[4]) for row in key], key[0][6]) for key in keys.values())


def fresh_shape(design: Design) -> Shape:
    """The shape of a database that was made from the design at once."""
    database = sqlite3.connect(":memory:")
    try:
        for statement in create_statements(design, "sqlite"):
            database.execute(statement)
        return shape_of(database)
    finally:
        database.close()


def _same(name: str, found: Shape, wanted: Shape) -> Step:
    different = sorted(
        table for table in found.keys() | wanted.keys() if found.get(table) != wanted.get(table)
    )
    if not different:
        return Step(name, passed=True, told=f"{len(wanted)} tables are the same in all parts")
    first = different[0]
    parts = [
        part
        for part in ("columns", "references", "indexes", "checks")
        if as_map(found.get(first)).get(part) != as_map(wanted.get(first)).get(part)
    ]
    return Step(name, passed=False, told=f"{', '.join(different[:5])} differ, {first} in {', '.join(parts)}")


def _references(database: sqlite3.Connection) -> Step:
    broken = database.execute("PRAGMA foreign_key_check").fetchall()
    told = f"{len(broken)} rows refer to nothing" if broken else "every reference leads to a row"
    return Step("references hold", passed=not broken, told=told)


def _counts(database: sqlite3.Connection) -> dict[str, int]:
    return {
        name: int(database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608  - names of a checked design
        for name in shape_of(database)
    }


def _rows(name: str, before: dict[str, int], now: dict[str, int], found: Differences) -> Step:
    names = dict(found.renamed)
    gone = {one.name for one in found.dropped}
    kept = {table: count for table, count in before.items() if table not in gone}
    lost = [
        table for table, count in kept.items() if now.get(names.get(table, table), now.get(table)) != count
    ]
    told = f"rows differ in {', '.join(lost[:5])}" if lost else f"{sum(kept.values())} rows are still there"
    return Step(name, passed=not lost, told=told)
