"""What a decision looks at: the rows its command names, loaded and locked by the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_server.ledger.values import Hold, Limits, Lot, Wallet, Window


@dataclass(frozen=True)
class OpeningState:
    """For OpenWallet: the wallet the owner already has in this asset."""

    existing_wallet_id: str | None


@dataclass(frozen=True)
class GrantState:
    """For IssueGrant: the wallet, and an earlier grant of the same source and reference."""

    wallet: Wallet | None
    granted_before: str | None


@dataclass(frozen=True)
class SpendState:
    """For PlaceHold: everything that bounds what may be set aside."""

    wallet: Wallet | None
    limits: Limits
    lots: tuple[Lot, ...]
    day: Window
    month: Window
    open_holds: int


@dataclass(frozen=True)
class HeldState:
    """For Settle, Release and ExpireHold: the hold and the lots it pinned."""

    hold: Hold | None
    lots: tuple[Lot, ...]


@dataclass(frozen=True)
class LotState:
    """For ExpireLot."""

    wallet_id: str
    lot: Lot | None


@dataclass(frozen=True)
class LimitsState:
    """For SetLimits."""

    wallet: Wallet | None
    limits: Limits


State = OpeningState | GrantState | SpendState | HeldState | LotState | LimitsState
