"""What the ledger answers when a command took effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.values import OwnLimits, Pin, PlanCaps


@dataclass(frozen=True)
class WalletOpened:
    """The wallet exists and is empty."""

    wallet_id: str
    opened_at: datetime


@dataclass(frozen=True)
class GrantIssued:
    """The amount is in the wallet, as one new lot."""

    grant_id: str
    lot_id: str
    amount: int
    effective_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class HoldPlaced:
    """The ceiling is set aside; `available_after` is what the wallet can still set aside."""

    hold_id: str
    ceiling: int
    price_version: str
    placed_at: datetime
    lease_expires_at: datetime
    pins: tuple[Pin, ...]
    available_after: int


@dataclass(frozen=True)
class HoldEnded:
    """The hold ended as `state`: `settled` was spent, `returned` handed back, of it `lapsed` to an ended lot.

    `late` means the hold had already ended without a charge: no balance changed, and it was put on record.
    """

    hold_id: str
    state: str
    settled: int
    returned: int
    lapsed: int
    ended_at: datetime
    receipt_id: str
    late: bool = False


@dataclass(frozen=True)
class LotExpired:
    """What was available in an ended lot is gone."""

    lot_id: str
    amount: int
    expired_at: datetime


@dataclass(frozen=True)
class LimitsSet:
    """The limits that apply from now on."""

    wallet_id: str
    plan: PlanCaps
    own: OwnLimits


@dataclass(frozen=True)
class HoldsExpired:
    """Every hold the sweep ended."""

    holds: tuple[HoldEnded, ...]


@dataclass(frozen=True)
class LotsExpired:
    """Every lot the sweep emptied."""

    lots: tuple[LotExpired, ...]


Outcome = WalletOpened | GrantIssued | HoldPlaced | HoldEnded | LotExpired | LimitsSet
SweepOutcome = HoldsExpired | LotsExpired
