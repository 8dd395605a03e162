"""The last step of every benchmark that touched books: they are right, or the benchmark has failed."""

from datetime import UTC, datetime
from pathlib import Path

from studio_server.ledger.checker import check
from studio_server.storage.readers import snapshot


class BooksBroken(RuntimeError):
    """Fast and wrong counts as failed."""


def checked_effects(folder: Path) -> int:
    """How many acts the books in this folder record, after all invariants were checked.

    Raises:
        BooksBroken: At least one does not hold.
    """
    with snapshot(folder / "studio.db", datetime.now(UTC)) as tx:
        violations = check(tx)
        counted = tx.one("SELECT count(*) FROM effects") or (0,)
    if violations:
        raise BooksBroken("; ".join(map(str, violations[:3])))
    return int(counted[0])
