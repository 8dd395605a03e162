"""Ending the session of a replica that sleeps with the turn to write.

Whoever stops between two statements is ended by `idle_in_transaction_session_timeout`. Whoever stops in the
middle of sending a pipeline counts as active, and no time-out of the server runs: the one who waits for the
turn ends it. What the sleeper had begun is rolled back by the server; on waking it finds its connection lost.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_server.storage.postgres.connection import Connection

SLEEPS_AFTER_SECONDS = 10
"""As long as a replica may sit idle in a transaction: see `connection.FOR_WRITING`."""
END_SLEEPERS = b"""
SELECT count(*) FROM (
  SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
  WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    AND state IN ('active', 'idle in transaction') AND wait_event IN ('ClientRead', 'ClientWrite')
    AND greatest(query_start, state_change) < clock_timestamp() - make_interval(secs => %s)
    AND pid IN (
      SELECT pid FROM pg_locks
      WHERE relation = 'recorded_time'::regclass AND mode = 'RowShareLock' AND granted
    )
) AS sleepers WHERE ended
"""

log = logging.getLogger(__name__)


def end_sleepers(connection: Connection) -> int:
    """End every session of our role that holds the turn and has waited too long for its client.

    Hands back how many were ended. Outside any transaction.

    Raises:
        psycopg.Error: the server could not be asked.
    """
    row = connection.execute(END_SLEEPERS, (SLEEPS_AFTER_SECONDS,), prepare=False).fetchone()
    ended = int(row[0]) if row else 0
    if ended:
        log.warning("ended %d session(s) that held the turn to write and sent nothing more", ended)
    return ended
