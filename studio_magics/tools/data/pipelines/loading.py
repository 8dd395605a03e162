"""Loads the tables of the input and those written out into one session that reaches nothing else."""
# ruff: noqa: S608  - names are quoted, values are literals, and the session is locked

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.pipelines.forecast import files_of, is_table
from studio_magics.tools.data.schema.table_files import open_files, table_names
from studio_magics.tools.intake.plain_text import decoded
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.tabular import quoted, text_literal
from studio_magics.tools.typed_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.pipelines.inputs import PipelineInput, PipelineWish
    from studio_magics.tools.data.schema.facts import Store

MAX_SQL_BYTES = 1_000_000
MAX_NAME = 60


@dataclass(frozen=True)
class Loaded:
    """An open session with all sources in it."""

    store: Store
    sources: Mapping[str, str | None]
    """Source to its file; None where its rows are written out."""
    rows: Mapping[str, int]
    """Rows of each source in the input, before a sample was taken."""
    notes: tuple[str, ...]
    readers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Source to the SELECT that reads its file as it was read here."""


def sql_texts(inputs: PipelineInput, context: RunContext) -> dict[str, str]:
    """The .sql files of the input, by name.

    Raises:
        InputRejected: One of them is no text.
    """
    found: dict[str, str] = {}
    for file in files_of(inputs):
        if not file.name.lower().endswith(".sql"):
            continue
        if file.size_bytes > MAX_SQL_BYTES:
            raise InputRejected(
                "data",
                found=f"'{file.name}' of {file.size_bytes:,} bytes",
                allowed=f"at most {MAX_SQL_BYTES:,}",
            )
        try:
            found[file.name] = decoded(context.path(file).read_bytes())
        except IntakeRefused as refused:
            raise InputRejected(
                "data",
                found=f"{file.name}: {refused.found}",
                allowed=refused.allowed,
                action=refused.action,
            ) from refused
    return found


def load(inputs: PipelineInput, wish: PipelineWish, context: RunContext) -> Loaded:
    """Open a session with every source under its name; close its store.

    Raises:
        InputRejected: A table is not complete, a file is missing, or a name is no plain name.
    """
    files = [file for file in files_of(inputs) if is_table(file.name)]
    names = _names(files, wish)
    opened = open_files(
        [(file, context.path(file)) for file in files],
        name="pipeline",
        field="data",
        skipped=(),
        loaded=lambda number, name: context.progress(0.05 + 0.3 * number / len(files), f"read {name}"),
    )
    try:
        sources = _renamed(opened.store, names, files)
        for name, source in wish.sources.items():
            if source.rows:
                opened.store.query(f"CREATE TABLE {quoted(name)} AS {written_out(name, source.rows)}")
                sources[name] = None
        rows = _sampled(opened.store, sources, inputs.sample_rows)
        read = {table.name: table.reader for table in opened.schema.tables}
        tables = table_names([file.name for file in files])
        readers = {names[file.name]: read[table] for file, table in zip(files, tables, strict=True)}
        return Loaded(opened.store, sources, rows, opened.schema.notes, readers)
    except BaseException:
        opened.store.close()
        raise


def _names(files: list[InputFile], wish: PipelineWish) -> dict[str, str]:
    """The table of each file: its name in the pipeline, else the one of the file."""
    tables = table_names([file.name for file in files])
    by_file = {file.name: table for file, table in zip(files, tables, strict=True)}
    known = {**{name: name for name in by_file}, **{PurePosixPath(name).name: name for name in by_file}}
    found = dict(by_file)
    for name, source in wish.sources.items():
        if source.file and source.rows:
            raise InputRejected(
                "pipeline", found=f"source '{name}' with file and rows", allowed="one of them"
            )
        if source.rows:
            continue
        wanted = source.file or next((file for file, table in by_file.items() if table == name), "")
        if wanted not in known:
            raise InputRejected(
                "pipeline",
                found=f"source '{name}': no file '{source.file or name}'",
                allowed=nearest(source.file or name, sorted(by_file)),
                action="give the file with --data",
            )
        found[known[wanted]] = name
    chosen = {file: _plain(name) for file, name in found.items()}
    for file, name in chosen.items():
        if [one.casefold() for one in chosen.values()].count(name.casefold()) > 1:
            raise InputRejected(
                "data",
                found=f"two tables called '{name}' (one of them is '{file}')",
                allowed="each name once",
                action=f"name them in the pipeline: sources: {{orders: {{file: {file}}}}}",
            )
    return chosen


def _plain(name: str) -> str:
    """The name of a file as a table: letters, digits and _."""
    word = re.sub(r"\W", "_", name, flags=re.ASCII)
    word = word if word[:1].isalpha() or word.startswith("_") else f"t_{word}"
    return word[:MAX_NAME]


def _renamed(store: Store, names: Mapping[str, str], files: list[InputFile]) -> dict[str, str | None]:
    sources: dict[str, str | None] = {}
    for file, table in zip(files, table_names([file.name for file in files]), strict=True):
        name = names[file.name]
        if name != table:
            store.query(f"ALTER TABLE {quoted(table)} RENAME TO {quoted(name)}")
        sources[name] = file.name
    return sources


def _sampled(store: Store, sources: Mapping[str, str | None], limit: int) -> dict[str, int]:
    """Rows of each source before it was cut to its first `limit` rows; 0 cuts nothing."""
    rows: dict[str, int] = {}
    for name in sources:
        [(count,)] = store.query(f"SELECT count(*) FROM {quoted(name)}")
        rows[name] = int(count)
        if limit and count > limit:
            store.query(f"DELETE FROM {quoted(name)} WHERE rowid >= {int(limit)}")
    return rows


def written_out(name: str, rows: tuple[dict[str, Any], ...]) -> str:
    """The SELECT of rows that were written out in the pipeline.

    Raises:
        InputRejected: They have no columns.
    """
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if not columns:
        raise InputRejected("pipeline", found=f"source '{name}' without columns", allowed="rows with values")
    lines = ", ".join(f"({', '.join(_literal(row.get(column)) for column in columns)})" for row in rows)
    named = ", ".join(quoted(column) for column in columns)
    return f"SELECT * FROM (VALUES {lines}) AS written ({named})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return f"TIMESTAMP {text_literal(value.isoformat(sep=' '))}"
    if isinstance(value, date):
        return f"DATE {text_literal(value.isoformat())}"
    return text_literal(str(value))
