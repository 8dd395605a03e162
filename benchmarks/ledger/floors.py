"""What the databases do at most: one row per commit, as durable as the ledger's, and pgbench."""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import apsw
import psycopg
import uvloop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.postgres import Cluster

ROW = "x" * 100
PGBENCH_SCALE = 10
PGBENCH_CLIENTS = 16
MAKE = "CREATE TABLE IF NOT EXISTS single (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"


class PgbenchFailed(RuntimeError):
    """pgbench is not here or did not say how much it did."""


def sqlite_commits(path: Path, seconds: float) -> float:
    """Commits per second of one row each in WAL mode with synchronous=FULL."""
    connection = apsw.Connection(str(path))
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    connection.execute(MAKE)
    done, started = 0, time.monotonic()
    while time.monotonic() < started + seconds:
        connection.execute("INSERT INTO single (text) VALUES (?)", (ROW,))
        done += 1
    took = time.monotonic() - started
    connection.close()
    return done / took


def postgresql_commits(url: str, clients: int, seconds: float) -> float:
    """Commits per second of one row each, by so many connections of the same driver."""
    return uvloop.run(_commits(url, clients, seconds))


async def _commits(url: str, clients: int, seconds: float) -> float:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS single (id BIGINT GENERATED ALWAYS AS IDENTITY, text TEXT)"
        )
    opened = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(clients)]
    started = time.monotonic()
    done = await asyncio.gather(*(_insert(connection, started + seconds) for connection in opened))
    took = time.monotonic() - started
    for connection in opened:
        await connection.close()
    return sum(done) / took


async def _insert(connection: psycopg.AsyncConnection, until: float) -> int:
    done = 0
    while time.monotonic() < until:
        await connection.execute("INSERT INTO single (text) VALUES (%s)", (ROW,), prepare=True)
        done += 1
    return done


class Pgbench:
    """pgbench -N (simple update) with 16 clients, in a database of its own."""

    def __init__(self, server: Cluster) -> None:
        self._url = server.new_database()
        beside = server.programs / "pgbench"
        self._program = str(beside) if beside.is_file() else shutil.which("pgbench") or ""
        self._run("-i", "-q", "-s", str(PGBENCH_SCALE))

    def per_second(self, seconds: float) -> float:
        """Transactions per second."""
        clients = str(PGBENCH_CLIENTS)
        duration = str(max(1, round(seconds)))
        told = self._run("-N", "-M", "prepared", "-c", clients, "-j", "1", "-T", duration, "-n")
        found = re.search(r"tps = ([\d.]+)", told)
        if found is None:
            raise PgbenchFailed(told)
        return float(found.group(1))

    def _run(self, *words: str) -> str:
        if not self._program:
            raise PgbenchFailed("pgbench is not installed")
        ended = subprocess.run(
            [self._program, *words, self._url], capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise PgbenchFailed(ended.stderr)
        return ended.stdout
