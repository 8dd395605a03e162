"""A table that has been read: its columns, its exact number of rows, and a session to ask it anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from studio_magics.tools.tabular.session import Session

ColumnKind = Literal["integer", "number", "text", "boolean", "date", "timestamp", "other"]
TableFormat = Literal["csv", "parquet"]


@dataclass(frozen=True)
class TableColumn:
    """One column as it was read."""

    name: str
    type: str
    """The DuckDB type of the column in the relation, for example BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP."""
    kind: ColumnKind
    declared: bool
    """True when the file states the type (Parquet); False when every value was tried (CSV)."""


@dataclass(frozen=True)
class TableSource:
    """A table in a locked session; a context manager that closes the session.

    The rows are in the relation `TableSource.relation` under their own names (quote them with `quoted`).
    A CSV column has another type than VARCHAR only when every non-empty value fits that type without loss.
    """

    relation: ClassVar[str] = "data"

    name: str
    format: TableFormat
    columns: tuple[TableColumn, ...]
    row_count: int
    notes: tuple[str, ...]
    """What the reader had to assume: a fall-back encoding, names given to unnamed columns."""
    session: Session
    reader: str = ""
    """The SELECT that reads the file, by its name, as it was read here; in a session with TimeZone 'UTC'."""

    @property
    def row_number_sql(self) -> str:
        """SQL for the number of a row, from 1 on; NULL when a column of the table is called 'rowid'."""
        taken = any(column.name.casefold() == "rowid" for column in self.columns)
        return "NULL" if taken else "(rowid + 1)"

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement in the session and return all of its rows.

        Raises:
            MemoryError: The statement needs more memory than the session has.
        """
        return self.session.query(sql, parameters)

    def close(self) -> None:
        """Close the session and forget the rows."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
