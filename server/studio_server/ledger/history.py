"""The effects of one wallet: in SQLite a chain with the latest in front, in PostgreSQL an index.

`mine` is what a query of them begins with: `FROM mine CROSS JOIN effects e WHERE e.sequence = mine.sequence`,
for SQLite keeps the order of a cross join and would else look through the effects of everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio_server.storage import Tx
    from studio_server.storage.tx import Engine

LATEST = "(SELECT sequence FROM latest_effects WHERE wallet_id = ?)"
BY_WALLET_ID = "SELECT wallet_id FROM wallets WHERE wallet_id = ?"
ALL: dict[Engine, str] = {
    "sqlite": (
        "SELECT l.sequence FROM me JOIN latest_effects l ON l.wallet_id = me.wallet_id"
        " WHERE l.sequence IS NOT NULL"
        " UNION ALL SELECT l.previous FROM mine JOIN effect_links l ON l.sequence = mine.sequence"
        " WHERE l.previous IS NOT NULL"
    ),
    "postgresql": "SELECT e.sequence FROM me JOIN effects e ON e.wallet_id = me.wallet_id",
}
MOVED = "(e.available_change <> 0 OR e.held_change <> 0)"
LATE_ENOUGH = f"e.sequence < ? AND {MOVED}"
NEWEST: dict[Engine, str] = {
    "sqlite": (
        "WITH RECURSIVE mine (sequence, lines) AS (SELECT ?, 0 UNION ALL"  # noqa: S608  - constant text
        f" SELECT l.previous, mine.lines + ({LATE_ENOUGH}) FROM mine"
        " JOIN effect_links l ON l.sequence = mine.sequence JOIN effects e ON e.sequence = mine.sequence"
        " WHERE mine.lines < ? AND l.previous IS NOT NULL)"
    ),
    "postgresql": (
        "WITH mine (sequence) AS (SELECT e.sequence FROM effects e WHERE e.wallet_id = ?"  # noqa: S608  - constant text
        f" AND {LATE_ENOUGH} ORDER BY e.sequence DESC LIMIT ?)"
    ),
}


def all_of(engine: Engine, whose: str = BY_WALLET_ID) -> str:
    """`me (wallet_id)`, which is what `whose` gives, and `mine (sequence)`: every effect of that wallet."""
    return f"WITH RECURSIVE me (wallet_id) AS ({whose}), mine (sequence) AS ({ALL[engine]}) "


def newest_of(tx: Tx, wallet_id: str, before: int, limit: int) -> tuple[str, tuple[Any, ...]]:
    """`mine (sequence)`: at least the `limit` newest effects before this one that moved something.

    Walking begins where the page before ended, so a page costs the same wherever it lies.
    """
    if tx.engine == "postgresql":
        return NEWEST[tx.engine], (wallet_id, before, limit)
    return NEWEST[tx.engine], (_start(tx, wallet_id, before), before, limit)


def _start(tx: Tx, wallet_id: str, before: int) -> int | None:
    found = tx.one(
        "SELECT l.previous FROM effects e JOIN effect_links l ON l.sequence = e.sequence"
        " WHERE e.sequence = ? AND e.wallet_id = ?",
        (before, wallet_id),
    )
    found = found or tx.one(f"SELECT {LATEST}", (wallet_id,))
    return None if found is None else found[0]
