"""Writes a table of any data-frame library as Parquet, the form in which tables travel.

pyarrow does it where it is installed; else the library's own writer or DuckDB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from studio_magics.client.refusals import NotInstalled, one_line

if TYPE_CHECKING:
    from pathlib import Path

TABLE_PROTOCOLS = ("__arrow_c_stream__", "__dataframe__", "to_parquet", "write_parquet")
"""What an object must offer, one of them, to count as a table."""

AS_TEXT = {
    "pandas": "df[{0}] = df[{0}].astype('string')",
    "polars": "df = df.with_columns(pl.Series({0}, [v if v is None else str(v) for v in df[{0}]]))",
}
"""How a column becomes text, by library, with what is missing still missing: `astype(str)` writes "None"."""
AS_SECONDS = {
    "pandas": "df[{0}] = df[{0}].dt.total_seconds()",
    "polars": "df = df.with_columns(pl.col({0}).dt.total_seconds())",
}


class TableUnwritable(ValueError):
    """The table cannot be written as Parquet; `reason` is for people."""

    def __init__(self, reason: str, action: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.action = action


def is_table(value: object) -> bool:
    """Whether the value is a data frame, an Arrow table, or offers itself as one."""
    if isinstance(value, type):
        return False
    return _is_lazy_polars(value) or any(hasattr(value, name) for name in TABLE_PROTOCOLS)


def write_parquet(value: object, path: Path) -> None:
    """Write the table to the path; equal tables give equal bytes.

    Raises:
        TableUnwritable: A column cannot be written.
        NotInstalled: No library that writes Parquet is installed.
    """
    table = cast("Any", value).collect() if _is_lazy_polars(value) else value
    try:
        _write(table, path)
    except ImportError as error:
        said = "Sending a table needs a library that writes Parquet; none is installed in this kernel."
        raise NotInstalled(said, action="pip install 'studio-magics[data]', or give a CSV file") from error


def _write(table: Any, path: Path) -> None:
    try:
        from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs]  - untyped library
    except ImportError:
        _write_without_arrow(table, path)
        return
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    content = _arrow(table)
    _refuse_names(list(content.column_names))
    _refuse_lost_meaning(content, _library(table))
    failures = cast("Any", pa).ArrowException, ValueError, TypeError, NotImplementedError
    try:
        cast("Any", parquet).write_table(content, str(path), compression="zstd")
    except failures as error:
        raise _unwritable(error, _writes_none_of(content, failures), _library(table)) from error


def _library(table: object) -> str:
    return type(table).__module__.partition(".")[0]


def _refuse_names(names: list[str]) -> None:
    """Refuse a table whose columns cannot be told apart, or that has none."""
    if not names:
        raise TableUnwritable("a table without columns", "load the data first")
    folded = [name.casefold() for name in names]
    repeated = [name for name in dict.fromkeys(names) if folded.count(name.casefold()) > 1]
    if repeated:
        found = (
            f"a table with repeated column names: {_listed(repeated)} (upper and lower case count as equal)"
        )
        raise TableUnwritable(found, "give every column its own name")
    unseen = [name for name in names if not name or any(ord(sign) < ord(" ") for sign in name)]
    if unseen:
        found = f"a table with an empty column name or a line break in one: {_listed(unseen)}"
        raise TableUnwritable(found, "give every column a name of one line")


def _refuse_lost_meaning(content: Any, library: str) -> None:
    """Refuse columns that would arrive as bare numbers: nobody could tell months or seconds any more."""
    spans = [field.name for field in content.schema if str(field.type).startswith("duration")]
    if spans:
        action = _cure("make it a number of seconds", AS_SECONDS, library, spans[0])
        raise TableUnwritable(f"a table with spans of time in {_listed(spans)}", action)
    kinds = [f"{field.name} ({field.type})" for field in content.schema if "period" in str(field.type)]
    if kinds:
        raise _not_taken(kinds, "", library)


def _writes_none_of(content: Any, failures: tuple[type[Exception], ...]) -> list[str]:
    """The columns that Parquet does not take, each tried alone."""
    import io

    from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    wrong: list[str] = []
    for name in content.column_names:
        try:
            cast("Any", parquet).write_table(content.select([name]).slice(0, 1_000), io.BytesIO())
        except failures:
            wrong.append(f"{name} ({content.schema.field(name).type})")
    return wrong


def _arrow(table: Any) -> Any:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    arrow = cast("Any", pa)
    failures = arrow.ArrowException, ValueError, TypeError, OverflowError, NotImplementedError
    library = _library(table)
    frame = _named(table) if library == "pandas" else None
    _refuse_objects(table)
    try:
        if frame is not None:
            return arrow.Table.from_pandas(frame, preserve_index=False)
        if library == "polars":
            return _of_polars(table)
        if hasattr(table, "__arrow_c_stream__"):
            return arrow.table(table)
        from pyarrow import interchange  # pyright: ignore[reportMissingTypeStubs]  - untyped library

        return cast("Any", interchange).from_dataframe(table)
    except TableUnwritable:
        raise
    except failures as error:
        wrong = [] if frame is None else _converts_none_of(frame, failures)
        raise _unwritable(error, wrong, library) from error


def _of_polars(table: Any) -> Any:
    """A polars frame in the oldest, widest known form of its columns; names the column that has none."""
    import polars as pl
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    form = cast("Any", pl).CompatLevel.oldest()
    frame = table.to_frame() if hasattr(table, "to_frame") else table
    columns: dict[str, Any] = {}
    for series in frame.get_columns():
        try:
            columns[series.name] = series.to_arrow(compat_level=form)
        except (cast("Any", pa).ArrowException, ValueError, TypeError, NotImplementedError) as error:
            raise _unwritable(error, [f"{series.name} ({series.dtype})"], _library(table)) from error
    return cast("Any", pa).table(columns)


def _converts_none_of(frame: Any, failures: tuple[type[Exception], ...]) -> list[str]:
    """The columns of a pandas frame that Arrow does not take, each tried alone."""
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    wrong: list[str] = []
    for place, name in enumerate(frame.columns):
        try:
            cast("Any", pa).Array.from_pandas(frame.iloc[:, place])
        except failures:
            wrong.append(f"{name} ({frame.dtypes.iloc[place]})")
    return wrong


def _refuse_objects(table: Any) -> None:
    """Refuse columns of Python objects in a polars frame: what would travel are addresses in memory."""
    schema = getattr(table, "schema", None)
    if isinstance(schema, Mapping):
        pairs = cast("Mapping[str, Any]", schema).items()
        wrong = [f"{name} ({kind})" for name, kind in pairs if str(kind) in {"Object", "Unknown"}]
        if wrong:
            raise _not_taken(wrong, "", _library(table))


def _named(frame: Any) -> Any:
    """A pandas frame as a table: column names are text, and an index that says something is a column."""
    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        frame = frame.to_frame()
    names = [name if isinstance(name, str) else _column_name(name) for name in frame.columns]
    plain = frame if names == list(frame.columns) else frame.set_axis(names, axis=1)
    index = plain.index
    if index.names == [None] and getattr(index.dtype, "kind", "") in "iu":
        return plain  # numbers of rows, whole or what a filter left of them
    levels = [str(name) if name is not None else "index" for name in index.names]
    levels = levels if len(set(levels)) == len(levels) else [f"level_{n}" for n in range(len(levels))]
    clash = [name for name in levels if name in names]
    if clash:
        found = f"an index called like a column: {_listed(clash)}"
        raise TableUnwritable(found, "frame.rename_axis('another name'), or frame.reset_index(drop=True)")
    return plain.rename_axis(levels).reset_index()


def _column_name(name: object) -> str:
    return (
        "_".join(str(part) for part in cast("tuple[object, ...]", name))
        if isinstance(name, tuple)
        else str(name)
    )


def _write_without_arrow(table: Any, path: Path) -> None:
    if hasattr(table, "write_parquet"):
        table.write_parquet(str(path))
        return
    import duckdb

    connection = duckdb.connect()
    try:
        connection.register("given", table)
        _refuse_names([name for name, *_ in connection.execute("DESCRIBE SELECT * FROM given").fetchall()])
        connection.execute("COPY (SELECT * FROM given) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
    except duckdb.Error as error:
        raise _unwritable(error, [], _library(table)) from error
    finally:
        connection.close()


def _unwritable(error: Exception, columns: list[str], library: str) -> TableUnwritable:
    said = one_line(" ".join(str(part) for part in error.args))[:300]
    if "uplicate" in said:
        return TableUnwritable(
            f"a table with repeated column names ({said})", "give every column its own name"
        )
    return _not_taken(columns, re.sub(r" at 0x[0-9a-f]+", "", said), library)


def _not_taken(columns: list[str], said: str, library: str) -> TableUnwritable:
    first = columns[0].rsplit(" (", 1)[0] if columns else "x"
    action = _cure("give the column one type", AS_TEXT, library, first)
    found = (
        f"values that Parquet does not take in {_listed(columns)}" if columns else "mixed or unknown types"
    )
    return TableUnwritable(f"a table with {found} ({said})" if said else f"a table with {found}", action)


def _cure(what: str, ways: Mapping[str, str], library: str, column: str) -> str:
    """What to do, and how it is written in the user's library where that is known."""
    return f"{what}, for example {ways[library].format(repr(column))}" if library in ways else what


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown  # noqa: PLR2004  - as many as are shown


def _is_lazy_polars(value: object) -> bool:
    kind = type(value)
    return kind.__name__ == "LazyFrame" and kind.__module__.startswith("polars")
