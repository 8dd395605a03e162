"""A process that keeps a ledger busy from several threads and tells every answer, until it is killed."""

from __future__ import annotations

import os
import random
import sys
import threading
from pathlib import Path

from studio_server.clock import SystemClock
from studio_server.ids import TimeOrderedIds
from studio_server.ledger import (
    GrantSource,
    IssueGrant,
    Ledger,
    OpenWallet,
    PlaceHold,
    PlanCaps,
    Release,
    Settle,
)
from studio_server.storage import Database

THREADS = 8
PLAN = PlanCaps(open_holds=1_000_000)


def main(path: Path, seed: int) -> None:
    """Grant, hold, settle and release for ever; one line per acknowledged effect key."""
    clock = SystemClock()
    database = Database.open(path, clock=clock)
    ledger = Ledger(TimeOrderedIds(clock))
    opened = database.write_blocking(lambda tx: ledger.execute(tx, OpenWallet("open", "usr_ada", plan=PLAN)))

    def work(number: int) -> None:
        draw = random.Random(seed * 1_000 + number)  # noqa: S311  - a replayable test needs a seed
        for turn in range(1_000_000):
            name = f"{seed}-{number}-{turn}"
            grant = IssueGrant(f"g{name}", opened.wallet_id, GrantSource.GIFT, 10, name)
            database.write_blocking(lambda tx, grant=grant: ledger.execute(tx, grant))
            tell(f"key:g{name}")
            place = PlaceHold(f"h{name}", opened.wallet_id, name, draw.randint(1, 10), "p1", 60)
            hold = database.write_blocking(lambda tx, place=place: ledger.execute(tx, place))
            tell(f"key:h{name}")
            if draw.random() < 0.8:
                charge = draw.randint(0, hold.ceiling)
                end = (
                    Settle(hold.hold_id, charge, "p1") if draw.random() < 0.7 else Release(hold.hold_id, "no")
                )
                database.write_blocking(lambda tx, end=end: ledger.execute(tx, end))
                tell(f"hold:{hold.hold_id}:terminal")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def tell(key: str) -> None:
    """One line, in one system call, so that it is whole or not there."""
    os.write(1, f"{key}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
