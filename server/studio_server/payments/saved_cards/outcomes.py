"""What a payment means for auto-recharge: its owner is told, and it stops where it must. Charges nothing.

Runs in the transaction in which the payment is written, so that no crash comes in between.
"""

from studio_server.audit.events import SYSTEM, EventKind, RechargeStep, record
from studio_server.clock import to_microseconds
from studio_server.ids import IdSource
from studio_server.ledger import Asset
from studio_server.notices.rows import Draft, post, was_told
from studio_server.payments.orders import Order
from studio_server.payments.saved_cards import recharges
from studio_server.payments.saved_cards.recharges import Recharge, StopReason
from studio_server.payments.showing import price
from studio_server.storage.tx import Tx

WHY: dict[StopReason, str] = {
    "authentication_required": "your bank wants you to confirm the payment",
    "card_declined": "your card was declined",
    "card_removed": "there is no card to charge any more",
    "pack_changed": "what it buys has changed",
    "disputed": "a payment of yours is disputed",
    "debt": "credits that were taken back had been spent",
    "wallet_closed": "the account takes no credits",
}
PAY_YOURSELF = frozenset({"authentication_required", "card_declined"})
OWN_REASONS: dict[str, StopReason] = {
    "authentication_required": "authentication_required",
    "card_removed": "card_removed",
}
"""Every other word of the bank is a card that was declined."""
NOT_ASKED = frozenset({"no_answer", "provider_failed"})
"""The bank was not heard: the card may be charged another time."""
DOLLAR = 1_000_000


class Outcomes:
    """Tells and stops."""

    def __init__(self, ids: IdSource, *, page: str | None) -> None:
        """`page` is where people buy credits themselves, if that is known."""
        self._ids, self._page = ids, page

    def of(self, tx: Tx, seen: Order, new: Order) -> None:
        """What the step of an order from `seen` to `new` means."""
        if new.disputed and not seen.disputed:
            self.stop(tx, new.user_id, "disputed")
        if new.way != "recharge" or new.state == seen.state:
            return
        if new.state == "paid":
            post(tx, self._ids.new("notice"), Draft(new.user_id, "recharged", new.id, "info", _charged(new)))
        elif new.state == "failed" and new.failure not in NOT_ASKED:
            self.stop(tx, new.user_id, OWN_REASONS.get(new.failure or "", "card_declined"))

    def stop(self, tx: Tx, user_id: str, reason: StopReason, *, actor: str = SYSTEM) -> Recharge | None:
        """Stop the recharge of this user, if it is on; None when it was not."""
        stopped = recharges.stop(tx, user_id, reason)
        if stopped is None:
            return None
        record(tx, actor, step(stopped), kind=EventKind.RECHARGE_STOPPED)
        if reason != "asked":
            about = f"recharge:{stopped.revision}:{to_microseconds(tx.now)}"
            draft = Draft(user_id, "recharge_stopped", about, "warning", self._stopped(stopped))
            post(tx, self._ids.new("notice"), draft)
        return stopped

    def wait(self, tx: Tx, recharge: Recharge, month: str) -> None:
        """Tell, once a month, that nothing more is charged in it."""
        post(tx, self._ids.new("notice"), _waiting(recharge, month))

    def _stopped(self, stopped: Recharge) -> str:
        word = "paused" if stopped.state == "paused" else "off"
        said = f"Auto-recharge is {word}: {WHY[stopped.reason]}"
        if stopped.reason not in PAY_YOURSELF:
            return said
        where = f", or {self._page}" if self._page else ""
        return f"{said}; nothing was charged. To buy it yourself: %studio buy {stopped.pack_id}{where}"


def was_told_to_wait(tx: Tx, recharge: Recharge, month: str) -> bool:
    """Whether its owner knows that nothing more is charged in this month."""
    return was_told(tx, _waiting(recharge, month))


def step(recharge: Recharge) -> RechargeStep:
    """What goes on the audit chain of a recharge."""
    return RechargeStep(
        recharge.user_id,
        reason=recharge.reason,
        pack_id=recharge.pack_id,
        threshold=recharge.threshold,
        ceiling_minor=recharge.ceiling_minor,
        currency=recharge.currency,
    )


def _waiting(recharge: Recharge, month: str) -> Draft:
    limit = price(recharge.ceiling_minor, recharge.currency)
    text = f"Auto-recharge waits until next month: another pack would pass your limit of {limit} a month"
    return Draft(recharge.user_id, "recharge_waits", f"month:{month}", "info", text)


def _charged(order: Order) -> str:
    paid = price(order.amount_minor, order.currency)
    gave = f"{order.units:,} credits" if order.asset is Asset.CREDIT else f"${order.units // DOLLAR:,}"
    return f"Auto-recharge: {paid} was charged to your card, {gave} were added"
