"""What a decision looks at: the rows its command names, loaded and locked by the store.

`owing` is every lot that could pay a debt; loaded only where the wallet has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_server.ledger.effects import Grant
    from studio_server.ledger.values import Envelope, Hold, Limits, Lot, Member, Settled, Wallet, Window


@dataclass(frozen=True)
class OpeningState:
    """For OpenWallet: the wallet the owner already has in this asset."""

    existing_wallet_id: str | None


@dataclass(frozen=True)
class GrantState:
    """For IssueGrant: the wallet, and an earlier grant of the same source and reference."""

    wallet: Wallet | None
    granted_before: str | None
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class SpendState:
    """For PlaceHold: everything that bounds what may be set aside."""

    wallet: Wallet | None
    limits: Limits
    lots: tuple[Lot, ...]
    day: Window
    month: Window
    open_holds: int
    member: Member | None = None
    member_month: Window | None = None
    envelope: Envelope | None = None
    envelope_window: Window | None = None


@dataclass(frozen=True)
class HeldState:
    """For Settle, Release and ExpireHold: the hold, the lots it pinned, and its wallet."""

    hold: Hold | None
    lots: tuple[Lot, ...]
    wallet: Wallet | None = None
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class LotState:
    """For ExpireLot and ClosePeriod: the lot and its wallet."""

    wallet_id: str
    lot: Lot | None
    wallet: Wallet | None = None
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class LimitsState:
    """For SetLimits."""

    wallet: Wallet | None
    limits: Limits


@dataclass(frozen=True)
class StandingState:
    """For SetMember, OpenEnvelope, SetWalletState, CoverDebt: the wallet, its open holds, what could pay."""

    wallet: Wallet | None
    open_holds: int = 0
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class EnvelopeState:
    """For CloseEnvelope."""

    envelope: Envelope | None
    window: Window | None


@dataclass(frozen=True)
class VoidState:
    """For VoidGrant: the grant with its lot and wallet."""

    grant: Grant | None
    lot: Lot | None
    wallet: Wallet | None
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class UndoState:
    """For Reverse: what the old effect settled (with its hold and lots), or what it voided."""

    hold: Hold | None = None
    settled: tuple[Settled, ...] = ()
    voided: tuple[Settled, ...] = ()
    lots: tuple[Lot, ...] = ()
    wallet: Wallet | None = None
    owing: tuple[Lot, ...] = ()


@dataclass(frozen=True)
class TransferState:
    """For TransferCredits: both wallets, the giver's lots, and whether the reference was used before."""

    giver: Wallet | None
    receiver: Wallet | None
    lots: tuple[Lot, ...]
    granted_before: str | None
    owing: tuple[Lot, ...] = ()


State = (
    OpeningState
    | GrantState
    | SpendState
    | HeldState
    | LotState
    | LimitsState
    | StandingState
    | EnvelopeState
    | VoidState
    | UndoState
    | TransferState
)


class UnknownCommand(TypeError):
    """Something that is no command was asked of the ledger: a fault of the program."""

    def __init__(self, command: object) -> None:
        super().__init__(f"{type(command).__name__} is no command of the ledger")
