"""Real books and the model side by side: every step is done in both and compared."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio_server.clock import FixedClock, to_microseconds
from studio_server.ids import CountedIds
from studio_server.ledger import (
    CoverDebts,
    ExpireHold,
    ExpireHolds,
    ExpireLot,
    ExpireLots,
    Ledger,
    Order,
    PlaceHold,
    Release,
    Settle,
)
from studio_server.ledger.checker import check
from studio_server.ledger.refusals import HoldRefused, LedgerRefusal

from tests.laws.machine.choices import Chooser, choose
from tests.laws.machine.engines import SQLITE, Engine
from tests.laws.machine.stored import compare_stored
from tests.laws.machine.translation import Disagreement, Mirror
from tests.laws.model import books as given
from tests.laws.model.books import cover
from tests.laws.model.values import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from studio_server.storage import Tx

    from tests.laws.machine.choices import Dice
    from tests.laws.model.values import Wallet

PATIENCE_SECONDS = 600.0
"""A machine that is busy with other things is no finding."""


@dataclass
class Twofold:
    """One database with its ledger, one mirror, one clock that both see.

    Answers are compared at every step. Tables are too on SQLite; on PostgreSQL, where each look costs a round
    trip, before every commit.
    """

    dice: Dice
    start: datetime
    engine_name: str = SQLITE
    folder: tempfile.TemporaryDirectory[str] = field(default_factory=tempfile.TemporaryDirectory)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = FixedClock(self.start)
        self.engine = Engine.fresh(self.engine_name, Path(self.folder.name))
        self.db = self.engine.open(self.clock)
        self.ledger = Ledger(CountedIds())
        self.ledger.together.fewest = {"sqlite": 1, "postgresql": 1}
        self.mirror = Mirror()
        self.chooser = Chooser(self.mirror, self.dice, self.start)
        self.answered: dict[Any, Any] = {}
        self.recorded = self.start
        self.log: list[Any] = []

    def steps(self, count: int) -> None:
        """So many commands in one transaction, each drawn when the one before was compared."""
        drawn = (choose(self.chooser) for _ in range(count))
        self.db.write_blocking(lambda tx: self._steps(tx, drawn), patience_seconds=PATIENCE_SECONDS)

    def step(self, kind: str) -> None:
        """One command of this kind, drawn on this thread, in a transaction of its own."""
        self.chooser.now = max(self.recorded, self.clock.now())
        command = choose(self.chooser, kind)
        self.db.write_blocking(lambda tx: self._steps(tx, [command]), patience_seconds=PATIENCE_SECONDS)

    def wait(self, step: timedelta) -> None:
        """Move the clock; a step back is seen by nobody."""
        self.clock.advance(step)

    def restart(self) -> None:
        """The server stops and starts."""
        self.db.close()
        self.db = self.engine.open(self.clock)

    def violations(self) -> list[Any]:
        """What the shared checker finds."""
        return self.db.read(check)

    def close(self) -> None:
        """Close and clean up."""
        self.db.close()
        self.folder.cleanup()

    def _steps(self, tx: Tx, commands: Iterable[Any]) -> None:
        if tx.now < max(self.recorded, self.clock.now()):
            raise Disagreement(f"recorded time fell from {self.recorded} to {tx.now}")
        self.recorded = self.chooser.now = tx.now
        later: dict[int, Wallet] = {}
        for command in commands:
            self.log.append((tx.now, command))
            if self.engine_name == SQLITE:
                self.do(tx, command)
            else:
                later |= {wallet.number: wallet for wallet in self.answer(tx, command)}
        for wallet in later.values():
            compare_stored(tx, self.mirror, wallet)

    def do(self, tx: Tx, command: Any) -> None:
        """One command in both; outcome, refusal and tables must agree."""
        for wallet in self.answer(tx, command):
            compare_stored(tx, self.mirror, wallet)

    def answer(self, tx: Tx, command: Any) -> list[Wallet]:
        """One command in both; outcome or refusal must agree. Hands back the wallets it may have changed."""
        touched = self.mirror.touched(command)
        if isinstance(command, ExpireHolds | ExpireLots | CoverDebts):
            return touched + self._sweep(tx, command)
        self._one(tx, command)
        return touched or self.mirror.touched(command)

    def _one(self, tx: Tx, command: Any) -> None:
        expected = self._expect(tx, command)
        try:
            outcome: Any = self._ask(tx, command)
        except LedgerRefusal as refusal:
            outcome = refusal
        ordered = isinstance(command, PlaceHold) or not _is_of_shape(expected)
        if not ordered and type(outcome).__name__ != expected.name:
            with given.shape_unchecked():
                expected = self._expect(tx, command)
        self._judge(command, expected, outcome)
        self.chooser.asked = [*self.chooser.asked[-40:], command]

    def _ask(self, tx: Tx, command: Any) -> Any:
        """Every other hold goes the way of sets, as a set of one."""
        if isinstance(command, PlaceHold | Settle | Release | ExpireHold) and len(self.log) % 2:
            found = self.ledger.together.together(tx, [Order(command)])[0]
            if found is not None:
                return found.take()
        return self.ledger.execute(tx, command)

    def _expect(self, tx: Tx, command: Any) -> Any:
        try:
            return self.mirror.expect(command, to_microseconds(tx.now))
        except Refused as refused:
            return refused

    def _judge(self, command: Any, expected: Any, outcome: Any) -> None:
        kind = type(outcome).__name__
        told = f"{kind} {outcome.limit}" if isinstance(outcome, HoldRefused) else kind
        self.counts[told] = self.counts.get(told, 0) + 1
        if isinstance(expected, Refused):
            if kind != expected.name:
                raise Disagreement(f"{command}: the model refuses {expected}, the ledger says {outcome!r}")
        elif isinstance(outcome, LedgerRefusal):
            raise Disagreement(f"{command}: the model answers {dict(expected)}, the ledger {outcome!r}")
        said = expected.said if isinstance(expected, Refused) else expected
        self.mirror.compare(said, outcome)
        if not isinstance(outcome, LedgerRefusal) and self.answered.setdefault(command, outcome) != outcome:
            raise Disagreement(f"{command} answered {self.answered[command]} first and {outcome} now")

    def _sweep(self, tx: Tx, command: Any) -> list[Wallet]:
        now = to_microseconds(tx.now)
        mirror, books = self.mirror, self.mirror.books
        books.now = now
        outcome: Any = self.ledger.execute(tx, command)
        if isinstance(command, ExpireHolds):
            due = [hold for hold in books.open.values() if hold.lease <= now]
            due.sort(key=lambda hold: (hold.lease, mirror.name("hold_id", hold)))
            asked = [ExpireHold(mirror.name("hold_id", hold)) for hold in due[: command.limit]]
            return self._swept(asked, outcome.holds, now)
        if isinstance(command, ExpireLots):
            ended = [lot for lot in books.filled.values() if lot.over(now) and lot.available]
            ended = [lot for lot in ended if lot.roll_over is None]
            ended.sort(key=lambda lot: (lot.ends, mirror.name("lot_id", lot)))
            asked = [ExpireLot(mirror.name("lot_id", lot)) for lot in ended[: command.limit]]
            return self._swept(asked, outcome.lots, now)
        able = [wallet for wallet in books.wallets if wallet.debt and wallet.ready(now)]
        able.sort(key=lambda wallet: mirror.name("wallet_id", wallet))
        able = able[: command.limit]
        paid = [(mirror.name("wallet_id", one), cover(books, one), one.debt) for one in able]
        told = [(one.wallet_id, one.amount, one.debt_after) for one in outcome.debts]
        if paid != told:
            raise Disagreement(f"{command}: the model pays {paid}, the ledger {told}")
        return able

    def _swept(self, asked: list[Any], outcomes: tuple[Any, ...], now: int) -> list[Wallet]:
        if len(asked) != len(outcomes):
            raise Disagreement(f"the model sweeps {asked}, the ledger {outcomes}")
        for command, outcome in zip(asked, outcomes, strict=True):
            self._judge(command, self.mirror.expect(command, now), outcome)
        return list({id(one): one for command in asked for one in self.mirror.touched(command)}.values())


def _is_of_shape(expected: Any) -> bool:
    """Refused for a field alone: whether that is told before or after the rest is the ledger's choice."""
    return isinstance(expected, Refused) and expected.name in {"TextMissing", "AmountOutOfRange"}
