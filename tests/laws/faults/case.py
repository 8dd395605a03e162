"""One case: a route on a disk that fails at one call, then what must be true afterwards."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import apsw
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import ExpireHolds, Ledger, Order, PlaceHold, Release, Settle
from studio_server.ledger.anchor import AnchorDisagrees
from studio_server.ledger.checker import check
from studio_server.runs.inspection import BooksBroken, Inspection
from studio_server.storage import Database, StorageError
from studio_server.storage.recovery import Recovery

from tests.laws.faults.routes import LATER, USED_NUMBERS, Start, keys_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.faults import Faults, How

VFS = "faults"
TOTALS = "SELECT kind, sum(balance) FROM accounts GROUP BY kind"


@dataclass(frozen=True)
class Case:
    """Which call fails, how, and whether the server then recovers by itself or is started again."""

    route: str
    commands: list[object] = field(repr=False)
    how: How
    once: bool
    nth: int
    restart: bool

    def __str__(self) -> str:
        """As a finding names it."""
        lasts = "once" if self.once else "from then on"
        after = "restarted" if self.restart else "recovered"
        return f"{self.route}: call {self.nth} {self.how} {lasts}, {after}"


class Books:
    """A copy of the start, on the disk that fails."""

    def __init__(self, start: Start, path: Path) -> None:
        self.start = start
        self.path = path
        shutil.copyfile(start.path, path)
        self.answers: dict[int, object] = {}
        self.failures: list[BaseException] = []
        self.opened = 0
        self.db = self.open()

    def open(self) -> Database:
        self.opened += 1
        self.ledger = Ledger(CountedIds(self.opened * USED_NUMBERS))
        self.ledger.together.fewest = {"sqlite": 1, "postgresql": 1}
        return Database.open(self.path, clock=FixedClock(LATER), vfs=VFS)

    def ask(self, number: int, command: object) -> object:
        """Ask and remember the answer, as a client does; a failure is remembered too."""
        try:
            answer = self._answer(command)
        except (StorageError, apsw.Error) as failure:
            self.failures.append(failure)
            return None
        self.answers[number] = answer
        return answer

    def _answer(self, command: object) -> object:
        if isinstance(command, PlaceHold | Settle | Release):
            return self.db.write_jointly_blocking(self.ledger.together, Order(command))
        return self.db.write_blocking(lambda tx: self.ledger.execute(tx, command))

    def recover(self) -> None:
        """What the sweeper of a running server does."""
        inspection = Inspection(self.db, self.start.path.with_name("anchor.json"))
        try:
            Recovery(self.db, inspection.accept).attempt()
        except (BooksBroken, AnchorDisagrees) as refused:
            self.failures.append(refused)

    def restart(self) -> None:
        self.db.close()
        self.db = self.open()

    def recorded(self) -> list[str]:
        return [row[0] for row in self.db.read(lambda tx: tx.execute("SELECT effect_key FROM effects"))]

    def totals(self) -> dict[str, int]:
        """What the accounts hold when everything that was to end has ended."""
        self.db.write_blocking(lambda tx: self.ledger.execute(tx, ExpireHolds()))
        return dict(self.db.read(lambda tx: tx.execute(TOTALS)))


def try_case(
    case: Case, start: Start, path: Path, faults: Faults, expected: dict[str, int] | None
) -> list[str]:
    """What went wrong in this case; `faults.failed` is empty afterwards if there was no such call.

    `expected` is what the accounts hold after the route on a disk that never fails.
    """
    faults.heal()
    books = Books(start, path)
    faults.arm(case.nth, case.how, once=case.once)
    for number, command in enumerate(case.commands):
        books.ask(number, command)
    if case.restart:
        books.db.close()
    faults.heal()
    if case.restart:
        books.db = books.open()
    elif books.db.writes_stopped is not None:
        books.recover()
    try:
        found = _wrong_after_fault(case, books, expected)
    finally:
        books.db.close()
    return [f"{case}: {problem}" for problem in found]


def try_opening(path: Path, faults: Faults) -> list[str]:
    """Open on a failing disk, then on a healed one: a refusal has a class, and then the books are right."""
    found: list[str] = []
    for healed in (False, True):
        if healed:
            faults.heal()
        try:
            db = Database.open(path, clock=FixedClock(LATER), vfs=VFS)
        except StorageError as refused:
            found += [f"refused on a healed disk: {refused}"] if healed else []
            continue
        except apsw.Error as failure:
            found.append(f"failed with {failure!r}")
            continue
        found += [f"broken: {violation}" for violation in db.read(check)] if healed else []
        db.close()
    return found


def _wrong_after_fault(case: Case, books: Books, expected: dict[str, int] | None) -> list[str]:
    answered = dict(books.answers)
    found = [
        f"failed with {failure!r}" for failure in books.failures if not isinstance(failure, StorageError)
    ]
    if books.db.writes_stopped is not None:
        return [*found, f"still stopped: {books.db.writes_stopped}"]
    recorded = books.recorded()
    keys = [key for number, answer in answered.items() for key in keys_of(case.commands[number], answer)]
    found += [f"answered but not recorded: {key}" for key in keys if key not in set(recorded)]
    found += [f"recorded twice: {key}" for key in set(recorded) if recorded.count(key) > 1]
    found += [f"broken: {violation}" for violation in books.db.read(check)]
    return found + _wrong_after_retry(case, books, answered, expected)


def _wrong_after_retry(
    case: Case, books: Books, answered: dict[int, object], expected: dict[str, int] | None
) -> list[str]:
    """Every request is repeated, as clients do: what was answered is answered alike, the rest happens now."""
    found: list[str] = []
    for number, command in enumerate(case.commands):
        answer = books.ask(number, command)
        if number in answered and not isinstance(command, ExpireHolds) and answer != answered[number]:
            found.append(f"answered {answered[number]}, then {answer}")
    if expected is not None and books.totals() != expected:
        found.append(f"the accounts hold {books.totals()}, not {expected}")
    found += [f"broken after the repetition: {violation}" for violation in books.db.read(check)]
    return found
