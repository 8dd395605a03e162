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
class GrantVoided:
    """So much of a grant was taken back: `revoked` was there, `owed` became debt, the rest had expired."""

    grant_id: str
    amount: int
    revoked: int
    owed: int
    debt_after: int


@dataclass(frozen=True)
class Reversed:
    """The old effect is undone: `returned` is in lots again, `lapsed` went to lots that had ended."""

    reverses: str
    amount: int
    returned: int
    lapsed: int
    lot_id: str | None


@dataclass(frozen=True)
class CreditsTransferred:
    """The amount left one wallet and is in the other, as these new lots."""

    wallet_id: str
    to_wallet_id: str
    amount: int
    lot_ids: tuple[str, ...]
    available_after: int


@dataclass(frozen=True)
class CreditsReceived:
    """The other side of a transfer."""

    wallet_id: str
    from_wallet_id: str
    amount: int
    lot_ids: tuple[str, ...]


@dataclass(frozen=True)
class MemberSet:
    """What the member may spend from now on."""

    wallet_id: str
    member_id: str
    cap: int | None
    active: bool


@dataclass(frozen=True)
class EnvelopeOpened:
    """Holds can be placed in the envelope."""

    envelope_id: str
    ceiling: int
    opened_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class EnvelopeClosed:
    """No further hold is placed in the envelope."""

    envelope_id: str
    settled: int
    held: int
    closed_at: datetime


@dataclass(frozen=True)
class WalletStateSet:
    """The state of the wallet from now on."""

    wallet_id: str
    state: str


@dataclass(frozen=True)
class PeriodClosed:
    """The lot is empty: `rolled_over` is in the next lot, `expired` is gone."""

    lot_id: str
    rolled_over: int
    expired: int
    next_lot_id: str | None


@dataclass(frozen=True)
class DebtCovered:
    """So much of the debt was paid; `debt_after` is 0 or below."""

    wallet_id: str
    amount: int
    debt_after: int


@dataclass(frozen=True)
class HoldsExpired:
    """Every hold the sweep ended."""

    holds: tuple[HoldEnded, ...]


@dataclass(frozen=True)
class LotsExpired:
    """Every lot the sweep emptied."""

    lots: tuple[LotExpired, ...]


@dataclass(frozen=True)
class DebtsCovered:
    """Every debt the sweep covered, in part or whole."""

    debts: tuple[DebtCovered, ...]


Outcome = (
    WalletOpened
    | GrantIssued
    | HoldPlaced
    | HoldEnded
    | LotExpired
    | LimitsSet
    | GrantVoided
    | Reversed
    | CreditsTransferred
    | CreditsReceived
    | MemberSet
    | EnvelopeOpened
    | EnvelopeClosed
    | WalletStateSet
    | PeriodClosed
    | DebtCovered
)
SweepOutcome = HoldsExpired | LotsExpired | DebtsCovered
