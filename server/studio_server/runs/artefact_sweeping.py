"""Ends artefacts in time: first the row says so, then the files go; doing it again changes nothing."""

from datetime import timedelta

from studio_server.clock import Clock, to_microseconds
from studio_server.runs.artefacts import ArtefactStore
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

AT_ONCE = 200
STRAYS_EVERY = timedelta(days=1)
YOUNG = timedelta(hours=1)
"""Files of a run that ended so lately may still be waiting for their rows."""


class ArtefactSweep:
    """Sweeps the files of everybody's runs; blocks."""

    def __init__(self, db: Store, clock: Clock, store: ArtefactStore) -> None:
        self._db = db
        self._clock = clock
        self._store = store
        self._strays_looked_for: float | None = None

    def sweep(self) -> int:
        """Delete what has ended and tell of how many runs.

        Raises:
            OSError: The storage did not delete; the next round tries again.
        """
        due = self._db.read(_ended)
        for run_id in due:
            self._store.remove(run_id)
            self._db.write_blocking(lambda tx, run=run_id: _mark_removed(tx, run))
        self._sweep_strays()
        return len(due)

    def _sweep_strays(self) -> None:
        """Files of runs that have no row for them: a crash came between the two."""
        now = self._clock.monotonic()
        if (
            self._strays_looked_for is not None
            and now - self._strays_looked_for < STRAYS_EVERY.total_seconds()
        ):
            return
        self._strays_looked_for = now
        for run_id in self._store.runs():
            if self._db.read(lambda tx, run=run_id: _is_stray(tx, run)):
                self._store.remove(run_id)


def _ended(tx: Tx) -> list[str]:
    """All files of a run end together."""
    rows = tx.execute(
        "SELECT DISTINCT run_id FROM artefacts WHERE removed_at IS NULL AND expires_at IS NOT NULL"
        " AND expires_at <= ? ORDER BY run_id LIMIT ?",
        (to_microseconds(tx.now), AT_ONCE),
    )
    return [row[0] for row in rows]


def _mark_removed(tx: Tx, run_id: str) -> None:
    tx.execute(
        "UPDATE artefacts SET removed_at = ? WHERE run_id = ? AND removed_at IS NULL",
        (to_microseconds(tx.now), run_id),
    )


def _is_stray(tx: Tx, run_id: str) -> bool:
    if tx.one("SELECT 1 FROM artefacts WHERE run_id = ? AND removed_at IS NULL LIMIT 1", (run_id,)):
        return False
    open_or_young = tx.one(
        "SELECT 1 FROM runs WHERE id = ? AND (ended_at IS NULL OR ended_at > ?)",
        (run_id, to_microseconds(tx.now - YOUNG)),
    )
    return open_or_young is None
