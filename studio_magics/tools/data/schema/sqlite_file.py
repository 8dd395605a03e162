"""Reads a SQLite file without ever writing to it, and without trusting what its schema would run."""
# ruff: noqa: S608  - every name is quoted, and the store is read-only

from __future__ import annotations

import sqlite3
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.facts import (
    ColumnFacts,
    ForeignKey,
    IndexFacts,
    Kind,
    Opened,
    Schema,
    TableFacts,
    actions_of,
)
from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"SQLite format 3\x00"
WAL_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_WAL_VERSION_BYTE = 18
_ENCRYPTED_BITS = 7.0
_HEAD = 4096


class SqliteStore:
    """One read-only connection."""

    def __init__(
        self, connection: sqlite3.Connection, scratch: TemporaryDirectory[str] | None, field: str
    ) -> None:
        self._connection = connection
        self._field = field
        self._scratch = scratch

    def relation(self, table: str) -> str:
        """The quoted table."""
        return f"main.{quoted(table)}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement.

        Raises:
            InputRejected: The file is damaged where the statement reads it.
        """
        try:
            return self._connection.execute(sql).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # the message itself may be damaged
            raise InputRejected(
                self._field,
                found=f"a SQLite file that cannot be read ({_cause(error)})",
                allowed="a sound SQLite database",
                action="Check it with 'PRAGMA integrity_check' or restore a copy",
            ) from error

    def close(self) -> None:
        """Close the connection and drop the working copy, if one was made."""
        self._connection.close()
        if self._scratch is not None:
            self._scratch.cleanup()


PRAGMAS = ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY")


def _cause(error: Exception) -> str:
    return "its schema is not text" if isinstance(error, UnicodeDecodeError) else str(error)[:200]


def open_sqlite(
    path: Path, *, name: str, field: str, wal: Path | None = None, is_live: bool = False
) -> Opened:
    """Open the file read-only. `wal` is its companion, read too; `is_live` when both lie where they are used.

    Raises:
        InputRejected: Not a SQLite database, encrypted, damaged, or nothing in it without its companion.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    _refuse_other_content(head, name, field)
    in_wal_mode = head[_WAL_VERSION_BYTE] == 2  # noqa: PLR2004  - the file format's number for WAL
    has_wal = wal is not None and wal.stat().st_size > 0
    scratch = (
        TemporaryDirectory(prefix="studio-schema-", ignore_cleanup_errors=True)
        if has_wal and not is_live
        else None
    )
    mode = "mode=ro&immutable=1" if not has_wal else "mode=ro" if is_live else "mode=rw"
    store = SqliteStore(_connect(_staged(path, wal, scratch), mode), scratch, field)
    try:
        for pragma in PRAGMAS:
            store.query(f"PRAGMA {pragma}")
        schema = _read(store, name, companion_missing=in_wal_mode and not has_wal)
    except BaseException:
        store.close()
        raise
    if not schema.tables and schema.companion_missing:
        store.close()
        raise InputRejected(
            field,
            found=f"'{name}' is in WAL mode and holds no table without its companion '{name}-wal'",
            allowed="a complete SQLite database",
            action="Run 'PRAGMA wal_checkpoint(TRUNCATE)' where it is used, or send a folder with both files",
        )
    return Opened(schema, store)


def _refuse_other_content(head: bytes, name: str, field: str) -> None:
    if head.startswith(MAGIC):
        return
    allowed, action = "a SQLite database", "Check that this is the right file"
    if not head:
        found = f"'{name}' is empty"
    elif head[:4] in WAL_MAGIC:
        found = f"'{name}' is the '-wal' companion of a SQLite database, not the database"
        action = "Send a folder with the database and its '-wal' file"
    elif _bits_per_byte(head) > _ENCRYPTED_BITS:
        found = f"'{name}' is not a database, or it is encrypted"
        action = "Decrypt it first, for example with sqlcipher_export"
    else:
        found = f"'{name}' is not a database: it does not start like SQLite or DuckDB"
    raise InputRejected(field, found=found, allowed=allowed, action=action)


def _bits_per_byte(content: bytes) -> float:
    """The entropy of these bytes: near 8 for encrypted or compressed content of some length."""
    if len(content) < 1024:  # noqa: PLR2004  - too little to tell
        return 0.0
    shares = [content.count(value) / len(content) for value in set(content)]
    return -sum(share * log2(share) for share in shares)


def _staged(path: Path, wal: Path | None, scratch: TemporaryDirectory[str] | None) -> Path:
    """The path to open: a copy beside its companion, if it has one; nothing is made at the origin."""
    if scratch is None or wal is None:
        return path
    from shutil import copyfile

    copy = Path(scratch.name) / "database"
    copyfile(path, copy)
    copyfile(wal, copy.with_name("database-wal"))
    return copy


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Connect; 'mode=rw' is only ever our own copy, where reading a WAL makes a '-shm' file."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True, check_same_thread=False)
    connection.text_factory = _lenient
    return connection


def _lenient(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _read(store: SqliteStore, name: str, *, companion_missing: bool) -> Schema:
    listed = store.query(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    virtual = [table for table, kind in listed if kind == "virtual"]
    notes = [f"Virtual table '{table}' was not read: it would run code of an extension." for table in virtual]
    return Schema(
        engine="sqlite",
        engine_version=sqlite3.sqlite_version,
        name=name,
        tables=tuple(_table(store, table) for table, kind in listed if kind == "table"),
        views=tuple(view for view, kind in listed if kind == "view"),
        notes=tuple(notes),
        companion_missing=companion_missing,
    )


def _table(store: SqliteStore, table: str) -> TableFacts:
    columns = store.query(
        f'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo({_text(table)})'
    )
    keyed = sorted((row[4], row[0]) for row in columns if row[4])
    return TableFacts(
        name=table,
        columns=tuple(
            ColumnFacts(
                name=column,
                type=declared or "",
                kind=kind_of(declared or ""),
                nullable=not not_null and not key,
                default=default,
                is_generated=hidden in {2, 3},
            )
            for column, declared, not_null, default, key, hidden in columns
            if hidden != 1
        ),
        primary_key=tuple(column for _, column in keyed),
        indexes=tuple(_indexes(store, table)),
        foreign_keys=tuple(_foreign_keys(store, table)),
    )


def _indexes(store: SqliteStore, table: str) -> Iterator[IndexFacts]:
    listed = store.query(
        f'SELECT name, "unique", origin, partial FROM pragma_index_list({_text(table)}) ORDER BY name'
    )
    for name, unique, origin, partial in listed:
        if origin == "pk":
            continue
        parts = store.query(f"SELECT cid, name FROM pragma_index_info({_text(name)}) ORDER BY seqno")
        is_partial = bool(partial) or any(cid == -2 for cid, _ in parts)  # noqa: PLR2004  - SQLite: an expression
        columns = tuple(column or "rowid" for _, column in parts)
        yield IndexFacts(name, columns, bool(unique), is_partial, is_constraint=origin != "c")


def _foreign_keys(store: SqliteStore, table: str) -> Iterator[ForeignKey]:
    rows = store.query(
        'SELECT id, "table", "from", "to", on_update, on_delete'
        f" FROM pragma_foreign_key_list({_text(table)}) ORDER BY id DESC, seq"
    )
    grouped: dict[int, list[tuple[str, str, str | None, str, str]]] = {}
    for number, *part in rows:
        grouped.setdefault(number, []).append(tuple(part))
    for parts in grouped.values():
        targets = tuple(one[2] for one in parts if one[2] is not None)
        yield ForeignKey(
            columns=tuple(one[1] for one in parts),
            parent=parts[0][0],
            parent_columns=targets if len(targets) == len(parts) else (),
            actions=actions_of(parts[0][3], parts[0][4]),
        )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def kind_of(declared: str) -> Kind:  # noqa: PLR0911  - SQLite's rules of affinity, in its order
    """What a declared type means: SQLite's own affinity, and by name where affinity says only 'numeric'."""
    upper = declared.upper()
    if "INT" in upper:
        return "integer"
    if any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        return "text"
    if not upper or "BLOB" in upper:
        return "binary" if upper else "other"
    if any(part in upper for part in ("REAL", "FLOA", "DOUB")):
        return "number"
    if "BOOL" in upper:
        return "boolean"
    if "TIME" in upper:
        return "timestamp"
    if "DATE" in upper:
        return "date"
    return "number" if any(part in upper for part in ("NUM", "DEC", "MONEY")) else "other"
