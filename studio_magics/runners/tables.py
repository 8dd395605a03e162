"""Writes a table of any data-frame library as Parquet, the form in which tables travel.

pyarrow does it where it is installed; else the library's own writer or DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from studio_magics.client.refusals import NotInstalled, one_line

if TYPE_CHECKING:
    from pathlib import Path

TABLE_PROTOCOLS = ("__arrow_c_stream__", "__dataframe__", "to_parquet", "write_parquet")
"""What an object must offer, one of them, to count as a table."""


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
    writer = cast("Any", parquet)
    content = _arrow(table)
    if not content.num_columns:
        raise TableUnwritable("a table without columns", "load the data first")
    writer.write_table(content, str(path), compression="zstd")


def _arrow(table: Any) -> Any:
    import pyarrow as pa  # pyright: ignore[reportMissingTypeStubs]  - untyped library

    arrow = cast("Any", pa)
    try:
        if type(table).__module__.partition(".")[0] == "pandas":
            return arrow.Table.from_pandas(_named(table))
        if hasattr(table, "__arrow_c_stream__"):
            return arrow.table(table)
        from pyarrow import interchange  # pyright: ignore[reportMissingTypeStubs]  - untyped library

        return cast("Any", interchange).from_dataframe(table)
    except (arrow.ArrowException, ValueError, TypeError, OverflowError, NotImplementedError) as error:
        raise _unwritable(error) from error


def _named(frame: Any) -> Any:
    """A pandas frame whose column names are text, as Parquet wants them."""
    if hasattr(frame, "to_frame") and not hasattr(frame, "columns"):
        frame = frame.to_frame()
    names = [name if isinstance(name, str) else _column_name(name) for name in frame.columns]
    return frame if names == list(frame.columns) else frame.set_axis(names, axis=1)


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
        connection.execute("COPY (SELECT * FROM given) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
    except duckdb.Error as error:
        raise _unwritable(error) from error
    finally:
        connection.close()


def _unwritable(error: Exception) -> TableUnwritable:
    said = one_line(" ".join(str(part) for part in error.args))[:300]
    if "uplicate" in said:
        return TableUnwritable(
            f"a table with repeated column names ({said})", "give every column its own name"
        )
    action = "give the column one type, for example df['x'] = df['x'].astype(str)"
    return TableUnwritable(f"a table with a column of mixed or unknown types ({said})", action)


def _is_lazy_polars(value: object) -> bool:
    kind = type(value)
    return kind.__name__ == "LazyFrame" and kind.__module__.startswith("polars")
