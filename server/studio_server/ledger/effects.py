"""What a decision changes, as values: the store applies them and adds nothing of its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from studio_server.ledger.values import AccountKind

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.outcomes import Outcome
    from studio_server.ledger.values import (
        Envelope,
        GrantSource,
        Hold,
        HoldState,
        Limits,
        Lot,
        Member,
        Wallet,
        WalletState,
        Window,
    )


class MoveKind(StrEnum):
    """The ways value moves; each is one transfer between two accounts."""

    GRANT = "grant"
    HOLD = "hold"
    SETTLE = "settle"
    RETURN = "return"
    LAPSE_HELD = "lapse_held"
    LAPSE = "lapse"
    REVOKE = "revoke"
    OWE = "owe"
    COVER = "cover"
    GIVE = "give"
    ROLL = "roll"
    UNSPEND = "unspend"
    UNSPEND_LAPSED = "unspend_lapsed"
    REINSTATE = "reinstate"
    REINSTATE_LAPSED = "reinstate_lapsed"


ISSUANCE, AVAILABLE, HELD = AccountKind.ISSUANCE, AccountKind.LOT_AVAILABLE, AccountKind.LOT_HELD
REVENUE, EXPIRED, REVOKED, DEBT = (
    AccountKind.REVENUE,
    AccountKind.EXPIRED,
    AccountKind.REVOKED,
    AccountKind.DEBT,
)
FLOWS: dict[MoveKind, tuple[AccountKind, AccountKind]] = {
    MoveKind.GRANT: (ISSUANCE, AVAILABLE),
    MoveKind.HOLD: (AVAILABLE, HELD),
    MoveKind.SETTLE: (HELD, REVENUE),
    MoveKind.RETURN: (HELD, AVAILABLE),
    MoveKind.LAPSE_HELD: (HELD, EXPIRED),
    MoveKind.LAPSE: (AVAILABLE, EXPIRED),
    MoveKind.REVOKE: (AVAILABLE, REVOKED),
    MoveKind.OWE: (DEBT, REVOKED),
    MoveKind.COVER: (AVAILABLE, DEBT),
    MoveKind.GIVE: (AVAILABLE, AVAILABLE),
    MoveKind.ROLL: (AVAILABLE, AVAILABLE),
    MoveKind.UNSPEND: (REVENUE, AVAILABLE),
    MoveKind.UNSPEND_LAPSED: (REVENUE, EXPIRED),
    MoveKind.REINSTATE: (REVOKED, AVAILABLE),
    MoveKind.REINSTATE_LAPSED: (REVOKED, EXPIRED),
}
LOT_CHANGES: dict[MoveKind, tuple[int, int, int, int, int]] = {
    MoveKind.GRANT: (0, 0, 0, 0, 0),
    MoveKind.HOLD: (-1, +1, 0, 0, 0),
    MoveKind.SETTLE: (0, -1, +1, 0, 0),
    MoveKind.RETURN: (+1, -1, 0, 0, 0),
    MoveKind.LAPSE_HELD: (0, -1, 0, +1, 0),
    MoveKind.LAPSE: (-1, 0, 0, +1, 0),
    MoveKind.REVOKE: (-1, 0, 0, 0, +1),
    MoveKind.OWE: (0, 0, 0, 0, 0),
    MoveKind.COVER: (-1, 0, +1, 0, 0),
    MoveKind.GIVE: (-1, 0, +1, 0, 0),
    MoveKind.ROLL: (-1, 0, +1, 0, 0),
    MoveKind.UNSPEND: (+1, 0, -1, 0, 0),
    MoveKind.UNSPEND_LAPSED: (0, 0, -1, +1, 0),
    MoveKind.REINSTATE: (0, 0, 0, 0, 0),
    MoveKind.REINSTATE_LAPSED: (0, 0, 0, 0, 0),
}
"""What a move does to the lot it names: available, held, spent, expired, revoked.

A lot that receives (`to_lot_id`, the new lot of a grant or reinstatement) is written with what came.
"""
WALLET_CHANGES: dict[MoveKind, tuple[int, int]] = {
    kind: (change[0], change[1]) for kind, change in LOT_CHANGES.items()
} | {MoveKind.GRANT: (1, 0), MoveKind.REINSTATE: (1, 0), MoveKind.ROLL: (0, 0)}
"""What a move does to the wallet whose effect it belongs to: available, held."""


@dataclass(frozen=True)
class Moment:
    """What the outside world lends a decision: the transaction's time and one fresh serial for its ids."""

    now: datetime
    serial: str


@dataclass(frozen=True)
class Move:
    """A positive amount that moves between accounts of a lot or wallet.

    `to_lot_id` and `to_wallet_id` say where to, if into another lot; `reverses` names the transfer it undoes.
    """

    kind: MoveKind
    lot_id: str
    amount: int
    to_lot_id: str | None = None
    to_wallet_id: str | None = None
    reverses: str | None = None


@dataclass(frozen=True)
class Grant:
    """The act that gave a lot."""

    grant_id: str
    source: GrantSource
    reference: str


@dataclass(frozen=True)
class NewLot:
    """A grant and its lot, in the wallet of the effect."""

    grant: Grant
    lot: Lot


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
class Undone:
    """A settlement that was given back: the hold and its windows count so much less as spent."""

    hold: Hold
    amount: int


@dataclass(frozen=True)
class LotVoid:
    """So much of a lot's grant was taken back, and so much of that is owed."""

    lot_id: str
    amount: int
    owed: int


@dataclass(frozen=True)
class Effects:
    """Everything one command changes in one wallet, and its answer; `also` is what it does to a second one.

    `received` came into the wallet by a move of the effect that this one belongs to.
    """

    effect_key: str
    kind: str
    wallet_id: str
    answer: Outcome
    hold_id: str | None = None
    lot_id: str | None = None
    wallet: Wallet | None = None
    wallet_state: WalletState | None = None
    limits: Limits | None = None
    lots: tuple[NewLot, ...] = ()
    hold: Hold | None = None
    hold_end: HoldEnd | None = None
    set_aside: tuple[WindowHold, ...] = ()
    window_end: WindowEnd | None = None
    undone: Undone | None = None
    void: LotVoid | None = None
    member: Member | None = None
    envelope: Envelope | None = None
    envelope_closed: str | None = None
    received: int = 0
    moves: tuple[Move, ...] = ()
    also: Effects | None = None

    def total(self, *kinds: MoveKind) -> int:
        """The sum of the moves of these kinds."""
        return sum([move.amount for move in self.moves if move.kind in kinds])

    @property
    def available_change(self) -> int:
        """What the wallet can spend more, or less, than before."""
        return self.received + sum([move.amount * WALLET_CHANGES[move.kind][0] for move in self.moves])

    @property
    def held_change(self) -> int:
        """What is set aside more, or less, than before."""
        return sum([move.amount * WALLET_CHANGES[move.kind][1] for move in self.moves])

    @property
    def parts(self) -> tuple[Effects, ...]:
        """This effect and the one on the second wallet, in the order they are recorded."""
        return (self,) if self.also is None else (self, self.also)
