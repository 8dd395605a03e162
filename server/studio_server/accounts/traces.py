"""After an erasure: removes the files of who left, and what their rows left behind in the database file.

Deleting a row does not take its bytes from the disk: they stay in the write-ahead log and in free space.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from studio_server.accounts.erasure import ERASED
from studio_server.accounts.returning import Returning
from studio_server.clock import to_microseconds
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

LATE_UPLOAD = timedelta(days=1)
"""Longer than any upload that was on its way when the account was erased."""
AT_ONCE = 100


class Traces:
    """Removes what people who left have left behind. Used by one thread at a time; blocks."""

    def __init__(
        self, db: Store, data_dir: Path, returning: Returning, *, remove_artefacts: Callable[[str], None]
    ) -> None:
        """`remove_artefacts` deletes the files of a run, wherever they are kept."""
        self._db = db
        self._data_dir = data_dir
        self._returning = returning
        self._remove_artefacts = remove_artefacts

    def remove(self) -> int:
        """Remove the traces of everybody who left since the last time, and tell how many people that were.

        Doing it again changes nothing; whoever could not be finished is taken again the next time.

        Raises:
            OSError: A file cannot be deleted.
            StorageError: The database cannot be rewritten now.
        """
        due, lately = self._db.read(lambda tx: (_due(tx), _lately(tx)))
        for user_id in due:
            self._delete_artefacts(user_id)
        for user_id in dict.fromkeys([*due, *lately]):
            self._delete_files(user_id)
        if due:
            self._db.scrub(tuple(ERASED))
        if due or self._db.read(_any_wait_is_over):
            self._db.write_blocking(lambda tx: self._finish(tx, due))
        return len(due)

    def _delete_artefacts(self, user_id: str) -> None:
        """Once is enough: whoever leaves has no run that could still make one."""
        for row in self._db.read(lambda tx: tx.execute("SELECT id FROM runs WHERE user_id = ?", (user_id,))):
            self._remove_artefacts(row[0])

    def _delete_files(self, user_id: str) -> None:
        runs = self._db.read(lambda tx: tx.execute("SELECT id FROM runs WHERE user_id = ?", (user_id,)))
        for folder in self._folders(user_id, [row[0] for row in runs]):
            if folder.is_dir():
                _delete(folder)
                _flush(folder.parent)

    def _folders(self, user_id: str, runs: list[str]) -> Iterator[Path]:
        yield self._data_dir / "uploads" / user_id
        yield self._data_dir / "secrets" / user_id
        for run_id in runs:
            yield self._data_dir / "work" / run_id

    def _finish(self, tx: Tx, due: list[str]) -> None:
        self._returning.forget(tx)
        for user_id in due:
            tx.execute(
                "UPDATE departures SET scrubbed_at = ? WHERE user_id = ? AND scrubbed_at IS NULL",
                (to_microseconds(tx.now), user_id),
            )


def _delete(folder: Path) -> None:
    """Also while whoever made it deletes it too: the end of a run takes its folder away."""
    while folder.is_dir():
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def _due(tx: Tx) -> list[str]:
    rows = tx.execute(
        "SELECT user_id FROM departures WHERE scrubbed_at IS NULL ORDER BY left_at LIMIT ?", (AT_ONCE,)
    )
    return [row[0] for row in rows]


def _lately(tx: Tx) -> list[str]:
    """Whose upload may have come to its end after their files were deleted."""
    rows = tx.execute(
        "SELECT user_id FROM departures WHERE left_at > ?", (to_microseconds(tx.now - LATE_UPLOAD),)
    )
    return [row[0] for row in rows]


def _any_wait_is_over(tx: Tx) -> bool:
    now = to_microseconds(tx.now)
    return tx.one("SELECT 1 FROM free_credit_waits WHERE ends_at <= ? LIMIT 1", (now,)) is not None


def _flush(folder: Path) -> None:
    """Make deletions in this folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
