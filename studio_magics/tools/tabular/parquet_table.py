"""Loads Parquet: its declared types, with moments brought to UTC."""

# ruff: noqa: S608  - every name and text of the user's is quoted, and the session is locked

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.tabular.dialect import MAX_COLUMNS, MAX_NAME_CHARACTERS
from studio_magics.tools.tabular.identifiers import quoted, text_literal
from studio_magics.tools.tabular.inference import kind_of
from studio_magics.tools.tabular.source import TableColumn, TableSource
from studio_magics.tools.tabular.text import NotText

if TYPE_CHECKING:
    from pathlib import Path

    from studio_magics.tools.tabular.session import Session

MAGIC = b"PAR1"


def load_parquet(session: Session, path: Path, *, name: str, suffix: str) -> TableSource:
    """Read the file into the session.

    Raises:
        NotText: It is not Parquet, is damaged, or has too many columns.
    """
    import duckdb

    del suffix
    _refuse_other_content(path)
    source = f"read_parquet({text_literal(str(path))})"
    try:
        declared = [(row[0], row[1]) for row in session.query(f"DESCRIBE SELECT * FROM {source}")]
        _refuse_bad_columns(declared)
        selected = ", ".join(f"{_loaded(column, kind)} AS {quoted(column)}" for column, kind in declared)
        session.query(f"CREATE TABLE {TableSource.relation} AS SELECT {selected} FROM {source}")
        row_count = session.query(f"SELECT count(*) FROM {TableSource.relation}")[0][0]
        read = [(row[0], row[1]) for row in session.query(f"DESCRIBE {TableSource.relation}")]
    except duckdb.Error as error:
        cause = str(error).splitlines()[0].replace(str(path), "the file")
        raise NotText(f"the Parquet file cannot be read ({cause})", "write the file again") from error
    columns = tuple(TableColumn(column, kind, kind_of(kind), declared=True) for column, kind in read)
    reader = f"SELECT {selected} FROM read_parquet({text_literal(name)})"
    return TableSource(name, "parquet", columns, row_count, (), session, reader)


def _refuse_other_content(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(max(size - 4, 0))
        end = stream.read(4)
    if size == 0:
        raise NotText("the file is empty", "write the file again")
    if start != MAGIC or end != MAGIC:
        raise NotText("the content is not Parquet, or the file was cut off", "write the file again")


def _refuse_bad_columns(declared: list[tuple[str, str]]) -> None:
    if len(declared) > MAX_COLUMNS:
        raise NotText(f"{len(declared):,} columns", f"send at most {MAX_COLUMNS} columns")
    if any(len(name) > MAX_NAME_CHARACTERS for name, _ in declared):
        raise NotText("a very long column name", f"use at most {MAX_NAME_CHARACTERS} characters")


def _loaded(name: str, type_name: str) -> str:
    if type_name == "TIMESTAMP WITH TIME ZONE":
        return f"{quoted(name)} AT TIME ZONE 'UTC'"
    if type_name == "TIMESTAMPTZ_NS":
        return f"CAST({quoted(name)} AT TIME ZONE 'UTC' AS TIMESTAMP)"
    if type_name.startswith("TIMESTAMP"):
        return f"CAST({quoted(name)} AS TIMESTAMP)"
    if type_name.startswith("ENUM("):
        return f"CAST({quoted(name)} AS VARCHAR)"
    return quoted(name)
