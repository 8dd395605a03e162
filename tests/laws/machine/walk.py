"""The fast driver: a seeded random walk through the same steps, in books that are checked and then replaced.

`run(steps, seed, engine)` counts; `replay(seed, step, engine)` walks again through the one book that failed.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.clock import from_microseconds
from studio_server.ledger import SetMember

from tests.laws.machine.books import Twofold
from tests.laws.machine.engines import SQLITE
from tests.laws.machine.translation import Disagreement
from tests.laws.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BOOK_STEPS = 3_000
BATCH = 24
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
START_SPREAD_HOURS = 5 * 365 * 24


@dataclass
class SeededDice:
    """Dice of a seed."""

    draw: random.Random

    def below(self, count: int) -> int:
        """A whole number below `count`."""
        return int(self.draw.random() * count)


def run(steps: int, seed: int, engine: str = SQLITE) -> Tally:
    """Walk so many steps; a disagreement ends its book and is told with what `replay` needs."""
    started = time.monotonic()
    findings: list[str] = []
    done, book = 0, 0
    counts: dict[str, int] = {}
    while done < steps and len(findings) < 5:
        walked, finding, found = _walk(seed, book, engine, min(BOOK_STEPS, steps - done))
        done, book = done + walked, book + 1
        for kind, number in found.items():
            counts[kind] = counts.get(kind, 0) + number
        if finding is not None:
            where = f"replay(seed={seed}, book={book - 1}, engine={engine!r}) step {walked}"
            findings.append(f"{where}: {finding}")
    return Tally(
        name=f"walk beside the model on {engine}",
        count=done,
        seed=seed,
        findings=findings,
        seconds=time.monotonic() - started,
        detail=", ".join(f"{kind} {number}" for kind, number in sorted(counts.items())),
    )


def replay(seed: int, book: int, engine: str = SQLITE, *, steps: int = BOOK_STEPS) -> list[Any]:
    """Walk one book again and hand back its commands with their times; raises where it failed."""
    two = _open(seed, book, engine)
    try:
        for _ in _batches(two, steps):
            pass
    finally:
        two.close()
    return two.log


def finds(seed: int, spoil: Callable[[Twofold], object], *, steps: int = 600) -> bool:
    """Whether a walk ends in a disagreement once the model was spoilt in its newest wallet."""
    two = _open(seed, 0, SQLITE)
    try:
        for _ in _batches(two, steps):
            newest = two.mirror.books.wallets[-1]
            if len(two.log) > steps // 2 and newest.holds and newest.lots:
                spoil(two)
                _touch(two)
                break
    except Disagreement:
        return True
    else:
        return False
    finally:
        two.close()


def _touch(two: Twofold) -> None:
    wallet_id = two.mirror.name("wallet_id", two.mirror.books.wallets[-1])
    two.db.write_blocking(lambda tx: two.do(tx, SetMember("touch", wallet_id, "usr_bo")))


def _walk(seed: int, book: int, engine: str, steps: int) -> tuple[int, str | None, dict[str, int]]:
    two = _open(seed, book, engine)
    try:
        for _ in _batches(two, steps):
            pass
        violations = two.violations()
        finding = f"the checker finds {violations[:3]}" if violations else None
    except Exception as failure:  # noqa: BLE001  - whatever it is, it is the finding
        finding = f"{type(failure).__name__}: {failure} after {two.log[-1:]}"
    finally:
        two.close()
    return len(two.log), finding, two.counts


def _open(seed: int, book: int, engine: str) -> Twofold:
    dice = SeededDice(random.Random(f"{seed}/{book}"))  # noqa: S311  - a replayable walk needs a seed
    return Twofold(dice, FIRST + timedelta(hours=dice.below(START_SPREAD_HOURS)), engine)


def _batches(two: Twofold, steps: int) -> Iterator[None]:
    left = steps
    while left > 0:
        count = min(left, 1 + two.dice.below(BATCH))
        two.steps(count)
        left -= count
        move(two)
        if two.dice.below(80) == 0:
            two.restart()
        yield


def move(two: Twofold) -> None:
    """Time: a little, a lot, back a bit, or to the very instant at which something ends."""
    choice = two.dice.below(12)
    if choice < 4:
        two.wait(timedelta(seconds=two.dice.below(600)))
    elif choice < 8:
        two.wait(timedelta(seconds=two.dice.below(8 * 3_600)))
    elif choice == 8:
        two.wait(timedelta(hours=two.dice.below(60)))
    elif choice == 9:
        two.wait(-timedelta(seconds=two.dice.below(300)))
    else:
        _to_an_edge(two)


def _to_an_edge(two: Twofold) -> None:
    books, now = two.mirror.books, two.clock.now()
    edges = [hold.lease for hold in list(books.open.values())[-6:]]
    edges += [lot.ends for lot in books.lots[-6:] if lot.ends is not None]
    edges += [lot.effective for lot in books.lots[-6:]]
    ahead = [edge for edge in map(from_microseconds, edges) if edge > now]
    if ahead:
        target = ahead[two.dice.below(len(ahead))] + timedelta(microseconds=two.dice.below(3) - 1)
        two.wait(target - now)
