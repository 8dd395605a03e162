"""What an operator runs: are the books intact, and do they continue what was anchored?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from studio_server.clock import SystemClock
from studio_server.ledger.anchor import AnchorUnreadable, anchor_path, continues_from, read_anchor
from studio_server.ledger.checker import Violation, check
from studio_server.storage.audit_chain import ChainHead, head
from studio_server.storage.drift import refuse_newer
from studio_server.storage.errors import StorageError
from studio_server.storage.opening import POSTGRES, SQLITE
from studio_server.storage.readers import snapshot

if TYPE_CHECKING:
    from studio_server.clock import Clock
    from studio_server.storage import Tx

SHOWN_VIOLATIONS = 20
FORBIDDEN_ROW = re.compile(r"CHECK constraint failed in|value in")
"""What SQLite says of a row that its table's constraints forbid, as against a damaged file."""
FIGURES = (
    ("wallets", "SELECT count(*) FROM wallets"),
    ("effects", "SELECT count(*) FROM effects"),
    ("transfers", "SELECT count(*) FROM transfers"),
    ("entries", "SELECT count(*) FROM entries"),
    ("open holds", "SELECT count(*) FROM holds WHERE state = 'open'"),
)
TOTALS = "SELECT asset, kind, sum(balance) FROM accounts GROUP BY asset, kind HAVING sum(balance) <> 0"


class Verdict(IntEnum):
    """What was found; the value is the exit code."""

    INTACT = 0
    TAMPERED = 1
    OLDER_THAN_ANCHOR = 2
    COULD_NOT_CHECK = 3


@dataclass(frozen=True)
class VerifyReport:
    """The result of one verification; `str(report)` is one page for people."""

    path: Path | str
    verdict: Verdict
    reason: str
    found: ChainHead | None = None
    anchored: ChainHead | None = None
    tampered_at: int | None = None
    violations: tuple[Violation, ...] = ()
    figures: tuple[tuple[str, int], ...] = ()

    @property
    def exit_code(self) -> int:
        """0 intact, 1 tampered, 2 older than the anchor, 3 could not check."""
        return int(self.verdict)

    def __str__(self) -> str:
        """One page."""
        shown = self.violations[:SHOWN_VIOLATIONS]
        more = len(self.violations) - len(shown)
        return "\n".join(
            [
                f"{self.path}: {self.verdict.name.lower().replace('_', ' ')}",
                self.reason,
                *(f"  {name:<28} {value:>20,}" for name, value in self.figures),
                *(_head_line(name, at) for name, at in (("chain", self.found), ("anchor", self.anchored))),
                *(f"  invariant {v.invariant}: {v.subject} {v.detail}" for v in shown),
                *([f"  and {more} more"] if more > 0 else []),
            ]
        )


def verify(
    path: Path, *, anchor: Path | None = None, clock: Clock | None = None, url: str | None = None
) -> VerifyReport:
    """Check every invariant of the database and compare its chain with the anchor; changes nothing.

    The database is the SQLite file at `path`, or the one at a PostgreSQL `url`, whose anchor must be named.

    Works beside a running server. Without an anchor nothing can be said about a cut tail or an old backup, so
    that is "could not check", even when the books are right in themselves.
    """
    if url is not None and url.startswith(POSTGRES):
        return _verify_postgres(url, anchor or anchor_path(path), clock or SystemClock())
    path = path if url is None else Path(url.removeprefix(SQLITE))
    if not path.is_file():
        return VerifyReport(path, Verdict.COULD_NOT_CHECK, "there is no such file")
    try:
        anchored = read_anchor(anchor_path(path) if anchor is None else anchor)
        with snapshot(path, (clock or SystemClock()).now()) as tx:
            return _judge(tx, path, anchored)
    except (apsw.Error, StorageError, AnchorUnreadable, OSError) as error:
        return VerifyReport(path, Verdict.COULD_NOT_CHECK, f"could not be read: {error}")


def _verify_postgres(url: str, anchor: Path, clock: Clock) -> VerifyReport:
    import psycopg

    from studio_server.storage.postgres.address import address_of
    from studio_server.storage.postgres.readers import snapshot as snapshot_of

    place = "PostgreSQL"
    try:
        place = address_of(url).name
        anchored = read_anchor(anchor)
        with snapshot_of(url, clock) as tx:
            return _judge(tx, place, anchored)
    except psycopg.Error as error:
        reason = f"could not be read ({type(error).__name__})"
        return VerifyReport(place, Verdict.COULD_NOT_CHECK, reason)
    except (StorageError, AnchorUnreadable, OSError) as error:
        return VerifyReport(place, Verdict.COULD_NOT_CHECK, f"could not be read: {error}")


def _complaints(tx: Tx) -> list[str]:
    """What SQLite itself says of the file; PostgreSQL keeps its constraints without being asked."""
    if tx.engine == "postgresql":
        return []
    return [str(row[0]) for row in tx.execute("PRAGMA quick_check") if row[0] != "ok"]


def _judge(tx: Tx, path: Path | str, anchored: ChainHead | None) -> VerifyReport:
    refuse_newer(tx)
    complaints = _complaints(tx)
    damage = [complaint for complaint in complaints if not FORBIDDEN_ROW.search(complaint)]
    if damage:
        return VerifyReport(path, Verdict.COULD_NOT_CHECK, f"the file is damaged: {damage[0]}")
    forbidden = (Violation(12, "a table", f"has a row it forbids: {complaint}") for complaint in complaints)
    found, violations = head(tx), (*check(tx), *forbidden)
    verdict, reason, tampered_at = _verdict(tx, found, anchored, violations)
    return VerifyReport(path, verdict, reason, found, anchored, tampered_at, violations, _figures(tx))


def _verdict(
    tx: Tx, found: ChainHead, anchored: ChainHead | None, violations: tuple[Violation, ...]
) -> tuple[Verdict, str, int | None]:
    if violations:
        at = _first_audit_row(violations)
        where = violations[0].subject if at is None else f"audit row {at}"
        return Verdict.TAMPERED, f"the books are not what was recorded, first at {where}", at
    if anchored is None:
        reason = "the books are right in themselves, but there is no anchor to compare them with"
        return Verdict.COULD_NOT_CHECK, reason, None
    if continues_from(tx, anchored):
        return Verdict.INTACT, "every invariant holds and the chain continues the anchor", None
    if found.count < anchored.count:
        return (
            Verdict.OLDER_THAN_ANCHOR,
            "the end of the books is missing: an old backup, or a cut tail",
            None,
        )
    return (
        Verdict.TAMPERED,
        "the chain was rewritten: it has another hash than was anchored",
        anchored.sequence,
    )


def _first_audit_row(violations: tuple[Violation, ...]) -> int | None:
    found = (re.fullmatch(r"audit row (\d+)", violation.subject) for violation in violations)
    return min((int(match[1]) for match in found if match), default=None)


def _figures(tx: Tx) -> tuple[tuple[str, int], ...]:
    counted = tuple((name, int((tx.one(query) or (0,))[0])) for name, query in FIGURES)
    return counted + tuple((f"{asset} {kind}", int(total)) for asset, kind, total in tx.execute(TOTALS))


def _head_line(name: str, at: ChainHead | None) -> str:
    return f"  {name:<28} " + (
        "none" if at is None else f"{at.sequence:,} of {at.count:,}  {at.hash.hex()[:16]}"
    )
