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
    """What a window spans: a day or month of the wallet, a month of one member, or an envelope."""

    DAY = "day"
    MONTH = "month"
    MEMBER = "member"
    ENVELOPE = "envelope"


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
    """All lots of one owner in one asset; `debt` is 0 or below; its days and months are those of `zone`."""

    wallet_id: str
    owner_id: str
    asset: Asset
    state: WalletState
    debt: int = 0
    zone: str = "UTC"


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
    """What is left of one grant.

    `spent` left the lot for good (charged, given on, or used against a debt). `voided` of the grant was taken
    back; the part of it that was no longer there is `owed`. `roll_over` None ends with the lot, otherwise at
    most so much of what is left moves into the next period's lot.
    """

    lot_id: str
    source: GrantSource
    priority: int
    effective_at: datetime
    ends_at: datetime | None
    issued_at: datetime
    amount: int
    available: int
    held: int
    spent: int = 0
    voided: int = 0
    owed: int = 0
    roll_over: int | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it can be drawn at `now`."""
        return self.effective_at <= now and not self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        """Whether its end has come."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True)
class Window:
    """What was settled and is held in one span of one wallet; `reversed` of what was settled was given back.

    `subject` is the member or the envelope where the span is theirs, else empty.
    """

    period: Period
    start: datetime
    ends_at: datetime
    settled: int = 0
    held: int = 0
    reversed: int = 0
    subject: str = ""

    @property
    def used(self) -> int:
        """What counts against a cap for good."""
        return self.settled - self.reversed


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
    member_id: str | None = None
    envelope_id: str | None = None
    reversed: int = 0


@dataclass(frozen=True)
class Member:
    """Somebody who may spend from a team's wallet: at most `cap` a month (None is no cap) while `active`."""

    member_id: str
    cap: int | None
    active: bool


@dataclass(frozen=True)
class Envelope:
    """A spend ceiling shared by several holds of one wallet, from `opened_at` until it ends or is closed."""

    envelope_id: str
    wallet_id: str
    purpose: str
    ceiling: int
    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether holds may still be placed in it."""
        return self.closed_at is None and now < self.ends_at


@dataclass(frozen=True)
class Settled:
    """One transfer of a settlement that can still be undone."""

    transfer_id: str
    lot_id: str
    amount: int
