"""What an operator runs: the balances rebuilt from the journal alone, beside what is stored.

The journal is what is never updated: effects, transfers, entries. Accounts come back from their entries, day
and month windows from the transfers of the holds placed in them; wallets, lots and holds come from the
ledger's own replay. Changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import TYPE_CHECKING

import apsw

from studio_server.ledger.replay import replay_differences
from studio_server.storage.drift import refuse_newer
from studio_server.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.audit.books import BooksAt
    from studio_server.storage import Tx

SHOWN_DIFFERENCES = 20
Difference = tuple[str, str]
Window = tuple[str, str, int]


class Equality(IntEnum):
    """What was found; the value is the exit code."""

    EQUAL = 0
    DIFFERENT = 1
    COULD_NOT_REPLAY = 3


@dataclass(frozen=True)
class Total:
    """All accounts of one kind in one asset together, by the journal and by the books."""

    asset: str
    kind: str
    journal: int
    books: int


@dataclass(frozen=True)
class ReplayReport:
    """The result of one replay; `str(report)` is one page for people."""

    place: str
    found: Equality
    reason: str
    totals: tuple[Total, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 equal, 1 different, 3 could not replay."""
        return int(self.found)

    def __str__(self) -> str:
        """One page."""
        shown = self.differences[:SHOWN_DIFFERENCES]
        more = len(self.differences) > SHOWN_DIFFERENCES
        return "\n".join(
            [
                f"{self.place}: {self.found.name.lower().replace('_', ' ')}",
                self.reason,
                *([f"  {'asset':<8}{'kind':<16}{'journal':>20}{'books':>20}"] if self.totals else []),
                *(f"  {t.asset:<8}{t.kind:<16}{t.journal:>20,}{t.books:>20,}" for t in self.totals),
                *(f"  {subject}: {detail}" for subject, detail in shown),
                *(["  and more"] if more else []),
            ]
        )


def replay(books: BooksAt) -> ReplayReport:
    """Rebuild the balances of these books and compare; works beside a running server."""
    try:
        return books.read(lambda tx: judge(tx, books.name))
    except (apsw.Error, StorageError, OSError) as error:
        return ReplayReport(books.name, Equality.COULD_NOT_REPLAY, f"could not be read: {error}")


def judge(tx: Tx, place: str) -> ReplayReport:
    """Compare the journal with the books in one snapshot; lists at most one difference more than is shown.

    Raises:
        MigrationRefused: the books are newer than this program.
    """
    refuse_newer(tx)
    found = tuple(islice(_all_differences(tx), SHOWN_DIFFERENCES + 1))
    totals = _totals(tx)
    if found:
        return ReplayReport(
            place, Equality.DIFFERENT, "the books are not what the journal gives", totals, found
        )
    return ReplayReport(place, Equality.EQUAL, "the journal, replayed from empty, gives these books", totals)


def _all_differences(tx: Tx) -> Iterator[Difference]:
    yield from account_differences(tx)
    yield from window_differences(tx)
    yield from replay_differences(tx)


def account_differences(tx: Tx) -> Iterator[Difference]:
    """Accounts whose balance or version is not what their entries add up to."""
    rows = tx.stream(
        "SELECT a.account_id, a.balance, a.version, coalesce(e.total, 0), coalesce(e.lines, 0)"
        " FROM accounts a LEFT JOIN (SELECT account_id, sum(amount) AS total, count(*) AS lines FROM entries"
        " GROUP BY account_id) e ON e.account_id = a.account_id"
        " WHERE a.balance <> coalesce(e.total, 0) OR a.version <> coalesce(e.lines, 0)"
        " ORDER BY a.account_id"
    )
    for account_id, balance, version, total, lines in rows:
        yield (
            f"account {account_id}",
            f"is {balance} after {version} entries in the books and {total} after {lines} in the journal",
        )


def window_differences(tx: Tx) -> Iterator[Difference]:
    """Days and months whose settled or held amount is not what their holds moved."""
    rebuilt = _windows(tx)
    rows = tx.stream(
        "SELECT wallet_id, period, start_us, settled, held FROM windows WHERE period IN ('day', 'month')"
        " ORDER BY wallet_id, period, start_us"
    )
    for wallet_id, period, start_us, settled, held in rows:
        journal = rebuilt.pop((wallet_id, period, start_us), [0, 0])
        if [settled, held] != journal:
            yield (
                f"{period} {start_us} of {wallet_id}",
                f"is ({settled}, {held}) settled and held in the books and {tuple(journal)} in the journal",
            )
    for (wallet_id, period, start_us), moved in sorted(rebuilt.items()):
        if moved != [0, 0]:
            yield f"{period} {start_us} of {wallet_id}", "is in the journal but not in the books"


def _windows(tx: Tx) -> dict[Window, list[int]]:
    """Settled and held of every day and month, by the transfers of the holds that were placed in it."""
    found: dict[Window, list[int]] = defaultdict(lambda: [0, 0])
    rows = tx.stream(
        "SELECT h.wallet_id, h.day_start_us, h.month_start_us, t.kind, sum(t.amount)"
        " FROM transfers t JOIN holds h ON h.hold_id = t.hold_id"
        " WHERE t.kind IN ('hold', 'settle', 'return', 'lapse_held')"
        " GROUP BY h.wallet_id, h.day_start_us, h.month_start_us, t.kind"
    )
    for wallet_id, day_us, month_us, kind, amount in rows:
        for window in ((wallet_id, "day", day_us), (wallet_id, "month", month_us)):
            found[window][0] += int(amount) if kind == "settle" else 0
            found[window][1] += int(amount) if kind == "hold" else -int(amount)
    return found


def _totals(tx: Tx) -> tuple[Total, ...]:
    journal = {
        (asset, kind): int(total)
        for asset, kind, total in tx.execute(
            "SELECT a.asset, a.kind, sum(e.amount) FROM entries e"
            " JOIN accounts a ON a.account_id = e.account_id GROUP BY a.asset, a.kind"
        )
    }
    books = tx.execute(
        "SELECT asset, kind, sum(balance) FROM accounts GROUP BY asset, kind ORDER BY asset, kind"
    )
    return tuple(
        Total(asset, kind, journal.get((asset, kind), 0), int(balance)) for asset, kind, balance in books
    )
