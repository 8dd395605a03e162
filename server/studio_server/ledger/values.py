"""What the ledger is made of: assets, wallets, limits, lots, holds, windows. Values only, no rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

LARGEST_AMOUNT = 2**53 - 1


class Asset(StrEnum):
    """What a balance counts: whole credits, or millionths of a dollar."""

    CREDIT = "CREDIT"
    USD = "USD"


class WalletState(StrEnum):
    """Only an open wallet can be spent from."""

    OPEN = "open"
    FROZEN = "frozen"
    CLOSED = "closed"


class GrantSource(StrEnum):
    """Why something was given."""

    PLAN = "plan"
    PURCHASE = "purchase"
    GIFT = "gift"
    PROMOTION = "promotion"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"


class HoldState(StrEnum):
    """A hold is open once, then ends in exactly one of the three ways."""

    OPEN = "open"
    SETTLED = "settled"
    RELEASED = "released"
    EXPIRED = "expired"


class Period(StrEnum):
    """The length of a window."""

    DAY = "day"
    MONTH = "month"


class AccountKind(StrEnum):
    """Where value can be; only issuance and debt may be below zero."""

    ISSUANCE = "issuance"
    LOT_AVAILABLE = "lot_available"
    LOT_HELD = "lot_held"
    REVENUE = "revenue"
    EXPIRED = "expired"
    REVOKED = "revoked"
    DEBT = "debt"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True)
class Wallet:
    """All lots of one owner in one asset; `debt` is 0 or below."""

    wallet_id: str
    owner_id: str
    asset: Asset
    state: WalletState
    debt: int = 0


@dataclass(frozen=True)
class PlanCaps:
    """What the plan allows; None is no cap. The monthly cap is the allocation plus what was bought."""

    daily: int | None = None
    monthly_allocation: int | None = None
    per_run: int | None = None
    open_holds: int = 100


@dataclass(frozen=True)
class OwnLimits:
    """What the owner chose, at most what the plan allows; None is no limit of their own."""

    daily: int | None = None
    monthly: int | None = None
    per_run: int | None = None


@dataclass(frozen=True)
class Limits:
    """What bounds spending from one wallet; `bought` is what purchases that have not ended gave."""

    plan: PlanCaps
    own: OwnLimits
    bought: int = 0


@dataclass(frozen=True)
class Lot:
    """What is left of one grant."""

    lot_id: str
    source: GrantSource
    priority: int
    effective_at: datetime
    ends_at: datetime | None
    issued_at: datetime
    amount: int
    available: int
    held: int

    def is_live(self, now: datetime) -> bool:
        """Whether it can be drawn at `now`."""
        return self.effective_at <= now and not self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        """Whether its end has come."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True)
class Window:
    """One day or month of one wallet, and what was settled and is held in it."""

    period: Period
    start: datetime
    ends_at: datetime
    settled: int = 0
    held: int = 0


@dataclass(frozen=True)
class Pin:
    """The part of a hold that one lot carries."""

    lot_id: str
    amount: int


@dataclass(frozen=True)
class Hold:
    """An amount set aside for one purpose: its lots, its price version, its ceiling and its lease."""

    hold_id: str
    wallet_id: str
    purpose: str
    ceiling: int
    price_version: str
    state: HoldState
    settled: int
    returned: int
    placed_at: datetime
    lease_expires_at: datetime
    ended_at: datetime | None
    day_start: datetime
    month_start: datetime
    pins: tuple[Pin, ...]
