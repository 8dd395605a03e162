"""Finds out what was given and opens it: a database file, a folder, single tables, or a URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema import duckdb_file, sqlite_file, table_files

if TYPE_CHECKING:
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.schema.facts import Opened
    from studio_magics.tools.data.schema.inputs import SchemaInput

DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3", ".db3", ".s3db", ".gpkg", ".duckdb", ".ddb")
COMPANION_SUFFIXES = ("-wal", "-shm", "-journal", ".wal")
ALLOWED = "a SQLite or DuckDB file, or CSV, TSV and Parquet files"
MAX_URL_CHARACTERS = 2_000
URLS = "postgresql://user@host/database, sqlite:///file.db or duckdb:///file.duckdb"
POSTGRES_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2")


def open_input(inputs: SchemaInput, context: RunContext) -> Opened:
    """Open what was given, read-only.

    Raises:
        InputRejected: Nothing or too much was given, or it cannot be read; never repeats a password.
    """
    if (inputs.source is None) == (inputs.url is None):
        found = "neither source nor url" if inputs.source is None else "both source and url"
        raise InputRejected(
            "source", found=found, allowed="one of them", action="Give a file, a folder or a url"
        )
    if inputs.url is not None:
        return open_url(inputs.url, context.place == "server", inputs.schema_name)
    return open_source(inputs.source, inputs, context)  # pyright: ignore[reportArgumentType]  - one is given


def open_source(source: InputFile | InputFolder, inputs: SchemaInput, context: RunContext) -> Opened:
    """Open one file or folder, read-only.

    Raises:
        InputRejected: It is no database and no table, or cannot be read; names the field 'source'.
    """
    if isinstance(source, InputFolder):
        return _open_folder(source, inputs, context)
    return _open_one(source, inputs, context)


def _open_one(file: InputFile, inputs: SchemaInput, context: RunContext) -> Opened:
    path = context.path(file)
    if file.size_bytes == 0:
        raise InputRejected("source", found=f"'{file.name}' is empty", allowed=ALLOWED)
    if table_files.is_table(file.name):
        return _open_tables([file], file.name, (), context)
    if not _looks_like_database(file.name) and not _is_database(path):
        _refuse_name(file.name)
    return _open_database(path, file.name, inputs, wal=None)


def _open_folder(folder: InputFolder, inputs: SchemaInput, context: RunContext) -> Opened:
    databases = [file for file in folder.files if _looks_like_database(file.name)]
    tables = [file for file in folder.files if table_files.is_table(file.name)]
    if len(databases) > 1 or (databases and tables):
        names = ", ".join(file.name for file in (databases + tables)[:5])
        found = f"several sources in '{folder.name}': {names}"
        raise InputRejected(
            "source", found=found, allowed="one database, or table files", action="Give one of them"
        )
    if databases:
        wal = next((file for file in folder.files if file.name == f"{databases[0].name}-wal"), None)
        companion = context.path(wal) if wal else None
        return _open_database(context.path(databases[0]), databases[0].name, inputs, wal=companion)
    if not tables:
        names = ", ".join(file.name for file in folder.files[:5])
        found = f"no table or database in '{folder.name}' ({names})"
        raise InputRejected("source", found=found, allowed=ALLOWED, action="Check the folder")
    skipped = tuple(file.name for file in folder.files if file not in tables)
    return _open_tables(tables, folder.name, skipped, context)


def _open_tables(files: list[InputFile], name: str, skipped: tuple[str, ...], context: RunContext) -> Opened:
    def loaded(number: int, table: str) -> None:
        context.progress(0.05 + 0.35 * number / len(files), f"read {table}")

    paths = [(file, context.path(file)) for file in files]
    return table_files.open_files(paths, name=name, field="source", skipped=skipped, loaded=loaded)


def _open_database(path: Path, name: str, inputs: SchemaInput, *, wal: Path | None) -> Opened:
    if _magic(path)[duckdb_file.MAGIC_AT :].startswith(duckdb_file.MAGIC):
        return duckdb_file.open_duckdb(path, name=name, field="source", schema=inputs.schema_name or "main")
    return sqlite_file.open_sqlite(path, name=name, field="source", wal=wal)


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(16)


def _is_database(path: Path) -> bool:
    head = _magic(path)
    known = head.startswith(sqlite_file.MAGIC) or head[:4] in sqlite_file.WAL_MAGIC
    return known or head[duckdb_file.MAGIC_AT :].startswith(duckdb_file.MAGIC)


def _looks_like_database(name: str) -> bool:
    return name.lower().endswith(DATABASE_SUFFIXES)


def _refuse_name(name: str) -> NoReturn:
    is_companion = name.lower().endswith(COMPANION_SUFFIXES)
    action = (
        "Send a folder with the database and its companion" if is_companion else "Export it as CSV or Parquet"
    )
    raise InputRejected("source", found=f"'{name}'", allowed=ALLOWED, action=action)


def open_url(url: str, on_server: bool, schema: str | None) -> Opened:
    """Open a database by its URL, in the kernel only.

    Raises:
        InputRejected: On the server, not a URL of a known database, or nothing there.
    """
    if on_server:
        raise InputRejected(
            "url",
            found="a database URL on the server",
            allowed="url in the kernel; files on the server",
            action="Run it locally for 0 credits: the server connects to no database of yours",
        )
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url if len(url) <= MAX_URL_CHARACTERS else "")
    except (ArgumentError, ValueError):
        raise InputRejected("url", found="text that is not a database URL", allowed=URLS) from None
    if parsed.drivername in POSTGRES_DRIVERS:
        from studio_magics.tools.data.schema.postgres import open_postgres

        return open_postgres(parsed, schema=schema or "public")
    if parsed.drivername not in {"sqlite", "duckdb"}:
        raise InputRejected("url", found=f"a URL of '{parsed.drivername[:40]}'", allowed=URLS)
    if parsed.query or parsed.host or not parsed.database or parsed.database.startswith((":", "file:")):
        raise InputRejected("url", found=f"a {parsed.drivername} URL without a plain path", allowed=URLS)
    return _open_path(Path(parsed.database), schema)


def _open_path(path: Path, schema: str | None) -> Opened:
    if not path.is_file():
        raise InputRejected(
            "url", found=f"no file '{path}'", allowed="an existing database file", action="Check the path"
        )
    if _magic(path)[duckdb_file.MAGIC_AT :].startswith(duckdb_file.MAGIC):
        return duckdb_file.open_duckdb(path, name=path.name, field="url", schema=schema or "main")
    wal, shared = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    return sqlite_file.open_sqlite(
        path, name=path.name, field="url", wal=wal if wal.is_file() else None, is_live=shared.is_file()
    )
