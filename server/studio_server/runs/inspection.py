"""Checks the books while the server runs, as often as they are worth it, and anchors the chain every time.

A full check reads all of history, so it takes longer every day. It is left out while the chain has not grown
since the last one, and until `REST_PER_CHECK` times its own duration has passed. What it decides is when to
look, never what counts as right: that is the ledger's checker.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from studio_server.ledger.anchor import AnchorDisagrees, continues_from, read_anchor, write_anchor
from studio_server.ledger.checker import Violation, check
from studio_server.storage.audit_chain import head, tip
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

REST_PER_CHECK = 20
"""A check takes at most one part in this many of the time of one core."""


class BooksBroken(RuntimeError):
    """The books do not balance; the server takes no further writes."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(f"the books do not balance: {'; '.join(faults[:3])}")
        self.faults = tuple(faults)


class Inspection:
    """The regular look at one server's books. Used by one thread at a time; blocks."""

    def __init__(self, db: Store, anchor: Path, *, examine: Callable[[Tx], list[Violation]] = check) -> None:
        self._db = db
        self._anchor = anchor
        self._examine = examine
        self._examined_tip: bytes | None = None
        self._rests_until = 0.0
        self._faults: tuple[str, ...] = ()

    def full(self) -> None:
        """Check every invariant now and write the anchor; broken books stop all writes.

        Raises:
            BooksBroken: Naming what does not hold; the anchor was left as it is.
            AnchorDisagrees, AnchorUnreadable: The chain does not continue what was anchored.
        """
        started = self._db.clock.monotonic()
        self._examined_tip, violations = self._db.read(lambda tx: (tip(tx), self._examine(tx)))
        ended = self._db.clock.monotonic()
        self._rests_until = ended + REST_PER_CHECK * (ended - started)
        self._judge(violations)
        write_anchor(self._db, self._anchor)

    def accept(self, tx: Tx) -> None:
        """Let books that were opened again after a failure pass, or stop their writes for good.

        Raises:
            BooksBroken: Naming what does not hold.
            AnchorDisagrees: The failure took what was anchored.
            AnchorUnreadable: Nothing can be said now; another attempt may pass.
        """
        self._judge(self._examine(tx))
        anchored = read_anchor(self._anchor)
        if anchored is not None and not continues_from(tx, anchored):
            disagreeing = AnchorDisagrees(anchored, head(tx))
            self._db.stop_writes(str(disagreeing))
            raise disagreeing

    def regular(self) -> None:
        """As `full` when a check is due; otherwise only write the anchor, unless the books were found broken.

        Raises:
            BooksBroken, AnchorDisagrees, AnchorUnreadable: As `full`.
        """
        if self._is_due():
            self.full()
        elif self._faults:
            raise BooksBroken(self._faults)
        else:
            write_anchor(self._db, self._anchor)

    def _judge(self, violations: Sequence[Violation]) -> None:
        self._faults = tuple(str(violation) for violation in violations)
        if self._faults:
            self._db.stop_writes(self._faults[0])
            raise BooksBroken(self._faults)

    def _is_due(self) -> bool:
        if self._db.clock.monotonic() < self._rests_until:
            return False
        return self._db.read(tip) != self._examined_tip
