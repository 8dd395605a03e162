"""How an auto-recharge stands: what is left, what was charged this month, what speaks against charging now.

Reads, decides nothing beyond that; changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from studio_server.ledger import Asset, Ledger, WalletState, WalletView
from studio_server.payments.orders import Order
from studio_server.payments.packs import Pack, Packs, PackUnknown
from studio_server.payments.saved_cards import cards, charges
from studio_server.payments.saved_cards.cards import SavedCard
from studio_server.payments.saved_cards.recharges import Recharge, StopReason
from studio_server.storage.tx import Tx

COOL_DOWN = timedelta(minutes=10)
"""From one recharge to the next, whatever became of it."""
DISPUTES_COUNT_FOR = timedelta(days=120)
"""Who disputed a payment, or lost the dispute, is not charged by itself for so long after it was made."""
Waiting = Literal["nothing", "balance", "charge", "cool_down", "ceiling", "wallet"]
"""Why nothing is charged now though it is on: `balance` is enough left, `charge` another one under way."""


@dataclass(frozen=True)
class Standing:
    """How a recharge stands: what is charged this month until `month_ends_at`, and what it waits for."""

    recharge: Recharge
    pack: Pack | None
    card: SavedCard | None
    available: int
    charged_minor: int
    month_ends_at: datetime
    month: str
    waits_for: Waiting
    must_stop: StopReason | None


class Standings:
    """Reads how recharges stand."""

    def __init__(self, ledger: Ledger, packs: Packs) -> None:
        self._ledger, self._packs = ledger, packs

    def of(self, tx: Tx, recharge: Recharge | None, *, own: Order | None = None) -> Standing | None:
        """How it stands; `own` is an order that is counted already."""
        if recharge is None:
            return None
        pack, card = self._pack(recharge), cards.of(tx, recharge.user_id)
        views = self.views(tx, recharge.user_id)
        month = views[Asset.CREDIT].monthly
        charged = charges.recharged_since(tx, recharge.user_id, recharge.currency, month.starts_at)
        available = views[pack.asset].available if pack is not None and pack.asset in views else 0
        standing = Standing(
            recharge=recharge,
            pack=pack,
            card=card,
            available=available,
            charged_minor=charged,
            month_ends_at=month.resets_at,
            month=month.starts_at.date().isoformat(),
            waits_for="nothing",
            must_stop=_must_stop(tx, recharge, pack, card, views),
        )
        return _waiting(tx, standing, views, own)

    def views(self, tx: Tx, user_id: str) -> dict[Asset, WalletView]:
        """The wallets of a user; the one in dollars may not be there yet."""
        found = {asset: self._ledger.wallet_id_of(tx, user_id, asset) for asset in Asset}
        return {
            asset: self._ledger.wallet_view(tx, name) for asset, name in found.items() if name is not None
        }

    def _pack(self, recharge: Recharge) -> Pack | None:
        """What it buys, as long as that is still what its owner agreed to."""
        try:
            pack = self._packs.find(recharge.pack_id)
        except PackUnknown:
            return None
        agreed = (recharge.price_minor, recharge.currency, recharge.units)
        return pack if (pack.price_minor, pack.currency, pack.units) == agreed else None


def _must_stop(
    tx: Tx, recharge: Recharge, pack: Pack | None, card: SavedCard | None, views: dict[Asset, WalletView]
) -> StopReason | None:
    if charges.is_disputed(tx, recharge.user_id, within=DISPUTES_COUNT_FOR):
        return "disputed"
    if any(view.state is WalletState.CLOSED for view in views.values()):
        return "wallet_closed"
    if any(view.debt > 0 for view in views.values()):
        return "debt"
    if card is None:
        return "card_removed"
    return "pack_changed" if pack is None else None


def _waiting(tx: Tx, found: Standing, views: dict[Asset, WalletView], own: Order | None) -> Standing:
    """The same, with the first reason for which nothing is charged now."""
    return replace(found, waits_for=_first_reason(tx, found, views, own))


def _first_reason(tx: Tx, found: Standing, views: dict[Asset, WalletView], own: Order | None) -> Waiting:
    recharge, pack = found.recharge, found.pack
    if any(view.state is not WalletState.OPEN for view in views.values()):
        return "wallet"
    if pack is None or found.available >= recharge.threshold:
        return "balance"
    if own is not None:
        return "nothing" if found.charged_minor <= recharge.ceiling_minor else "ceiling"
    if charges.under_way(tx, recharge.user_id) is not None:
        return "charge"
    if found.charged_minor + pack.price_minor > recharge.ceiling_minor:
        return "ceiling"
    latest = charges.latest_recharge(tx, recharge.user_id)
    return "cool_down" if latest is not None and tx.now < latest + COOL_DOWN else "nothing"
