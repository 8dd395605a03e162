"""What can be asked of the ledger.

Every command has an effect key: asked again with the same body it answers as before, with another body it is
refused. The end of a hold has one key whoever asks, so it happens once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_server.ledger.values import Asset, GrantSource, OwnLimits, PlanCaps, WalletState

if TYPE_CHECKING:
    from datetime import datetime

SWEEP_LIMIT = 500
LATER = {"since": 2}
"""A later field is left out of the canonical text while it has its default: old keys still answer."""


@dataclass(frozen=True)
class OpenWallet:
    """Open the one wallet of `owner_id` (a person or a team) in `asset`; its days and months are `zone`'s."""

    effect_key: str
    owner_id: str
    asset: Asset = Asset.CREDIT
    plan: PlanCaps = field(default_factory=PlanCaps)
    zone: str = field(default="UTC", metadata=LATER)


@dataclass(frozen=True)
class IssueGrant:
    """Give `amount`; `reference` (order, period, voucher) is unique for ever within its source.

    `priority` None is the policy of the source; `effective_at` None is now; `ends_at` None is never.
    With `roll_over` the lot waits for `ClosePeriod` at its end instead of expiring by itself.
    """

    effect_key: str
    wallet_id: str
    source: GrantSource
    amount: int
    reference: str
    ends_at: datetime | None = None
    effective_at: datetime | None = None
    priority: int | None = None
    roll_over: int | None = field(default=None, metadata=LATER)


@dataclass(frozen=True)
class PlaceHold:
    """Set `ceiling` aside for `purpose` (a run, a model call) for at most `lease_seconds`.

    `member_id` names who spends from a team's wallet, `envelope_id` the shared ceiling it counts against.
    """

    effect_key: str
    wallet_id: str
    purpose: str
    ceiling: int
    price_version: str
    lease_seconds: int
    member_id: str | None = field(default=None, metadata=LATER)
    envelope_id: str | None = field(default=None, metadata=LATER)


@dataclass(frozen=True)
class Settle:
    """Spend `charge` of a hold, hand the rest back. `price_version` must be the one the hold pinned."""

    hold_id: str
    charge: int
    price_version: str


@dataclass(frozen=True)
class Release:
    """Hand a hold back whole; `reason` (cancelled, platform_error, user_error) goes on record."""

    hold_id: str
    reason: str


@dataclass(frozen=True)
class ExpireHolds:
    """Release every hold whose lease has passed, at most `limit` of them."""

    limit: int = SWEEP_LIMIT


@dataclass(frozen=True)
class ExpireHold:
    """Release one hold by the clock: what `ExpireHolds` does to each it finds."""

    hold_id: str


@dataclass(frozen=True)
class ExpireLots:
    """Take back what is available in every lot that has ended, at most `limit` of them."""

    limit: int = SWEEP_LIMIT


@dataclass(frozen=True)
class ExpireLot:
    """Take back what is available in one ended lot: what `ExpireLots` does to each it finds."""

    lot_id: str


@dataclass(frozen=True)
class SetLimits:
    """Replace the owner's limits, the plan's caps, or both; None leaves that half as it is."""

    effect_key: str
    wallet_id: str
    own: OwnLimits | None = None
    plan: PlanCaps | None = None


@dataclass(frozen=True)
class VoidGrant:
    """Take `amount` of a grant back (None: all that was not taken back before): refund, dispute, mistake.

    What is available in its lot is revoked; what was spent or is held becomes debt; what expired stays so.
    """

    effect_key: str
    grant_id: str
    reason: str
    amount: int | None = None


@dataclass(frozen=True)
class Reverse:
    """Undo the settlement of a hold, or the voiding of a grant, by new transfers that point at the old ones.

    `reverses` is the key of the effect to undo: `hold:HOLD_ID:terminal`, or `key:` and the void's own key.
    """

    reverses: str
    reason: str


@dataclass(frozen=True)
class TransferCredits:
    """Give `amount` to another wallet of the same asset: a gift, or funds for a team.

    Drawn in burn order from what was bought, given or refunded, never from plan or promotion credits. What
    arrives ends when it would have ended, at the latest at `ends_at`.
    """

    effect_key: str
    wallet_id: str
    to_wallet_id: str
    amount: int
    reference: str
    ends_at: datetime | None = None


@dataclass(frozen=True)
class SetMember:
    """Let `member_id` spend from a team's wallet while active, at most `cap` a month (None: no cap)."""

    effect_key: str
    wallet_id: str
    member_id: str
    cap: int | None = None
    active: bool = True


@dataclass(frozen=True)
class OpenEnvelope:
    """Open a ceiling that several holds of one wallet share until `ends_at`; nothing is set aside by it."""

    effect_key: str
    wallet_id: str
    purpose: str
    ceiling: int
    ends_at: datetime


@dataclass(frozen=True)
class CloseEnvelope:
    """Accept no further hold in an envelope; open ones go on."""

    effect_key: str
    envelope_id: str


@dataclass(frozen=True)
class SetWalletState:
    """Freeze, reopen or close a wallet. A wallet is closed only without open holds and without debt."""

    effect_key: str
    wallet_id: str
    state: WalletState
    reason: str


@dataclass(frozen=True)
class ClosePeriod:
    """End a lot that rolls over: min(its `roll_over`, what is left) moves into a new lot, the rest expires.

    The new lot ends at `next_ends_at`; None means there is no next period and everything left expires.
    """

    lot_id: str
    next_ends_at: datetime | None = None


@dataclass(frozen=True)
class CoverDebt:
    """Use what is available in a wallet against its debt: what `CoverDebts` does to each it finds."""

    effect_key: str
    wallet_id: str


@dataclass(frozen=True)
class CoverDebts:
    """Cover the debt of every wallet that has something available, at most `limit` of them."""

    limit: int = SWEEP_LIMIT


Command = (
    OpenWallet
    | IssueGrant
    | PlaceHold
    | Settle
    | Release
    | ExpireHold
    | ExpireLot
    | SetLimits
    | VoidGrant
    | Reverse
    | TransferCredits
    | SetMember
    | OpenEnvelope
    | CloseEnvelope
    | SetWalletState
    | ClosePeriod
    | CoverDebt
)
Sweep = ExpireHolds | ExpireLots | CoverDebts


def effect_key(command: Command) -> str:
    """The key under which the command takes effect once; a given key can never stand for a hold's end."""
    match command:
        case Settle() | Release() | ExpireHold():
            return f"hold:{command.hold_id}:terminal"
        case ExpireLot():
            return f"lot:{command.lot_id}:expired"
        case ClosePeriod():
            return f"lot:{command.lot_id}:closed"
        case Reverse():
            return f"undo:{command.reverses}"
        case _:
            return f"key:{command.effect_key}"
