"""Where the journal stands, read together with what a decision looks at, or after it for what was not.

The answer already given and the ends of the journal are one statement; a loader of a hot command also reads
the accounts and totals that its decision can move, so that nothing is left to read between it and its writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from studio_server.ledger.history import LATEST
from studio_server.ledger.posting import Ground, accounts_of
from studio_server.storage.audit_chain import GENESIS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from studio_server.ledger.effects import Effects
    from studio_server.ledger.state import State
    from studio_server.storage import Row, Tx
    from studio_server.storage.tx import Statement

Found = list[list[Any]]
Pairs = dict[str, tuple[int, int]]
TAILS = (
    "SELECT (SELECT coalesce(max(sequence), 0) FROM effects),"
    " (SELECT coalesce(max(sequence), 0) FROM entries),"
    " (SELECT coalesce(max(sequence), 0) FROM audit),"
    " (SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1)"
)
HEAD = f"{TAILS}, e.body, e.answer FROM (SELECT 1 AS one) one LEFT JOIN effects e ON e.effect_key = ?"
"""Where every journal ends, and what is on record under a key: always one row."""
LATEST_TOTALS = f"SELECT available_after, held_after FROM effects WHERE sequence = {LATEST}"  # noqa: S608  - constant text


@dataclass(frozen=True)
class Loader:
    """The reads of one command, how their rows become the state, and the accounts and totals they tell."""

    statements: list[Statement]
    build: Callable[[Found], State]
    accounts: Callable[[Found], Pairs] = lambda _: {}
    totals: Callable[[Found], Pairs] = lambda _: {}


def ahead(head: Row, reads: Loader, found: Found) -> Ground:
    """What is known of the ground before the decision."""
    return _ground(head, reads.accounts(found), reads.totals(found))


def ground(tx: Tx, effects: Effects, known: Ground | None = None) -> Ground:
    """Where the journal stands for these effects; what is not `known` is read, in one batch."""
    accounts = accounts_of(effects)
    wallets = [part.wallet_id for part in effects.parts]
    if known is not None and accounts <= known.accounts.keys() and known.totals.keys() >= set(wallets):
        return known
    return _read(tx, sorted(accounts), wallets)


def _read(tx: Tx, accounts: list[str], wallets: list[str]) -> Ground:
    statements: list[Statement] = [(TAILS, ()), *((LATEST_TOTALS, (wallet_id,)) for wallet_id in wallets)]
    if accounts:
        statements.append((_balances(len(accounts)), accounts))
    found = [result.rows for result in tx.batch(statements)]
    totals = {name: (row[0][0], row[0][1]) for name, row in zip(wallets, found[1:], strict=False) if row}
    balances = {row[0]: (row[1], row[2]) for row in found[1 + len(wallets)]} if accounts else {}
    return _ground(found[0][0], balances, totals)


def _ground(head: Row, accounts: Mapping[str, tuple[int, int]], totals: Pairs) -> Ground:
    effect, entry, audit, tip = head[:4]
    return Ground(effect, entry, audit, GENESIS if tip is None else bytes(tip), accounts, totals)


@cache
def _balances(count: int) -> str:
    marks = ", ".join("?" * count)
    return f"SELECT account_id, balance, version FROM accounts WHERE account_id IN ({marks})"  # noqa: S608  - marks only
