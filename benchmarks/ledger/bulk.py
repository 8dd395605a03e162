"""Rows into an empty database by the fastest way each engine has; nothing is asked while they go in."""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import apsw
import psycopg
from studio_server.clock import to_microseconds

from benchmarks.ledger import engines
from benchmarks.ledger.filling import COLUMNS, Filling, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager

    Place = tuple[Callable[[str, Rows], None], Callable[[int], None]]

SQLITE_SCHEME = "sqlite:///"
MOVING = (
    "SELECT name, sql FROM sqlite_master WHERE name IN ('entries_move_their_account', 'accounts_open_empty',"
    " 'effects_continue_their_wallet', 'effect_links_follow_effects', 'accounts_follow_effects')"
)
"""What entries and effects do to accounts: the bulk brings accounts as they stand at the end, after them."""
CHAIN = (
    "INSERT INTO effect_links (sequence, previous)"
    " SELECT sequence, lag(sequence) OVER (PARTITION BY wallet_id ORDER BY sequence) FROM effects"
    " ORDER BY sequence;"
    " UPDATE accounts SET latest_effect = e.sequence"
    " FROM (SELECT wallet_id, max(sequence) AS sequence FROM effects GROUP BY wallet_id) AS e"
    " WHERE account_id = e.wallet_id || '/debt'"
)
"""What the effects of a wallet are found by."""


def filled(urls: Sequence[str], entries: int) -> list[str]:
    """Make the schemas, write the same books of so many entries into each, and tell the wallets."""
    for url in urls:
        engines.opened(url).close()
    with ExitStack() as stack:
        places = [stack.enter_context(_place(url)) for url in urls]

        def insert(table: str, rows: Rows) -> None:
            for into, _ in places:
                into(table, rows)

        filling = Filling(insert)
        wallets = filling.fill(entries)
        for _, recorded in places:
            recorded(to_microseconds(filling.clock.now()))
    return wallets


def _place(url: str) -> AbstractContextManager[Place]:
    return _sqlite(url) if url.startswith(SQLITE_SCHEME) else _postgresql(url)


@contextmanager
def _sqlite(url: str) -> Generator[Place]:
    connection = apsw.Connection(url.removeprefix(SQLITE_SCHEME))
    for setting in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    moving = {str(name): str(definition) for name, definition in connection.execute(MOVING)}
    for name in moving:
        connection.execute(f"DROP TRIGGER {name}")

    def insert(table: str, rows: Rows) -> None:
        columns = COLUMNS[table].split()
        places = ", ".join("?" * len(columns))
        with connection:
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)  # noqa: S608  - our own names

    def recorded(at_us: int) -> None:
        connection.execute("UPDATE recorded_time SET at_us = ?", (at_us,))

    yield insert, recorded
    connection.execute(CHAIN)
    for definition in moving.values():
        connection.execute(definition)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute("ANALYZE")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


@contextmanager
def _postgresql(url: str) -> Generator[Place]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path = studio")
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")

        def insert(table: str, rows: Rows) -> None:
            columns = ", ".join(COLUMNS[table].split())
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {table} ({columns}) FROM STDIN".encode()) as copy,
            ):
                for row in rows:
                    copy.write_row(row)

        def recorded(at_us: int) -> None:
            connection.execute("UPDATE recorded_time SET at_us = %s", (at_us,))

        yield insert, recorded
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
