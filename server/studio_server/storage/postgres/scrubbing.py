"""Takes what was deleted out of PostgreSQL's files: tables, indexes, and what the planner knows of them.

Deleted rows stay on the disk until their table is written anew; ANALYZE copies values to `pg_statistic`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from studio_server.storage.errors import ScrubFailed

if TYPE_CHECKING:
    from studio_server.storage.postgres.connection import Connection

log = logging.getLogger(__name__)
READERS_SECONDS = 10.0
"""How long a scrub waits for transactions that began before it: rows they may see are not left out."""
LOOK_AGAIN_SECONDS = 0.05
BOUNDARY = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint % 4294967296"
OLDER = """
    SELECT count(*) FROM pg_stat_activity
    WHERE (datname = current_database() OR backend_type = 'walsender')
      AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL
      AND age(backend_xmin) > age(%s::text::xid)
"""
KNOWN_TO_THE_PLANNER = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), c.collname
    FROM pg_stats s
    JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(s.tablename)) AND a.attname = s.attname
    LEFT JOIN pg_collation c ON c.oid = a.attcollation AND c.collname <> 'default'
    WHERE s.schemaname = current_schema() AND s.tablename = %s
"""
OWNER_OF_THE_DATABASE = """
    SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()
"""


def scrub(connection: Connection, name: str, tables: tuple[str, ...]) -> None:
    """Write these tables anew; outside any transaction. The write-ahead log keeps what it holds.

    Raises:
        ScrubFailed: somebody still reads from before, or there is no room; nothing is lost.
        psycopg.Error: it could not be done now; nothing is lost.
    """
    _wait_for_readers(connection, name)
    try:
        for table in tables:
            _write_anew(connection, table)
        _forget_statistics(connection, name)
    except psycopg.errors.DiskFull as full:
        raise ScrubFailed(name, f"a second copy has no room: {full}") from full


def _wait_for_readers(connection: Connection, name: str) -> None:
    boundary = connection.execute(BOUNDARY.encode()).fetchone()
    deadline = time.monotonic() + READERS_SECONDS
    while _count(connection, boundary):
        if time.monotonic() > deadline:
            raise ScrubFailed(name, "a transaction that began before still reads; end it, or wait")
        time.sleep(LOOK_AGAIN_SECONDS)


def _count(connection: Connection, boundary: tuple[object, ...] | None) -> int:
    found = connection.execute(OLDER.encode(), boundary).fetchone()
    return int(found[0]) if found else 0


def _write_anew(connection: Connection, table: str) -> None:
    """An empty table keeps what ANALYZE found when it had rows: declaring a column again forgets that."""
    named = sql.Identifier(table)
    connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(named), prepare=False)
    if connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(named), prepare=False).fetchone():
        return
    for column, kind, collation in connection.execute(KNOWN_TO_THE_PLANNER.encode(), (table,)).fetchall():
        again = sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE {}").format(
            named, sql.Identifier(column), sql.SQL(kind)
        )
        if collation:
            again += sql.SQL(" COLLATE {}").format(sql.Identifier(collation))
        connection.execute(again, prepare=False)


def _forget_statistics(connection: Connection, name: str) -> None:
    owner = connection.execute(OWNER_OF_THE_DATABASE.encode()).fetchone()
    if owner and owner[0]:
        connection.execute(b"VACUUM FULL pg_catalog.pg_statistic", prepare=False)
        return
    log.warning(
        "%s: this role does not own the database, so free space of pg_statistic may hold what was erased;"
        " as its owner: VACUUM FULL pg_catalog.pg_statistic",
        name,
    )
