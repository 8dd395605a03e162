"""What was answered is still there after kill -9 in the middle of the load."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import ExpireHolds, Ledger
from studio_server.ledger.anchor import anchor_path, write_anchor
from studio_server.ledger.checker import check
from studio_server.ledger.verify import verify
from studio_server.storage import Database, Tx

KILLS = int(os.environ.get("STUDIO_KILLS", "4"))
LOAD = Path(__file__).with_name("writer_under_load.py")


def test_every_answered_effect_survives_kill_9_and_the_books_are_right(tmp_path: Path) -> None:
    seed = int(os.environ.get("STUDIO_SEED", random.SystemRandom().randrange(2**32)))
    print(f"STUDIO_SEED={seed}")
    draw = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
    path = tmp_path / "books.db"
    acknowledged: set[str] = set()
    for kill in range(KILLS):
        acknowledged |= _load_and_kill(path, seed + kill, draw.randint(20, 1_500))
        later = datetime.now(UTC) + timedelta(minutes=10 * (kill + 1))
        started = time.monotonic()
        database = Database.open(path, clock=FixedClock(later))
        restart_seconds = time.monotonic() - started
        recorded = {row[0] for row in database.read(lambda tx: tx.execute("SELECT effect_key FROM effects"))}
        assert acknowledged <= recorded
        assert database.read(check) == []
        assert restart_seconds < 2
        _sweep(database)
        write_anchor(database, anchor_path(path))
        database.close()
        assert verify(path).exit_code == 0
    print(f"{KILLS} kills, {len(acknowledged)} answered effects, {len(recorded)} recorded")


def _load_and_kill(path: Path, seed: int, answers: int) -> set[str]:
    with subprocess.Popen([sys.executable, str(LOAD), str(path), str(seed)], stdout=subprocess.PIPE) as load:
        assert load.stdout is not None
        told = [load.stdout.readline() for _ in range(answers)]
        load.kill()
        told += load.stdout.readlines()
    return {line.decode().strip() for line in told if line.endswith(b"\n")}


def _sweep(database: Database) -> None:
    """With no live run and every lease past, nothing is held."""
    ledger = Ledger(CountedIds(database.read(_serials) + 1))
    while database.write_blocking(lambda tx: ledger.execute(tx, ExpireHolds())).holds:
        pass
    assert database.read(lambda tx: tx.one("SELECT coalesce(sum(held), 0) FROM lots")) == (0,)
    assert database.read(lambda tx: tx.one("SELECT coalesce(sum(held), 0) FROM windows")) == (0,)
    assert database.read(check) == []


def _serials(tx: Tx) -> int:
    return tx.one("SELECT count(*) FROM effects")[0]
