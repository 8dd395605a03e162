"""Reads a folder of CSV and Parquet files as the tables of one database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.duckdb_file import kind_of_type
from studio_magics.tools.data.schema.facts import ColumnFacts, Opened, Schema, TableFacts
from studio_magics.tools.tabular.csv_table import load_csv
from studio_magics.tools.tabular.identifiers import quoted
from studio_magics.tools.tabular.opening import SUFFIXES
from studio_magics.tools.tabular.parquet_table import load_parquet
from studio_magics.tools.tabular.session import Session, locked_session
from studio_magics.tools.tabular.source import TableSource
from studio_magics.tools.tabular.text import NotText

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from studio_magics.contracts.inputs import InputFile

TABLE_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix != ".txt")
MAX_FILES = 100


class FilesStore:
    """Tables loaded into one locked session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def relation(self, table: str) -> str:
        """The quoted table."""
        return quoted(table)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        return self._session.query(sql)

    def close(self) -> None:
        """Close the session and forget the rows."""
        self._session.close()


def is_table(name: str) -> bool:
    """Whether a file of this name is read as a table."""
    return name.lower().endswith(TABLE_SUFFIXES)


def open_files(
    files: list[tuple[InputFile, Path]],
    *,
    name: str,
    field: str,
    skipped: tuple[str, ...],
    loaded: Callable[[int, str], None],
) -> Opened:
    """Load every file completely; `loaded` is told after each.

    Raises:
        InputRejected: Too many files, or one of them is not a complete table.
    """
    if len(files) > MAX_FILES:
        raise InputRejected(field, found=f"{len(files)} tables", allowed=f"at most {MAX_FILES} files")
    session = locked_session(*(path for _, path in files))
    try:
        names = table_names([file.name for file, _ in files])
        tables: list[TableFacts] = []
        notes: list[str] = []
        for number, ((file, path), table) in enumerate(zip(files, names, strict=True), 1):
            source = _load(session, file, path, field)
            session.query(f"ALTER TABLE {TableSource.relation} RENAME TO {quoted(_unclashing(table))}")
            tables.append(_facts(source, table))
            notes += [f"{file.name}: {note}" for note in source.notes]
            loaded(number, file.name)
    except BaseException:
        session.close()
        raise
    for table in names:
        if _unclashing(table) != table:
            session.query(f"ALTER TABLE {quoted(_unclashing(table))} RENAME TO {quoted(table)}")
    version = str(session.query("SELECT version()")[0][0]).removeprefix("v")
    notes += [f"'{other}' was not read: not CSV, TSV or Parquet." for other in skipped]
    schema = Schema("files", version, name, tuple(sorted(tables, key=lambda t: t.name)), notes=tuple(notes))
    return Opened(schema, FilesStore(session))


def table_names(names: list[str]) -> list[str]:
    """A table name for each file: its base name, with the folder where base names repeat."""
    stems = [_without_suffix(name) for name in names]
    bases = [stem.rsplit("/", 1)[-1] for stem in stems]
    chosen = [
        base if [b.casefold() for b in bases].count(base.casefold()) == 1 else stem.replace("/", "_")
        for base, stem in zip(bases, stems, strict=True)
    ]
    lowered = [name.casefold() for name in chosen]
    return [
        name if lowered.count(low) == 1 else full.replace("/", "_")
        for name, low, full in zip(chosen, lowered, names, strict=True)
    ]


def _without_suffix(name: str) -> str:
    suffix = next(s for s in sorted(TABLE_SUFFIXES, key=len, reverse=True) if name.lower().endswith(s))
    return name[: -len(suffix)] or name


def _unclashing(table: str) -> str:
    """The loader writes to one name; a table of that name waits under another until all are loaded."""
    return f"{table} of the user" if table.casefold() == TableSource.relation else table


def _load(session: Session, file: InputFile, path: Path, field: str) -> TableSource:
    lowered = file.name.lower().removesuffix(".gz")
    load = load_parquet if lowered.endswith((".parquet", ".pq")) else load_csv
    suffix = "." + lowered.rsplit(".", 1)[-1]
    try:
        return load(session, path, name=file.name, suffix=suffix)
    except NotText as error:
        raise InputRejected(
            field,
            found=f"{file.name}: {error.found}",
            allowed="complete tables in CSV, TSV or Parquet",
            action=error.action,
        ) from error


def _facts(source: TableSource, table: str) -> TableFacts:
    columns = tuple(
        ColumnFacts(column.name, column.type, kind_of_type(column.type), nullable=True)
        for column in source.columns
    )
    return TableFacts(table, columns, reader=source.reader)
