"""The last step: the books are right, or the benchmark has failed."""

from __future__ import annotations

from studio_server.ledger.checker import check

from benchmarks.books import BooksBroken
from benchmarks.ledger import engines


def effects(url: str) -> int:
    """How many acts the books at this address record, after every invariant was checked.

    Raises:
        BooksBroken: at least one does not hold.
    """
    store = engines.opened(url)
    try:
        violations = store.read(check)
        counted = store.read(lambda tx: tx.one("SELECT count(*) FROM effects")) or (0,)
    finally:
        store.close()
    if violations:
        raise BooksBroken("; ".join(map(str, violations[:3])))
    return int(counted[0])
