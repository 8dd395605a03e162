"""What the chain adds up to: counts, runs, credits, refusals."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from studio_server.audit.events import EventKind
from studio_server.audit.reader import shown_kind
from studio_server.clock import EPOCH, from_microseconds, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.storage import Tx

DAY_US = 86_400_000_000
RUN_KINDS = {
    "allowed": EventKind.RUN_ALLOWED,
    "blocked": EventKind.RUN_BLOCKED,
    "completed": EventKind.RUN_COMPLETED,
    "failed": EventKind.RUN_FAILED,
    "cancelled": EventKind.RUN_CANCELLED,
    "lost": EventKind.RUN_LOST,
    "answered": EventKind.RUN_ANSWERED,
}
MOVED = {
    "granted": ("grant",),
    "charged": ("settle",),
    "returned": ("return",),
    "refunded": ("unspend", "unspend_lapsed"),
    "voided": ("revoke", "owe"),
}
"""The sums that are shown, and the kinds of transfer each adds up."""


@dataclass(frozen=True)
class Statistics:
    """One stretch of the chain in numbers. `moved` is per asset; `by_day` is in UTC."""

    since: str | None
    first_at: str | None
    last_at: str | None
    by_kind: dict[str, int]
    by_day: dict[str, dict[str, int]]
    runs: dict[str, int]
    moved: dict[str, dict[str, int]]
    refusals: dict[str, int]

    def as_json(self) -> str:
        """The numbers as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    def __str__(self) -> str:
        """A page for people."""
        groups = {"kinds": self.by_kind, "runs": self.runs, "refusals by limit": self.refusals}
        groups |= {f"{asset} moved": sums for asset, sums in sorted(self.moved.items())}
        groups["days"] = {day: sum(kinds.values()) for day, kinds in sorted(self.by_day.items())}
        lines = [f"first {self.first_at or 'none'}, last {self.last_at or 'none'}"]
        for title, numbers in groups.items():
            lines += ["", title, *_table(numbers)]
        return "\n".join(lines)


def statistics(tx: Tx, *, since: datetime | None = None) -> Statistics:
    """Add up everything recorded from `since` on, or ever."""
    from_us = 0 if since is None else to_microseconds(since)
    by_kind, by_day = Counter[str](), dict[str, dict[str, int]]()
    for day, kind, count in _counts(tx, from_us):
        by_kind[kind] += count
        kinds = by_day.setdefault(day, {})
        kinds[kind] = kinds.get(kind, 0) + count
    ends = tx.one("SELECT min(recorded_us), max(recorded_us) FROM audit WHERE recorded_us >= ?", (from_us,))
    first, last = ends or (None, None)
    return Statistics(
        since=None if since is None else since.astimezone(UTC).isoformat(),
        first_at=_time(first),
        last_at=_time(last),
        by_kind=dict(by_kind),
        by_day=by_day,
        runs={name: by_kind[kind] for name, kind in RUN_KINDS.items()},
        moved=_moved(tx, from_us),
        refusals=_refusals(tx, from_us),
    )


def _counts(tx: Tx, from_us: int) -> Iterator[tuple[str, str, int]]:
    rows = tx.execute(
        "SELECT recorded_us / 86400000000, action, count(*) FROM audit WHERE recorded_us >= ?"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        (from_us,),
    )
    for day, action, count in rows:
        at = EPOCH + timedelta(microseconds=int(day) * DAY_US)
        yield at.date().isoformat(), shown_kind(action), int(count)


def _moved(tx: Tx, from_us: int) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    shown = {kind: name for name, kinds in MOVED.items() for kind in kinds}
    rows = tx.execute(
        "SELECT asset, kind, sum(amount) FROM transfers WHERE recorded_us >= ? GROUP BY asset, kind",
        (from_us,),
    )
    for asset, kind, total in rows:
        sums = found.setdefault(asset, dict.fromkeys(MOVED, 0))
        if kind in shown:
            sums[shown[kind]] += int(total)
    return found


def _refusals(tx: Tx, from_us: int) -> dict[str, int]:
    rows = tx.stream(
        "SELECT details FROM audit WHERE action = ? AND recorded_us >= ?",
        (EventKind.RUN_BLOCKED.value, from_us),
    )
    return dict(Counter(json.loads(row[0])["limit"] for row in rows))


def _time(microseconds: int | None) -> str | None:
    return None if microseconds is None else from_microseconds(int(microseconds)).isoformat()


def _table(numbers: dict[str, int]) -> list[str]:
    return [f"  {name:<28} {value:>15,}" for name, value in numbers.items()] or ["  none"]
