"""The servers that share one database, each known by its heartbeat.

A run belongs to the replica that took it. Another one closes it only after that replica has not been seen for
`GONE_AFTER`; should it come back, it finds its run over and can neither settle nor close it again.
"""

from datetime import timedelta
from uuid import uuid4

from studio_server.clock import to_microseconds
from studio_server.storage.tx import Tx

GONE_AFTER = timedelta(seconds=60)
"""Four rounds of housekeeping without a heartbeat."""


class Replica:
    """This server among those that share its database."""

    def __init__(self) -> None:
        self.id = f"rep_{uuid4().hex}"
        """Of this process alone: it is in no answer, so it takes no number from a deterministic server."""

    def arrive(self, tx: Tx) -> None:
        """Be known from now on. A SQLite file has one server at a time, so there all others are gone."""
        if tx.engine == "sqlite":
            tx.execute("DELETE FROM replicas")
        self.beat(tx)

    def beat(self, tx: Tx) -> None:
        """Be seen now."""
        now = to_microseconds(tx.now)
        tx.execute(
            "INSERT INTO replicas (id, started_us, seen_us) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET seen_us = excluded.seen_us",
            (self.id, now, now),
        )

    def leave(self, tx: Tx) -> None:
        """Be gone at once: the server stops in order."""
        tx.execute("DELETE FROM replicas WHERE id = ?", (self.id,))


def orphaned(tx: Tx) -> list[str]:
    """Unfinished runs whose replica is gone, oldest first."""
    alive_since = to_microseconds(tx.now - GONE_AFTER)
    found = tx.execute(
        "SELECT id FROM runs WHERE state IN ('queued', 'running') AND replica_id NOT IN"
        " (SELECT id FROM replicas WHERE seen_us > ?) ORDER BY id",
        (alive_since,),
    )
    return [row[0] for row in found]


def taken(tx: Tx, replica_id: str) -> list[str]:
    """Unfinished runs that this replica took more than `GONE_AFTER` ago."""
    found = tx.execute(
        "SELECT id FROM runs WHERE state IN ('queued', 'running') AND replica_id = ? AND created_at <= ?",
        (replica_id, to_microseconds(tx.now - GONE_AFTER)),
    )
    return [row[0] for row in found]


def ask_to_cancel(tx: Tx, run_id: str) -> None:
    """Leave word for the replica that has the run."""
    tx.execute("UPDATE runs SET cancel_asked = 1 WHERE id = ? AND state IN ('queued', 'running')", (run_id,))


def asked_to_cancel(tx: Tx, replica_id: str) -> list[str]:
    """Runs of this replica that somebody asked another one to cancel."""
    found = tx.execute(
        "SELECT id FROM runs WHERE replica_id = ? AND cancel_asked = 1 AND state IN ('queued', 'running')",
        (replica_id,),
    )
    return [row[0] for row in found]
