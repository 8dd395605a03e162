"""Reads a DuckDB file read-only in a session that can reach nothing else."""
# ruff: noqa: S608  - every name is quoted, and the store is read-only

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.facts import (
    ColumnFacts,
    ForeignKey,
    IndexFacts,
    Kind,
    Opened,
    Schema,
    TableFacts,
)
from studio_magics.tools.tabular.identifiers import quoted, text_literal
from studio_magics.tools.tabular.inference import kind_of
from studio_magics.tools.tabular.session import MEMORY_LIMIT_MB

if TYPE_CHECKING:
    import duckdb

MAGIC = b"DUCK"
MAGIC_AT = 8
_KINDS: dict[str, Kind] = {"BLOB": "binary", "UHUGEINT": "integer", "BIGNUM": "integer", "UUID": "text"}
"""What only databases and Parquet files have."""


class DuckdbStore:
    """One locked, read-only connection; `schema` qualifies every table."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, schema: str, scratch: TemporaryDirectory[str], field: str
    ) -> None:
        self._connection = connection
        self._field = field
        self._schema = schema
        self._scratch = scratch

    def relation(self, table: str) -> str:
        """The quoted table in its schema."""
        return f"{quoted(self._schema)}.{quoted(table)}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement.

        Raises:
            MemoryError: It needs more memory than the session has.
            InputRejected: The file is damaged where the statement reads it.
        """
        import duckdb

        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(str(error).splitlines()[0]) from error
        except duckdb.Error as error:
            raise InputRejected(
                self._field,
                found=f"a DuckDB file that cannot be read ({str(error).split(':', 1)[0][:80]})",
                allowed="a sound DuckDB database",
                action="Restore a copy, or export it again",
            ) from None

    def close(self) -> None:
        """Close the connection and drop the scratch folder."""
        self._connection.close()
        self._scratch.cleanup()


def open_duckdb(path: Path, *, name: str, field: str, schema: str = "main") -> Opened:
    """Open the file read-only and locked.

    Raises:
        InputRejected: Not a DuckDB database this version reads, encrypted, or without that schema.
    """
    import duckdb

    scratch = TemporaryDirectory(prefix="studio-schema-", ignore_cleanup_errors=True)
    try:
        connection = _connect(path, Path(scratch.name))
    except duckdb.Error as error:
        scratch.cleanup()
        raise InputRejected(field, **_told(str(error), name)) from None
    store = DuckdbStore(connection, schema, scratch, field)
    try:
        return Opened(_read(store, name, schema), store)
    except BaseException:
        store.close()
        raise


def _connect(path: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "memory_limit": f"{MEMORY_LIMIT_MB}MB",
            "threads": 1,
            "temp_directory": str(scratch / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    for setting in (
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        "enable_progress_bar = false",
        f"allowed_directories = [{text_literal(str(scratch))}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _told(message: str, name: str) -> dict[str, str]:
    lowered = message.lower()
    if "encrypt" in lowered:
        found, action = f"'{name}' is an encrypted DuckDB database", "Export it without a key first"
    elif "version" in lowered or "serializ" in lowered:
        found = f"'{name}' was written by another version of DuckDB"
        action = "Export it to Parquet, or write it with the version installed here"
    elif "set lock" in lowered:
        found, action = f"'{name}' is in use by another program", "Close that program, or send a copy"
    else:
        found, action = f"'{name}' is not a DuckDB database that can be read", "Check that it is complete"
    return {"found": found, "allowed": "a DuckDB database", "action": action}


def _read(store: DuckdbStore, name: str, schema: str) -> Schema:
    here = f"database_name = current_database() AND schema_name = {text_literal(schema)}"
    known = [
        row[0]
        for row in store.query("SELECT schema_name FROM duckdb_schemas() WHERE NOT internal ORDER BY 1")
    ]
    tables = [
        row[0] for row in store.query(f"SELECT table_name FROM duckdb_tables() WHERE {here} ORDER BY 1")
    ]
    if not tables and schema not in {*known, "main"}:
        listed = ", ".join(sorted({*known, "main"}))
        raise InputRejected("schema_name", found=f"'{schema}'", allowed=listed)
    views = store.query(f"SELECT view_name FROM duckdb_views() WHERE {here} AND NOT internal ORDER BY 1")
    others = store.query(
        "SELECT DISTINCT schema_name FROM duckdb_tables() WHERE database_name = current_database()"
        f" AND NOT internal AND schema_name <> {text_literal(schema)} ORDER BY 1"
    )
    version = store.query("SELECT version()")[0][0]
    return Schema(
        engine="duckdb",
        engine_version=str(version).removeprefix("v"),
        name=name,
        tables=tuple(_table(store, table, here) for table in tables),
        views=tuple(row[0] for row in views),
        other_schemas=tuple(row[0] for row in others),
    )


def _table(store: DuckdbStore, table: str, here: str) -> TableFacts:
    this = f"{here} AND table_name = {text_literal(table)}"
    columns = store.query(
        "SELECT column_name, data_type, is_nullable, column_default, is_generated FROM duckdb_columns()"
        f" WHERE {this} ORDER BY column_index"
    )
    constraints = store.query(
        "SELECT constraint_type, constraint_column_names, referenced_table, referenced_column_names,"
        " constraint_name"
        f" FROM duckdb_constraints() WHERE {this} ORDER BY constraint_index"
    )
    names = [row[0] for row in columns]
    key = next((tuple(row[1]) for row in constraints if row[0] == "PRIMARY KEY"), ())
    unique = [
        IndexFacts(row[4] or "unique", tuple(row[1]), is_unique=True, is_constraint=True)
        for row in constraints
        if row[0] == "UNIQUE"
    ]
    made = store.query(
        "SELECT index_name, is_unique, CAST(expressions AS VARCHAR[]) FROM duckdb_indexes()"
        f" WHERE {this} ORDER BY index_name"
    )
    return TableFacts(
        name=table,
        columns=tuple(
            ColumnFacts(column, kind, kind_of_type(kind), nullable, default, generated)
            for column, kind, nullable, default, generated in columns
        ),
        primary_key=key,
        indexes=(*unique, *(_index(row, names) for row in made)),
        foreign_keys=tuple(
            ForeignKey(tuple(row[1]), row[2], tuple(row[3])) for row in constraints if row[0] == "FOREIGN KEY"
        ),
    )


def _index(row: tuple[Any, ...], names: list[str]) -> IndexFacts:
    name, unique, expressions = row
    parts = [_bare(str(part)) for part in expressions]
    known = all(part in names for part in parts)
    return IndexFacts(name, tuple(parts), bool(unique), is_partial=not known)


def _bare(written: str) -> str:
    """A column's name out of its quotes; other expressions as they are written."""
    is_quoted = len(written) > 1 and written.startswith('"') and written.endswith('"')
    return written[1:-1].replace('""', '"') if is_quoted else written


def kind_of_type(type_name: str) -> Kind:
    """The kind of a DuckDB type."""
    return _KINDS.get(type_name) or kind_of(type_name)
