"""Guarded writes: every statement says how many rows it must change.

One that changes another number finds the books not as they were loaded, and nothing may be committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_server.storage import Tx
    from studio_server.storage.tx import Statement


class GuardFailed(Exception):
    """A guarded write did not find the row as it was loaded; the transaction must be rolled back."""

    def __init__(self, what: str, row_id: str) -> None:
        super().__init__(f"{what} {row_id} was not as loaded; nothing may be committed")
        self.what, self.row_id = what, row_id


@dataclass
class Writes:
    """Statements in order, and which row each one must have changed."""

    statements: list[Statement] = field(default_factory=list["Statement"])
    guarded: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])

    def add(self, what: str, row_id: str, sql: str, params: Sequence[Any], *, rows: int = 1) -> None:
        """One statement that must change exactly so many rows."""
        self.statements.append((sql, params))
        self.guarded.append((what, row_id, rows))

    def run(self, tx: Tx, *, apart: bool = False) -> None:
        """Send them all; `apart` says that none of them touches a row of another.

        Raises:
            GuardFailed: one did not change exactly its rows.
        """
        changes = tx.write_apart(self.statements) if apart else [r.changes for r in tx.batch(self.statements)]
        for (what, row_id, rows), changed in zip(self.guarded, changes, strict=True):
            if changed != rows:
                raise GuardFailed(what, row_id)
