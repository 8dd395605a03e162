"""Opens a user's table: the format from the name, everything else from the content."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular.csv_table import load_csv
from studio_magics.tools.tabular.parquet_table import load_parquet
from studio_magics.tools.tabular.session import locked_session
from studio_magics.tools.tabular.text import NotText

if TYPE_CHECKING:
    from studio_magics.tools.tabular.session import Session
    from studio_magics.tools.tabular.source import TableSource

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".parquet", ".pq")
_ADVICE = {
    ".xlsx": "save the sheet as CSV (UTF-8)",
    ".xls": "save the sheet as CSV (UTF-8)",
    ".json": "write it as Parquet: `frame.to_parquet('data.parquet')`",
    ".pkl": "a pickle can run code when it is opened; write `frame.to_parquet('data.parquet')` instead",
    ".pickle": "a pickle can run code when it is opened; write `frame.to_parquet('data.parquet')` instead",
    ".joblib": "a joblib file can run code when it is opened; write Parquet instead",
    ".feather": "write it as Parquet: `frame.to_parquet('data.parquet')`",
}


def open_table(path: Path, *, name: str, field: str = "data", numbers_repeats: bool = False) -> TableSource:
    """Read the whole table into a locked session; `name` is the user's name of the file and tells the format.

    A ragged, truncated, binary or half-readable file is refused, never read in part. Close the returned
    source (it is a context manager). `numbers_repeats` takes a header that repeats names, as ticket systems
    export a field of several values: the second 'Labels' is called 'Labels 2'; else it is refused.

    Raises:
        InputRejected: The file is not a table that can be read completely; names `field`.
        MemoryError: It needs more memory than the session has.
    """
    suffix = table_suffix(name, field=field)
    path = path.absolute()
    session = locked_session(path)
    try:
        path = _without_wildcards(path, session)
        if suffix in {".parquet", ".pq"}:
            return load_parquet(session, path, name=name, suffix=suffix)
        return load_csv(session, path, name=name, suffix=suffix, numbers_repeats=numbers_repeats)
    except NotText as error:
        session.close()
        raise InputRejected(
            field,
            found=f"{name}: {error.found}",
            allowed="a complete table in CSV, TSV or Parquet",
            action=error.action,
        ) from error
    except BaseException:
        session.close()
        raise


def _without_wildcards(path: Path, session: Session) -> Path:
    """The same file under a name that the engine cannot take for a pattern of several files."""
    if not set("*?[]{}") & set(str(path)):
        return path
    plain = Path(session.scratch.name) / (
        "input" + "".join(path.suffixes[-2:] if path.suffix == ".gz" else [path.suffix])
    )
    plain.symlink_to(path)
    return plain


def table_suffix(name: str, *, field: str = "data") -> str:
    """The ending that tells the format, without '.gz'.

    Raises:
        InputRejected: No table is read from files of this ending.
    """
    lowered = name.lower()
    suffix = next(
        (ending for ending in sorted(SUFFIXES, key=len, reverse=True) if lowered.endswith(ending)), None
    )
    if suffix is None:
        ending = "." + lowered.rsplit(".", 1)[-1] if "." in lowered else "no ending"
        raise InputRejected(
            field,
            found=f"'{name}' ({ending})",
            allowed=", ".join(SUFFIXES),
            action=_ADVICE.get(ending, "export the table as CSV (UTF-8) or Parquet"),
        )
    return suffix.removesuffix(".gz")
