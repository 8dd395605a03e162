"""Why the ledger said no: classes with fields. A refusal changes nothing and leaves no key behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class LedgerRefusal(Exception):
    """Base of every refusal."""


@dataclass(eq=False)
class HoldRefused(LedgerRefusal):
    """The first limit that does not allow the hold, in the documented order.

    `limit` is wallet, per_run, monthly, daily, member, envelope, balance or open_holds; `available` is what
    that limit would still allow, `resets_at` when it starts afresh.
    """

    limit: str
    wallet_id: str
    used: int
    held: int
    needed: int
    available: int
    cap: int | None
    resets_at: datetime | None

    def __str__(self) -> str:
        """For people."""
        return f"{self.limit}: {self.needed} needed, {self.available} available"


@dataclass(eq=False)
class EffectKeyReused(LedgerRefusal):
    """The key already stands for another command."""

    effect_key: str

    def __str__(self) -> str:
        """For people."""
        return f"the key {self.effect_key!r} already stands for another command"


@dataclass(eq=False)
class WalletNotFound(LedgerRefusal):
    """There is no such wallet."""

    wallet_id: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no wallet {self.wallet_id}"


@dataclass(eq=False)
class WalletAlreadyOpen(LedgerRefusal):
    """The owner has a wallet in this asset."""

    wallet_id: str

    def __str__(self) -> str:
        """For people."""
        return f"the owner already has the wallet {self.wallet_id}"


@dataclass(eq=False)
class WalletNotOpen(LedgerRefusal):
    """The wallet is frozen or closed."""

    wallet_id: str
    state: str

    def __str__(self) -> str:
        """For people."""
        return f"the wallet {self.wallet_id} is {self.state}"


@dataclass(eq=False)
class GrantAlreadyIssued(LedgerRefusal):
    """This source and reference were granted before, under another key."""

    source: str
    reference: str
    grant_id: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.source} {self.reference!r} was granted before as {self.grant_id}"


@dataclass(eq=False)
class GrantEndsTooSoon(LedgerRefusal):
    """The grant would have ended before it could be drawn."""

    effective_at: datetime
    ends_at: datetime

    def __str__(self) -> str:
        """For people."""
        return f"a grant effective {self.effective_at.isoformat()} cannot end {self.ends_at.isoformat()}"


@dataclass(eq=False)
class AmountOutOfRange(LedgerRefusal):
    """The amount is not a whole number within its range."""

    field: str
    amount: object
    least: int
    most: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.field} must be a whole number from {self.least} to {self.most}, not {self.amount!r}"


@dataclass(eq=False)
class TextMissing(LedgerRefusal):
    """A reference, key, purpose or price version is empty or longer than 255 characters."""

    field: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.field} must have 1 to 255 characters"


@dataclass(eq=False)
class HoldNotFound(LedgerRefusal):
    """There is no such hold."""

    hold_id: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no hold {self.hold_id}"


@dataclass(eq=False)
class HoldFinished(LedgerRefusal):
    """The hold has ended already, in another way than asked for."""

    hold_id: str
    state: str
    settled: int

    def __str__(self) -> str:
        """For people."""
        return f"the hold {self.hold_id} is {self.state} already ({self.settled} settled)"


@dataclass(eq=False)
class LeaseStillRuns(LedgerRefusal):
    """The hold cannot expire before its lease has passed."""

    hold_id: str
    lease_expires_at: datetime

    def __str__(self) -> str:
        """For people."""
        return f"the lease of {self.hold_id} runs until {self.lease_expires_at.isoformat()}"


@dataclass(eq=False)
class SettlesAboveHold(LedgerRefusal):
    """The charge is more than was set aside."""

    hold_id: str
    charge: int
    ceiling: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.charge} cannot be settled from a hold of {self.ceiling}"


@dataclass(eq=False)
class PriceVersionDiffers(LedgerRefusal):
    """The charge was computed with another price version than the hold pinned."""

    hold_id: str
    pinned: str
    given: str

    def __str__(self) -> str:
        """For people."""
        return f"the hold {self.hold_id} pinned price version {self.pinned}, not {self.given}"


@dataclass(eq=False)
class LotNotFound(LedgerRefusal):
    """There is no such lot."""

    lot_id: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no lot {self.lot_id}"


@dataclass(eq=False)
class NothingToExpire(LedgerRefusal):
    """The lot has not ended, or nothing is available in it."""

    lot_id: str
    available: int
    ends_at: datetime | None

    def __str__(self) -> str:
        """For people."""
        ends = "has no end" if self.ends_at is None else f"ends {self.ends_at.isoformat()}"
        return f"the lot {self.lot_id} has {self.available} available and {ends}"


@dataclass(eq=False)
class LimitAbovePlan(LedgerRefusal):
    """An own limit is higher than the plan allows; `allowed` is the most it may be."""

    limit: str
    asked: int
    allowed: int

    def __str__(self) -> str:
        """For people."""
        return f"the {self.limit} limit can be at most {self.allowed}, not {self.asked}"


@dataclass(eq=False)
class GrantNotFound(LedgerRefusal):
    """There is no such grant."""

    grant_id: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no grant {self.grant_id}"


@dataclass(eq=False)
class VoidsAboveGrant(LedgerRefusal):
    """More was to be taken back than the grant gave and still stands for."""

    grant_id: str
    amount: int
    left: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.amount} cannot be taken back from {self.grant_id}: {self.left} of it stands"


@dataclass(eq=False)
class NothingToReverse(LedgerRefusal):
    """The effect is unknown, was undone before, or is of a kind that cannot be undone."""

    reverses: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no settlement or voided grant to undo under {self.reverses!r}"


@dataclass(eq=False)
class NotEnoughToGive(LedgerRefusal):
    """What was bought, given or refunded does not cover the transfer; plan credits cannot be given away."""

    wallet_id: str
    needed: int
    available: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.needed} cannot be given: {self.available} of the wallet can be given away"


@dataclass(eq=False)
class TransferNotPossible(LedgerRefusal):
    """The two wallets are one, or of two assets, or the end has passed."""

    wallet_id: str
    to_wallet_id: str
    reason: str

    def __str__(self) -> str:
        """For people."""
        return f"nothing can be given from {self.wallet_id} to {self.to_wallet_id}: {self.reason}"


@dataclass(eq=False)
class EnvelopeNotFound(LedgerRefusal):
    """There is no such envelope in this wallet."""

    envelope_id: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no envelope {self.envelope_id}"


@dataclass(eq=False)
class EnvelopeEnded(LedgerRefusal):
    """The envelope would end before it could be used, or is closed."""

    envelope_id: str
    ends_at: datetime

    def __str__(self) -> str:
        """For people."""
        return f"the envelope {self.envelope_id} has ended (at {self.ends_at.isoformat()})"


@dataclass(eq=False)
class WalletNotEmpty(LedgerRefusal):
    """A wallet with open holds or a debt cannot be closed."""

    wallet_id: str
    open_holds: int
    debt: int

    def __str__(self) -> str:
        """For people."""
        return f"the wallet {self.wallet_id} has {self.open_holds} open holds and a debt of {self.debt}"


@dataclass(eq=False)
class UnknownZone(LedgerRefusal):
    """The time zone is not in the zone database."""

    zone: str

    def __str__(self) -> str:
        """For people."""
        return f"there is no time zone {self.zone!r}"


@dataclass(eq=False)
class PeriodStillRuns(LedgerRefusal):
    """The lot has not ended, does not roll over, or the next period would end no later."""

    lot_id: str
    ends_at: datetime | None

    def __str__(self) -> str:
        """For people."""
        ends = "has no end" if self.ends_at is None else f"ends {self.ends_at.isoformat()}"
        return f"the period of {self.lot_id} cannot be closed now: it {ends}"


@dataclass(eq=False)
class NoDebt(LedgerRefusal):
    """The wallet owes nothing, or has nothing to pay with."""

    wallet_id: str
    debt: int
    available: int

    def __str__(self) -> str:
        """For people."""
        return f"the wallet {self.wallet_id} owes {self.debt} and has {self.available} available"
