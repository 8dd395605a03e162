"""A DuckDB session that may read the named files, spill to its own scratch folder and reach nothing else.

The order is what makes it tight: the allowed paths first, then external access off, then the configuration
locked, so that no later statement can widen it. Checked by tests that try to.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from studio_magics.tools.tabular.identifiers import text_literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    import duckdb

MEMORY_LIMIT_MB = 256
"""What DuckDB may hold before it spills; a 100 MB file then stays near 240 MB of resident memory."""


@dataclass
class Session:
    """A locked connection and its scratch folder; close it, or use it as a context manager."""

    connection: duckdb.DuckDBPyConnection
    scratch: tempfile.TemporaryDirectory[str]

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all of its rows.

        Raises:
            MemoryError: It needs more than `MEMORY_LIMIT_MB` even with spilling.
        """
        import duckdb

        try:
            return self.connection.execute(sql, list(parameters)).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise MemoryError(str(error).splitlines()[0]) from error

    def close(self) -> None:
        """Close the connection and delete the scratch folder; harmless when done twice."""
        self.connection.close()
        self.scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def locked_session(*readable: Path) -> Session:
    """Open a session over an empty database in its own scratch folder; of the outside it reads `readable`."""
    import duckdb

    scratch = tempfile.TemporaryDirectory(prefix="studio-table-", ignore_cleanup_errors=True)
    connection = duckdb.connect(
        str(Path(scratch.name) / "table.duckdb"),
        config={
            "memory_limit": f"{MEMORY_LIMIT_MB}MB",
            "threads": 1,
            "temp_directory": str(Path(scratch.name) / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    paths = ", ".join(text_literal(str(path)) for path in readable)
    for setting in (
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        "enable_progress_bar = false",
        f"allowed_paths = [{paths}]",
        f"allowed_directories = [{text_literal(scratch.name)}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return Session(connection, scratch)
