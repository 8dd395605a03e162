"""Opens everything that was given and looks at every table; what cannot be read is listed and left out."""
# ruff: noqa: S608  - every name is quoted, and every store is read-only or locked

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.catalog.entries import Catalogue, ColumnEntry, Dataset
from studio_magics.tools.data.catalog.forecast import files_of, is_database, is_table
from studio_magics.tools.data.privacy.columns import ABOUT_PEOPLE, is_called_name
from studio_magics.tools.data.privacy.inside import look_of
from studio_magics.tools.data.privacy.kinds import is_code, kind_of, named
from studio_magics.tools.data.schema.duckdb_file import MAGIC, MAGIC_AT, kind_of_type, open_duckdb
from studio_magics.tools.data.schema.facts import ColumnFacts, Opened, Schema, TableFacts
from studio_magics.tools.data.schema.profile import profile_table
from studio_magics.tools.data.schema.relations import declared_relations, inferred_relations
from studio_magics.tools.data.schema.sqlite_file import open_sqlite
from studio_magics.tools.data.schema.table_files import FilesStore, table_names
from studio_magics.tools.tabular import locked_session, quoted
from studio_magics.tools.tabular.csv_table import load_csv
from studio_magics.tools.tabular.parquet_table import load_parquet
from studio_magics.tools.tabular.source import TableSource
from studio_magics.tools.tabular.text import NotText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from studio_magics.contracts.inputs import InputFile
    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.catalog.inputs import CatalogInput, Sensitivity
    from studio_magics.tools.data.privacy.kinds import Kind
    from studio_magics.tools.data.schema.facts import Kind as ValueKind
    from studio_magics.tools.data.schema.facts import Store, TableProfile

MAX_TABLES = 400
MAX_COLUMNS = 300
SAMPLE_ROWS = 200
COLUMNS_AT_ONCE = 3
FEWEST_ROWS = 20
"""In a smaller table a column without repeats says little."""
RESTRICTED = 4
CONFIDENTIAL = 2
COUNTRIES = ("us", "uk")
LOOKED_LIKE = 0.5
ENDLESS = frozenset({"DOUBLE", "FLOAT", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
"""Types of DuckDB that hold infinity, too."""
NUMBERS: frozenset[ValueKind] = frozenset({"integer", "number"})
ORDERED: frozenset[ValueKind] = frozenset({"integer", "number", "text", "date", "timestamp"})
SHOWN = 60
VIEWS_TOLD = 12


def read_everything(inputs: CatalogInput, context: RunContext, catalogue: Catalogue) -> None:
    """Fill the catalogue from all tables and databases of the input.

    Raises:
        InputRejected: Not one of them can be read, or there are too many tables.
    """
    files = files_of(inputs)
    tables = [file for file in files if is_table(file.name)]
    databases = [file for file in files if is_database(file.name)]
    catalogue.skipped = sorted(file.name for file in files if file not in tables and file not in databases)
    if tables:
        _read_tables(tables, inputs.source.name, context, catalogue)
    for number, file in enumerate(databases):
        context.progress(0.6 + 0.2 * number / len(databases), f"looking into {file.name}")
        _read_database(file, context, catalogue)
    if not catalogue.datasets:
        name, why = (catalogue.unread or [(inputs.source.name, "no table in it")])[0]
        raise InputRejected(
            "source",
            found=f"{name}: {why}",
            allowed="at least one table that can be read",
            action="check the files",
        )


def _read_tables(files: list[InputFile], folder: str, context: RunContext, catalogue: Catalogue) -> None:
    """All table files in one session, so that they can be joined."""
    paths = [context.path(file) for file in files]
    session = locked_session(*paths)
    try:
        found: list[TableFacts] = []
        owners: dict[str, InputFile] = {}
        for number, (file, path, name) in enumerate(
            zip(files, paths, table_names([file.name for file in files]), strict=True)
        ):
            context.progress(0.05 + 0.4 * number / len(files), f"reading {file.name}")
            facts = _loaded(session, file, path, name, catalogue)
            if facts is not None:
                found.append(facts)
                owners[name] = file
        for facts in found:
            session.query(f"ALTER TABLE {quoted(_waiting(facts.name))} RENAME TO {quoted(facts.name)}")
        schema = Schema("files", "", folder, tuple(sorted(found, key=lambda one: one.name)))
        _look(Opened(schema, FilesStore(session)), owners, "file", context, catalogue)
    finally:
        session.close()


def _waiting(name: str) -> str:
    return f"waiting {name}"


def _loaded(session: Any, file: InputFile, path: Path, name: str, catalogue: Catalogue) -> TableFacts | None:
    """Load one file under a name of its own; None when it cannot be read."""
    lowered = file.name.lower().removesuffix(".gz")
    load = load_parquet if lowered.endswith((".parquet", ".pq")) else load_csv
    try:
        source = load(session, path, name=file.name, suffix="." + lowered.rsplit(".", 1)[-1])
    except (NotText, InputRejected) as error:
        catalogue.unread.append((file.name, error.found))
        session.query(f"DROP TABLE IF EXISTS {TableSource.relation}")
        return None
    session.query(f"ALTER TABLE {TableSource.relation} RENAME TO {quoted(_waiting(name))}")
    catalogue.notes += [f"{file.name}: {note}" for note in source.notes]
    columns = tuple(
        ColumnFacts(column.name, column.type, kind_of_type(column.type), nullable=True)
        for column in source.columns
    )
    return TableFacts(name, columns)


def _read_database(file: InputFile, context: RunContext, catalogue: Catalogue) -> None:
    path = context.path(file)
    with path.open("rb") as stream:
        head = stream.read(16)
    waiting = ["main"]
    for schema in waiting:
        try:
            if head[MAGIC_AT:].startswith(MAGIC):
                opened = open_duckdb(path, name=file.name, field="source", schema=schema)
            else:
                opened = open_sqlite(path, name=file.name, field="source")
        except InputRejected as refused:
            catalogue.unread.append((file.name, refused.found))
            return
        with closing(opened.store):
            owners = {table.name: file for table in opened.schema.tables}
            _look(opened, owners, opened.schema.engine, context, catalogue, prefix=_prefix(schema))
            catalogue.notes += [f"{file.name}: {note}" for note in (*opened.schema.notes, *_views(opened))]
            waiting += opened.schema.other_schemas if schema == "main" else ()


def _views(opened: Opened) -> list[str]:
    views = opened.schema.views
    return [f"Views were not listed: {', '.join(views[:VIEWS_TOLD])}."] if views else []


def _prefix(schema: str) -> str:
    """What stands before the name of a table that is not in the usual schema."""
    return "" if schema == "main" else f"{schema}."


def _look(
    opened: Opened,
    owners: dict[str, InputFile],
    kind: str,
    context: RunContext,
    catalogue: Catalogue,
    *,
    prefix: str = "",
) -> None:
    schema, store = opened.schema, opened.store
    if len(catalogue.datasets) + len(schema.tables) > MAX_TABLES:
        raise InputRejected(
            "source",
            found=f"more than {MAX_TABLES} tables",
            allowed=f"at most {MAX_TABLES}",
            action="take a part",
        )
    profiles: dict[str, TableProfile] = {}
    for table in schema.tables:
        context.progress(0.5, f"counting {table.name}")
        profiles[table.name] = profile_table(table, store, engine=schema.engine, sample_rows=SAMPLE_ROWS)
        file = owners[table.name]
        catalogue.datasets.append(
            _dataset(table, profiles[table.name], store, file, kind, today=context.now.date(), prefix=prefix)
        )
    tick = lambda: context.progress(0.55, "looking for what fits together")  # noqa: E731  - handed on as it is
    related = [*declared_relations(schema, store), *inferred_relations(schema, profiles, store, tick)]
    catalogue.relations += [
        (schema.name, replace(one, child=prefix + one.child, parent=prefix + one.parent)) for one in related
    ]


def _dataset(
    table: TableFacts,
    profile: TableProfile,
    store: Store,
    file: InputFile,
    kind: str,
    *,
    today: date,
    prefix: str,
) -> Dataset:
    """One table; a day that is still to come, such as the end of a contract, says nothing of its age."""
    likely = profile.likely_keys[:1] if profile.row_count >= FEWEST_ROWS else ()
    key = table.primary_key or likely
    columns: list[ColumnEntry] = []
    for start in range(0, min(len(table.columns), MAX_COLUMNS), COLUMNS_AT_ONCE):
        part = table.columns[start : start + COLUMNS_AT_ONCE]
        figures = _figures(part, store.relation(table.name), store, is_sqlite=kind == "sqlite")
        columns += [
            _column(column, profile, found, is_key=column.name in key)
            for column, found in zip(part, figures, strict=True)
        ]
    columns = _with_names(columns)
    days = [
        found
        for one in columns
        if one.kind in {"date", "timestamp"} and one.high and (found := _day(one.high)) is not None
    ]
    return Dataset(
        name=table.name if kind == "file" else f"{file.name.rpartition('/')[2]}:{prefix}{table.name}",
        file=file.name,
        source_kind=kind,
        rows=profile.row_count,
        columns=tuple(columns),
        key=tuple(name for name in key if any(one.name == name for one in columns)),
        size_bytes=file.size_bytes,
        digest=file.digest,
        newest=max([day for day in days if day <= today] or days, default=None),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _with_names(columns: list[ColumnEntry]) -> list[ColumnEntry]:
    """A column called 'name' holds people where other columns are about people."""
    if not any(one.personal in {kind_of(kind).title for kind in ABOUT_PEOPLE} for one in columns):
        return columns
    title = kind_of("name").title
    return [
        replace(one, personal=title, sensitivity="restricted", low=None, high=None)
        if not one.personal and one.kind == "text" and one.filled and is_called_name(one.name)
        else one
        for one in columns
    ]


Figures = tuple[Any, Any, Any, Any]
"""Different values, least, greatest and mean of a column."""


def _figures(
    columns: Sequence[ColumnFacts], relation: str, store: Store, *, is_sqlite: bool
) -> list[Figures]:
    """The figures of several columns in one statement; of numbers and days, over the finite ones."""
    parts: list[str] = []
    for column in columns:
        name = quoted(column.name)
        if column.type in ENDLESS and not is_sqlite:
            name = f"CASE WHEN isfinite({name}) THEN {name} END"
        ordered = column.kind in ORDERED
        parts.append(f"count(DISTINCT {name})" if ordered or column.kind == "boolean" else "0")
        as_text = not is_sqlite and column.kind not in NUMBERS
        ends = [f"CAST({end}({name}) AS VARCHAR)" if as_text else f"{end}({name})" for end in ("min", "max")]
        parts += ends if ordered else ["NULL", "NULL"]
        summed = f"CAST({name} AS DOUBLE)" if column.type.startswith("DECIMAL(") else name
        parts.append(f"avg({summed})" if column.kind in NUMBERS else "NULL")
    found = list(store.query(f"SELECT {', '.join(parts)} FROM {relation}")[0])
    return [tuple(found[place : place + 4]) for place in range(0, len(found), 4)]


def _column(column: ColumnFacts, profile: TableProfile, figures: Figures, *, is_key: bool) -> ColumnEntry:
    different, low, high, average = figures
    personal, sensitivity = _personal(column, profile, int(different))
    shown = not personal or column.kind in {"date", "timestamp"}
    return ColumnEntry(
        name=column.name,
        type=column.type,
        kind=column.kind,
        filled=profile.columns[column.name].filled,
        distinct=int(different),
        low=_text(low) if shown else None,
        high=_text(high) if shown else None,
        mean=_mean(average) if not personal else None,
        personal=personal,
        sensitivity=sensitivity,
        is_key=is_key,
    )


def _mean(average: object) -> float | None:
    """The mean where it is a number that JSON can write."""
    value = float(average) if isinstance(average, int | float | Decimal) else None
    return value if value is not None and isfinite(value) else None


def _can_be(column: ColumnFacts, found: Kind) -> bool:
    """Whether a column of this type can hold what it is called."""
    if column.kind not in NUMBERS:
        return found.id not in {"age", "coordinates"}
    if found.id in {"town", "street"}:
        return is_code(column.name, found)
    return found.id not in {"email", "iban", "ip", "mac", "name"}


def _text(value: object) -> str | None:
    written = format(value, "f") if isinstance(value, Decimal) else str(value)
    return None if value is None else " ".join(written.split())[:SHOWN]


def _personal(column: ColumnFacts, profile: TableProfile, distinct: int) -> tuple[str, Sensitivity]:
    """The kind of personal data, by the name and by what the first rows look like."""
    found = named(column.name, "en")
    if column.kind == "text" and column.name in profile.sample_columns:
        place = profile.sample_columns.index(column.name)
        values = [str(row[place]) for row in profile.sample if row[place] is not None]
        found = (look_of(values, COUNTRIES, LOOKED_LIKE) if values else None) or found
    if found is None or not distinct or not _can_be(column, found):
        return "", "internal"
    weight = found.facts.weight
    if weight < CONFIDENTIAL:
        return "", "internal"
    return found.title, "restricted" if weight >= RESTRICTED else "confidential"
