"""What can be asked of the ledger.

Every command has an effect key: asked again with the same body it answers as before, with another body it is
refused. The end of a hold has one key whoever asks, so it happens once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_server.ledger.values import Asset, GrantSource, OwnLimits, PlanCaps

if TYPE_CHECKING:
    from datetime import datetime

SWEEP_LIMIT = 500


@dataclass(frozen=True)
class OpenWallet:
    """Open the one wallet of `owner_id` in `asset`."""

    effect_key: str
    owner_id: str
    asset: Asset = Asset.CREDIT
    plan: PlanCaps = field(default_factory=PlanCaps)


@dataclass(frozen=True)
class IssueGrant:
    """Give `amount`; `reference` (order, period, voucher) is unique for ever within its source.

    `priority` None is the policy of the source; `effective_at` None is now; `ends_at` None is never.
    """

    effect_key: str
    wallet_id: str
    source: GrantSource
    amount: int
    reference: str
    ends_at: datetime | None = None
    effective_at: datetime | None = None
    priority: int | None = None


@dataclass(frozen=True)
class PlaceHold:
    """Set `ceiling` aside for `purpose` (a run, a model call) for at most `lease_seconds`."""

    effect_key: str
    wallet_id: str
    purpose: str
    ceiling: int
    price_version: str
    lease_seconds: int


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


Command = OpenWallet | IssueGrant | PlaceHold | Settle | Release | ExpireHold | ExpireLot | SetLimits
Sweep = ExpireHolds | ExpireLots


def effect_key(command: Command) -> str:
    """The key under which the command takes effect once; a given key can never stand for a hold's end."""
    match command:
        case Settle() | Release() | ExpireHold():
            return f"hold:{command.hold_id}:terminal"
        case ExpireLot():
            return f"lot:{command.lot_id}:expired"
        case _:
            return f"key:{command.effect_key}"
