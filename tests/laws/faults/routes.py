"""The money routes on real books: what each asks of the ledger, and the books it starts from."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import (
    ExpireHolds,
    GrantSource,
    IssueGrant,
    Ledger,
    OpenWallet,
    PlaceHold,
    PlanCaps,
    Release,
    Settle,
)
from studio_server.ledger.anchor import write_anchor
from studio_server.ledger.commands import ExpireHold, effect_key
from studio_server.storage import Database

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
HOLDS = 4
PLAN = PlanCaps(open_holds=1_000_000)
PRICE = "p1"
USED_NUMBERS = 10_000
MIXED_COMMANDS = 12
LONG_LEASE_SECONDS = 86_400


@dataclass(frozen=True)
class Start:
    """Closed books with a wallet, a grant, open holds to end, and holds whose lease is past at `LATER`."""

    path: Path
    wallet: str
    holds: tuple[str, ...]
    ended: tuple[str, ...]
    effects: int


def prepare(folder: Path) -> Start:
    """Make the books that every case starts from a copy of."""
    path = folder / "start.db"
    db, ledger = Database.open(path, clock=FixedClock(NOON)), Ledger(CountedIds())

    def fill(tx: object) -> tuple[str, list[str], list[str]]:
        wallet = ledger.execute(tx, OpenWallet("open", "usr_ada", plan=PLAN)).wallet_id
        ledger.execute(tx, IssueGrant("grant", wallet, GrantSource.GIFT, 1_000, "first"))
        placed = [
            [
                ledger.execute(tx, PlaceHold(f"{kind} {n}", wallet, f"{n}", 10, PRICE, lease))
                for n in range(HOLDS)
            ]
            for kind, lease in (("open", LONG_LEASE_SECONDS), ("short", 60))
        ]
        return wallet, *([hold.hold_id for hold in holds] for holds in placed)

    wallet, holds, ended = db.write_blocking(fill)
    write_anchor(db, folder / "anchor.json")
    effects = db.read(lambda tx: tx.one("SELECT count(*) FROM effects"))[0]
    db.close()
    return Start(path, wallet, tuple(holds), tuple(ended), effects)


def routes(start: Start) -> dict[str, list[object]]:
    """Commands of each route, in the order they are asked."""
    wallet = start.wallet
    return {
        "open wallet": [OpenWallet(f"w{n}", f"usr_{n}", plan=PLAN) for n in range(2)],
        "grant": [IssueGrant(f"g{n}", wallet, GrantSource.GIFT, 5, f"g{n}") for n in range(2)],
        "hold": [PlaceHold(f"h{n}", wallet, f"h{n}", 7, PRICE, LONG_LEASE_SECONDS) for n in range(2)],
        "settle": [Settle(hold, 3, PRICE) for hold in start.holds[:2]],
        "release": [Release(hold, "cancelled") for hold in start.holds[:2]],
        "sweep": [ExpireHolds(limit=2), ExpireHolds()],
    }


def mixed(start: Start, seed: int) -> list[object]:
    """A random route: every kind of command, in any order, on the same wallet."""
    draw = random.Random(seed)  # noqa: S311  - a replayable test needs a seed
    holds = list(start.holds)
    commands: list[object] = []
    for number in range(MIXED_COMMANDS):
        kind = draw.choice(("grant", "hold", "end", "sweep", "open"))
        name = f"{seed}-{number}"
        if kind == "end" and holds:
            hold = holds.pop(draw.randrange(len(holds)))
            commands.append(
                Settle(hold, draw.randint(0, 10), PRICE)
                if draw.random() < 0.5
                else Release(hold, "cancelled")
            )
        elif kind == "hold":
            commands.append(
                PlaceHold(name, start.wallet, name, draw.randint(1, 30), PRICE, LONG_LEASE_SECONDS)
            )
        elif kind == "sweep":
            commands.append(ExpireHolds(limit=draw.randint(1, 3)))
        elif kind == "open":
            commands.append(OpenWallet(name, f"usr_{name}", plan=PLAN))
        else:
            commands.append(IssueGrant(name, start.wallet, GrantSource.GIFT, draw.randint(1, 50), name))
    return commands


def keys_of(command: object, answer: object) -> list[str]:
    """Under which keys the effects of an answered command must be on record."""
    if isinstance(command, ExpireHolds):
        return [effect_key(ExpireHold(ended.hold_id)) for ended in answer.holds]
    return [effect_key(command)]
