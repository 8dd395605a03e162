"""What a decision changes, as values: the store applies them and adds nothing of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_server.ledger.values import AccountKind

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.outcomes import Outcome
    from studio_server.ledger.values import GrantSource, Hold, HoldState, Limits, Lot, Wallet, Window


class MoveKind(StrEnum):
    """The ways value moves; each is one transfer between two accounts."""

    GRANT = "grant"
    HOLD = "hold"
    SETTLE = "settle"
    RETURN = "return"
    LAPSE_HELD = "lapse_held"
    LAPSE = "lapse"


FLOWS: dict[MoveKind, tuple[AccountKind, AccountKind]] = {
    MoveKind.GRANT: (AccountKind.ISSUANCE, AccountKind.LOT_AVAILABLE),
    MoveKind.HOLD: (AccountKind.LOT_AVAILABLE, AccountKind.LOT_HELD),
    MoveKind.SETTLE: (AccountKind.LOT_HELD, AccountKind.REVENUE),
    MoveKind.RETURN: (AccountKind.LOT_HELD, AccountKind.LOT_AVAILABLE),
    MoveKind.LAPSE_HELD: (AccountKind.LOT_HELD, AccountKind.EXPIRED),
    MoveKind.LAPSE: (AccountKind.LOT_AVAILABLE, AccountKind.EXPIRED),
}


@dataclass(frozen=True)
class Moment:
    """What the outside world lends a decision: the transaction's time and one fresh serial for its ids."""

    now: datetime
    serial: str


@dataclass(frozen=True)
class Move:
    """A positive amount that moves from one account of a lot or wallet to another."""

    kind: MoveKind
    lot_id: str
    amount: int


@dataclass(frozen=True)
class Grant:
    """The act that gave a lot."""

    grant_id: str
    source: GrantSource
    reference: str


@dataclass(frozen=True)
class HoldEnd:
    """The one way a hold ended."""

    hold_id: str
    state: HoldState
    settled: int
    returned: int


@dataclass(frozen=True)
class WindowHold:
    """An amount set aside in a window, under the cap that applied then."""

    window: Window
    cap: int | None
    amount: int


@dataclass(frozen=True)
class WindowEnd:
    """An amount no longer set aside in the windows of a hold, and the part of it that was settled."""

    hold: Hold
    settled: int


@dataclass(frozen=True)
class Effects:
    """Everything one command changes, and its answer."""

    effect_key: str
    kind: str
    wallet_id: str
    answer: Outcome
    hold_id: str | None = None
    lot_id: str | None = None
    wallet: Wallet | None = None
    limits: Limits | None = None
    grant: Grant | None = None
    lot: Lot | None = None
    hold: Hold | None = None
    hold_end: HoldEnd | None = None
    set_aside: tuple[WindowHold, ...] = ()
    window_end: WindowEnd | None = None
    moves: tuple[Move, ...] = ()

    def total(self, *kinds: MoveKind) -> int:
        """The sum of the moves of these kinds."""
        return sum(move.amount for move in self.moves if move.kind in kinds)
