"""Reads what PostgreSQL, SQLite and MySQL dump: CREATE TABLE and INDEX, and the ALTER TABLE after them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import shown
from studio_magics.tools.dev.schema_designer.alterations import alter
from studio_magics.tools.dev.schema_designer.design import (
    ColumnDesign,
    Design,
    GroupReference,
    TableDesign,
)
from studio_magics.tools.dev.schema_designer.rules import storage_of
from studio_magics.tools.dev.schema_designer.splitting import Written, statements_of, without_comments
from studio_magics.tools.dev.schema_designer.table_reading import TableReading, add_group, named, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TABLES = 300
SQLITE_OPTIONS = re.compile(r"\)\s*(?:(?:STRICT|WITHOUT\s+ROWID)(?:\s*,\s*)?)+$", re.IGNORECASE)
SQLITE_WORDS = re.compile(
    r"\bAUTOINCREMENT\b|^\s*PRAGMA\b|\)\s*(STRICT|WITHOUT\s+ROWID)\b|(\b(TABLE|EXISTS|ON|REFERENCES)|[(,])\s*\[\w",
    re.IGNORECASE | re.MULTILINE,
)
MYSQL_WORDS = re.compile(r"`|\bAUTO_INCREMENT\b|\bENGINE\s*=", re.IGNORECASE)
INDEX_METHODS = frozenset({"", "BTREE", "HASH"})
UNTOLD = frozenset({"SET", "SELECT", "INSERT", "BEGIN", "COMMIT", "START", "LOCK", "UNLOCK", "USE", "PRAGMA",
                    "ANALYZE", "COPY", "GRANT", "REVOKE", "VACUUM"})  # fmt: skip
"""Statements that say nothing of the form of tables."""


def read_statements(text: str, field_name: str) -> Design:
    """The design that these statements leave behind; other statements are noted and left out.

    Raises:
        InputRejected: Not SQL, too many tables, none, or one that is made twice.
    """
    reading: dict[str, TableReading] = {}
    others: Counter[str] = Counter()
    statements = list(statements_of(text))
    dialect = _dialect(text)
    for written in statements:
        _take(written, dialect, reading, others, field_name)
    if not reading or len(reading) > MAX_TABLES:
        found = f"{len(reading):,} CREATE TABLE statements with columns"
        raise InputRejected(field_name, found=found, allowed=f"1 to {MAX_TABLES}")
    _resolve(reading)
    counted = _numbers_itself(dialect, text, reading)
    tables = _widened([_finished(name, one, counted) for name, one in reading.items()])
    lost = [f"{name}: {one}" for name, table in reading.items() for one in table.lost]
    for name, one in reading.items():
        lost += [f"{name}: the collation of {', '.join(one.collated)}"] if one.collated else []
        if one.zoneless and dialect == "postgres":
            lost.append(f"{name}: a time without zone, which gets one: {', '.join(one.zoneless)}")
    notes = tuple(f"{kind} ({count})" if count > 1 else kind for kind, count in others.items())
    return Design("schema", tables, notes, tuple(dict.fromkeys(lost)))


def _dialect(text: str) -> str:
    """Whose SQL it is, told by words that only one of the three has."""
    bare = without_comments(text)
    if SQLITE_WORDS.search(bare):
        return "sqlite"
    return "mysql" if MYSQL_WORDS.search(bare) else "postgres"


def _take(
    written: Written,
    dialect: str,
    reading: dict[str, TableReading],
    others: Counter[str],
    field_name: str,
) -> None:
    """Do to the tables what the statement says."""
    from sqlglot import exp

    words = written.words
    is_table = words[:1] == ("CREATE",) and "TABLE" in words[1:4]
    is_index = words[:1] == ("CREATE",) and "INDEX" in words[1:4]
    if (
        not is_table
        and not is_index
        and words[:2] not in {("ALTER", "TABLE"), ("DROP", "TABLE")}
        and words[:1] != ("COMMENT",)
    ):
        others.update([] if words[:1] and words[0] in UNTOLD else [" ".join(words[:2]) or "text"])
        return
    statement = _parsed(written, dialect, field_name, needed=is_table)
    if is_table and isinstance(statement, exp.Create) and isinstance(statement.this, exp.Schema):
        name = statement.this.this.name
        if name in reading:
            raise InputRejected(
                field_name, found=f"the table '{shown(name)}' twice", allowed="each table once"
            )
        reading[name] = read_table(statement.this)
    elif is_index and isinstance(statement, exp.Create):
        _index(statement, reading, others)
    elif is_table or is_index or not alter(statement, written.text, reading):
        others.update([" ".join(words[:2])])


def _parsed(written: Written, dialect: str, field_name: str, *, needed: bool) -> Any:
    """The statement as a tree; None where it cannot be read and is not `needed`."""
    import sqlglot
    from sqlglot.errors import ErrorLevel, SqlglotError

    logger = logging.getLogger("sqlglot")
    was, logger.disabled = logger.disabled, True
    try:
        plain = SQLITE_OPTIONS.sub(")", written.text)
        return sqlglot.parse(plain, read=dialect, error_level=ErrorLevel.RAISE)[0]
    except (SqlglotError, RecursionError) as error:
        if not needed:
            return None
        inside = re.findall(r"Line (\d+)", str(error))
        raise InputRejected(
            field_name,
            found=f"a statement that cannot be read in line {written.line + int((inside or ['1'])[0]) - 1}",
            allowed="CREATE TABLE, CREATE INDEX and ALTER TABLE of PostgreSQL, SQLite or MySQL",
            action="look for a missing comma or bracket there",
        ) from error
    finally:
        logger.disabled = was


def _index(statement: Any, reading: dict[str, TableReading], others: Counter[str]) -> None:
    from sqlglot import exp

    index = statement.this
    table = index.args.get("table")
    parameters = index.args.get("params")
    columns: Sequence[Any] = parameters.args.get("columns") or () if parameters else ()
    owner = reading.get(named(table.name, reading)) if table is not None else None
    if owner is None:
        others.update(["CREATE INDEX on a table that is not there"])
        return
    method = parameters.args.get("using") if parameters else None
    plain = columns and all(isinstance(_bare(one), exp.Column) for one in columns)
    if not plain or parameters.args.get("where") or (method and method.name.upper() not in INDEX_METHODS):
        owner.lost.append(f"the index {index.name} (partial, on an expression, or of another kind)")
        return
    if any(isinstance(one, exp.Ordered) and one.args.get("desc") for one in columns):
        owner.lost.append(f"the order of the index {index.name}: it was made ascending")
    groups = owner.uniques if statement.args.get("unique") else owner.indexes
    add_group(groups, owner.names(columns), index, owner)


def _bare(part: Any) -> Any:
    from sqlglot import exp

    return part.this if isinstance(part, exp.Ordered) else part


def _resolve(reading: dict[str, TableReading]) -> None:
    """References in the words of what they refer to, whatever the case they are written in."""
    for table in reading.values():
        for column in list(table.columns):
            if column.reference is not None:
                name = named(column.reference.table, reading)
                target = reading[name].column(column.reference.column) if name in reading else None
                own = target.name if target else column.reference.column
                table.change(column.name, reference=replace(column.reference, table=name, column=own))
        table.references = [_resolved(one, reading) for one in table.references]


def _resolved(reference: GroupReference, reading: dict[str, TableReading]) -> GroupReference:
    name = named(reference.table, reading)
    parent = reading.get(name)
    their = tuple(
        found.name if parent and (found := parent.column(one)) else one for one in reference.parent_columns
    )
    return replace(reference, table=name, parent_columns=their)


def _widened(tables: Sequence[TableDesign]) -> tuple[TableDesign, ...]:
    """Whole numbers that refer, with others, to a numbered key are as wide as it is."""
    design = Design("", tuple(tables))
    for table in design.tables:
        for reference in table.references:
            parent = design.table(reference.table)
            their = (reference.parent_columns or parent.key) if parent else ()
            for name, target in zip(reference.columns, their, strict=False):
                own, other = table.column(name), parent.column(target) if parent else None
                narrow = own is not None and own.kind in {"integer", "smallint"}
                if narrow and other and storage_of(other, design)[0] in {"id", "bigint"}:
                    wider = tuple(replace(one, kind="bigint") if one is own else one for one in table.columns)
                    made = replace(table, columns=wider)
                    return _widened([made if one is table else one for one in design.tables])
    return design.tables


def _numbers_itself(dialect: str, text: str, reading: dict[str, TableReading]) -> bool:
    """Whether 'INTEGER PRIMARY KEY' alone numbers its rows: in SQLite, and where nothing says another."""
    told = any(column.kind == "id" for table in reading.values() for column in table.columns)
    return dialect == "sqlite" or (dialect == "postgres" and not told and "::" not in text)


def _finished(name: str, found: TableReading, numbers_itself: bool) -> TableDesign:
    key = tuple(dict.fromkeys(found.key)) or tuple(one.name for one in found.columns if one.kind == "id")
    numbered = key[0] if len(key) == 1 and numbers_itself else ""
    columns = tuple(_finished_column(one, key, numbered) for one in found.columns)
    return TableDesign(
        name, columns, key, tuple(dict.fromkeys(found.uniques)), tuple(dict.fromkeys(found.indexes)),
        found.checks, tuple(dict.fromkeys(found.references)), comment=found.comment,
    )  # fmt: skip


def _finished_column(column: ColumnDesign, key: tuple[str, ...], numbered: str) -> ColumnDesign:
    required = column.required or column.name in key
    if column.reference is not None:
        kind = "ref" if column.kind in {"integer", "bigint", "id"} else column.kind
        return replace(column, kind=kind, required=required)
    if column.name == numbered and column.kind == "integer":
        return replace(column, kind="id", required=True)
    return replace(column, required=required)
